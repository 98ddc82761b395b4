"""A share of successes less what luck gives, where luck is measured on controls that cannot succeed by knowing.

Who knows succeeds, who does not succeeds by luck with probability c, so that a share r of successes holds
(r - c) / (1 - c) who know (Abbott 1925, Journal of Economic Entomology 18:265). Both r and c are estimated, each from
its own sample. As the share is 1 - (1 - r) / (1 - c), its interval is Fieller's of a ratio of two means.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan, sqrt

import numpy as np

from forgetbench.stats.clustered import FEW, Codes, Floats
from forgetbench.stats.item_clusters import ItemClusters, effects_by
from forgetbench.stats.proportions import wilson_interval
from forgetbench.stats.quantiles import student_quantile
from forgetbench.stats.ratios import TwoMeans, fieller_interval


@dataclass(frozen=True, slots=True)
class WeightedSample:
    """Successes among some items; all arrays have shape (items,)."""

    successes: Floats
    """1 or 0."""
    weights: Floats
    """Above 0; sum to 1."""
    clusters: ItemClusters

    @property
    def share(self) -> float:
        """The weighted share of successes."""
        # Of all exactly 1, and of none 0.
        return float(np.sum(self.weights[self.successes == 1.0])) / float(np.sum(self.weights))


@dataclass(frozen=True, slots=True)
class CorrectedShare:
    """A share of successes less luck; not clipped below, where it may be negative by chance."""

    raw: float
    control: float
    """The controls' share: luck."""
    corrected: float = nan
    """NaN where all controls succeed: then success says nothing."""
    low: float = nan
    high: float = nan
    """Two-sided interval; NaN where an end is unbounded."""


def corrected_share(sample: WeightedSample, controls: WeightedSample, alpha: float = 0.05) -> CorrectedShare:
    """The share of `sample` that succeeds by more than the luck that `controls` have, at level 1 - `alpha`.

    Both are taken as independent. Clusters that have items in both tend to succeed or fail as one, which makes the
    ratio of the two vary less: the interval is too wide rather than too narrow.
    """
    raw, control = sample.share, controls.share
    if control >= 1.0:
        return CorrectedShare(raw, control)
    (y_se, y_dof), (x_se, x_dof) = _standard_error(sample), _standard_error(controls)
    means = TwoMeans(x=1.0 - control, y=1.0 - raw, x_se=x_se, y_se=y_se, covariance=0.0)
    ratio = fieller_interval(means, student_quantile(1.0 - alpha / 2.0, min(x_dof, y_dof)))
    # No share of failures is negative; what is unbounded stays so.
    high = nan if isnan(ratio.low) else min(1.0, 1.0 - ratio.low)
    return CorrectedShare(raw, control, 1.0 - means.y / means.x, 1.0 - ratio.high, high)


def _standard_error(sample: WeightedSample) -> tuple[float, float]:
    """Of the share of successes, clustered, and its degrees of freedom.

    Where fewer than `FEW` clusters differ from the rest, it is not below what so many clusters cannot rule out: that
    all of five succeed is no proof that others would.
    """
    share, n_items = sample.share, len(sample.weights)
    # A plain mean of these is the weighted share, and their distances from it are the weighted errors.
    centred = share + n_items * sample.weights * (sample.successes - share)
    effects = effects_by([centred], [sample.clusters])
    n = min(_effective_number(codes, sample.weights) for codes in (sample.clusters.first, sample.clusters.second))
    se = effects.corrected_se
    rare = sample.successes if share <= 0.5 else 1.0 - sample.successes
    if np.count_nonzero(np.bincount(sample.clusters.first, rare)) < FEW:
        se = max(se, sqrt(wilson_interval(min(share, 1.0 - share) * n, n).high / n))
    return se, max(1.0, n - 1.0)


def _effective_number(codes: Codes, weights: Floats) -> float:
    """Clusters of equal weight that would tell as much (Kish)."""
    return 1.0 / float(np.sum(np.bincount(codes, weights) ** 2))
