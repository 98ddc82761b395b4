"""The verdict on one delta: five words, from numbers that stand in its row of comparison.json.

Everything here is a function of stored numbers, so a gate with other margins reaches its verdicts by the
same rules without scoring anything again.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from forgetbench.records import DeltaRow, Verdict
from forgetbench.stats.quantiles import normal_quantile

ALPHA = 0.05


def verdict(
    delta: float | None,
    ci_low: float | None,
    ci_high: float | None,
    one_sided_low: float | None,
    p_adjusted: float | None,
    margin: float,
    *,
    alpha: float = ALPHA,
) -> Verdict:
    """What a change of a score amounts to, against the non-inferiority margin `margin` >= 0.

    not_measured  a number is missing or not finite
    regressed     the interval lies below 0, and the change is significant after adjustment
    improved      the interval lies above 0, likewise
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
    if significant and ci_high < 0.0:
        return "regressed"
    if significant and ci_low > 0.0:
        return "improved"
    if one_sided_low > -margin:
        return "retained"
    return "inconclusive"


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
