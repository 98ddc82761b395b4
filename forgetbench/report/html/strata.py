"""Strata as a heat map: by domain, where in it the score fell, and where not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from forgetbench.records import Comparison, StratumRow
from forgetbench.report.numbers import interval, points, signed
from forgetbench.report.wording import title
from forgetbench.sanitize import one_line

_STEPS: Final = (0.02, 0.1, 0.25)
"""Changes from which a tile is of the next stronger shade."""
_KNOWN_ORDER: Final = ("head", "torso", "tail")


@dataclass(frozen=True, slots=True)
class Tile:
    """One stratum of a domain."""

    name: str
    delta: str
    interval: str
    items: str
    scores: str
    shade: str
    """'loss-1' to 'loss-3', 'gain-1' to 'gain-3', or 'even'."""
    clear: bool
    """The interval does not hold zero."""


def strata_map(comparison: Comparison) -> dict[str, tuple[Tile, ...]]:
    """The tiles of each domain that has several strata, by the domain's title."""
    rows: dict[str, list[StratumRow]] = {}
    for row in comparison.strata:
        rows.setdefault(row.domain, []).append(row)
    return {title(domain): tuple(map(_tile, sorted(group, key=_place))) for domain, group in rows.items()}


def _place(row: StratumRow) -> tuple[int, list[tuple[int, str]]]:
    """Head, torso, tail; others by name, numbers in it by their size."""
    if row.stratum in _KNOWN_ORDER:
        return _KNOWN_ORDER.index(row.stratum), []
    parts = re.findall(r"\d{1,9}|\D+", row.stratum)
    return len(_KNOWN_ORDER), [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def _tile(row: StratumRow) -> Tile:
    return Tile(
        name=one_line(row.stratum, 40).replace("_", " "),
        delta=signed(row.delta),
        interval=interval(row.ci_low, row.ci_high),
        items=f"{row.n_items:,}",
        scores=f"{points(row.base)} → {points(row.candidate)}",
        shade=_shade(row.delta),
        clear=row.ci_low > 0.0 or row.ci_high < 0.0,
    )


def _shade(delta: float) -> str:
    strength = sum(abs(delta) >= step for step in _STEPS)
    return f"{'loss' if delta < 0 else 'gain'}-{strength}" if strength else "even"
