"""What became of the knowledge behind forgotten answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan
from typing import Literal, Self

from forgetbench.diagnosis.elicitation import ANY, Elicitation, ElicitationRow
from forgetbench.diagnosis.findings import Cause, Finding, Measure, State
from forgetbench.records import Comparison, DeltaRow, Fates

HALF = 0.5
"""`locked` and `erased` are shown where more than this share of the forgotten items is, by the whole interval."""

_EXAMPLES = 5


def outcome_findings(comparison: Comparison, elicitation: Elicitation | None = None) -> Iterator[Finding]:
    """For each domain that forgot answers, and for the whole of several: are they still known?

    By the `choice` views of forgotten items, and by what came back of those that were asked again in any way. Where
    the two differ, what was asked again decides, if it is sure: what came back is known, whatever it is ranked.
    """
    domains = [each for row in comparison.domains if (each := _Known.of(row.name, row, elicitation)).is_told]
    overall = _Known.of(None, comparison.overall, elicitation)
    for known in (*([overall] if len(domains) > 1 and overall.is_told else []), *domains):
        yield known.finding("locked")
        yield known.finding("erased")


@dataclass(frozen=True, slots=True)
class _Known:
    """What tells whether forgotten answers are known: their likelihood, asking again, or both."""

    domain: str | None
    fates: Fates | None
    again: ElicitationRow | None

    @classmethod
    def of(cls, domain: str | None, row: DeltaRow, elicitation: Elicitation | None) -> Self:
        again = elicitation.row(ANY, domain) if elicitation is not None else None
        return cls(
            domain,
            row.fates if _is_told(row.fates) else None,
            None if again is None or isnan(again.corrected) else again,
        )

    @property
    def is_told(self) -> bool:
        return self.fates is not None or self.again is not None

    def finding(self, cause: Literal["locked", "erased"]) -> Finding:
        ranked = [] if self.fates is None else _ranked(cause, self.fates)
        asked = [] if self.again is None else _asked(cause, self.again)
        states = [_state(measures[0].low, measures[0].high) for measures in (asked, ranked) if measures]
        state: State = next((each for each in states if each != "open"), "open")
        return Finding(cause, state, (*ranked, *asked), self.domain)


def _is_told(fates: Fates | None) -> bool:
    return fates is not None and fates.n_fates > 0 and not isnan(fates.locked_of_forgotten)


def _ranked(cause: Cause, fates: Fates) -> list[Measure]:
    share, se = (
        (fates.locked_of_forgotten, fates.locked_of_forgotten_se)
        if cause == "locked"
        else (fates.erased_of_forgotten, fates.erased_of_forgotten_se)
    )
    reach = fates.of_forgotten_reach * se
    return [Measure("of_forgotten", share, share - reach, share + reach), Measure("n_forgotten", fates.n_fates)]


def _asked(cause: Cause, again: ElicitationRow) -> list[Measure]:
    back = Measure("came_back", again.corrected, again.low, again.high)
    gone = Measure("gone", again.erased, again.erased_low, again.erased_high)
    return [back if cause == "locked" else gone, Measure("n_asked", again.n_forgotten)]


def _state(low: float, high: float) -> State:
    """Of a share that is or is not more than half; NaN leaves it open."""
    return "shown" if low > HALF else "ruled_out" if high < HALF else "open"


def contamination_findings(comparison: Comparison) -> Iterator[Finding]:
    """Items that stand in the training data; nothing where that data was not given to the comparison."""
    known = [row for row in comparison.tasks if row.n_contaminated is not None]
    if known:
        count, items = sum(row.n_contaminated or 0 for row in known), sum(map(_items, known))
        state: State = "shown" if count else "ruled_out"
        shares = {row.name: (row.n_contaminated or 0) / _items(row) for row in known if _items(row)}
        most = sorted((name for name in shares if shares[name]), key=lambda name: -shares[name])
        measures = [Measure("n_contaminated", count), Measure("n_items", items)]
        if most:
            measures.append(Measure("of_a_task", shares[most[0]]))
        yield Finding("contamination", state, tuple(measures), examples=tuple(most[:_EXAMPLES]))


def _items(row: DeltaRow) -> int:
    return row.n_items + row.n_unmeasured
