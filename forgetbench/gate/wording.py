"""The gate in words: a sentence with numbers per check, what would settle an open one, and the line that sums up.

Scores and changes are in points of 100. Nothing here is made safe to show: names and reasons are as they were given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor
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
    row, margin, word = gated.row, 100 * gated.margin, gated.row.judgement.verdict
    if word == "not_measured":
        return missing(gated.title, row.reason) if gated.decides else f"{gated.title} is not gated: {row.reason}"
    if word == "regressed":
        opposed = f"; its tasks moved both ways: {_both_ways(gated)}" if gated.opposed.risen else ""
        return f"{_fell(gated)}; allowed {margin:.1f}{opposed}"
    if word == "improved":
        return _rose(gated)
    if word == "mixed":
        return (
            f"{_changed(gated)}, but its tasks moved both ways: {_both_ways(gated)}; `every_task: true` gates each task"
        )
    if word == "retained":
        # A reader sees the two-sided interval; a loss on one side is what must be ruled out.
        by = f" by the one-sided bound, {100 * gated.bound:+.1f}" if gated.low < -gated.margin else ""
        return f"{_changed(gated)}{_noise(gated)}: a loss of the allowed {margin:.1f} is ruled out{by}"
    return (
        f"{_changed(gated)}{_noise(gated)}{_chance(gated)}: a loss of the allowed {margin:.1f} is neither shown nor "
        "ruled out"
        f"{_advice(more_items(gated), 'a margin', _enough_margin(gated))}{_worst_case(gated)}"
    )


def gain(gated: GatedRow, least: float, state: State) -> str:
    """The change against the gain that is asked for."""
    asked = f"a gain of the {100 * least:.1f} points asked for"
    if state == "failed":
        return f"{_changed(gated)}: {asked} is ruled out"
    if state == "passed":
        return f"{_changed(gated)}: {asked} is shown"
    reached = floor(1000 * gated.bound) / 1000
    advice = _advice(more_items_for_gain(gated, least), "asking for", reached if reached > 0 else None)
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
    above -margin, or when the interval falls below 0, at Bonferroni's level over the gated rows: Holm's asks no more.
    A loss within the noise floor is not shown by any number of items, and an interval of everything that a score can be
    says nothing of how many it takes.
    """
    if gated.low <= -1.0 and gated.high >= 1.0:
        return None
    worst_case = (1 - gated.missing) * gated.delta - gated.missing
    routes = [(worst_case + gated.margin, worst_case - gated.bound)]
    if gated.noise is None:
        level = normal_quantile(1 - gated.policy.alpha / (2 * gated.family))
        stricter = level / normal_quantile(1 - gated.policy.alpha / 2)
        routes.append((-gated.delta, stricter * (gated.high - gated.delta)))
    return _fewest(gated.row.n_items, routes)


def more_items_for_gain(gated: GatedRow, least: float) -> int | None:
    """The same for a gain of at least `least`: the bound must rise above it, or the interval fall below."""
    worst_case = (1 - gated.missing) * gated.delta - gated.missing
    reached, high = highest(gated, gated.delta), highest(gated, gated.high)
    return _fewest(
        gated.row.n_items, [(worst_case - least, worst_case - gated.bound), (least - reached, high - reached)]
    )


def highest(gated: GatedRow, change: float) -> float:
    """A change if every item that was not measured had been gained."""
    return (1 - gated.missing) * change + gated.missing


def _fewest(n_items: int, routes: Sequence[tuple[float, float]]) -> int | None:
    """Fewest more items by which an arm gets shorter than its distance, over (distance, arm) pairs."""
    needed = [n_items * ((arm / distance) ** 2 - 1) for distance, arm in routes if distance > 1e-9]
    fewest = min((ceil(more) for more in needed if more > 0), default=None)
    return fewest if fewest is not None and fewest <= _MOST_ITEMS else None


def _enough_margin(gated: GatedRow) -> float | None:
    """The next tenth of a point above the worst that the data allow."""
    enough = (floor(-1000 * gated.bound) + 1) / 1000
    return enough if 0 < enough < 1 else None


def _advice(more: int | None, other: str, value: float | None) -> str:
    ways = []
    if more is not None:
        ways.append(f"about {_rounded_up(more)} more items like these")
    if value is not None:
        ways.append(f"{other}{' of' if other == 'a margin' else ''} {100 * value:.1f} points")
    return f"; {', or '.join(ways)} would settle it" if ways else ""


def _rounded_up(number: int) -> str:
    """Two digits are all that such a guess is worth."""
    step: int = 10 ** max(len(str(number)) - 2, 0)
    return f"{-(-number // step) * step:,}"


def _worst_case(gated: GatedRow) -> str:
    count = gated.row.n_unmeasured
    if not gated.missing:
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


def _noise(gated: GatedRow) -> str:
    if gated.noise is None:
        return ""
    lost, noise = 100 * gated.estimate.loss, 100 * gated.noise
    return f", which is noise (it lost {lost:.1f}, and the base loses {noise:.1f} against itself)"


def _chance(gated: GatedRow) -> str:
    """Why an interval below 0 is no regression: several rows were asked."""
    p = gated.row.judgement.p_adjusted
    if gated.noise is not None or gated.high >= 0 or p < gated.policy.alpha:
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
