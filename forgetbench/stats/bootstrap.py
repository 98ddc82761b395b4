"""The paired cluster bootstrap interval of a macro mean, and what makes it and other draws fast.

Source: Hesterberg 2015, "What Teachers Should Know About the Bootstrap", The American Statistician 69:371.
"""

from __future__ import annotations

from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from forgetbench.stats.clustered import FEW, ClusterEffects, Floats
from forgetbench.stats.proportions import Interval, rate_difference_interval
from forgetbench.stats.quantiles import normal_cdf, student_quantile
from forgetbench.stats.skewness import unskewed_to

_MAX_DISTINCT = 64
_MAX_UNITS = 1000
_CHUNK = 512
_BLOCK = 64
_ROUNDING = 1e-9


def bootstrap_interval(
    effects: ClusterEffects, *, rng: np.random.Generator, alpha: float = 0.05, resamples: int = 10_000
) -> Interval:
    """Paired cluster bootstrap interval of the estimate, two-sided at level 1 - `alpha`, within [-1, 1].

    Clusters are drawn with replacement and their influences summed (the linearised statistic, which
    equals the mean itself when clusters are of one size, and cannot lose a whole task). The percentiles are
    expanded so that the interval is as wide as Student's around `corrected_se` with `dof` degrees of freedom,
    and it is widened to hold `student_interval`.
    Source: Hesterberg 2015, "What Teachers Should Know About the Bootstrap", The American Statistician
    69:371 (expanded percentile interval); docs/calibration.md for its coverage.
    """
    known = student_interval(effects, alpha)
    if effects.se == 0.0 or _is_one_draw(effects):
        return known
    tail = normal_cdf(-_reach(effects, alpha))
    # A swap of base and candidate mirrors the draws, since the larger side is always drawn as the gain.
    side = -1.0 if effects.estimate < -_ROUNDING else 1.0
    draws = effects.estimate + side * _resampled_sums(side * effects.influence, resamples, rng)
    low, high = np.quantile(draws, [tail, 1.0 - tail]).tolist()
    return Interval(max(-1.0, min(low, known.low)), min(1.0, max(high, known.high)))


def student_interval(effects: ClusterEffects, alpha: float = 0.05) -> Interval:
    """Interval of the estimate without a draw, two-sided at level 1 - `alpha`, within [-1, 1].

    - Student's, corrected for skewness: where a score is lost often and never gained, or rarely and by much, a large
      loss shows a large standard error and a small one a small (Hall 1992, JRSS B 54:221). It is widened to hold
    - where a task shows no variance, Student's interval, and in it what the task may hide, see `guarded_se`;
    - where data are sparse, the interval from Wilson's limits, so it is never of width zero and never NaN;
    - 0, where so few clusters changed that all of them agree by chance more often than in `alpha` of draws; and there,
      below `FEW` effective clusters, Student's interval around `conservative_se`.
    Fewer than two effective clusters say nothing about others, [-1, 1].
    """
    estimate, n = effects.estimate, effects.n_effective
    if _is_one_draw(effects):
        return Interval(-1.0, 1.0)
    intervals = [Interval(estimate, estimate)]
    if effects.se > 0.0:
        intervals.append(_skewness_corrected_interval(effects, _reach(effects, alpha)))
    if effects.silent:
        intervals.append(_guarded_interval(effects, alpha))
    if effects.is_sparse:
        intervals.append(rate_difference_interval(effects.loss, effects.gain, n, alpha))
    if 2.0 ** (1 - effects.n_changed) > alpha:
        intervals.append(Interval(0.0, 0.0))
        if n < FEW - _ROUNDING:
            half = student_quantile(1 - alpha / 2, effects.dof) * effects.conservative_se
            intervals.append(Interval(estimate - half, estimate + half))
    low, high = min(interval.low for interval in intervals), max(interval.high for interval in intervals)
    return Interval(max(-1.0, low), min(1.0, high))


def _is_one_draw(effects: ClusterEffects) -> bool:
    return effects.n_effective < 2.0 - _ROUNDING


def _reach(effects: ClusterEffects, alpha: float) -> float:
    """Student's quantile in units of `se`."""
    return student_quantile(1 - alpha / 2, effects.dof) * effects.corrected_se / effects.se


def _guarded_interval(effects: ClusterEffects, alpha: float) -> Interval:
    """Student's arms, joined with the longest that a silent task has."""
    seen = student_quantile(1 - alpha / 2, effects.dof) * effects.corrected_se
    parts = [(task.share * task.difference, task.interval(alpha)) for task in effects.silent]
    below = max(value - interval.low for value, interval in parts)
    above = max(interval.high - value for value, interval in parts)
    return Interval(
        effects.estimate - sqrt(hypot(seen**2, below**2)), effects.estimate + sqrt(hypot(seen**2, above**2))
    )


def _skewness_corrected_interval(effects: ClusterEffects, reach: float) -> Interval:
    """Estimate - se * t for the two t that Hall's transformation maps to + and - `reach`.

    A skewness against the change is left alone: there the tail is on the side of 0, and clusters that agree would make
    it shorter.
    """
    g = 0.0 if effects.skewness * effects.estimate < -_ROUNDING else effects.skewness
    high_t, low_t = (unskewed_to(z, g, reach) for z in (reach, -reach))
    return Interval(effects.estimate - high_t * effects.se, effects.estimate - low_t * effects.se)


def _resampled_sums(influence: Floats, resamples: int, rng: np.random.Generator) -> Floats:
    """Sums of as many influences as there are, drawn with replacement; shape (resamples,).

    Equal influences are drawn together as one multinomial count, which is the same distribution for a
    fraction of the work: right-or-wrong items take only three values.
    """
    values, counts, scale = scaled_counts(influence)
    if len(values) <= _MAX_DISTINCT:
        n = len(influence)
        return scale * (rng.multinomial(n, counts / n, size=resamples) @ values)
    units = coarsen(np.repeat(values, counts), rng)
    sums = np.empty(resamples)
    for start in range(0, resamples, _CHUNK):
        size = min(_CHUNK, resamples - start)
        drawn = rng.integers(0, len(units), size=(size, len(units)), dtype=np.uint16)
        sums[start : start + size] = _drawn_sums(units, drawn)
    return scale * sums


def _drawn_sums(units: Floats, drawn: NDArray[np.uint16]) -> Floats:
    """units[drawn].sum(axis=1), a few rows at a time in the same place: that stays in the processor's cache."""
    sums = np.empty(len(drawn))
    positions = np.empty((_BLOCK, len(units)), dtype=np.intp)
    values = np.empty(positions.shape)
    for start in range(0, len(drawn), _BLOCK):
        block = drawn[start : start + _BLOCK]
        rows = len(block)
        positions[:rows] = block
        # No position is out of bounds; "clip" only spares the copy that checking would need.
        np.take(units, positions[:rows], out=values[:rows], mode="clip")
        sums[start : start + rows] = values[:rows].sum(axis=1)
    return sums


def scaled_counts(values: Floats) -> tuple[Floats, NDArray[np.intp], float]:
    """The distinct values, sorted, relative to the largest; how often each occurs; and that largest size.

    Sorting also frees what is drawn later from the order of the rows.
    """
    scale = float(np.max(np.abs(values), initial=0.0)) or 1.0
    unique, counts = np.unique(np.round(values / scale, 12), return_counts=True)
    return unique, counts, scale


def coarsen(values: Floats, rng: np.random.Generator) -> Floats:
    """Sums of random groups of `values`, at most 1000 of them; the values themselves when they are few.

    Groups of independent clusters are independent too, so they can be resampled or flipped in their place: the
    result stays valid, its standard error is only known to about two per cent, and time is bounded.
    """
    if len(values) <= _MAX_UNITS:
        return values
    groups = np.arange(len(values)) % _MAX_UNITS
    return np.bincount(groups, rng.permutation(values)).astype(np.float64, copy=False)
