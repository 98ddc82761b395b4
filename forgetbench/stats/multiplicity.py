"""P-values adjusted for having asked several questions.

Written out: statsmodels, which has both, takes half a second to import and collects the whole process's garbage on
every call, seconds beside large tables. The tests hold the two against it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def holm(p_values: Sequence[float]) -> NDArray[np.float64]:
    """Holm's step-down adjustment: controls the chance of any false alarm in the family.

    The i-th smallest of m p-values (i from 0) times m - i, made monotone, at most 1.
    Source: Holm 1979, Scandinavian Journal of Statistics 6:65.
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)), 1.0)
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> NDArray[np.float64]:
    """Benjamini and Hochberg's adjustment: controls the share of false alarms among the alarms.

    The i-th smallest of m p-values (i from 1) times m / i, made monotone, at most 1.
    Source: Benjamini and Hochberg 1995, JRSS B 57:289.
    """
    values = np.asarray(p_values, dtype=np.float64)
    m = len(values)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    raw = values[order] / (np.arange(1, m + 1) / m)
    adjusted[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1.0)
    return adjusted
