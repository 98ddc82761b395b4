"""What every format is made from: a comparison's rows, what they were measured with, and its items."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forgetbench.records import Comparison, DeltaRow
from forgetbench.sanitize import one_line
from forgetbench.storage.comparisons import leveled_rows, load_items
from forgetbench.storage.flat_rows import flat

if TYPE_CHECKING:
    import pandas as pd

DIRECTION: Final = "higher is better"
"""Of every score that forgetbench writes, so a negative delta is a loss."""


@dataclass(frozen=True)
class Source:
    """A comparison, and the folder that its items lie in."""

    comparison: Comparison
    folder: Path

    @cached_property
    def items(self) -> pd.DataFrame:
        """items.parquet. InputError where the comparison has none."""
        return load_items(self.folder)


@dataclass(frozen=True, slots=True)
class Measured:
    """A row that has an estimate, and the name that it has in other tools."""

    level: str
    """'overall', 'domain' or 'task'."""
    name: str
    """On one line, nothing invisible in it."""
    row: DeltaRow
    values: dict[str, Any]
    """As files hold them, None for every number that there is not."""

    @property
    def path(self) -> str:
        """'tasks/knowledge_open', 'domains/knowledge' or 'overall': a task may be called what a domain is called."""
        return self.name if self.level == "overall" else f"{self.level}s/{self.name}"


def measured(comparison: Comparison) -> tuple[Measured, ...]:
    """Every row with an estimate: formats of numbers have no place for one that was not measured."""
    return tuple(
        Measured(level, one_line(row.name, 200), row, flat(row))
        for level, row in leveled_rows(comparison)
        if row.estimate is not None
    )


def setting(comparison: Comparison) -> dict[str, str | int | float | None]:
    """What the rows were measured with: without it a number says nothing."""
    return {
        "comparison_id": one_line(comparison.comparison_id),
        "base_name": one_line(comparison.base.name),
        "base_fingerprint": one_line(comparison.base.fingerprint),
        "candidate_name": one_line(comparison.candidate.name),
        "candidate_fingerprint": one_line(comparison.candidate.fingerprint),
        "suite": one_line(comparison.suite),
        "suite_version": comparison.suite_version,
        "protocol": comparison.protocol,
        "seed": comparison.seed,
        "interval_level": 1 - comparison.alpha,
        "created": one_line(comparison.created),
    }
