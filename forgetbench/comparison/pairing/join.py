"""The join: the union of two runs' rows, and their columns side by side."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from forgetbench.comparison.pairing.columns import TEXT, Bools, Codes, Floats, codes, differ, take
from forgetbench.errors import IncomparableError, listed
from forgetbench.records import TaskInfo
from forgetbench.storage.runs import Run
from forgetbench.storage.samples import SamplesTable


@dataclass(frozen=True, slots=True)
class AlignedSamples:
    """One run's samples in the order of the joined rows."""

    table: SamplesTable
    at: Codes
    """Each row's position in the table, -1 where the run does not have it."""
    in_order: bool
    """The rows are those of the table, one after the other: columns need not be copied."""

    @property
    def absent(self) -> Bools:
        return self.at < 0

    def column(self, name: str) -> pa.ChunkedArray:
        """A column of the table, null where the run does not have the row."""
        column = self.table.column(name)
        if not len(column):
            # A column without rows has no type of its own.
            column = pa.chunked_array([pa.nulls(0)])
        return column if self.in_order else take(column, self.at)

    def texts(self, name: str) -> pa.ChunkedArray:
        """A text column, likewise."""
        return self.column(name).cast(TEXT)

    def scores(self) -> Floats:
        """The scores, NaN where there is none."""
        return np.array(self.column("score").cast(pa.float64()).to_numpy(), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class JoinedRows:
    """The union of both runs' rows, in task order."""

    tasks: tuple[TaskInfo, ...]
    base: AlignedSamples
    candidate: AlignedSamples
    task: Codes
    """Position in `tasks`."""
    item: Codes
    """Code of the item_id, the same in every task."""

    def __len__(self) -> int:
        return len(self.task)

    @property
    def on_both(self) -> Bools:
        return ~(self.base.absent | self.candidate.absent)

    def differ(self, name: str) -> Bools:
        """Where the runs' text columns of that name differ; a row that one of them lacks does."""
        return differ(self.base.texts(name), self.candidate.texts(name))

    def texts(self, name: str) -> pa.ChunkedArray:
        """A text column that is equal in both runs, from the run that has the row."""
        absent = self.base.absent
        if not absent.any():
            return self.base.texts(name)
        base, candidate = (samples.table.column(name).cast(TEXT) for samples in (self.base, self.candidate))
        both = pa.chunked_array([*base.chunks, *candidate.chunks], TEXT)
        return take(both, np.where(absent, len(base) + self.candidate.at, self.base.at))

    def task_slices(self) -> list[slice]:
        """Where each task's rows lie."""
        bounds = np.searchsorted(self.task, np.arange(len(self.tasks) + 1))
        return [slice(int(low), int(high)) for low, high in itertools.pairwise(bounds)]

    def of_task(self, values: Iterable[Any], dtype: type) -> NDArray[Any]:
        """A property of tasks, spread over the rows."""
        return np.array(list(values), dtype=dtype)[self.task]

    def texts_of_task(self, values: Iterable[str | None]) -> pa.Array:
        """The same for text."""
        return pa.array(list(values), TEXT).take(pa.array(self.task))

    @property
    def domain(self) -> Codes:
        """A code per domain."""
        domains = sorted({task.domain for task in self.tasks})
        return self.of_task((domains.index(task.domain) for task in self.tasks), np.intp)

    def domain_items(self) -> tuple[Codes, int]:
        """A code per domain and item_id, the same in all tasks of the domain; and how many codes there are."""
        domain, n_items = self.domain, int(self.item.max(initial=0)) + 1
        return domain * n_items + self.item, (int(domain.max(initial=0)) + 1) * n_items


def join(base: Run, candidate: Run) -> JoinedRows:
    """The rows of both runs on (task, item_id): in the base's order, those of the candidate alone after each task's.

    Raises IncomparableError when a run holds an item twice, or an item of a task that it does not declare.
    """
    tasks = base.manifest.tasks
    left, right = base.table, candidate.table
    base_task = _task_codes(base, tasks)
    candidate_task = _task_codes(candidate, tasks)
    base_item, candidate_item, n_items = _item_codes(left, right)
    base_key, candidate_key = base_task * n_items + base_item, candidate_task * n_items + candidate_item
    _check_unique(base, base_key)
    in_order = bool(np.all(base_task[:-1] <= base_task[1:]))
    if in_order and np.array_equal(base_key, candidate_key):
        at = np.arange(len(base_key))
        return JoinedRows(tasks, AlignedSamples(left, at, True), AlignedSamples(right, at, True), base_task, base_item)
    _check_unique(candidate, candidate_key)

    match, extra = _match(base_key, candidate_key)
    task = np.concatenate([base_task, candidate_task[extra]])
    order = np.argsort(task, kind="stable")
    at_base = np.concatenate([np.arange(len(base_key)), np.full(len(extra), -1)])[order]
    at_candidate = np.concatenate([match, extra])[order]
    item = np.concatenate([base_item, candidate_item[extra]])[order]
    return JoinedRows(
        tasks,
        AlignedSamples(left, at_base, in_order and not len(extra)),
        AlignedSamples(right, at_candidate, False),
        task[order],
        item,
    )


def _task_codes(run: Run, tasks: Sequence[TaskInfo]) -> Codes:
    """Each row's position in `tasks`."""
    row_codes, distinct = codes(run.table.column("task"))
    names = distinct.to_pylist()
    position = {task.name: number for number, task in enumerate(tasks)}
    undeclared = sorted({str(name) for name in names if name not in position})
    if undeclared:
        raise IncomparableError(
            f"run {run.manifest.run_id} has items of tasks its manifest does not list: {listed(undeclared)}; "
            "its files do not belong together, run it again"
        )
    return np.array([position[name] for name in names], dtype=np.intp)[row_codes]


def _item_codes(base: SamplesTable, candidate: SamplesTable) -> tuple[Codes, Codes, int]:
    """Codes of the item_ids of both, and how many there are."""
    left, right = (samples.column("item_id").cast(TEXT) for samples in (base, candidate))
    if left.equals(right):
        item, distinct = codes(left)
        return item, item, len(distinct)
    item, distinct = codes(pa.chunked_array([*left.chunks, *right.chunks], TEXT))
    return item[: len(left)], item[len(left) :], len(distinct)


def _check_unique(run: Run, keys: Codes) -> None:
    index = pd.Index(keys)
    if index.is_unique:
        return
    repeated = np.flatnonzero(index.duplicated())
    first = int(repeated[0])
    raise IncomparableError(
        f"run {run.manifest.run_id} holds {len(repeated)} items more than once, first "
        f"{run.table.column('item_id')[first].as_py()!r} of task {run.table.column('task')[first].as_py()}; "
        "item_ids must be unique within a task"
    )


def _match(base: Codes, candidate: Codes) -> tuple[Codes, Codes]:
    """Where each key of the base is among the candidate's, -1 if nowhere; and the candidate's that the base lacks."""
    left, right = pd.Index(base), pd.Index(candidate)
    return right.get_indexer(left), np.flatnonzero(left.get_indexer(right) < 0)
