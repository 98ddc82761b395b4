"""Two-sided tests of no change between two paired sets of scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forgetbench.stats.bootstrap import coarsen, scaled_counts
from forgetbench.stats.clustered import ClusterEffects
from forgetbench.stats.quantiles import student_cdf
from forgetbench.stats.skewness import weakened_by_skewness

LEAST_DOF = 3.0
"""Of Student's test beside sign flips."""

_MAX_DISTINCT = 64
_CHUNK = 512
_ROUNDING = 1e-9


def mcnemar_exact(losses: int, gains: int) -> float:
    """Exact two-sided McNemar test: the p-value of so many losses against gains among independent pairs.

    Binomial with probability 1/2 over the discordant pairs, at most 1; 1 when there are none.

    >>> round(mcnemar_exact(losses=10, gains=2), 7)
    0.0385742

    Source: McNemar 1947, Psychometrika 12:153; computed by scipy.stats.binomtest.
    """
    # Imported here: it takes 0.4 s. A call takes 0.3 ms, once per task.
    from scipy.stats import binomtest

    return float(binomtest(losses, losses + gains).pvalue) if losses + gains else 1.0


def paired_test(effects: ClusterEffects, *, rng: np.random.Generator, resamples: int = 10_000) -> float:
    """Two-sided p-value of no change, of clusters by one key or two: the larger of sign flips' and Student's.

    Sign flips hold however few clusters there are and whatever one of them weighs, if base and candidate are
    exchangeable. Where they are not and the change still sums to 0 (a few large gains against many small losses, tasks
    that move in opposite directions), or where clusters cross, Student's test holds, to second order.
    """
    return max(sign_flip_test(effects.contribution, rng=rng, resamples=resamples), student_test(effects))


def student_test(effects: ClusterEffects) -> float:
    """Two-sided p-value of Student's test by the guarded standard error, weakened by skewness where that says so.

    At `dof` degrees of freedom; with clusters of one key never below 3: what one heavy cluster may do by chance is what
    sign flips know better.
    """
    if effects.estimate == 0.0 or effects.guarded_se == 0.0:
        return 1.0
    side = 1.0 if effects.estimate > 0.0 else -1.0
    t = weakened_by_skewness(abs(effects.estimate) / effects.guarded_se, side * effects.skewness)
    dof = effects.dof if len(effects.keys) > 1 else max(effects.dof, LEAST_DOF)
    return min(1.0, 2.0 * student_cdf(-t, dof))


def sign_flip_test(contributions: NDArray[np.float64], *, rng: np.random.Generator, resamples: int = 10_000) -> float:
    """Two-sided paired permutation test: the p-value of sum(contributions) under random signs.

    One entry per cluster, shape (n,): what it adds to the estimate. Under no effect base and candidate are
    exchangeable, and exchanging them flips the sign of all that a cluster adds. p = (1 + draws at least
    as extreme) / (1 + resamples), so never 0; 1 when nothing changed.
    Source: Phipson and Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9:39, for the +1.
    """
    # Sorted, without what did not change, and with the larger side as the gain: neither the order of rows nor pairs
    # that agree nor a swap of the sides move the p-value.
    changed = np.sort(contributions[contributions != 0.0])
    changed = -changed[::-1] if changed.sum() < 0.0 else changed
    if not len(changed):
        return 1.0
    sizes, counts, scale = scaled_counts(np.abs(changed))
    observed = abs(float(np.sum(changed))) / scale
    if len(sizes) <= _MAX_DISTINCT:
        sums = (2 * rng.binomial(counts, 0.5, size=(resamples, len(sizes))) - counts) @ sizes
    else:
        sums = _flipped_sums(coarsen(changed / scale, rng), resamples, rng)
    # Sums that are equal on paper may differ in the last digits, and equal counts as extreme.
    n_as_extreme = np.count_nonzero(np.abs(sums) >= observed - _ROUNDING * float(np.sum(sizes * counts)))
    return float(1 + n_as_extreme) / (1 + resamples)


def _flipped_sums(units: NDArray[np.float64], resamples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Sums of `units` under independent random signs; shape (resamples,)."""
    sums = np.empty(resamples)
    n_bytes = (len(units) + 7) // 8
    for start in range(0, resamples, _CHUNK):
        size = min(_CHUNK, resamples - start)
        bits = np.unpackbits(rng.integers(0, 256, size=(size, n_bytes), dtype=np.uint8), axis=1, count=len(units))
        # einsum rather than @: one thread, whose speed does not depend on what else the machine does.
        sums[start : start + size] = 2.0 * np.einsum("ij,j->i", bits.astype(np.float64), units) - units.sum()
    return sums
