"""One row's estimate: from scores, decomposed by cluster, to interval, test, MDE, retention and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt

from forgetbench.comparison.extremes import Extremes
from forgetbench.comparison.intervals import Method, Uncertainty
from forgetbench.comparison.margins import preserve
from forgetbench.comparison.preserved import Corrected, retention
from forgetbench.records import TARGET, DeltaRow, Estimate, Evidence, Judgement, Margins, Missing, Retention
from forgetbench.stats.clustered import FEW, ClusterEffects, Floats
from forgetbench.stats.power import minimum_detectable_collapse, minimum_detectable_effect
from forgetbench.stats.quantiles import student_quantile
from forgetbench.stored import Stored


@dataclass(frozen=True, slots=True)
class Inference:
    """How rows are inferred and judged, the same for all rows of a comparison."""

    margins: Margins
    method: Method
    family: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """`Comparison.family`: p-values of other candidates that are adjusted together with these rows'."""

    @property
    def alpha(self) -> float:
        """Intervals have level 1 - alpha, and tests this size."""
        return self.method.alpha


@dataclass(frozen=True, slots=True)
class Scores:
    """A row's scores: as they are shown, chance-corrected, and their differences decomposed by cluster."""

    base: float
    candidate: float
    delta: ClusterEffects
    corrected: Corrected
    effect: float
    """The standardised delta."""
    extremes: Extremes | None = None
    """None where no item is missing."""


def with_estimate(
    row: DeltaRow,
    scores: Scores,
    margin: float,
    inference: Inference,
    name: Sequence[str],
    discordant: tuple[int, int] | None = None,
) -> DeltaRow:
    """`row` with its estimate; its judgement and its reason say whether the base is at chance.

    `name` identifies the row for its seeded draws, `margin` is how much it may lose, `discordant` are losses and gains
    of independent right-or-wrong items.
    """
    delta, base, alpha = scores.delta, scores.corrected.base, inference.alpha
    uncertainty = inference.method(delta, name, margin, discordant)
    above_chance = _above_chance(base, alpha)
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
            mde=minimum_detectable_effect(delta, alpha=alpha),
            mde_uneven=minimum_detectable_collapse(delta, _to_lose(scores, row.chance), alpha=alpha),
            loss=delta.loss,
            effect=scores.effect,
        ),
        evidence=Evidence(delta.n_clusters, delta.n_second_clusters, delta.n_effective, delta.dof),
        kept=_kept(scores, uncertainty, alpha, above_chance),
        missing=_missing(scores.extremes, inference.method, margin),
        judgement=Judgement(margin=margin, at_chance=at_chance, preserve=preserve(row.domain, inference.margins)),
        reason="; ".join(reason for reason in reasons if reason) or None,
    )


def _kept(scores: Scores, uncertainty: Uncertainty, alpha: float, above_chance: bool) -> Retention:
    se = scores.delta.conservative_se
    reach = (scores.delta.estimate - uncertainty.lower) / se if se > 0.0 else 0.0
    whole = scores.corrected if scores.extremes is None else scores.extremes.corrected
    return retention(scores.corrected, whole, reach, alpha, above_chance=above_chance)


def _missing(extremes: Extremes | None, method: Method, margin: float) -> Missing:
    """The bounds of all items, by the method of the measured ones but without draws, which take most of the time."""
    if extremes is None:
        return Missing()
    worst, best = method.bounds(extremes.worst, margin), method.bounds(extremes.best, margin)
    return Missing(
        missing_worst=extremes.worst.estimate,
        missing_best=extremes.best.estimate,
        missing_lower=worst.lower,
        missing_low=worst.low,
        missing_high=best.high,
    )


def _to_lose(scores: Scores, chance: float | None) -> Floats:
    """By cluster, its share of what the base's score is above guessing: what is left of a collapse is a guess."""
    key = scores.corrected.base.keys[scores.delta.drawn_at]
    return (1.0 - (chance or 0.0)) * key.contribution


def _why_at_chance(base: float, chance: float | None) -> str:
    if not chance:
        return Stored.BASE_AT_ZERO.value
    return Stored.BASE_AT_CHANCE.format(base=f"{100 * base:.1f}", chance=f"{100 * chance:.1f}")


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
