"""What became of the knowledge behind forgotten answers."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from forgetbench.diagnosis.findings import Cause, Finding, Measure, State
from forgetbench.records import Comparison, DeltaRow, Fates

HALF = 0.5
"""`locked` and `erased` are shown where more than this share of the forgotten items is, by the whole interval."""

_EXAMPLES = 5


def outcome_findings(comparison: Comparison) -> Iterator[Finding]:
    """For each domain that forgot answers which have `choice` views, and for the whole of several: are they known?"""
    domains = [(row.name, row.fates) for row in comparison.domains if _is_told(row.fates)]
    overall = [(None, comparison.overall.fates)] if len(domains) > 1 and _is_told(comparison.overall.fates) else []
    for domain, fates in (*overall, *domains):
        assert fates is not None  # noqa: S101 - `_is_told`
        yield _finding("locked", fates, domain)
        yield _finding("erased", fates, domain)


def _is_told(fates: Fates | None) -> bool:
    return fates is not None and fates.n_fates > 0 and not isnan(fates.locked_of_forgotten)


def _finding(cause: Cause, fates: Fates, domain: str | None) -> Finding:
    share, se = (
        (fates.locked_of_forgotten, fates.locked_of_forgotten_se)
        if cause == "locked"
        else (fates.erased_of_forgotten, fates.erased_of_forgotten_se)
    )
    reach = fates.of_forgotten_reach * se
    measures = (Measure("of_forgotten", share, share - reach, share + reach), Measure("n_forgotten", fates.n_fates))
    return Finding(cause, _state(share - reach, share + reach), measures, domain)


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
