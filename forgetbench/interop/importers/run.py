"""An imported log as a run of the results folder, like any other but for where its answers came from."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forgetbench.errors import InputError, listed
from forgetbench.evaluation.summary import mean_metrics, run_scores
from forgetbench.fingerprint import digest
from forgetbench.interop.importers.log import ImportedLog
from forgetbench.records import RunManifest, TaskInfo
from forgetbench.storage.admission import well_formed
from forgetbench.storage.folder import ResultsFolder, slug
from forgetbench.storage.runs import Run, save_run
from forgetbench.storage.samples import samples_frame


def as_run(log: ImportedLog, name: str) -> Run:
    """The run of one model's log; equal logs make equal runs with equal ids.

    Raises InputError where nothing of the log can be scored.
    """
    if not log.tasks:
        raise InputError(f"{log.model}: no task could be imported: {listed(log.left_out, 3) or 'the log holds none'}")
    infos = tuple(_well_formed(task.info) for task in log.tasks)
    scores = [item for task in log.tasks for item in task.items]
    content = digest(
        [[row.task, row.item_id, row.score, row.doc_hash, row.responses, row.loglikelihoods] for row in scores]
    )
    identity = digest([log.harness, log.model, content, [info.fingerprint for info in infos]])
    manifest = RunManifest(
        run_id=f"{slug(name)}-{log.harness}-native-{digest([name, identity])[:10]}",
        name=well_formed(name),
        where=well_formed(log.model),
        fingerprint=identity,
        step=None,
        suite=log.harness,
        suite_fingerprint=digest([(info.name, info.fingerprint) for info in infos]),
        protocol="native",
        chat_template=log.chat_template is not None,
        engine={"name": log.harness, **log.engine},
        tokenizer=log.chat_template or "",
        seed=log.seed,
        limit=log.limit,
        reference=None,
        tasks=infos,
        margins={},
        warnings=tuple(map(well_formed, (*log.notes, *(f"left out: {text}" for text in log.left_out)))),
        created=log.created or datetime.now(UTC).isoformat(timespec="seconds"),
        counts={},
        metrics=mean_metrics(scores),
        prompt_settings=dict(log.prompt_settings),
        imported_from=log.harness,
    )
    return Run.of(manifest, samples_frame(scores))


def _well_formed(info: TaskInfo) -> TaskInfo:
    """The same with texts that a file of UTF-8 can hold, as the items have them."""
    values = {field.name: getattr(info, field.name) for field in fields(info)}
    texts: dict[str, Any] = {name: well_formed(value) for name, value in values.items() if isinstance(value, str)}
    return replace(info, **texts)


def save_imported(run: Run, results: ResultsFolder) -> Path:
    """Write the run; its folder. Raises as `save_run`."""
    return save_run(results, run, run_scores(run))
