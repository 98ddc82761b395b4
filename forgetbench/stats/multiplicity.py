"""P-values adjusted for multiple testing.

Benjamini and Hochberg's is scipy's. Holm's is written out: scipy lacks it, and statsmodels' takes 30 ms a call where
this takes 5 us (70 ms beside three million objects, since it collects the whole process's garbage), and 0.26 s to
import on top of scipy.stats; on one core of an AMD EPYC. The tests hold both against statsmodels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def holm(p_values: Sequence[float]) -> NDArray[np.float64]:
    """Holm's step-down adjustment: controls the family-wise error rate, the chance of any false rejection.

    The i-th smallest of m p-values (i from 0) times m - i, made monotone, at most 1. Shape and order of the input.

    >>> holm([0.01, 0.04, 0.03, 0.005])
    array([0.03, 0.06, 0.06, 0.02])

    Source: Holm 1979, Scandinavian Journal of Statistics 6:65.
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)), 1.0)
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> NDArray[np.float64]:
    """Benjamini and Hochberg's step-up adjustment: controls the false discovery rate.

    The i-th smallest of m p-values (i from 1) times m / i, made monotone, at most 1. Shape and order of the input.

    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.005])
    array([0.02, 0.04, 0.04, 0.02])

    Source: Benjamini and Hochberg 1995, JRSS B 57:289; computed by scipy.stats.false_discovery_control.
    """
    # Imported here: it takes 0.4 s. A call takes 0.1 ms, once per comparison.
    from scipy.stats import false_discovery_control

    values = np.asarray(p_values, dtype=np.float64)
    return np.asarray(false_discovery_control(values)) if len(values) else values
