"""Ratios of two correlated means: what is kept of a score.

Source: Fieller 1954, JRSS B 16:175.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

from forgetbench.stats.proportions import Interval


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
