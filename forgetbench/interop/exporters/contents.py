"""What every format is made from: a comparison's rows, what they were measured with, and its items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import count
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from forgetbench.interop.whole_scores import ALL_ANSWERS, COMPUTED_OVER
from forgetbench.records import Comparison, DeltaRow
from forgetbench.sanitize import one_line
from forgetbench.storage.comparisons import leveled_rows, load_items
from forgetbench.storage.flat_rows import flat
from forgetbench.storage.folder import slug

if TYPE_CHECKING:
    import pandas as pd

DIRECTION: Final = "higher is better"
"""Of every score that forgetbench writes, so a negative delta is a loss."""
NUMBERS: Final = (
    "base", "candidate", "delta", "se", "ci_low", "ci_high", "n_items", "n_unmeasured", "p_adjusted", "margin", "mde",
    "retention",
)  # fmt: skip
"""Of a row, where a tracker of experiments takes numbers alone."""


@dataclass(frozen=True)
class Source:
    """A comparison, and the folder that its items lie in."""

    comparison: Comparison
    folder: Path

    @cached_property
    def items(self) -> pd.DataFrame:
        """items.parquet. InputError where the comparison has none."""
        return load_items(self.folder)

    def details_of(self, task: str) -> dict[str, str]:
        """What an importer must know of a task's items: that they have no scores of their own, where it is so."""
        return {COMPUTED_OVER: ALL_ANSWERS} if task in self._scored_as_a_whole else {}

    @cached_property
    def _scored_as_a_whole(self) -> frozenset[str]:
        return frozenset(row.task for row in self.comparison.pairing if not row.has_item_scores)


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


@dataclass(frozen=True, slots=True)
class Answer:
    """What one checkpoint answered to one item."""

    task: str
    item_id: str
    prompt: str
    gold: str | None
    response: str | None
    score: float | None
    """None where the item was not measured, or not on this side."""
    about: dict[str, str]
    """Domain, view, cluster, stratum, outcome and fate, and why it was not measured: what there is."""


_ABOUT: Final = ("domain", "view", "cluster", "second_cluster", "stratum", "outcome", "fate", "reason")


def answers(source: Source, side: Literal["base", "candidate"]) -> Iterator[Answer]:
    """Every item as one side answered it, in the order of items.parquet."""
    columns = ("task", "item_id", "prompt", "gold", f"{side}_response", f"{side}_score", *_ABOUT)
    for row in zip(*(source.items[name].tolist() for name in columns), strict=True):
        task, item_id, prompt, gold, response, score, *about = row
        yield Answer(
            task=str(task),
            item_id=str(item_id),
            prompt=_text(prompt) or "",
            gold=_text(gold),
            response=_text(response),
            score=float(score) if isinstance(score, float | int) and isfinite(score) else None,
            about={name: value for name, value in zip(_ABOUT, about, strict=True) if isinstance(value, str) and value},
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def keyed(lines: Iterable[Measured]) -> dict[str, Measured]:
    """Rows by a key that trackers of experiments take: 'tasks/knowledge_open', of plain letters alone."""
    by_level: dict[str, list[Measured]] = {}
    for line in lines:
        by_level.setdefault(line.level, []).append(line)
    keys: dict[str, Measured] = {}
    for level, rows in by_level.items():
        names = file_names(line.row.name for line in rows)
        keys |= {level if level == "overall" else f"{level}s/{names[line.row.name]}": line for line in rows}
    return keys


def numbers(lines: Iterable[Measured]) -> dict[str, float]:
    """`NUMBERS` of every row, by '<key>/<number>'; those that there are not are left out."""
    return {
        f"{key}/{number}": float(line.values[number])
        for key, line in keyed(lines).items()
        for number in NUMBERS
        if line.values[number] is not None
    }


def epoch(comparison: Comparison) -> float:
    """When a comparison was made, in seconds since 1970; 0 where it does not say."""
    try:
        return datetime.fromisoformat(comparison.created).timestamp()
    except ValueError:
        return 0.0


def file_names(names: Iterable[str]) -> dict[str, str]:
    """For each name one that is safe for a file, no two alike, whatever their case."""
    taken: set[str] = set()
    safe: dict[str, str] = {}
    for name in names:
        tried = (slug(name) if n == 1 else f"{slug(name)}-{n}" for n in count(1))
        safe[name] = next(one for one in tried if one.lower() not in taken)
        taken.add(safe[name].lower())
    return safe
