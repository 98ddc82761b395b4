"""Small runs made of given scores, for the tests of pairing, deltas and the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forgetbench.comparison.pairing import PairedTask, Pairing
from forgetbench.records import ItemScore, RunManifest, TaskInfo
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import Run, load_run, save_run
from forgetbench.storage.samples import samples_frame


def task(name: str, domain: str = "knowledge", **fields: Any) -> TaskInfo:
    """A right-or-wrong task of free answers, unless `fields` says otherwise."""
    settings: dict[str, Any] = {
        "metric": "exact_match", "chance": 0.0, "view": None, "version": "1", "binary": True, "corpus_metric": None,
        "repeats": 1, "num_fewshot": 0, "fingerprint": f"fingerprint-of-{name}",
    }  # fmt: skip
    return TaskInfo(name=name, domain=domain, **(settings | fields))


def item(info: TaskInfo, number: int, score: float | None, **fields: Any) -> ItemScore:
    """Item `number` of a task; a cluster of its own and answered 'answer', unless `fields` says otherwise."""
    settings: dict[str, Any] = {
        "item_id": f"item-{number}", "cluster": f"cluster-{number}", "second_cluster": "", "stratum": "head",
        "doc_hash": f"doc-{number}", "prompt_hash": f"prompt-{number}", "reason": None, "prompt": f"Question {number}?",
        "question": f"Question {number}?", "gold": "answer",
        "responses": ("answer",),
    }  # fmt: skip
    return ItemScore(task=info.name, domain=info.domain, view=info.view, score=score, **(settings | fields))


def manifest(name: str, tasks: Sequence[TaskInfo], **fields: Any) -> RunManifest:
    plain = RunManifest(
        run_id=f"run-{name}", name=name, where=f"models/{name}", fingerprint=f"weights-{name}", step=None, suite="core",
        suite_fingerprint="suite-1", protocol="native", chat_template=False,
        engine={"name": "scripted", "dtype": "float32"}, tokenizer="tokenizer-1", seed=0, limit=None, reference=None,
        tasks=tuple(tasks), margins={}, warnings=(), created="2025-01-01T00:00:00+00:00", counts={},
    )  # fmt: skip
    return replace(plain, **fields)


def run(name: str, tasks: Sequence[TaskInfo], items: Sequence[ItemScore], **fields: Any) -> Run:
    """A run of the given items."""
    return Run.of(manifest(name, tasks, **fields), samples_frame(items))


def scored(
    name: str, scores: Mapping[TaskInfo, Sequence[float | None] | NDArray[np.float64]],
    clusters: Sequence[str] | None = None, **fields: Any,
) -> Run:  # fmt: skip
    """A run in which item i of every task has the i-th score, and the i-th cluster where given."""
    items = [
        item(info, i, score, **({"cluster": clusters[i]} if clusters is not None else {}))
        for info, values in scores.items()
        for i, score in enumerate(values)
    ]
    return run(name, list(scores), items, **fields)


def only(pairing: Pairing) -> PairedTask:
    (paired,) = pairing.tasks
    return paired


def outcomes(pairing: Pairing, name: str, column: str = "outcome") -> list[object]:
    rows = pairing.items[pairing.items["task"] == name]
    return [None if value != value else value for value in rows[column].tolist()]


def stored(folder: Path, original: Run) -> Run:
    return load_run(save_run(ResultsFolder(folder), original, {}))
