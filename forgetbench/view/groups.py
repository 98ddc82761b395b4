"""The comparisons of a results folder by what they share: base, suite and protocol. These may stand in one table."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from forgetbench.records import Comparison, DeltaRow, Side, Verdict


@dataclass(frozen=True, slots=True)
class Group:
    """Every candidate of one base under one suite and protocol."""

    key: str
    """Stands for the three in an address, whatever they are called."""
    base: Side
    suite: str
    """Name and version."""
    protocol: str
    domains: tuple[str, ...]
    members: Mapping[str, Comparison]
    """By the names of their folders, as a training run or their numbers order them: by step, then by overall delta."""


def grouped(comparisons: Mapping[str, Comparison]) -> tuple[Group, ...]:
    """The newest group first."""
    together: dict[tuple[str, str, str], dict[str, Comparison]] = defaultdict(dict)
    for name, comparison in comparisons.items():
        together[comparison.base.run_id, comparison.suite_label, comparison.protocol][name] = comparison
    groups = [_group(*of, members) for of, members in together.items()]
    return tuple(sorted(groups, key=lambda group: max(each.created for each in group.members.values()), reverse=True))


def domain_row(comparison: Comparison, name: str) -> DeltaRow | None:
    """The row of that domain, if the comparison has it."""
    return next((row for row in comparison.domains if row.name == name), None)


def by_verdict(comparison: Comparison) -> tuple[tuple[Verdict, tuple[DeltaRow, ...]], ...]:
    """The domains by what became of them, as `Verdict` names it."""
    rows = {
        word: tuple(row for row in comparison.domains if row.judgement.verdict == word) for word in get_args(Verdict)
    }
    return tuple((word, some) for word, some in rows.items() if some)


def _group(base_run: str, suite: str, protocol: str, members: dict[str, Comparison]) -> Group:
    ordered = dict(sorted(members.items(), key=lambda member: _order(*member)))
    first = next(iter(ordered.values()))
    return Group(
        key=hashlib.sha256("\0".join((base_run, suite, protocol)).encode(errors="replace")).hexdigest()[:16],
        base=first.base,
        suite=suite,
        protocol=protocol,
        domains=tuple(dict.fromkeys(row.name for each in ordered.values() for row in each.domains)),
        members=ordered,
    )


def _order(name: str, comparison: Comparison) -> tuple[float, float, str]:
    step = comparison.candidate.step
    overall = comparison.overall.estimate
    return (
        float("inf") if step is None else step,
        float("inf") if overall is None else -overall.delta,
        name,
    )
