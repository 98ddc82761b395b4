"""The comparisons of a results folder in order, and how much of that order the intervals support."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from forgetbench.records import Comparison, DeltaRow, Estimate


@dataclass(frozen=True, slots=True)
class Entry:
    """One comparison of the leaderboard."""

    comparison: Comparison
    best_rank: int | None
    """1 + how many others lie wholly above this one's interval; None where overall was not measured."""
    worst_rank: int | None
    """How many there are, less those that lie wholly below."""

    @property
    def ranks(self) -> str:
        """'2', '1 to 3', or '' without a rank."""
        if self.best_rank is None:
            return ""
        if self.best_rank == self.worst_rank:
            return f"{self.best_rank}"
        return f"{self.best_rank} to {self.worst_rank}"

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


def grouped(comparisons: Iterable[Comparison]) -> tuple[Group, ...]:
    """One group per suite and protocol, entries by overall delta, those without one last."""
    together: dict[tuple[str, str], list[Comparison]] = defaultdict(list)
    for comparison in comparisons:
        together[comparison.suite_label, comparison.protocol].append(comparison)
    return tuple(_group(*key, together[key]) for key in sorted(together))


def _group(suite: str, protocol: str, members: list[Comparison]) -> Group:
    ordered = sorted(members, key=_order)
    overalls = [member.overall.estimate for member in ordered if member.overall.estimate is not None]
    return Group(
        suite=suite,
        protocol=protocol,
        domains=tuple(dict.fromkeys(row.name for member in ordered for row in member.domains)),
        entries=tuple(_entry(member, overalls) for member in ordered),
    )


def _order(comparison: Comparison) -> tuple[float, str, str]:
    overall = comparison.overall.estimate
    fall = float("inf") if overall is None else -overall.delta
    return (fall, comparison.candidate.name, comparison.comparison_id)


def _entry(comparison: Comparison, overalls: Sequence[Estimate]) -> Entry:
    own = comparison.overall.estimate
    if own is None:
        return Entry(comparison, None, None)
    above = sum(other.ci_low > own.ci_high for other in overalls)
    below = sum(other.ci_high < own.ci_low for other in overalls)
    return Entry(comparison, 1 + above, len(overalls) - below)
