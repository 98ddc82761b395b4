"""Warnings of one kind as one: eleven tasks whose answers were cut are one thing to know, and eleven to look up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from forgetbench.messages import N_, plural
from forgetbench.messages import translated as _
from forgetbench.records import Comparison
from forgetbench.report.warnings import WarningGroup, rows_told, warnings_told


@dataclass(frozen=True, slots=True)
class WarningKind:
    """All warnings of one kind."""

    title: str
    extent: str
    """How many there are, and the most that one of them says; '' for a single one."""
    lines: tuple[str, ...]


_KINDS: Final = (
    (N_("Answers that were cut before they could be read"), re.compile(r"cut before they could be read")),
    (N_("Answers that ended at the token limit, and were read"), re.compile(r"ended at the token limit")),
    (N_("Items that were not measured"), re.compile(r"not measured|will not be measured")),
    (N_("Few independent clusters"), re.compile(r"clusters of equal weight")),
    (N_("Prompts that differ between the two"), re.compile(r"prompted differently|chat template|prompts differ")),
    (N_("Items that stand in the fine-tuning data"), re.compile(r"stand in the fine-tuning data")),
    (N_("Forgotten items of which locked is not told from erased"), re.compile(r"is not told locked from erased")),
)
"""Kinds by what a warning says, as it is stored; the first that fits counts."""
_ROWS: Final = N_("Rows that were not measured in full")
_OTHERS: Final = N_("Other warnings")
_COUNT: Final = re.compile(r"(\d[\d,]*) of (\d[\d,]*)")


def warning_groups(comparison: Comparison) -> tuple[WarningKind, ...]:
    """The warnings of a comparison by kind, and the rows that were not measured in full."""
    by_kind: dict[str, list[WarningGroup]] = {title: [] for title, _pattern in _KINDS}
    others: list[WarningGroup] = []
    for group in warnings_told(comparison):
        kind = next((title for title, pattern in _KINDS if pattern.search(group.stored)), None)
        (others if kind is None else by_kind[kind]).append(group)
    return tuple(
        WarningKind(_(title), _extent(groups), tuple(group.line for group in groups))
        for title, groups in (*by_kind.items(), (_OTHERS, others), (_ROWS, rows_told(comparison)))
        if groups
    )


def _extent(groups: Sequence[WarningGroup]) -> str:
    n = sum(len(group.places) or 1 for group in groups)
    if n == 1:
        return ""
    told = plural("{n} warning", "{n} warnings", n).format(n=n)
    most = _most(group.line for group in groups)
    return (
        _("{warnings}, up to {n} of {all}").format(warnings=told, n=f"{most[0]:,}", all=f"{most[1]:,}")
        if most
        else told
    )


def _most(lines: Iterable[str]) -> tuple[int, int] | None:
    """The largest 'n of all' by its share."""
    found = (match.groups() for line in lines for match in _COUNT.finditer(line))
    counts = [(int(n.replace(",", "")), int(of.replace(",", ""))) for n, of in found]
    return max((pair for pair in counts if pair[1]), key=lambda pair: (pair[0] / pair[1], pair[1]), default=None)
