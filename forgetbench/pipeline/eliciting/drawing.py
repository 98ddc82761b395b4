"""Which items of a comparison are asked again: forgotten ones, and for each task as many controls, all at random."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from forgetbench.diagnosis.elicitation import Group
from forgetbench.fingerprint import digest
from forgetbench.lm_eval_bridge.translations import fact_and_language
from forgetbench.records import APART, TaskInfo
from forgetbench.storage.runs import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

ITEM_COLUMNS: Final = ("task", "domain", "item_id", "cluster", "second_cluster", "stratum", "outcome")
_SAMPLE_COLUMNS: Final = (
    "task",
    "item_id",
    "doc_hash",
    "gold",
    "responses",
    "finish_reasons",
    "token_counts",
    "metrics",
)
_GROUPS: Final[Mapping[str, Group]] = {"forgotten": "forgotten", "never": "never_known", "kept": "kept"}
"""Outcomes of items.parquet that are drawn."""

_Row = Mapping[Any, Any]
"""Of a table: cells by column."""
ItemKey = tuple[str, str]
"""Task and item_id."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one checkpoint answered when the comparison was made."""

    texts: tuple[str, ...]
    cut: bool
    """Every answer ended at the token limit."""
    n_tokens: int
    """Of the longest."""
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class DrawnItem:
    """An item that is to be asked again."""

    task: TaskInfo
    item_id: str
    group: Group
    cluster: str
    second_cluster: str
    stratum: str
    doc_hash: str
    gold: str
    base: Answer
    candidate: Answer
    language: str = field(default="")

    @property
    def key(self) -> ItemKey:
        return self.task.name, self.item_id


def draw(items: pd.DataFrame, base: Run, candidate: Run, most: int, seed: int) -> tuple[DrawnItem, ...]:
    """At most `most` forgotten items of each domain, and of each of their tasks as many never known and kept ones.

    `items` has the `ITEM_COLUMNS` of items.parquet. Controls are drawn apart for answers that ended at the token limit
    and for others, in the mixture that the forgotten ones have, as far as there are so many. What the fine-tuning was
    for and habits of form are left out: they are no knowledge that may be locked.
    """
    tasks = {info.name: info for info in candidate.manifest.tasks}
    rows = items[items["outcome"].isin(list(_GROUPS)) & ~items["domain"].isin(list(APART))]
    rows = rows[rows["task"].isin(list(tasks))]
    sides = [_answers(run, rows) for run in (base, candidate)]
    there = rows.assign(cut=[_is_cut(sides[1], key) for key in zip(rows["task"], rows["item_id"], strict=True)])
    chosen = [row for _, members in there.groupby("domain", sort=True) for row in _of_domain(members, most, seed)]
    return tuple(
        _drawn(row, tasks[row["task"]], *(side[row["task"], row["item_id"]] for side in sides))
        for row in chosen
        if all((row["task"], row["item_id"]) in side for side in sides)
    )


def _of_domain(members: pd.DataFrame, most: int, seed: int) -> Iterator[_Row]:
    forgotten = _some(members[members["outcome"] == "forgotten"], most, seed)
    yield from forgotten.to_dict("records")
    for (task, cut), cell in forgotten.groupby(["task", "cut"], sort=True):
        alike = members[(members["task"] == task) & (members["cut"] == cut)]
        yield from _some(alike[alike["outcome"] == "never"], len(cell), seed).to_dict("records")
    for task, cell in forgotten.groupby("task", sort=True):
        kept = members[(members["task"] == task) & (members["outcome"] == "kept")]
        yield from _some(kept, len(cell), seed).to_dict("records")


def _some(rows: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """At most so many rows, in their order; whoever draws more has those that a smaller draw had, and others."""
    names = zip(rows["task"], rows["item_id"], strict=True)
    rank = np.argsort([digest([seed, *map(str, name)]) for name in names], kind="stable")
    return rows.iloc[np.sort(rank[:most])]


def _answers(run: Run, rows: pd.DataFrame) -> dict[ItemKey, _Row]:
    """What a run has of these items."""
    wanted = set(zip(rows["task"], rows["item_id"], strict=True))
    samples = run.samples[list(_SAMPLE_COLUMNS)]
    return {
        key: row for row in samples.to_dict("records") if (key := (str(row["task"]), str(row["item_id"]))) in wanted
    }


def _is_cut(side: Mapping[ItemKey, _Row], key: ItemKey) -> bool:
    return key in side and _answer(side[key]).cut


def _answer(sample: _Row) -> Answer:
    ends: Sequence[str] = sample["finish_reasons"]
    return Answer(
        texts=tuple(sample["responses"]),
        cut=bool(len(ends)) and all(end == "length" for end in ends),
        n_tokens=max(sample["token_counts"], default=0),
        metrics=sample["metrics"],
    )


def _drawn(row: _Row, task: TaskInfo, base: _Row, candidate: _Row) -> DrawnItem:
    def text(name: str) -> str:
        return "" if pd.isna(row[name]) else str(row[name])

    return DrawnItem(
        task=task,
        item_id=str(row["item_id"]),
        group=_GROUPS[row["outcome"]],
        cluster=text("cluster"),
        second_cluster=text("second_cluster"),
        stratum=text("stratum"),
        doc_hash=str(candidate["doc_hash"]),
        gold="" if pd.isna(candidate["gold"]) else str(candidate["gold"]),
        base=_answer(base),
        candidate=_answer(candidate),
        language=fact_and_language(str(row["item_id"]), task.language)[1],
    )
