"""What is kept of the base's ability: a ratio of chance-corrected scores, and a bound to hold any fraction against.

A margin in points says little of a base that has few of them: 5 of 300 right falling to 0 is a loss of 1.7 points and
of everything. So `retained` asks for both, a loss below the margin and a fraction of the base that is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan, nan

from forgetbench.records import Retention
from forgetbench.stats.clustered import ClusterEffects
from forgetbench.stats.quantiles import normal_quantile, student_quantile
from forgetbench.stats.ratios import TwoMeans, fieller_interval


@dataclass(frozen=True, slots=True)
class Corrected:
    """Chance-corrected scores of one row, by cluster: (score - g) / (1 - g) with each task's chance g."""

    base: ClusterEffects
    candidate: ClusterEffects
    difference: ClusterEffects
    """candidate - base"""

    @property
    def means(self) -> TwoMeans:
        """Both scores with their clustered covariance.

        The difference's standard error is the conservative one, since of a change that no item has shown yet the
        scores' own spread says nothing; the covariance is what makes the three agree.
        """
        base, candidate = self.base.corrected_se, self.candidate.corrected_se
        covariance = (base**2 + candidate**2 - self.difference.conservative_se**2) / 2
        return TwoMeans(self.base.estimate, self.candidate.estimate, base, candidate, covariance)


def retention(measured: Corrected, whole: Corrected, reach: float, alpha: float, *, above_chance: bool) -> Retention:
    """What is kept by the measured items, and what a bound needs of `whole`: all items, what is missing at its worst.

    `reach` is how many standard errors the delta's own one-sided bound at level 1 - `alpha` lies from it; Student's
    quantile is the least.
    """
    means, all_means = measured.means, whole.means
    dof = min(measured.base.dof, measured.difference.dof)
    interval = fieller_interval(means, student_quantile(1 - alpha / 2, dof))
    return Retention(
        retention=means.y / means.x if above_chance else nan,
        retention_low=interval.low if above_chance else nan,
        retention_high=interval.high if above_chance else nan,
        base_corrected=all_means.x,
        candidate_corrected=all_means.y,
        base_corrected_se=all_means.x_se,
        candidate_corrected_se=all_means.y_se,
        corrected_covariance=all_means.covariance,
        retention_reach=max(reach, student_quantile(1 - alpha, dof)),
    )


def preserved_bound(kept: Retention, fraction: float, *, alpha: float, interval_alpha: float) -> float:
    """Lower bound at level 1 - `alpha` of candidate - `fraction` * base, chance-corrected; infinite if none is asked.

    Above 0 a loss of more than 1 - `fraction` of what the base can do is ruled out. Numbers that are not there rule out
    nothing; those of comparisons from before they were stored ask for nothing. Scaled from `interval_alpha` by normal
    quantiles.
    """
    if fraction == 0.0 or isnan(kept.retention_reach):
        return inf
    means = TwoMeans(
        kept.base_corrected,
        kept.candidate_corrected,
        kept.base_corrected_se,
        kept.candidate_corrected_se,
        kept.corrected_covariance,
    )
    reach = kept.retention_reach * normal_quantile(1 - alpha) / normal_quantile(1 - interval_alpha)
    return means.bound(fraction, reach)
