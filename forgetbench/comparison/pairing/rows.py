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

from forgetbench.comparison.pairing.columns import (
    TEXT,
    Bools,
    Codes,
    Samples,
    Side,
    answers,
    codes,
    differ,
    samples_of,
    taken,
)
from forgetbench.comparison.pairing.comparable import listed
from forgetbench.errors import IncomparableError
from forgetbench.records import Run, RunManifest, TaskInfo
from forgetbench.storage.results import StoredRun


@dataclass(frozen=True, slots=True)
class Rows:
    """The union of both runs' rows, in task order."""

    tasks: tuple[TaskInfo, ...]
    base: Side
    candidate: Side
    task: Codes
    """Position in `tasks`."""
    item: Codes
    """Code of the item_id, the same in every task."""

    def __len__(self) -> int:
        return len(self.task)

    @staticmethod
    def join(base: Run | StoredRun, candidate: Run | StoredRun) -> Rows:
        """Raises IncomparableError when a run holds an item twice, or an item of a task it does not declare."""
        tasks = base.manifest.tasks
        left, right = samples_of(base), samples_of(candidate)
        base_task = _task_codes(left, base.manifest, tasks)
        candidate_task = _task_codes(right, candidate.manifest, tasks)
        base_item, candidate_item, n_items = _item_codes(left, right)
        base_key, candidate_key = base_task * n_items + base_item, candidate_task * n_items + candidate_item
        _check_unique(left, base.manifest, base_key)
        in_order = bool(np.all(base_task[:-1] <= base_task[1:]))
        if in_order and np.array_equal(base_key, candidate_key):
            at = np.arange(len(base_key))
            return Rows(tasks, Side(left, at, True), Side(right, at, True), base_task, base_item)
        _check_unique(right, candidate.manifest, candidate_key)

        match, extra = _matched(base_key, candidate_key)
        task = np.concatenate([base_task, candidate_task[extra]])
        order = np.argsort(task, kind="stable")
        at_base = np.concatenate([np.arange(len(base_key)), np.full(len(extra), -1)])[order]
        at_candidate = np.concatenate([match, extra])[order]
        item = np.concatenate([base_item, candidate_item[extra]])[order]
        whole = in_order and not len(extra)
        return Rows(tasks, Side(left, at_base, whole), Side(right, at_candidate, False), task[order], item)

    @property
    def on_both(self) -> Bools:
        return ~(self.base.absent | self.candidate.absent)

    def differ(self, name: str) -> Bools:
        """Where the sides' text columns of that name differ, one of them being absent included."""
        return differ(self.base.texts(name), self.candidate.texts(name))

    def texts(self, name: str) -> pa.ChunkedArray:
        """A text column that says the same on both sides, from the side that has the row."""
        absent = self.base.absent
        if not absent.any():
            return self.base.texts(name)
        base, candidate = (side.samples.column(name).cast(TEXT) for side in (self.base, self.candidate))
        both = pa.chunked_array([*base.chunks, *candidate.chunks], TEXT)
        return taken(both, np.where(absent, len(base) + self.candidate.at, self.base.at))

    def answers(self) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
        """What each side answered, null where it did not."""
        parts = [(part, task.metric) for part, task in zip(self.parts(), self.tasks, strict=True)]
        return answers(self.base, parts), answers(self.candidate, parts)

    def parts(self) -> list[slice]:
        """Where each task's rows lie."""
        bounds = np.searchsorted(self.task, np.arange(len(self.tasks) + 1))
        return [slice(int(low), int(high)) for low, high in itertools.pairwise(bounds)]

    def of_task(self, values: Iterable[Any], dtype: type) -> NDArray[Any]:
        """A property of tasks, spread over the rows."""
        return np.array(list(values), dtype=dtype)[self.task]

    def item_of_domain(self) -> tuple[Codes, int]:
        """Codes of the items of each domain, one domain's after the other's, and how many codes there are."""
        domains = {domain: code for code, domain in enumerate(sorted({task.domain for task in self.tasks}))}
        domain = self.of_task((domains[task.domain] for task in self.tasks), np.intp)
        n_items = int(self.item.max(initial=0)) + 1
        return domain * n_items + self.item, len(domains) * n_items

    def task_texts(self, values: Iterable[str | None]) -> pa.Array:
        """The same for text."""
        return pa.array(list(values), TEXT).take(pa.array(self.task))


def _task_codes(samples: Samples, manifest: RunManifest, tasks: Sequence[TaskInfo]) -> Codes:
    """Each row's position in `tasks`."""
    row_codes, names = codes(samples.column("task"))
    found = names.to_pylist()
    position = {task.name: number for number, task in enumerate(tasks)}
    unknown = sorted({str(name) for name in found if name not in position})
    if unknown:
        raise IncomparableError(
            f"run {manifest.run_id} has items of tasks its manifest does not list: {listed(unknown)}; "
            "its files do not belong together, run it again"
        )
    return np.array([position[name] for name in found], dtype=np.intp)[row_codes]


def _item_codes(base: Samples, candidate: Samples) -> tuple[Codes, Codes, int]:
    """Codes of both sides' item_ids, and how many there are."""
    left, right = (samples.column("item_id").cast(TEXT) for samples in (base, candidate))
    if left.equals(right):
        item, known = codes(left)
        return item, item, len(known)
    item, known = codes(pa.chunked_array([*left.chunks, *right.chunks], TEXT))
    return item[: len(left)], item[len(left) :], len(known)


def _check_unique(samples: Samples, manifest: RunManifest, keys: Codes) -> None:
    index = pd.Index(keys)
    if index.is_unique:
        return
    repeated = np.flatnonzero(index.duplicated())
    first = int(repeated[0])
    raise IncomparableError(
        f"run {manifest.run_id} holds {len(repeated)} items more than once, first "
        f"{samples.column('item_id')[first].as_py()!r} of task {samples.column('task')[first].as_py()}; "
        "item_ids must be unique within a task"
    )


def _matched(base: Codes, candidate: Codes) -> tuple[Codes, Codes]:
    """Where each key of the base is among the candidate's, -1 if nowhere; and the candidate's that the base lacks."""
    left, right = pd.Index(base), pd.Index(candidate)
    return right.get_indexer(left), np.flatnonzero(left.get_indexer(right) < 0)
