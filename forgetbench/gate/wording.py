"""The gate in words: a sentence with numbers per check, what would settle an open one, and the line that sums up.

Scores and changes are in points of 100. Nothing here is made safe to show: names and reasons are as they were given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, inf, isinf, isnan
from typing import NamedTuple

from forgetbench.errors import listed
from forgetbench.gate.result import Decision, GateResult, State
from forgetbench.gate.rows import GatedRow
from forgetbench.stats.proportions import Interval
from forgetbench.stats.quantiles import normal_quantile

_MOST_ITEMS = 10_000_000
"""More than this is no advice."""


def missing(title: str, why: str | None) -> str:
    """A row of which nothing was measured, and why."""
    return f"{title} was not measured: {why or 'no reason was recorded'}"


def verdict(gated: GatedRow) -> str:
    """A row's verdict against its margin, and how many answers are cut where that is many."""
    return f"{_verdict(gated)}{_much_cut(gated)}"


def _verdict(gated: GatedRow) -> str:
    row, word = gated.row, gated.row.judgement.verdict
    if word == "not_measured":
        return missing(gated.title, row.reason) if gated.decides else f"{gated.title} is not gated: {row.reason}"
    if word == "regressed":
        opposed = f"; its tasks moved both ways: {_both_ways(gated)}" if gated.opposed.risen else ""
        return f"{_fell(gated)}{_by_test(gated)}; {_against_margin(gated)}{opposed}"
    if word == "improved":
        return _rose(gated)
    if word == "mixed":
        return (
            f"{_changed(gated)}, but its tasks moved both ways: {_both_ways(gated)}; `every_task: true` gates each task"
        )
    if word == "retained":
        return f"{_changed(gated)}: {_ruled_out(gated)}"
    return f"{_changed(gated)}{_chance(gated)}: {_open(gated)}{_worst_case(gated)}"


def _against_margin(gated: GatedRow) -> str:
    """Of a loss that is shown, whether it is within what is allowed: a question of its own."""
    allowed = f"the allowed {100 * gated.margin:.1f}"
    if gated.row.judgement.within_margin:
        return f"within {allowed}: a larger loss is ruled out"
    if gated.high < -gated.margin:
        return f"beyond {allowed}"
    if gated.bound > -gated.margin:
        return f"within {allowed}, but {_not_kept(gated)}"
    return f"{allowed} may be exceeded"


def _ruled_out(gated: GatedRow) -> str:
    # A reader sees the two-sided interval; a loss on one side is what must be ruled out.
    by = f" by the one-sided bound, {100 * gated.bound:+.1f}" if gated.low < -gated.margin else ""
    return f"a loss of the allowed {100 * gated.margin:.1f} is ruled out{by}"


def _open(gated: GatedRow) -> str:
    """Why a row is inconclusive, and what would settle it."""
    if gated.bound > -gated.margin:
        fraction = "another `preserve`" if gated.row.kept.retention > gated.row.judgement.preserve else ""
        return f"{_ruled_out(gated)}, but {_not_kept(gated)}{_settled_by(more_items(gated), fraction)}"
    margin = _enough_margin(gated)
    other = "" if margin is None else f"a margin of {100 * margin:.1f} points"
    return (
        f"a loss of the allowed {100 * gated.margin:.1f} is neither shown nor ruled out"
        f"{_settled_by(more_items(gated), other)}"
    )


def _not_kept(gated: GatedRow) -> str:
    kept, fraction = gated.row.kept, gated.row.judgement.preserve
    ratio = "" if isnan(kept.retention) else f" (kept: {100 * kept.retention:.0f}%{_kept_span(gated)})"
    return f"that {100 * fraction:.0f}% of what the base can do is kept is not shown{ratio}"


def _kept_span(gated: GatedRow) -> str:
    low, high = gated.row.kept.retention_low, gated.row.kept.retention_high
    return "" if isnan(low) or isnan(high) else f", {100 * low:.0f}% to {100 * high:.0f}%"


def _by_test(gated: GatedRow) -> str:
    """Where the interval holds 0: of few or very unequal clusters the test of signs knows more than an interval."""
    if gated.high < 0:
        return ""
    return f"; that anything was lost is shown by the test of signs (p {gated.row.judgement.p_adjusted:.2g})"


def gain(gated: GatedRow, least: float, state: State) -> str:
    """The change against the gain that is asked for."""
    asked = f"a gain of the {100 * least:.1f} points asked for"
    if state == "failed":
        return f"{_changed(gated)}: {asked} is ruled out"
    if state == "passed":
        return f"{_changed(gated)}: {asked} is shown"
    reached = floor(1000 * gated.bound) / 1000
    other = f"asking for {100 * reached:.1f} points" if reached > 0 else ""
    advice = _settled_by(more_items_for_gain(gated, least), other)
    return f"{_changed(gated)}: {asked} is neither shown nor ruled out{advice}{_worst_case(gated)}"


def items(gated: GatedRow, least: int) -> str:
    """The number of paired items against the number that is asked for."""
    n_items = gated.row.n_items
    tail = "" if n_items >= least else f"; {least - n_items:,} more are needed"
    return f"{gated.title}: {n_items:,} items, the policy asks for {least:,}{tail}"


def cut(gated: GatedRow, most: float) -> str:
    """The share of a side's answers that are cut against its limit."""
    answers = gated.row.cut
    measured, allowed = apart(100 * max(answers.cut_base, answers.cut_candidate), 100 * most)
    side = "base" if answers.cut_base > answers.cut_candidate else "candidate"
    return f"{gated.title}: {measured}% of the {side}'s answers were cut before they could be read; allowed {allowed}%"


def no_share(gated: GatedRow, what: str) -> str:
    """Why a limit on locked or erased items cannot be checked."""
    return f"{gated.title}: the share of {what} items was not measured, which takes a choice view of the same items"


def at_most_share(gated: GatedRow, what: str, share: float, bounds: Interval, most: float, state: State) -> str:
    """A share of locked or erased items, less luck, and the one-sided bound that decides against its limit."""
    bound = bounds.low if state == "failed" else bounds.high
    decisive, allowed = apart(100 * bound, 100 * most)
    found = f"{gated.title}: {100 * share:.1f}% of the items are {what}, less luck"
    if state == "failed":
        return f"{found}, at least {decisive}% at {_one_sided_level(gated)}; allowed {allowed}%"
    tail = "" if state == "passed" else ": open"
    return f"{found}, at most {decisive}% at {_one_sided_level(gated)}; allowed {allowed}%{tail}"


def at_most_rigidity(gated: GatedRow, index: float, most: float) -> str:
    """The rigidity index, 1 - the candidate's score, against its limit."""
    measured, allowed = apart(index, most, 2)
    return f"{gated.title}: the rigidity index is {measured}; allowed {allowed}"


def at_least_score(gated: GatedRow, score: float, least: float) -> str:
    """The candidate's score against the one that is asked for."""
    measured, asked = apart(100 * score, 100 * least)
    return f"{gated.title}: the candidate scores {measured} points; at least {asked} are asked for"


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
    ways = [] if more is None else [f"about {_rounded_up(more)} more items like these"]
    if other:
        ways.append(other)
    return f"; {', or '.join(ways)} would settle it" if ways else ""


def _rounded_up(number: int) -> str:
    """Two digits are all that such a guess is worth."""
    step: int = 10 ** max(len(str(number)) - 2, 0)
    return f"{-(-number // step) * step:,}"


def _worst_case(gated: GatedRow) -> str:
    count = gated.row.n_unmeasured
    if isnan(gated.row.missing.missing_worst):
        return ""
    return f"; {f'{count:,} items' if count else 'items'} that were not measured count as lost"


# --- numbers ----------------------------------------------------------------------------------


def _fell(gated: GatedRow) -> str:
    return f"{gated.title} fell {-100 * gated.delta:.1f} points, {_level(gated)} interval {_span(gated, -1)}"


def _rose(gated: GatedRow) -> str:
    return f"{gated.title} rose {100 * gated.delta:.1f} points, {_level(gated)} interval {_span(gated, 1)}"


def _changed(gated: GatedRow) -> str:
    span = f"{100 * gated.low:+.1f} to {100 * gated.high:+.1f}"
    return f"{gated.title} changed by {100 * gated.delta:+.1f} points, {_level(gated)} interval {span}"


def _both_ways(gated: GatedRow) -> str:
    moved = [*gated.opposed.fallen, *gated.opposed.risen]
    return ", ".join(f"{row.name} {100 * row.estimate.delta:+.1f}" for row in moved if row.estimate is not None)


def _span(gated: GatedRow, sign: int) -> str:
    low, high = sorted((sign * gated.low, sign * gated.high))
    return f"{100 * low:.1f} to {100 * high:.1f}"


def _much_cut(gated: GatedRow) -> str:
    answers = gated.row.cut
    if not answers.much:
        return ""
    return (
        f"; left out: answers cut before they could be read, {100 * answers.cut_base:.1f}% of the base's and "
        f"{100 * answers.cut_candidate:.1f}% of the candidate's, with which the change is "
        f"{100 * answers.delta_worst:+.1f} to {100 * answers.delta_best:+.1f}"
    )


def _one_sided_level(gated: GatedRow) -> str:
    return f"{_level(gated)}, one-sided"


def _level(gated: GatedRow) -> str:
    return f"{100 * (1 - gated.policy.alpha):.6g}%"


def _chance(gated: GatedRow) -> str:
    """Why an interval below 0 is no regression: several rows were asked."""
    p = gated.row.judgement.p_adjusted
    if gated.high >= 0 or p < gated.policy.alpha:
        return ""
    return f", which is not significant among {gated.family} gated rows (p {p:.2g} by Holm)"


# --- the table and the last line --------------------------------------------------------------


class CheckCells(NamedTuple):
    """One line of the table of checks."""

    row: str
    change: str
    interval: str
    allowed: str
    result: str


_RESULTS: dict[State, str] = {
    "failed": "failed",
    "not_measured": "not measured",
    "inconclusive": "inconclusive",
    "let_pass": "inconclusive, let pass",
    "waived": "waived",
    "passed": "passed",
    "not_gated": "not gated",
}


def check_cells(decision: Decision) -> CheckCells:
    """A check as a line of a table; '-' stands for what there is none of."""
    measured, allowed, interval = "-", "-", "-"
    if decision.measured is not None and decision.limit is not None:
        measured, allowed = _numbers(decision, decision.measured, decision.limit)
    if decision.interval is not None:
        low, high = decision.interval
        interval = f"{100 * low:+.1f} to {100 * high:+.1f}"
    result = (
        decision.verdict
        if decision.check == "verdict" and decision.state in ("failed", "passed")
        else _RESULTS[decision.state]
    )
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
    parts = list(_counts([decision for decision in worst.values() if decision.state != "not_gated"]))
    return f"{result.outcome} ({'; '.join(parts)})" if parts else f"{result.outcome} (no row was gated)"


def _counts(worst: Sequence[Decision]) -> Iterator[str]:
    total = len(worst)
    kinds: tuple[tuple[str, tuple[State, ...]], ...] = (
        ("failed", ("failed",)),
        ("open", ("not_measured", "inconclusive")),
        ("let pass", ("let_pass",)),
        ("waived", ("waived",)),
        ("passed", ("passed",)),
    )
    lead = f" of {total}"
    for word, states in kinds:
        names = [decision.title for decision in worst if decision.state in states]
        if names and not (word == "passed" and lead == ""):
            which = f": {listed(names)}" if word != "passed" else ""
            yield f"{len(names)}{lead} {word}{which}"
            lead = ""
