"""The gate in words: a sentence with numbers per check, what would settle an open one, and the line that sums up.

Scores and changes are in points of 100. Nothing here is made safe to show: names and reasons are as they were given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, inf, isinf, isnan
from typing import NamedTuple

from forgetbench.gate.result import Decision, GateResult, State
from forgetbench.gate.rows import GatedRow
from forgetbench.messages import N_, clauses, phrases, some
from forgetbench.messages import items as listing
from forgetbench.messages import translated as _
from forgetbench.report.wording import reason_of
from forgetbench.stats.proportions import Interval
from forgetbench.stats.quantiles import normal_quantile

_MOST_ITEMS = 10_000_000
"""More than this is no advice."""


def missing(title: str, why: str | None) -> str:
    """A row of which nothing was measured, and why."""
    return _("{row} was not measured: {why}").format(row=title, why=why or _("no reason was recorded"))


def verdict(gated: GatedRow) -> str:
    """A row's verdict against its margin, and how many answers are cut where that is many."""
    return clauses([_verdict(gated), _much_cut(gated)])


def _verdict(gated: GatedRow) -> str:
    row, word = gated.row, gated.row.judgement.verdict
    if word == "not_measured":
        if gated.decides:
            return missing(gated.title, reason_of(row))
        return _("{row} is not gated: {why}").format(row=gated.title, why=reason_of(row) or None)
    if word == "regressed":
        return clauses([_fell(gated), _by_test(gated), _against_margin(gated), _opposed(gated)])
    if word == "improved":
        return _rose(gated)
    if word == "mixed":
        told = _("{changed}, but its tasks moved both ways: {tasks}; `every_task: true` gates each task")
        return told.format(changed=_changed(gated), tasks=_both_ways(gated))
    if word == "retained":
        return _finding(_changed(gated), _ruled_out(gated))
    return clauses([_finding(phrases([_changed(gated), _chance(gated)]), _open(gated)), _worst_case(gated)])


def _finding(change: str, meaning: str) -> str:
    return _("{change}: {meaning}").format(change=change, meaning=meaning)


def _opposed(gated: GatedRow) -> str:
    if not gated.opposed.risen:
        return ""
    return _("its tasks moved both ways: {tasks}").format(tasks=_both_ways(gated))


def _against_margin(gated: GatedRow) -> str:
    """Of a loss that is shown, whether it is within what is allowed: a question of its own."""
    if gated.row.judgement.within_margin:
        told = _("within the allowed {margin:.1f}: a larger loss is ruled out")
    elif gated.high < -gated.margin:
        told = _("beyond the allowed {margin:.1f}")
    elif gated.bound > -gated.margin:
        told = _("within the allowed {margin:.1f}, but {not_kept}")
    else:
        told = _("the allowed {margin:.1f} may be exceeded")
    return told.format(margin=100 * gated.margin, not_kept=_not_kept(gated))


def _ruled_out(gated: GatedRow) -> str:
    # A reader sees the two-sided interval; a loss on one side is what must be ruled out.
    if gated.low < -gated.margin:
        told = _("a loss of the allowed {margin:.1f} is ruled out by the one-sided bound, {bound:+.1f}")
    else:
        told = _("a loss of the allowed {margin:.1f} is ruled out")
    return told.format(margin=100 * gated.margin, bound=100 * gated.bound)


def _open(gated: GatedRow) -> str:
    """Why a row is inconclusive, and what would settle it."""
    if gated.bound > -gated.margin:
        fraction = _("another `preserve`") if gated.row.kept.retention > gated.row.judgement.preserve else ""
        found = _("{ruled_out}, but {not_kept}").format(ruled_out=_ruled_out(gated), not_kept=_not_kept(gated))
        return clauses([found, _settled_by(more_items(gated), fraction)])
    margin = _enough_margin(gated)
    other = "" if margin is None else _("a margin of {points:.1f} points").format(points=100 * margin)
    found = _("a loss of the allowed {margin:.1f} is neither shown nor ruled out").format(margin=100 * gated.margin)
    return clauses([found, _settled_by(more_items(gated), other)])


def _not_kept(gated: GatedRow) -> str:
    kept, fraction = gated.row.kept, gated.row.judgement.preserve
    low, high = kept.retention_low, kept.retention_high
    if isnan(kept.retention):
        told = _("that {asked:.0f}% of what the base can do is kept is not shown")
    elif isnan(low) or isnan(high):
        told = _("that {asked:.0f}% of what the base can do is kept is not shown (kept: {kept:.0f}%)")
    else:
        told = _(
            "that {asked:.0f}% of what the base can do is kept is not shown (kept: {kept:.0f}%, {low:.0f}% to "
            "{high:.0f}%)"
        )
    return told.format(asked=100 * fraction, kept=100 * kept.retention, low=100 * low, high=100 * high)


def _by_test(gated: GatedRow) -> str:
    """Where the interval holds 0: of few or very unequal clusters the test of signs knows more than an interval."""
    if gated.high < 0:
        return ""
    told = _("that anything was lost is shown by the test of signs (p {p:.2g})")
    return told.format(p=gated.row.judgement.p_adjusted)


def gain(gated: GatedRow, least: float, state: State) -> str:
    """The change against the gain that is asked for."""
    if state == "failed":
        told = _("a gain of the {points:.1f} points asked for is ruled out")
    elif state == "passed":
        told = _("a gain of the {points:.1f} points asked for is shown")
    else:
        told = _("a gain of the {points:.1f} points asked for is neither shown nor ruled out")
    found = _finding(_changed(gated), told.format(points=100 * least))
    if state in ("failed", "passed"):
        return found
    reached = floor(1000 * gated.bound) / 1000
    other = _("asking for {points:.1f} points").format(points=100 * reached) if reached > 0 else ""
    return clauses([found, _settled_by(more_items_for_gain(gated, least), other), _worst_case(gated)])


def items(gated: GatedRow, least: int) -> str:
    """The number of paired items against the number that is asked for."""
    n_items = gated.row.n_items
    if n_items >= least:
        told = _("{row}: {n:,} items, the policy asks for {least:,}")
    else:
        told = _("{row}: {n:,} items, the policy asks for {least:,}; {more:,} more are needed")
    return told.format(row=gated.title, n=n_items, least=least, more=least - n_items)


def cut(gated: GatedRow, most: float) -> str:
    """The share of a side's answers that are cut against its limit."""
    answers = gated.row.cut
    measured, allowed = apart(100 * max(answers.cut_base, answers.cut_candidate), 100 * most)
    if answers.cut_base > answers.cut_candidate:
        told = _("{row}: {share}% of the base's answers were cut before they could be read; allowed {allowed}%")
    else:
        told = _("{row}: {share}% of the candidate's answers were cut before they could be read; allowed {allowed}%")
    return told.format(row=gated.title, share=measured, allowed=allowed)


def no_share(gated: GatedRow, what: str) -> str:
    """Why a limit on locked or erased items cannot be checked."""
    told = _("{row}: the share of {outcome} items was not measured, which takes a choice view of the same items")
    return told.format(row=gated.title, outcome=_(what))


def at_most_share(gated: GatedRow, what: str, share: float, bounds: Interval, most: float, state: State) -> str:
    """A share of locked or erased items, less luck, and the one-sided bound that decides against its limit."""
    bound = bounds.low if state == "failed" else bounds.high
    decisive, allowed = apart(100 * bound, 100 * most)
    if state == "failed":
        told = _(
            "{row}: {share:.1f}% of the items are {outcome}, less luck, at least {bound}% at {level}, one-sided; "
            "allowed {allowed}%"
        )
    elif state == "passed":
        told = _(
            "{row}: {share:.1f}% of the items are {outcome}, less luck, at most {bound}% at {level}, one-sided; "
            "allowed {allowed}%"
        )
    else:
        told = _(
            "{row}: {share:.1f}% of the items are {outcome}, less luck, at most {bound}% at {level}, one-sided; "
            "allowed {allowed}%: open"
        )
    return told.format(
        row=gated.title, share=100 * share, outcome=_(what), bound=decisive, level=_level(gated), allowed=allowed
    )


def at_most_rigidity(gated: GatedRow, index: float, most: float) -> str:
    """The rigidity index, 1 - the candidate's score, against its limit."""
    measured, allowed = apart(index, most, 2)
    told = _("{row}: the rigidity index is {measured}; allowed {allowed}")
    return told.format(row=gated.title, measured=measured, allowed=allowed)


def at_least_score(gated: GatedRow, score: float, least: float) -> str:
    """The candidate's score against the one that is asked for."""
    measured, asked = apart(100 * score, 100 * least)
    told = _("{row}: the candidate scores {measured} points; at least {asked} are asked for")
    return told.format(row=gated.title, measured=measured, asked=asked)


def apart(value: float, limit: float, digits: int = 1) -> tuple[str, str]:
    """Both numbers with as many digits as it takes to tell them apart: 5.04 against 5, not 5.0 against 5.0."""
    while digits < 6 and value != limit and f"{value:.{digits}f}" == f"{limit:.{digits}f}":
        digits += 1
    # Six digits are equal where only the arithmetic differs.
    return (f"{value:.{digits}f}", f"{limit:.{digits}f}") if digits < 6 else (f"{limit:.1f}", f"{limit:.1f}")


# --- what would settle it ---------------------------------------------------------------------


def more_items(gated: GatedRow) -> int | None:
    """How many more items would settle an inconclusive row if its delta stays what it is; None where none would.

    The interval's arms shrink with the root of the number of items. A row is settled when the one-sided bound rises
    above -margin and the fraction that is asked for is shown to be kept, or when the interval falls below 0, at
    Bonferroni's level over the gated rows: Holm's asks no more. An interval of everything that a score can be says
    nothing of how many it takes.
    """
    if gated.low <= -1.0 and gated.high >= 1.0:
        return None
    level = normal_quantile(1 - gated.policy.alpha / (2 * gated.family))
    stricter = level / normal_quantile(1 - gated.policy.alpha / 2)
    n_items = gated.row.n_items
    kept = [_needed(n_items, gated.worst + gated.margin, gated.worst - gated.bound), _for_the_fraction(gated)]
    return _fewest([max(kept), _needed(n_items, -gated.delta, stricter * (gated.high - gated.delta))])


def more_items_for_gain(gated: GatedRow, least: float) -> int | None:
    """The same for a gain of at least `least`: the bound must rise above it, or the interval fall below."""
    n_items = gated.row.n_items
    shown = _needed(n_items, gated.worst - least, gated.worst - gated.bound)
    return _fewest([shown, _needed(n_items, least - gated.best, gated.bounds.best - gated.best)])


def _for_the_fraction(gated: GatedRow) -> float:
    kept, fraction = gated.row.kept, gated.row.judgement.preserve
    bound = gated.kept_bound
    if isinf(bound):
        return 0.0
    distance = kept.candidate_corrected - fraction * kept.base_corrected
    return _needed(gated.row.n_items, distance, distance - bound)


def _needed(n_items: int, distance: float, arm: float) -> float:
    """More items by which an arm gets shorter than its distance; infinite where the distance is on the wrong side."""
    return n_items * max((arm / distance) ** 2 - 1, 0.0) if distance > 1e-9 else inf


def _fewest(ways: Sequence[float]) -> int | None:
    """The fewest of several numbers of items, all above 0 that are any advice."""
    return min((ceil(more) for more in ways if 0 < more <= _MOST_ITEMS), default=None)


def _enough_margin(gated: GatedRow) -> float | None:
    """The next tenth of a point above the worst that the data allow."""
    enough = (floor(-1000 * gated.bound) + 1) / 1000
    return enough if 0 < enough < 1 else None


def _settled_by(more: int | None, other: str) -> str:
    if more is None:
        return _("{way} would settle it").format(way=other) if other else ""
    if other:
        told = _("about {n} more items like these, or {way} would settle it")
    else:
        told = _("about {n} more items like these would settle it")
    return told.format(n=_rounded_up(more), way=other)


def _rounded_up(number: int) -> str:
    """Two digits are all that such a guess is worth."""
    step: int = 10 ** max(len(str(number)) - 2, 0)
    return f"{-(-number // step) * step:,}"


def _worst_case(gated: GatedRow) -> str:
    count = gated.row.n_unmeasured
    if isnan(gated.row.missing.missing_worst):
        return ""
    if not count:
        return _("items that were not measured count as lost")
    return _("{n:,} items that were not measured count as lost").format(n=count)


# --- numbers ----------------------------------------------------------------------------------


def _fell(gated: GatedRow) -> str:
    told = _("{row} fell {points:.1f} points, {level} interval {low:.1f} to {high:.1f}")
    return _with_interval(told, gated, -1)


def _rose(gated: GatedRow) -> str:
    told = _("{row} rose {points:.1f} points, {level} interval {low:.1f} to {high:.1f}")
    return _with_interval(told, gated, 1)


def _changed(gated: GatedRow) -> str:
    told = _("{row} changed by {points:+.1f} points, {level} interval {low:+.1f} to {high:+.1f}")
    return _with_interval(told, gated, 1)


def _both_ways(gated: GatedRow) -> str:
    moved = [*gated.opposed.fallen, *gated.opposed.risen]
    return listing(f"{row.name} {100 * row.estimate.delta:+.1f}" for row in moved if row.estimate is not None)


def _with_interval(told: str, gated: GatedRow, sign: int) -> str:
    """The change and its interval, with losses counted as positive where `sign` is -1."""
    low, high = sorted((sign * gated.low, sign * gated.high))
    return told.format(
        row=gated.title, points=100 * sign * gated.delta, level=_level(gated), low=100 * low, high=100 * high
    )


def _much_cut(gated: GatedRow) -> str:
    answers = gated.row.cut
    if not answers.much:
        return ""
    return _(
        "left out: answers cut before they could be read, {base:.1f}% of the base's and {candidate:.1f}% of the "
        "candidate's, with which the change is {low:+.1f} to {high:+.1f}"
    ).format(
        base=100 * answers.cut_base,
        candidate=100 * answers.cut_candidate,
        low=100 * answers.delta_worst,
        high=100 * answers.delta_best,
    )


def _level(gated: GatedRow) -> str:
    return f"{100 * (1 - gated.policy.alpha):.6g}%"


def _chance(gated: GatedRow) -> str:
    """Why an interval below 0 is no regression: several rows were asked."""
    p = gated.row.judgement.p_adjusted
    if gated.high >= 0 or p < gated.policy.alpha:
        return ""
    return _("which is not significant among {n} gated rows (p {p:.2g} by Holm)").format(n=gated.family, p=p)


# --- the table and the last line --------------------------------------------------------------


class CheckCells(NamedTuple):
    """One line of the table of checks."""

    row: str
    change: str
    interval: str
    allowed: str
    result: str


_RESULTS: dict[State, str] = {
    "failed": N_("failed"),
    "not_measured": N_("not measured"),
    "inconclusive": N_("inconclusive"),
    "let_pass": N_("inconclusive, let pass"),
    "waived": N_("waived"),
    "passed": N_("passed"),
    "not_gated": N_("not gated"),
}


def check_cells(decision: Decision) -> CheckCells:
    """A check as a line of a table; '-' stands for what there is none of."""
    measured, allowed, interval = "-", "-", "-"
    if decision.measured is not None and decision.limit is not None:
        measured, allowed = _numbers(decision, decision.measured, decision.limit)
    if decision.interval is not None:
        low, high = decision.interval
        interval = _("{low} to {high}").format(low=f"{100 * low:+.1f}", high=f"{100 * high:+.1f}")
    by_verdict = decision.check == "verdict" and decision.state in ("failed", "passed")
    result = _(decision.verdict if by_verdict else _RESULTS[decision.state])
    return CheckCells(decision.label, measured, interval, allowed, result)


def _numbers(decision: Decision, measured: float, limit: float) -> tuple[str, str]:
    if decision.check in ("verdict", "min_gain"):
        return f"{100 * measured:+.1f}", f">= {100 * limit:+.1f}"
    if decision.check == "min_items":
        return f"{measured:,.0f}", f">= {limit:,.0f}"
    scale, digits, unit = (1, 2, "") if decision.check == "max_rigidity" else (100, 1, "%")
    if decision.check == "min_score":
        unit = ""
    value, bound = apart(scale * measured, scale * limit, digits)
    return f"{value}{unit}", f"{'>=' if decision.check == 'min_score' else '<='} {bound}{unit}"


def summary_line(result: GateResult) -> str:
    """'regressed (2 of 5 failed: knowledge, reasoning)', counted in rows, of which any may have several checks."""
    worst: dict[str, Decision] = {}
    # Decisions come in order of what decides, so the first of a row is its worst.
    for decision in result.decisions:
        worst.setdefault(decision.name, decision)
    parts = _counts([decision for decision in worst.values() if decision.state != "not_gated"])
    told = _("{outcome} ({counts})")
    return told.format(outcome=_(result.outcome), counts=clauses(parts) or _("no row was gated"))


def _counts(worst: Sequence[Decision]) -> Iterator[str]:
    kinds: tuple[tuple[str, str, tuple[State, ...]], ...] = (
        (_("{n} of {all} failed: {rows}"), _("{n} failed: {rows}"), ("failed",)),
        (_("{n} of {all} open: {rows}"), _("{n} open: {rows}"), ("not_measured", "inconclusive")),
        (_("{n} of {all} let pass: {rows}"), _("{n} let pass: {rows}"), ("let_pass",)),
        (_("{n} of {all} waived: {rows}"), _("{n} waived: {rows}"), ("waived",)),
        (_("{n} of {all} passed"), "", ("passed",)),
    )
    first = True
    for of_all, further, states in kinds:
        names = [decision.title for decision in worst if decision.state in states]
        if names:
            yield (of_all if first else further).format(n=len(names), all=len(worst), rows=some(names))
            first = False
