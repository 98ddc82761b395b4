"""A share of successes less what luck gives, where luck is measured on controls that cannot succeed by knowing.

Who knows succeeds, who does not succeeds by luck with probability c, so that a share r of successes holds
(r - c) / (1 - c) who know (Abbott 1925, Journal of Economic Entomology 18:265). Both r and c are estimated, each from
its own sample. As the share is 1 - (1 - r) / (1 - c), its interval is Fieller's of a ratio of two means.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan, nan, sqrt

import numpy as np

from forgetbench.stats.clustered import FEW, Codes, Floats
from forgetbench.stats.item_clusters import ItemClusters, effects_by
from forgetbench.stats.proportions import wilson_interval
from forgetbench.stats.quantiles import student_quantile
from forgetbench.stats.ratios import TwoMeans, fieller_interval


@dataclass(frozen=True, slots=True)
class WeightedSample:
    """Some items' values, weighted; all arrays have shape (items,)."""

    values: Floats
    """1 for a success, else 0; or differences of two such values."""
    weights: Floats
    """Above 0; sum to 1."""
    clusters: ItemClusters

    @property
    def mean(self) -> float:
        # Of ones exactly 1, and of zeros 0.
        return sum(
            float(value * np.sum(self.weights[self.values == value])) for value in np.unique(self.values)
        ) / float(np.sum(self.weights))


@dataclass(frozen=True, slots=True)
class ShareLessLuck:
    """A share of those who know; not clipped, so that by chance it may be below 0."""

    value: float = nan
    """NaN where all controls succeed: then success says nothing."""
    low: float = nan
    high: float = nan
    """Two-sided interval; NaN where an end is unbounded."""


def corrected_share(successes: WeightedSample, controls: WeightedSample, alpha: float = 0.05) -> ShareLessLuck:
    """(r - c) / (1 - c): how many succeed by more than the luck that `controls` have, at level 1 - `alpha`.

    Both samples are taken as independent. Clusters that have items in both tend to succeed or fail as one, which makes
    the ratio of the two vary less: the interval is too wide rather than too narrow.
    """
    failures = replace(successes, values=1.0 - successes.values)
    ratio = corrected_difference(failures, controls, alpha)
    # No share of failures is negative; what is unbounded stays so.
    high = nan if isnan(ratio.low) else min(1.0, 1.0 - ratio.low)
    return ShareLessLuck(1.0 - ratio.value, 1.0 - ratio.high, high)


def corrected_difference(differences: WeightedSample, controls: WeightedSample, alpha: float = 0.05) -> ShareLessLuck:
    """d / (1 - c): how many one side knows and the other does not, where both have the same luck c; as above."""
    control = controls.mean
    if control >= 1.0:
        return ShareLessLuck()
    (y_se, y_dof), (x_se, x_dof) = _standard_error(differences), _standard_error(controls)
    means = TwoMeans(x=1.0 - control, y=differences.mean, x_se=x_se, y_se=y_se, covariance=0.0)
    ratio = fieller_interval(means, student_quantile(1.0 - alpha / 2.0, min(x_dof, y_dof)))
    return ShareLessLuck(means.y / means.x, ratio.low, ratio.high)


def _standard_error(sample: WeightedSample) -> tuple[float, float]:
    """Of the weighted mean, clustered, and its degrees of freedom.

    Where fewer than `FEW` clusters differ from the rest, it is not below what so many clusters cannot rule out: that
    all of five succeed is no proof that others would.
    """
    # A plain mean of these is the weighted mean, and their distances from it are the weighted errors.
    centred = sample.mean + len(sample.weights) * sample.weights * (sample.values - sample.mean)
    se = effects_by([centred], [sample.clusters]).corrected_se
    n = min(_effective_number(codes, sample.weights) for codes in (sample.clusters.first, sample.clusters.second))
    kinds, counts = np.unique(sample.values, return_counts=True)
    differs = sample.values != kinds[np.argmax(counts)]
    if len(np.unique(sample.clusters.first[differs])) < FEW:
        rate = min(float(np.sum(sample.weights[differs])), 1.0)
        se = max(se, sqrt(wilson_interval(rate * n, n).high / n))
    return se, max(1.0, n - 1.0)


def _effective_number(codes: Codes, weights: Floats) -> float:
    """Clusters of equal weight that would tell as much (Kish)."""
    return 1.0 / float(np.sum(np.bincount(codes, weights) ** 2))
