"""The gate in words: a sentence with numbers per check, what would settle an open one, and the line that sums up.

Scores and changes are in points of 100. Nothing here is made safe to show: names and reasons are as they were given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor
from typing import NamedTuple

from forgetbench.gate.result import Decision, GateResult, State
from forgetbench.gate.rows import GatedRow
from forgetbench.records import DOMAINS, DeltaRow
from forgetbench.stats.quantiles import normal_quantile

_MOST_ITEMS = 10_000_000
"""More than this is no advice."""
_MOST_NAMES = 5


def title(name: str) -> str:
    """A domain's name in running text; a task keeps the name that it can be found by."""
    return name.replace("_", " ") if name in DOMAINS else name


def missing(name: str, why: str | None) -> str:
    return f"{title(name)} was not measured: {why or 'no reason was recorded'}"


def verdict(found: GatedRow) -> str:
    """A row's verdict against its margin."""
    row, margin = found.row, 100 * found.margin
    if row.verdict == "not_measured":
        return missing(row.name, row.reason) if found.gated else f"{title(row.name)} is not gated: {row.reason}"
    if row.verdict == "regressed":
        return f"{_fell(found)}; allowed {margin:.1f}"
    if row.verdict == "improved":
        return _rose(found)
    if row.verdict == "retained":
        # A reader sees the two-sided interval; a loss on one side is what must be ruled out.
        by = f" by the one-sided bound, {100 * found.bound:+.1f}" if found.low < -found.margin else ""
        return f"{_changed(found)}{_noise(found)}: a loss of the allowed {margin:.1f} is ruled out{by}"
    return (
        f"{_changed(found)}{_noise(found)}{_chance(found)}: a loss of the allowed {margin:.1f} is neither shown nor "
        "ruled out"
        f"{_advice(more_items(found), 'a margin', _enough_margin(found))}{_worst_case(found)}"
    )


def gain(found: GatedRow, least: float, state: State) -> str:
    """The change against the gain that is asked for."""
    asked = f"a gain of the {100 * least:.1f} points asked for"
    if state == "failed":
        return f"{_changed(found)}: {asked} is ruled out"
    if state == "passed":
        return f"{_changed(found)}: {asked} is shown"
    reached = floor(1000 * found.bound) / 1000
    advice = _advice(more_items_for_gain(found, least), "asking for", reached if reached > 0 else None)
    return f"{_changed(found)}: {asked} is neither shown nor ruled out{advice}{_worst_case(found)}"


def items(row: DeltaRow, least: int) -> str:
    tail = "" if row.n_items >= least else f"; {least - row.n_items:,} more are needed"
    return f"{title(row.name)}: {row.n_items:,} items, the policy asks for {least:,}{tail}"


def at_most_share(row: DeltaRow, what: str, share: float, most: float) -> str:
    measured, allowed = apart(100 * share, 100 * most)
    return f"{title(row.name)}: {measured}% of the items are {what}; allowed {allowed}%"


def at_most_rigidity(row: DeltaRow, index: float, most: float) -> str:
    measured, allowed = apart(index, most, 2)
    return f"{title(row.name)}: the rigidity index is {measured}; allowed {allowed}"


def at_least_score(row: DeltaRow, score: float, least: float) -> str:
    measured, asked = apart(100 * score, 100 * least)
    return f"{title(row.name)}: the candidate scores {measured} points; at least {asked} are asked for"


def apart(value: float, limit: float, digits: int = 1) -> tuple[str, str]:
    """Both numbers with as many digits as it takes to tell them apart: 5.04 against 5, not 5.0 against 5.0."""
    while digits < 6 and value != limit and f"{value:.{digits}f}" == f"{limit:.{digits}f}":
        digits += 1
    # Six digits are equal where only the arithmetic differs.
    return (f"{value:.{digits}f}", f"{limit:.{digits}f}") if digits < 6 else (f"{limit:.1f}", f"{limit:.1f}")


# --- what would settle it ---------------------------------------------------------------------


def more_items(found: GatedRow) -> int | None:
    """How many more items would settle an inconclusive row if its delta stays what it is; None where none would.

    The interval's arms shrink with the root of the number of items. A row is settled when the one-sided bound rises
    above -margin, or when the interval falls below 0, at Bonferroni's level over the gated rows: Holm's asks no more.
    A loss within the noise floor is not shown by any number of items, and an interval of everything that a score can be
    says nothing of how many it takes.
    """
    if found.low <= -1.0 and found.high >= 1.0:
        return None
    kept = (1 - found.unmeasured) * found.delta - found.unmeasured
    routes = [(kept + found.margin, kept - found.bound)]
    if found.noise is None:
        level = normal_quantile(1 - found.settings.alpha / (2 * found.family))
        stricter = level / normal_quantile(1 - found.settings.alpha / 2)
        routes.append((-found.delta, stricter * (found.high - found.delta)))
    return _fewest(found.row.n_items, routes)


def more_items_for_gain(found: GatedRow, least: float) -> int | None:
    """The same for a gain of at least `least`: the bound must rise above it, or the interval fall below."""
    kept = (1 - found.unmeasured) * found.delta - found.unmeasured
    reached, high = highest(found, found.delta), highest(found, found.high)
    return _fewest(found.row.n_items, [(kept - least, kept - found.bound), (least - reached, high - reached)])


def highest(found: GatedRow, change: float) -> float:
    """A change if every item that was not measured had been gained."""
    return (1 - found.unmeasured) * change + found.unmeasured


def _fewest(n_items: int, routes: Sequence[tuple[float, float]]) -> int | None:
    """Fewest more items by which an arm gets shorter than its distance, over (distance, arm) pairs."""
    needed = [n_items * ((arm / distance) ** 2 - 1) for distance, arm in routes if distance > 1e-9]
    found = [ceil(more) for more in needed if more > 0]
    return min(found) if found and min(found) <= _MOST_ITEMS else None


def _enough_margin(found: GatedRow) -> float | None:
    """The next tenth of a point above the worst that the data allow."""
    enough = (floor(-1000 * found.bound) + 1) / 1000
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


def _worst_case(found: GatedRow) -> str:
    count = found.row.n_unmeasured
    if not found.unmeasured:
        return ""
    return f"; {f'{count:,} items' if count else 'items'} that were not measured count as lost"


# --- numbers ----------------------------------------------------------------------------------


def _fell(found: GatedRow) -> str:
    return f"{title(found.row.name)} fell {-100 * found.delta:.1f} points, {_level(found)} interval {_span(found, -1)}"


def _rose(found: GatedRow) -> str:
    return f"{title(found.row.name)} rose {100 * found.delta:.1f} points, {_level(found)} interval {_span(found, 1)}"


def _changed(found: GatedRow) -> str:
    span = f"{100 * found.low:+.1f} to {100 * found.high:+.1f}"
    return f"{title(found.row.name)} changed by {100 * found.delta:+.1f} points, {_level(found)} interval {span}"


def _span(found: GatedRow, sign: int) -> str:
    low, high = sorted((sign * found.low, sign * found.high))
    return f"{100 * low:.1f} to {100 * high:.1f}"


def _level(found: GatedRow) -> str:
    return f"{100 * (1 - found.settings.alpha):.6g}%"


def _noise(found: GatedRow) -> str:
    if found.noise is None or found.row.loss is None:
        return ""
    lost, noise = 100 * found.row.loss, 100 * found.noise
    return f", which is noise (it lost {lost:.1f}, and the base loses {noise:.1f} against itself)"


def _chance(found: GatedRow) -> str:
    """Why an interval below 0 is no regression: several rows were asked."""
    p = found.row.p_adjusted
    if found.noise is not None or found.high >= 0 or p is None or p < found.settings.alpha:
        return ""
    return f", which is not significant among {found.family} gated rows (p {p:.2g} by Holm)"


# --- the table and the last line --------------------------------------------------------------


class Cells(NamedTuple):
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


def cells(found: Decision) -> Cells:
    """A check as a line of a table; '-' stands for what there is none of."""
    measured, allowed, interval = "-", "-", "-"
    if found.measured is not None and found.limit is not None:
        measured, allowed = _numbers(found, found.measured, found.limit)
    if found.interval is not None:
        low, high = found.interval
        interval = f"{100 * low:+.1f} to {100 * high:+.1f}"
    result = (
        found.verdict if found.check == "verdict" and found.state in ("failed", "passed") else _RESULTS[found.state]
    )
    return Cells(found.label, measured, interval, allowed, result)


def _numbers(found: Decision, measured: float, limit: float) -> tuple[str, str]:
    if found.check in ("verdict", "min_gain"):
        return f"{100 * measured:+.1f}", f">= {100 * limit:+.1f}"
    if found.check == "min_items":
        return f"{measured:,.0f}", f">= {limit:,.0f}"
    scale, digits, unit = (1, 2, "") if found.check == "max_rigidity" else (100, 1, "%")
    if found.check == "min_score":
        unit = ""
    value, bound = apart(scale * measured, scale * limit, digits)
    return f"{value}{unit}", f"{'>=' if found.check == 'min_score' else '<='} {bound}{unit}"


def summary_line(result: GateResult) -> str:
    """'regressed (2 of 5 failed: knowledge, reasoning)', counted in rows, of which any may have several checks."""
    worst: dict[str, State] = {}
    # Decisions come in order of what decides, so the first of a row is its worst.
    for decision in result.decisions:
        worst.setdefault(decision.name, decision.state)
    parts = list(_counts({name: state for name, state in worst.items() if state != "not_gated"}))
    return f"{result.outcome} ({'; '.join(parts)})" if parts else f"{result.outcome} (no row was gated)"


def _counts(worst: dict[str, State]) -> Iterator[str]:
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
        names = [title(name) for name, state in worst.items() if state in states]
        if names and not (word == "passed" and lead == ""):
            listed = f": {_listed(names)}" if word != "passed" else ""
            yield f"{len(names)}{lead} {word}{listed}"
            lead = ""


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
