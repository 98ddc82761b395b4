"""A run read again by today's readers: answers are kept, and readers improve."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import pandas as pd

from forgetbench import sandbox
from forgetbench.errors import InputError, SuiteError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.session import LoadedSuite, load_suite_of, loaded_suite
from forgetbench.evaluation.summary import mean_metrics, run_scores, warnings_of
from forgetbench.fingerprint import digest
from forgetbench.lm_eval_bridge import LoadedTask
from forgetbench.lm_eval_bridge.rescoring import reads_text, rescore, rescored_info
from forgetbench.records import ItemScore, TaskInfo
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import Run, save_run
from forgetbench.storage.samples import samples_frame
from forgetbench.stored import Stored
from forgetbench.suites.suite import suite_of_run, with_target
from forgetbench.suites.target import target_name

_GONE = Stored.TASK_GONE.value


@dataclass(frozen=True, slots=True)
class TaskChange:
    """What reading a task's answers again came to; scores are means over the measured items, None without any."""

    task: str
    n_items: int
    before: float | None
    after: float | None
    n_changed: int
    """Items whose score is another, or that are measured on one side only."""
    read_again: bool
    """False for a task whose score is not read from text: it is as it was."""


@dataclass(frozen=True, slots=True)
class Rescored:
    """A run that was read again, and what changed by it."""

    run: Run
    changes: tuple[TaskChange, ...]


def rescored(run: Run, evaluation: EvaluationOptions) -> Rescored:
    """The same answers with today's scores, as a run of its own.

    `evaluation` names suite or tasks where they are not what the run was made with: an embedded suite, or tasks by
    name; and the file of a target. Tasks scored by
    likelihood are taken over as they are. Raises InputError where the suite cannot be had or holds none of the run's
    tasks, or where a task runs a model's code and that is not allowed.
    """
    with sandbox.allowed(evaluation.run_code):
        today = {task.info.name: task for task in _suite(run, evaluation).tasks}
        known = [info.name for info in run.manifest.tasks if info.name in today]
        if not known:
            raise InputError(
                f"run {run.manifest.run_id}: the suite has none of its tasks; name theirs with --suite or --task"
            )
        rows = _rows(run.samples)
        scores: list[ItemScore] = []
        infos: list[TaskInfo] = []
        changes: list[TaskChange] = []
        for info in run.manifest.tasks:
            before = [row for row in rows if row.task == info.name]
            loaded = today.get(info.name)
            after, now = _read_again(info, loaded, before)
            scores += after
            infos.append(now)
            changes.append(_change(info.name, before, after, read_again=loaded is not None and reads_text(loaded)))
    return Rescored(_as_run(run, infos, scores), tuple(changes))


def save_rescored(results: ResultsFolder, run: Run) -> None:
    """Write a run that was read again; one that is there already is written anew."""
    save_run(results, run, run_scores(run))


def _suite(run: Run, evaluation: EvaluationOptions) -> LoadedSuite:
    """What `evaluation` names, else the suite of the run; with the tasks of a target's file, which only it holds."""
    if evaluation.suite or evaluation.task:
        return load_suite_of(evaluation)
    target = evaluation.target
    own = () if target is None else (target_name(target), f"{target_name(target)}_choice")
    manifest = replace(run.manifest, tasks=tuple(info for info in run.manifest.tasks if info.name not in own))
    suite, folder = suite_of_run(manifest)
    try:
        return loaded_suite(suite if target is None else with_target(suite, target), folder)
    except SuiteError as error:
        raise SuiteError(
            f"{error}; run {manifest.run_id} has it: give its file with --suite, or with --target as it was then"
        ) from error


def _read_again(
    info: TaskInfo, loaded: LoadedTask | None, rows: Sequence[ItemScore]
) -> tuple[list[ItemScore], TaskInfo]:
    if loaded is None:
        return [replace(row, score=None, reason=_GONE, metrics={}) for row in rows], info
    if not reads_text(loaded):
        return list(rows), info
    now = rescored_info(info, loaded)
    return [replace(row, domain=now.domain, view=now.view) for row in rescore(loaded, rows)], now


def _as_run(run: Run, infos: Sequence[TaskInfo], scores: Sequence[ItemScore]) -> Run:
    old = run.manifest
    suite = digest([(info.fingerprint, info.name) for info in infos])
    stem = old.run_id.rpartition("-")[0]
    manifest = replace(
        old,
        run_id=f"{stem}-rescored-{digest([old.run_id, suite])[:10]}",
        suite_fingerprint=suite,
        tasks=tuple(infos),
        warnings=tuple(dict.fromkeys([*old.warnings, *warnings_of(scores)])),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        metrics=mean_metrics(scores),
        rescored_from=old.run_id,
    )
    return Run.of(manifest, samples_frame(scores))


def _rows(samples: pd.DataFrame) -> list[ItemScore]:
    names = [field.name for field in fields(ItemScore)]
    return [ItemScore(**_cells(row)) for row in samples[names].to_dict("records")]


def _cells(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row's cells as the record has them: None for what is missing, tuples for lists."""
    cells: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, list):
            cells[name] = tuple(value)
        elif isinstance(value, dict):
            cells[name] = {key: number for key, number in value.items() if number is not None}
        else:
            cells[name] = None if pd.isna(value) else value
    return cells


def _change(name: str, before: Sequence[ItemScore], after: Sequence[ItemScore], *, read_again: bool) -> TaskChange:
    changed = sum(old.score != new.score for old, new in zip(before, after, strict=True))
    return TaskChange(name, len(before), _mean(before), _mean(after), changed, read_again)


def _mean(rows: Sequence[ItemScore]) -> float | None:
    scores = [row.score for row in rows if row.score is not None]
    return sum(scores) / len(scores) if scores else None
