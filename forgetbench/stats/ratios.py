"""Ratios of two correlated means: what is kept of a score, what comes on each token.

Source: Fieller 1954, JRSS B 16:175.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np

from forgetbench.stats.proportions import Interval
from forgetbench.stats.quantiles import student_quantile


@dataclass(frozen=True, slots=True)
class TwoMeans:
    """Two estimates with their standard errors and their covariance; y / x is the ratio."""

    x: float
    y: float
    x_se: float
    y_se: float
    covariance: float

    def difference_se(self, fraction: float) -> float:
        """Standard error of y - `fraction` * x."""
        variance = self.y_se**2 - 2 * fraction * self.covariance + (fraction * self.x_se) ** 2
        return sqrt(max(variance, 0.0))

    def bound(self, fraction: float, reach: float) -> float:
        """Lower bound of y - `fraction` * x, `reach` standard errors below the estimate.

        Above 0 it shows, of an x above 0, that the ratio is above `fraction`.
        """
        return self.y - fraction * self.x - reach * self.difference_se(fraction)


def fieller_interval(means: TwoMeans, reach: float) -> Interval:
    """Every ratio that y - ratio * x within `reach` standard errors of 0 allows.

    NaN stands for an end that is unbounded, both where x may as well be 0: then no ratio is ruled out for sure.

    >>> interval = fieller_interval(TwoMeans(x=2.0, y=1.0, x_se=0.2, y_se=0.1, covariance=0.0), reach=1.96)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.3772, 0.6627)

    Source: Fieller 1954; the quadratic (x^2 - r^2 Vx) q^2 - 2 (x y - r^2 C) q + (y^2 - r^2 Vy) <= 0.
    """
    square = reach**2
    a = means.x**2 - square * means.x_se**2
    # Of errors that were estimated apart a covariance may be more than any two variables have; then the ratio itself
    # would lie outside.
    most = means.x_se * means.y_se
    b = means.x * means.y - square * min(max(means.covariance, -most), most)
    c = means.y**2 - square * means.y_se**2
    if a <= 0.0:
        return Interval(nan, nan)
    root = sqrt(max(b * b - a * c, 0.0))
    return Interval((b - root) / a, (b + root) / a)


@dataclass(frozen=True, slots=True)
class PooledRate:
    """A sum over a sum, as nats per token, with its interval; NaN where one cluster tells nothing of others."""

    value: float
    low: float
    high: float


def pooled_rate(sums: Sequence[float], counts: Sequence[float], clusters: Sequence[str], alpha: float) -> PooledRate:
    """sum(sums) / sum(counts), the interval by clusters: Fieller's of the two means per cluster, at level 1 - `alpha`.

    A text of many tokens weighs as many; what is random is which clusters were drawn. Student's quantile with the
    number of clusters less 1. Raises ValueError where nothing is counted.

    >>> rate = pooled_rate([1.0, 2.0, 3.0], [10.0, 10.0, 10.0], ["a", "b", "c"], 0.05)
    >>> round(rate.value, 3), round(rate.low, 3), round(rate.high, 3)
    (0.2, -0.048, 0.448)
    """
    _names, codes = np.unique(np.asarray(clusters), return_inverse=True)
    y, x = (np.bincount(codes, np.asarray(values, dtype=np.float64)) for values in (sums, counts))
    if not x.sum() > 0:
        raise ValueError("nothing is counted")
    value, n = float(y.sum() / x.sum()), len(x)
    if n < 2:
        return PooledRate(value, nan, nan)
    covariances = np.cov(np.stack([x, y])) / n
    means = TwoMeans(
        float(x.mean()), float(y.mean()), sqrt(covariances[0, 0]), sqrt(covariances[1, 1]), float(covariances[0, 1])
    )
    interval = fieller_interval(means, student_quantile(1 - alpha / 2, n - 1))
    return PooledRate(value, interval.low, interval.high)
