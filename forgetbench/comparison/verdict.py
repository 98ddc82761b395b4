"""The verdict on one delta: five words, from numbers that stand in its row of comparison.json.

Everything here is a function of stored numbers, so a gate with other margins reaches its verdicts by the
same rules without scoring anything again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from forgetbench.records import ALPHA, DeltaRow, Verdict
from forgetbench.stats.quantiles import normal_quantile


def verdict(
    delta: float | None,
    ci_low: float | None,
    ci_high: float | None,
    one_sided_low: float | None,
    p_adjusted: float | None,
    margin: float,
    *,
    alpha: float = ALPHA,
    at_chance: bool = False,
    within_noise: bool = False,
) -> Verdict:
    """What a change of a score amounts to, against the non-inferiority margin `margin` >= 0.

    not_measured  a number is missing or not finite, or the base is `at_chance`: it has nothing to lose
    regressed     the interval lies below 0, the change is significant after adjustment, and more was lost than the
                  base loses against itself (not `within_noise`)
    improved      the interval lies above 0, likewise significant; at chance as well
    retained      the one-sided lower bound is above -margin: a drop that large is excluded
    inconclusive  anything else; never to be read as "no regression"

    The first that holds is returned, so a proven drop is regressed even where it is smaller than the margin.
    """
    numbers = (delta, ci_low, ci_high, one_sided_low, p_adjusted)
    if delta is None or ci_low is None or ci_high is None or one_sided_low is None or p_adjusted is None:
        return "not_measured"
    if not all(number is not None and isfinite(number) for number in numbers):
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


def judged(
    row: DeltaRow,
    p_adjusted: float | None,
    margin: float,
    *,
    unmeasured: float,
    noise_floor: Mapping[str, Any] | None = None,
    alpha: float = ALPHA,
    interval_alpha: float = ALPHA,
) -> DeltaRow:
    """`row` with its margin, adjusted p-value and verdict at `alpha`.

    `unmeasured` is the share of its items that were not measured, `noise_floor` that of the comparison. The row keeps
    its own interval, of level 1 - `interval_alpha`; for another `alpha` its arms are scaled.
    """
    if row.delta is None or row.ci_low is None or row.ci_high is None:
        return replace(row, margin=margin, verdict="not_measured")
    scale = normal_quantile(1 - alpha / 2) / normal_quantile(1 - interval_alpha / 2)
    low, high = row.delta + scale * (row.ci_low - row.delta), row.delta + scale * (row.ci_high - row.delta)
    bound = lower_bound(row, unmeasured=unmeasured, alpha=alpha, interval_alpha=interval_alpha)
    word = verdict(
        row.delta,
        low,
        high,
        bound,
        p_adjusted,
        margin,
        alpha=alpha,
        at_chance=row.at_chance,
        within_noise=within_noise(row, noise_floor),
    )
    return replace(row, p_adjusted=p_adjusted, margin=margin, verdict=word)


def lower_bound(
    row: DeltaRow, *, unmeasured: float = 0.0, alpha: float = ALPHA, interval_alpha: float = ALPHA
) -> float | None:
    """One-sided lower bound of a row's delta at level 1 - `alpha`, `unmeasured` items taken as lost entirely."""
    if row.delta is None or row.ci_low is None:
        return None
    # Comparisons of before the bound was stored have the interval alone.
    bound = one_sided_low(row.delta, row.ci_low, alpha=interval_alpha) if row.lower is None else row.lower
    arm = (row.delta - bound) * normal_quantile(1 - alpha) / normal_quantile(1 - interval_alpha)
    return (1.0 - unmeasured) * (row.delta - arm) - unmeasured


def within_noise(row: DeltaRow, noise_floor: Mapping[str, Any] | None) -> bool:
    """Whether no more was lost than the base, asked twice, loses against itself."""
    floor = (noise_floor or {}).get(row.name, {}).get("loss")
    return floor is not None and row.loss is not None and row.loss <= floor


def one_sided_low(delta: float, ci_low: float, *, unmeasured: float = 0.0, alpha: float = ALPHA) -> float:
    """One-sided lower bound at level 1 - `alpha` from the two-sided interval at the same level.

    The interval's lower arm is scaled by z(1 - alpha) / z(1 - alpha / 2), which keeps its asymmetry and its
    honesty where nothing varied. `unmeasured` is the share of items that were not measured: they are
    taken as lost entirely, the worst case, so that nothing missing counts as retained
    (Manski 2003, "Partial Identification of Probability Distributions").
    """
    arm = (delta - ci_low) * normal_quantile(1 - alpha) / normal_quantile(1 - alpha / 2)
    return (1.0 - unmeasured) * (delta - arm) - unmeasured


def unmeasured_share(tasks: Iterable[DeltaRow]) -> float:
    """Mean over tasks of the share of items not measured; a task without any items is not measured at all."""
    shares = []
    for task in tasks:
        total = task.n_items + task.n_unmeasured
        shares.append(task.n_unmeasured / total if task.n_items else 1.0)
    return sum(shares) / len(shares) if shares else 0.0
