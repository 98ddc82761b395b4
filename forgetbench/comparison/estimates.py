"""One row's estimate: from scores, decomposed by cluster, to interval, test, MDE and retention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import nan, sqrt
from typing import Any

from forgetbench.comparison.intervals import Method
from forgetbench.records import DEFAULT_MARGIN, TARGET, DeltaRow, Estimate, Evidence, Judgement, Retention
from forgetbench.stats.clustered import FEW, ClusterEffects
from forgetbench.stats.power import minimum_detectable_effect
from forgetbench.stats.quantiles import student_quantile


@dataclass(frozen=True, slots=True)
class Inference:
    """How rows are inferred and judged, the same for all rows of a comparison."""

    margins: Mapping[str, float]
    """Non-inferiority margin by domain, `DEFAULT_MARGIN` for others."""
    method: Method
    noise_floor: Mapping[str, Any] | None = None
    family: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """`Comparison.family`: p-values of other candidates that are adjusted together with these rows'."""

    @property
    def alpha(self) -> float:
        """Intervals have level 1 - alpha, and tests this size."""
        return self.method.alpha

    def margin(self, domain: str) -> float:
        """The non-inferiority margin of a domain's rows, in score units."""
        return self.margins.get(domain, DEFAULT_MARGIN)


@dataclass(frozen=True, slots=True)
class Scores:
    """A row's scores: as they are shown, chance-corrected, and their differences decomposed by cluster."""

    base: float
    candidate: float
    delta: ClusterEffects
    base_corrected: ClusterEffects
    candidate_corrected: float


def with_estimate(
    row: DeltaRow,
    scores: Scores,
    inference: Inference,
    name: Sequence[str],
    discordant: tuple[int, int] | None = None,
) -> DeltaRow:
    """`row` with its estimate; its judgement and its reason say whether the base is at chance.

    `name` identifies the row for its seeded draws, `discordant` are losses and gains of independent right-or-wrong
    items. Retention is the ratio of the chance-corrected scores, NaN where the base is not shown to be above chance.
    """
    delta, base = scores.delta, scores.base_corrected
    margin = inference.margin(row.domain)
    uncertainty = inference.method(delta, name, margin, discordant)
    above_chance = _above_chance(base, inference.alpha)
    # A skill that the fine-tuning was for may well start from nothing; and of a few clusters nothing is known.
    at_chance = not above_chance and row.domain != TARGET and (base.n_effective >= FEW or base.estimate <= 0.0)
    reasons = (_why_at_chance(scores.base, row.chance) if at_chance else None, row.reason)
    return replace(
        row,
        estimate=Estimate(
            base=scores.base,
            candidate=scores.candidate,
            delta=delta.estimate,
            ci_low=uncertainty.low,
            ci_high=uncertainty.high,
            se=delta.se,
            lower=uncertainty.lower,
            p_value=uncertainty.p_value,
            mde=minimum_detectable_effect(delta, alpha=inference.alpha),
            loss=delta.loss,
        ),
        evidence=Evidence(delta.n_clusters, delta.n_second_clusters, delta.n_effective, delta.dof),
        kept=Retention(scores.candidate_corrected / base.estimate if above_chance else nan),
        judgement=Judgement(margin=margin, at_chance=at_chance),
        reason="; ".join(reason for reason in reasons if reason) or None,
    )


def _why_at_chance(base: float, chance: float | None) -> str:
    if not chance:
        return "the base is not shown to score above 0: there is nothing to forget"
    return (
        f"the base is not shown to be above chance ({100 * base:.1f}, guessing gives {100 * chance:.1f}): "
        "there is nothing to forget"
    )


def _above_chance(base: ClusterEffects, alpha: float) -> bool:
    """Whether a chance-corrected base score is above 0 by a one-sided clustered t-test.

    Without it a retention would be a ratio to noise. Where all scores are equal, half a unit over
    sqrt(n), the largest standard error of a score in [0, 1], stands in for the zero that was observed.
    """
    n = base.n_effective
    if n < 2.0 or base.estimate <= 0.0:
        return False
    se = base.se or 0.5 / sqrt(n)
    return base.estimate > student_quantile(1.0 - alpha, n - 1.0) * se
