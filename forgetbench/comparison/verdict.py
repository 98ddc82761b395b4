"""The verdict on one delta: a word, from numbers that stand in its row of comparison.json.

Everything here is a function of stored numbers, so a gate with other margins reaches its verdicts by the
same rules without scoring anything again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import isfinite, isnan
from typing import Any

from forgetbench.records import ALPHA, DeltaRow, Estimate, Verdict
from forgetbench.stats.quantiles import normal_quantile


def verdict(
    delta: float,
    ci_low: float,
    ci_high: float,
    one_sided_low: float,
    p_adjusted: float,
    margin: float,
    *,
    alpha: float = ALPHA,
    at_chance: bool = False,
    within_noise: bool = False,
) -> Verdict:
    """What a change of a score amounts to, against the non-inferiority margin `margin` >= 0.

    not_measured  a number is not finite, or the base is `at_chance`: it has nothing to lose
    regressed     the interval lies below 0, the change is significant after adjustment, and more was lost than the
                  base loses against itself (not `within_noise`)
    improved      the interval lies above 0, likewise significant; at chance as well
    retained      the one-sided lower bound is above -margin: a drop that large is excluded
    inconclusive  anything else; never to be read as "no regression"

    The first that holds is returned, so a proven drop is regressed even where it is smaller than the margin. What a
    mean of several tasks may hide has a word of its own, see `with_opposed_tasks`.
    """
    if not all(map(isfinite, (delta, ci_low, ci_high, one_sided_low, p_adjusted))):
        return "not_measured"
    significant = p_adjusted < alpha
    if significant and ci_low > 0.0:
        return "improved"
    if at_chance:
        return "not_measured"
    if significant and ci_high < 0.0 and not within_noise:
        return "regressed"
    if one_sided_low > -margin:
        return "retained"
    return "inconclusive"


def with_verdict(
    row: DeltaRow,
    p_adjusted: float,
    margin: float,
    *,
    missing: float,
    noise_floor: Mapping[str, Any] | None = None,
    alpha: float = ALPHA,
    interval_alpha: float = ALPHA,
) -> DeltaRow:
    """`row` with its margin, adjusted p-value and verdict at `alpha`.

    `missing` is the share of its items that were not measured, `noise_floor` that of the comparison. The row keeps
    its own interval, of level 1 - `interval_alpha`; for another `alpha` the verdict is made of the scaled one.
    """
    if row.estimate is None:
        return replace(row, judgement=replace(row.judgement, margin=margin, verdict="not_measured"))
    low, high = interval_at(row.estimate, alpha=alpha, interval_alpha=interval_alpha)
    # Nothing that is missing makes a gain: it is shown only where it stays one with all of that lost.
    low = _with_all_lost(low, missing)
    word = verdict(
        row.estimate.delta,
        low,
        high,
        lower_bound(row.estimate, missing=missing, alpha=alpha, interval_alpha=interval_alpha),
        p_adjusted,
        margin,
        alpha=alpha,
        at_chance=row.judgement.at_chance,
        within_noise=within_noise(row, noise_floor),
    )
    return replace(row, judgement=replace(row.judgement, verdict=word, margin=margin, p_adjusted=p_adjusted))


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


def interval_at(estimate: Estimate, *, alpha: float, interval_alpha: float) -> tuple[float, float]:
    """The two-sided interval of the delta at level 1 - `alpha`: the stored one's arms, scaled by normal quantiles."""
    scale = normal_quantile(1 - alpha / 2) / normal_quantile(1 - interval_alpha / 2)
    delta = estimate.delta
    return delta + scale * (estimate.ci_low - delta), delta + scale * (estimate.ci_high - delta)


def lower_bound(
    estimate: Estimate, *, missing: float = 0.0, alpha: float = ALPHA, interval_alpha: float = ALPHA
) -> float:
    """One-sided lower bound of the delta at level 1 - `alpha`, the share `missing` of items taken as lost entirely."""
    bound = estimate.lower
    if isnan(bound):
        # Comparisons of before the bound was stored have the interval alone.
        bound = one_sided_low(estimate.delta, estimate.ci_low, alpha=interval_alpha)
    arm = (estimate.delta - bound) * normal_quantile(1 - alpha) / normal_quantile(1 - interval_alpha)
    return _with_all_lost(estimate.delta - arm, missing)


def _with_all_lost(change: float, missing: float) -> float:
    """A change over the measured items, if the share `missing` of all had been lost entirely."""
    return (1.0 - missing) * change - missing


def within_noise(row: DeltaRow, noise_floor: Mapping[str, Any] | None) -> bool:
    """Whether no more was lost than the base, asked twice, loses against itself."""
    floor = (noise_floor or {}).get(row.name, {}).get("loss")
    # A loss that was not estimated is NaN, which is below nothing.
    return floor is not None and row.estimate is not None and row.estimate.loss <= floor


def one_sided_low(delta: float, ci_low: float, *, missing: float = 0.0, alpha: float = ALPHA) -> float:
    """One-sided lower bound at level 1 - `alpha` from the two-sided interval at the same level.

    The interval's lower arm is scaled by z(1 - alpha) / z(1 - alpha / 2), which keeps its asymmetry and its
    honesty where nothing varied. `missing` is the share of items that were not measured: they are
    taken as lost entirely, the worst case, so that nothing missing counts as retained
    (Manski 2003, "Partial Identification of Probability Distributions").
    """
    arm = (delta - ci_low) * normal_quantile(1 - alpha) / normal_quantile(1 - alpha / 2)
    return _with_all_lost(delta - arm, missing)
