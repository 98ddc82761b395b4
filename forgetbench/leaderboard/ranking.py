"""The comparisons of a results folder in order, and how much of that order the intervals support.

Ranks are those of Klein, Wright and Wieczorek (2020, A joint confidence region for an overall ranking of populations,
JRSS C 69:589-606): with an interval for each of K deltas that all hold together, an entry's rank lies between 1 + how
many lie wholly above it and K less those wholly below, for all entries at once. Entries share bases and items, so the
level of each interval is Bonferroni's, 1 - alpha / K, which asks for no independence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from forgetbench.comparison.verdict import bounds_at
from forgetbench.leaderboard.submission_file import SubmissionFile
from forgetbench.records import ALPHA, OVERALL, Comparison, DeltaRow
from forgetbench.stats.clustered import Floats


@dataclass(frozen=True, slots=True)
class Standing:
    """The place of one delta among the others of its table, as far as it is known."""

    best_rank: int
    """1 + how many others lie wholly above this one's interval."""
    worst_rank: int
    """How many there are, less those that lie wholly below."""
    tie_group: int
    """From 1. A group begins with the first entry, by delta, that is shown to be worse than one of the group before:
    none of a group is shown to be worse than another."""
    joint_low: float
    joint_high: float
    """The interval that this follows from: all of a table's hold together, what was not measured at its worst and at
    its best."""

    @property
    def ranks(self) -> str:
        """'2', or '1–3'."""
        return f"{self.best_rank}" if self.best_rank == self.worst_rank else f"{self.best_rank}–{self.worst_rank}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One comparison of the leaderboard."""

    comparison: Comparison
    file: SubmissionFile = field(default_factory=SubmissionFile)
    """What its submission says of it."""
    standings: Mapping[str, Standing] = field(default_factory=dict)
    """By domain and for OVERALL; only where it was measured."""

    @property
    def overall(self) -> Standing | None:
        return self.standings.get(OVERALL)

    @property
    def ranks(self) -> str:
        """'2', '1–3', or '' without a rank."""
        return self.overall.ranks if self.overall else ""

    def domain(self, name: str) -> DeltaRow | None:
        """The row of that domain, if the comparison has it."""
        return next((row for row in self.comparison.domains if row.name == name), None)


@dataclass(frozen=True, slots=True)
class Group:
    """Comparisons that may stand in one table: same suite in the same version, same protocol."""

    suite: str
    """Name and version."""
    protocol: str
    domains: tuple[str, ...]
    entries: tuple[Entry, ...]


def grouped(entries: Iterable[Entry]) -> tuple[Group, ...]:
    """One group per suite and protocol, entries with their places, by overall delta, those without one last."""
    together: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        together[entry.comparison.suite_label, entry.comparison.protocol].append(entry)
    return tuple(_group(*key, together[key]) for key in sorted(together))


def _group(suite: str, protocol: str, members: list[Entry]) -> Group:
    ordered = sorted(members, key=lambda member: _order(member.comparison))
    alphas = [entry.comparison.alpha for entry in ordered]
    domains = tuple(dict.fromkeys(row.name for entry in ordered for row in entry.comparison.domains))
    places = {OVERALL: standings([entry.comparison.overall for entry in ordered], alphas)}
    places |= {name: standings([entry.domain(name) for entry in ordered], alphas) for name in domains}
    placed = [
        replace(entry, standings={name: place for name, column in places.items() if (place := column[at])})
        for at, entry in enumerate(ordered)
    ]
    return Group(suite, protocol, domains, tuple(placed))


def _order(comparison: Comparison) -> tuple[float, str, str]:
    overall = comparison.overall.estimate
    fall = float("inf") if overall is None else -overall.delta
    return (fall, comparison.candidate.name, comparison.comparison_id)


def standings(rows: Sequence[DeltaRow | None], alphas: Sequence[float]) -> list[Standing | None]:
    """The place of each row's delta among all, which hold together at level 1 - ALPHA; None without an estimate.

    `alphas` are those of the rows' own intervals. What was not measured is at its worst and at its best.
    """
    measured = [at for at, row in enumerate(rows) if row is not None and row.estimate is not None]
    found: list[Standing | None] = [None] * len(rows)
    if not measured:
        return found
    level = ALPHA / len(measured)
    bounds = [bounds_at(row, alpha=level, interval_alpha=alphas[at]) for at in measured if (row := rows[at])]
    lows, highs = np.array([each.low for each in bounds]), np.array([each.best for each in bounds])
    above = len(lows) - np.searchsorted(np.sort(lows), highs, side="right")
    below = np.searchsorted(np.sort(highs), lows, side="left")
    deltas = np.array([row.estimate.delta for at in measured if (row := rows[at]) and row.estimate])
    groups = _tie_groups(deltas, lows, highs)
    for place, at in enumerate(measured):
        found[at] = Standing(
            best_rank=1 + int(above[place]),
            worst_rank=len(measured) - int(below[place]),
            tie_group=groups[place],
            joint_low=float(lows[place]),
            joint_high=float(highs[place]),
        )
    return found


def _tie_groups(deltas: Floats, lows: Floats, highs: Floats) -> list[int]:
    """Which group each is in, see `Standing`."""
    groups = [0] * len(deltas)
    group, highest_low = 0, np.inf
    for at in np.argsort(-deltas, kind="stable").tolist():
        if highs[at] < highest_low:
            group, highest_low = group + 1, lows[at]
        groups[at], highest_low = group, max(highest_low, lows[at])
    return groups
