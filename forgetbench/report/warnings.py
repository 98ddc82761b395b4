"""Warnings that say the same of many tasks, said once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from forgetbench.records import Comparison
from forgetbench.sanitize import one_line
from forgetbench.stored import retold

_COUNTED: Final = re.compile(r"(?P<counts>[\d,]+ of [\d,]+) (?P<what>.*)", re.DOTALL)

_LONGEST: Final = 1000
"""Characters of one sentence."""


@dataclass(frozen=True, slots=True)
class WarningGroup:
    """A sentence, and of what it is said."""

    text: str
    places: tuple[str, ...] = ()
    """'harsh knowledge_open 160 of 160': whose answers, which task, how many; none of a warning that stands alone."""


def grouped_warnings(comparison: Comparison) -> tuple[WarningGroup, ...]:
    """The comparison's warnings in their order, those that differ in names and counts alone as one."""
    sides = [name for side in (comparison.base, comparison.candidate) for name in (side.name, f"{side.name}-replicate")]
    names = [*sides, *(row.name for row in (*comparison.tasks, *comparison.domains))]
    groups: dict[str, list[tuple[str, str]]] = {}
    for warning in comparison.warnings:
        place, what = _taken_apart(warning, names)
        groups.setdefault(what, []).append((warning, place))
    return tuple(_group(what, members) for what, members in groups.items())


def _group(what: str, members: list[tuple[str, str]]) -> WarningGroup:
    if len(members) == 1:
        return WarningGroup(retold(one_line(members[0][0], _LONGEST)))
    return WarningGroup(retold(one_line(what, _LONGEST)), tuple(place for _, place in members))


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
