"""Warnings that say the same of many tasks, said once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from forgetbench.messages import translated as _
from forgetbench.records import Comparison
from forgetbench.report.wording import few_clusters, missing_data
from forgetbench.sanitize import one_line
from forgetbench.stored import Stored, retold, values_of

_COUNTED: Final = re.compile(r"(?P<counts>[\d,]+ of [\d,]+) (?P<what>.*)", re.DOTALL)

_BEFORE_COUNT: Final = re.compile(r"; (?=[\d,]+ items? not measured: )")
_CUT: Final = rf"(?:(?:base and candidate|base|candidate): )?{re.escape(Stored.CUT)}(?: \([\d,]+\))?"
_ALL_CUT: Final = re.compile(rf"{_CUT}(?:, {_CUT})*")
"""Reasons of which none is another than that answers were cut."""
_LONGEST: Final = 1000
"""Characters of one sentence."""


@dataclass(frozen=True, slots=True)
class WarningGroup:
    """A sentence, and of what it is said."""

    text: str
    places: tuple[str, ...] = ()
    """'harsh knowledge_open 160 of 160': whose answers, which task, how many; none of a warning that stands alone."""
    stored: str = field(default="", compare=False)
    """A warning as it is stored, in no reader's language."""

    @property
    def line(self) -> str:
        """The sentence, and after a colon each place that it is said of."""
        if not self.places:
            return self.text
        told = _("{text} ({n}): {places}")
        return told.format(text=self.text, n=len(self.places), places=one_line(", ".join(self.places), 2 * _LONGEST))


def told_once(comparison: Comparison) -> tuple[WarningGroup, ...]:
    """Which rows were not measured in full and why, then the warnings, where a table of the rows stands beside them."""
    return (*rows_told(comparison), *warnings_told(comparison))


def warnings_told(comparison: Comparison) -> tuple[WarningGroup, ...]:
    """The comparison's warnings in their order, those that differ in names and counts alone as one.

    What the table of the rows shows of cut answers is not said again, nor what a run says of itself and the pair says
    as well.
    """
    sides = [name for side in (comparison.base, comparison.candidate) for name in (side.name, f"{side.name}-replicate")]
    names = [*sides, *(row.name for row in (*comparison.tasks, *comparison.domains))]
    groups: dict[str, list[tuple[str, str]]] = {}
    for warning in dict.fromkeys(comparison.warnings):
        if not _is_repeated(warning, comparison):
            place, what = _taken_apart(warning, names)
            groups.setdefault(what, []).append((warning, place))
    few = few_clusters(comparison)
    return (
        *(_group(what, members) for what, members in groups.items()),
        *([WarningGroup(few, stored=Stored.FEW_CLUSTERS)] if few else []),
    )


def _is_repeated(warning: str, comparison: Comparison) -> bool:
    """Whether another warning, or a row of the table, says it as well or better."""
    if found := values_of(Stored.OF_PAIRED_NOT_MEASURED, warning):
        return _ALL_CUT.fullmatch(found["reason"]) is not None
    if values_of(Stored.FEW_CLUSTERS, warning):
        return bool(few_clusters(comparison))
    for name in (comparison.base.name, comparison.candidate.name):
        own = warning.removeprefix(f"{name}: ")
        if own == warning:
            continue
        if found := values_of(Stored.CUT_IN_RUN, own):
            start = Stored.CUT_ON_A_SIDE.format(**found, name=name)
            return start in comparison.warnings
        if found := values_of(Stored.OF_RUN_NOT_MEASURED, own):
            return _ALL_CUT.fullmatch(found["reasons"]) is not None
    return False


def rows_told(comparison: Comparison) -> tuple[WarningGroup, ...]:
    """Why domains and tasks were not measured in full, each reason with the rows that it is said of.

    That answers were cut is left to the table of the rows.
    """
    groups: dict[str, list[str]] = {}
    alone: dict[str, str] = {}
    tasks = {row.name for row in comparison.tasks}
    for row, why in missing_data(comparison):
        for part in _BEFORE_COUNT.split(row.reason) if row.reason else [why]:
            counted = values_of(Stored.NOT_MEASURED, part) or values_of(Stored.ONE_NOT_MEASURED, part)
            if counted and _ALL_CUT.fullmatch(counted["reasons"]):
                continue
            # A domain without data has the reasons of its tasks, which have rows of their own.
            if row.name not in tasks and part.partition(": ")[0] in tasks:
                continue
            name = one_line(row.name, 60)
            chance = values_of(Stored.BASE_AT_CHANCE, part)
            what = Stored.BASE_AT_CHANCE_OF_MANY if chance else part
            place = _("{name} ({base}, guessing gives {chance})").format(name=name, **chance) if chance else name
            groups.setdefault(what, []).append(place)
            alone[what] = f"{name}: {retold(one_line(part, _LONGEST))}"
    return tuple(
        WarningGroup(retold(one_line(what, _LONGEST)), tuple(places)) if len(places) > 1 else WarningGroup(alone[what])
        for what, places in groups.items()
    )


def _group(what: str, members: list[tuple[str, str]]) -> WarningGroup:
    if len(members) == 1:
        return WarningGroup(retold(one_line(members[0][0], _LONGEST)), stored=what)
    return WarningGroup(retold(one_line(what, _LONGEST)), tuple(place for _warning, place in members), what)


def _taken_apart(warning: str, names: Iterable[str]) -> tuple[str, str]:
    """What it is said of, and the sentence without it: names stand in front with a colon each, then the count."""
    place: list[str] = []
    rest = warning
    while name := next((name for name in names if rest.startswith(f"{name}: ")), ""):
        place.append(name)
        rest = rest.removeprefix(f"{name}: ")
    if counted := _COUNTED.fullmatch(rest):
        place.append(counted["counts"])
        rest = counted["what"]
    return " ".join(place), rest
