"""Drawn scores through the door of real ones: two runs in memory, paired, judged by `compare`, decided by the gate.

Nothing of forgetbench is called by parts here, so what is counted is what a user would read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from forgetbench.comparison.delta import compare
from forgetbench.records import Comparison, RunManifest, TaskInfo
from forgetbench.storage.runs import Run

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

SECOND_KEY = "second_cluster"
"""The column of samples.parquet that holds an item's second cluster."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task's items as drawn: the arrays have one entry per item."""

    base: Floats
    """Scores, NaN where an item was not measured."""
    candidate: Floats
    first: Codes | None = None
    """The item's cluster, the same code in every task; None where every item is its own."""
    second: Codes | None = None
    """Its cluster by the second key."""
    items: Codes | None = None
    """Which item of the domain it is, where several tasks are views of the same."""
    domain: str = "knowledge"
    chance: float = 0.0
    binary: bool = True
    view: str | None = None
    options: int = 0
    """Of a choice task, so many options are stored with their likelihoods; `picked` says which is ranked first."""
    picked: tuple[Codes, Codes] | None = None
    """By base and candidate."""


@dataclass(frozen=True, slots=True)
class Samples:
    """A `SamplesTable` of arrays; a column that is not there is null."""

    columns: Mapping[str, pa.Array]
    n: int

    @property
    def frame(self) -> pd.DataFrame:
        return pd.DataFrame({name: values.to_pandas() for name, values in self.columns.items()})

    def column(self, name: str) -> pa.ChunkedArray:
        return pa.chunked_array([self.columns.get(name, pa.nulls(self.n))])

    def rows(self, positions: NDArray[np.intp]) -> pd.DataFrame:
        return self.frame.iloc[positions]


def compared(tasks: Sequence[Task], **settings: Any) -> Comparison:
    """`compared_items` without the table of items."""
    return compared_items(tasks, **settings)[0]


def compared_items(
    tasks: Sequence[Task],
    *,
    margin: float,
    seed: int,
    resamples: int,
    noise_floor: Mapping[str, Any] | None = None,
    candidate: str = "candidate",
) -> tuple[Comparison, pd.DataFrame]:
    """`tasks` as a comparison of the base with a `candidate` of that name, every domain with the same margin.

    And items.parquet's table.
    """
    infos = [_info(number, task) for number, task in enumerate(tasks)]
    shared = _shared_columns(infos, tasks)
    base, other = (
        Run(_manifest(name, infos), Samples({**shared, **_side(tasks, place)}, len(shared["item_id"])))
        for place, name in enumerate(("base", candidate))
    )
    margins = {task.domain: margin for task in tasks}
    return compare(base, other, margins=margins, noise_floor=noise_floor, resamples=resamples, seed=seed)


def _info(number: int, task: Task) -> TaskInfo:
    return TaskInfo(
        name=f"task-{number}", domain=task.domain, metric="score", chance=task.chance, view=task.view, version="1",
        binary=task.binary, corpus_metric=None, repeats=1, num_fewshot=0, fingerprint=f"task-{number}",
    )  # fmt: skip


def _manifest(name: str, infos: Sequence[TaskInfo]) -> RunManifest:
    return RunManifest(
        run_id=name, name=name, where=name, fingerprint=name, step=None, suite="drawn", suite_fingerprint="drawn",
        protocol="native", chat_template=False, engine={"name": "drawn"}, tokenizer="drawn", seed=0, limit=None,
        reference=None, tasks=tuple(infos), margins={}, warnings=(), created="", counts={},
    )  # fmt: skip


def _shared_columns(infos: Sequence[TaskInfo], tasks: Sequence[Task]) -> dict[str, pa.Array]:
    sizes = [len(task.base) for task in tasks]
    starts = np.cumsum([0, *sizes[:-1]])
    items = [
        np.arange(start, start + size) if task.items is None else task.items
        for task, start, size in zip(tasks, starts, sizes, strict=True)
    ]
    clusters = [own if task.first is None else task.first for task, own in zip(tasks, items, strict=True)]
    columns = {
        "task": pa.array(np.repeat([info.name for info in infos], sizes)),
        "item_id": _names("item", np.concatenate(items)),
        "cluster": _names("cluster", np.concatenate(clusters)),
    }
    if any(task.second is not None for task in tasks):
        second = [
            np.full(size, -1) if task.second is None else task.second for task, size in zip(tasks, sizes, strict=True)
        ]
        columns[SECOND_KEY] = _names("second", np.concatenate(second))
    return columns


def _names(kind: str, codes: Codes) -> pa.Array:
    texts = pc.binary_join_element_wise(kind, pa.array(codes).cast(pa.string()), "-")
    return pc.if_else(pa.array(codes >= 0), texts, None)


def _side(tasks: Sequence[Task], place: int) -> dict[str, pa.Array]:
    """The columns of one run alone."""
    columns = {
        "score": pa.array(np.concatenate([(task.base, task.candidate)[place] for task in tasks]), from_pandas=True)
    }
    if any(task.picked for task in tasks):
        columns["choices"] = pa.concat_arrays([_options(task, pa.string()) for task in tasks])
        columns["loglikelihoods"] = pa.concat_arrays([_rated(task, place) for task in tasks])
    return columns


def _options(task: Task, kind: pa.DataType) -> pa.Array:
    """'0', '1', ... for every item."""
    texts = np.tile(np.arange(task.options).astype(str), len(task.base))
    return pa.ListArray.from_arrays(np.arange(len(task.base) + 1) * task.options, pa.array(texts, kind))


def _rated(task: Task, place: int) -> pa.Array:
    """Log-likelihoods of 0 for the option that is ranked first and -1 for the others."""
    values = np.full((len(task.base), task.options), -1.0)
    if task.picked is not None:
        values[np.arange(len(values)), task.picked[place]] = 0.0
    return pa.ListArray.from_arrays(np.arange(len(values) + 1) * task.options, pa.array(values.ravel()))
