"""The verdict on one delta: a word, from numbers that stand in its row of comparison.json.

Everything here is a function of stored numbers, so a gate with other margins or levels reaches its verdicts by the
same rules without scoring anything again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import isfinite, isnan, nan

from forgetbench.comparison.preserved import preserved_bound
from forgetbench.records import ALPHA, DeltaRow, Estimate, Verdict
from forgetbench.stats.quantiles import normal_cdf, normal_quantile, student_cdf, student_quantile


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a row's numbers say at one level, items that were not measured at their worst; score units."""

    low: float
    """Lower end of the two-sided interval."""
    high: float
    """Upper end of the two-sided interval of the measured items alone."""
    lower: float
    """One-sided lower bound."""
    best: float
    """Upper end of the two-sided interval, items that were not measured at their best."""


def verdict(
    delta: float,
    low: float,
    p_adjusted: float,
    *,
    alpha: float = ALPHA,
    at_chance: bool = False,
    within_margin: bool = False,
) -> Verdict:
    """What a change of a score amounts to.

    `low` is the lower end of its interval, what is missing at its worst; `within_margin` whether the margin or more is
    ruled out as a loss.

    not_measured  a number is not finite, or the base is `at_chance`: it has nothing to lose
    regressed     a loss, significant after adjustment, however small: whether it is within the margin is a question
                  of its own (Piaggio et al. 2012, JAMA 308:2594)
    improved      a significant gain that what is missing cannot undo; at chance as well
    retained      within the margin
    inconclusive  anything else; never to be read as "no regression"

    The first that holds is returned. What a mean of several tasks may hide has a word of its own, see
    `with_opposed_tasks`.
    """
    if not all(map(isfinite, (delta, low, p_adjusted))):
        return "not_measured"
    significant = p_adjusted < alpha
    if significant and low > 0.0:
        return "improved"
    if at_chance:
        return "not_measured"
    if significant and delta < 0.0:
        return "regressed"
    return "retained" if within_margin else "inconclusive"


def with_verdict(
    row: DeltaRow,
    p_adjusted: float,
    margin: float,
    preserve: float,
    *,
    alpha: float = ALPHA,
    interval_alpha: float = ALPHA,
) -> DeltaRow:
    """`row` judged at `alpha`: its verdict, and whether a loss of `margin` or of more than 1 - `preserve` is ruled out.

    The row keeps its own interval, of level 1 - `interval_alpha`; for another `alpha` scaled ones are judged.
    """
    declared = replace(row.judgement, margin=margin, preserve=preserve)
    if row.estimate is None:
        return replace(row, judgement=replace(declared, verdict="not_measured"))
    bounds = bounds_at(row, alpha=alpha, interval_alpha=interval_alpha)
    kept = preserved_bound(row.kept, preserve, alpha=alpha, interval_alpha=interval_alpha)
    within = bounds.lower > -margin and kept > 0.0
    word = verdict(
        row.estimate.delta,
        bounds.low,
        p_adjusted,
        alpha=alpha,
        at_chance=row.judgement.at_chance,
        within_margin=within,
    )
    judgement = replace(
        declared,
        verdict=word,
        p_adjusted=p_adjusted,
        within_margin=within if word != "not_measured" else None,
        p_noninferior=noninferiority_p_value(row, margin, interval_alpha=interval_alpha),
    )
    return replace(row, judgement=judgement)


@dataclass(frozen=True, slots=True)
class Opposed:
    """The tasks of a domain that moved by more than their intervals, where some fell and some rose; else empty."""

    fallen: tuple[DeltaRow, ...] = ()
    risen: tuple[DeltaRow, ...] = ()


def opposed_tasks(domain: str, tasks: Iterable[DeltaRow]) -> Opposed:
    """Which of a domain's judged tasks are regressed and which improved; supporting ones are no part of its score."""
    own = [task for task in tasks if task.domain == domain and not task.supporting]
    fallen = tuple(task for task in own if task.judgement.verdict == "regressed")
    risen = tuple(task for task in own if task.judgement.verdict == "improved")
    return Opposed(fallen, risen) if fallen and risen else Opposed()


def with_opposed_tasks(row: DeltaRow, tasks: Iterable[DeltaRow]) -> DeltaRow:
    """A domain's judged row, `mixed` where its tasks moved in opposite directions.

    Their mean says neither. Only a mean that is itself shown to have fallen stays `regressed`.
    """
    word = row.judgement.verdict
    if word in ("regressed", "not_measured") or not opposed_tasks(row.name, tasks).fallen:
        return row
    return replace(row, judgement=replace(row.judgement, verdict="mixed"))


# --- bounds from stored numbers ---------------------------------------------------------------


def bounds_at(row: DeltaRow, *, alpha: float, interval_alpha: float) -> Bounds:
    """The bounds at level 1 - `alpha` of a row that has an estimate and whose own are of level 1 - `interval_alpha`.

    Arms are scaled by Student's quantiles with the row's degrees of freedom. Items that were not measured enter as
    `records.Missing` says; where none is missing all bounds are those of the measured items.
    """
    assert row.estimate is not None  # noqa: S101
    estimate, missing = row.estimate, row.missing
    two_sided = _scale(1 - alpha / 2, 1 - interval_alpha / 2, row.evidence.dof)
    one_sided = _scale(1 - alpha, 1 - interval_alpha, row.evidence.dof)
    delta, bound = estimate.delta, one_sided_bound(estimate, interval_alpha)
    high = delta + two_sided * (estimate.ci_high - delta)
    if isnan(missing.missing_worst):
        low = delta + two_sided * (estimate.ci_low - delta)
        return Bounds(low, high, delta + one_sided * (bound - delta), high)
    worst, best = missing.missing_worst, missing.missing_best
    return Bounds(
        low=worst + two_sided * (missing.missing_low - worst),
        high=high,
        lower=worst + one_sided * (missing.missing_lower - worst),
        best=best + two_sided * (missing.missing_high - best),
    )


def noninferiority_p_value(row: DeltaRow, margin: float, *, interval_alpha: float) -> float:
    """The one-sided p-value of "a loss of `margin` or more", what is missing at its worst; NaN without an estimate.

    The level at which the lower bound is -`margin`: with an arm of a at level 1 - alpha it is that of a Student's t of
    (delta + margin) / a times its quantile at 1 - alpha (normal where the degrees of freedom are not known).
    """
    if row.estimate is None:
        return nan
    at = row.estimate.delta if isnan(row.missing.missing_worst) else row.missing.missing_worst
    lower = bounds_at(row, alpha=interval_alpha, interval_alpha=interval_alpha).lower
    if at - lower <= 0.0:
        return 0.0 if at > -margin else 1.0
    return _tail((at + margin) / (at - lower), 1 - interval_alpha, row.evidence.dof)


def one_sided_bound(estimate: Estimate, alpha: float) -> float:
    """The one-sided lower bound over the measured items, as it is stored."""
    if isnan(estimate.lower):
        # Comparisons of before the bound was stored have the interval alone.
        return one_sided_low(estimate.delta, estimate.ci_low, alpha=alpha)
    return estimate.lower


def one_sided_low(delta: float, ci_low: float, *, alpha: float = ALPHA) -> float:
    """One-sided lower bound at level 1 - `alpha` from the two-sided interval at the same level.

    The interval's lower arm is scaled by z(1 - alpha) / z(1 - alpha / 2), which keeps its asymmetry and its
    honesty where nothing varied.
    """
    return delta - (delta - ci_low) * normal_quantile(1 - alpha) / normal_quantile(1 - alpha / 2)


def _scale(wanted: float, stored: float, dof: float) -> float:
    """By what an arm at the quantile `stored` is multiplied to be one at `wanted`; exactly 1 where they are equal."""
    if wanted == stored:
        return 1.0
    if isnan(dof):
        return normal_quantile(wanted) / normal_quantile(stored)
    return student_quantile(wanted, dof) / student_quantile(stored, dof)


def _tail(arms: float, stored: float, dof: float) -> float:
    """The probability beyond `arms` times the quantile `stored`."""
    if isnan(dof):
        return normal_cdf(-arms * normal_quantile(stored))
    return student_cdf(-arms * student_quantile(stored, dof), dof)
