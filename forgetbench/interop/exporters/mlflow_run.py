"""A run in an MLflow store: parameters say what was measured, metrics are the numbers of every row."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Final

from forgetbench.errors import InputError, first_line
from forgetbench.interop.exporters.contents import DIRECTION, Source, epoch, keyed, measured, numbers, setting
from forgetbench.interop.exporters.extras import extra
from forgetbench.interop.exporters.options import ExportOptions
from forgetbench.records import Comparison
from forgetbench.sanitize import one_line
from forgetbench.storage.files import unwritable

# MLflow reports its use to its makers unless this is set before it is imported.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
# A server that does not answer is asked for minutes otherwise.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
with extra("mlflow"):
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

# What it says of its tables while it makes them is nobody's concern.
logging.getLogger("mlflow").setLevel(logging.WARNING)

_EXPERIMENT: Final = "forgetbench"
_MOST: Final = 1000
"""Metrics of one request."""
_MOST_TAGS: Final = 100
_DATABASE: Final = "mlflow.db"


def write(source: Source, options: ExportOptions) -> str:
    """Log a run, into a SQLite store in the folder that is named, or where `tracking_uri` says; returns its address."""
    uri = options.tracking_uri or _local_store(options.path)
    try:
        run_id = _finished_run(MlflowClient(tracking_uri=uri), source.comparison, options)
    except (MlflowException, SQLAlchemyError) as error:
        why = one_line(first_line(_without_password(str(error))), 300)
        raise InputError(f"MLflow's store {_without_password(uri)}: {why}") from error
    return f"{_without_password(uri)}, experiment {_EXPERIMENT}, run {run_id}"


def _without_password(text: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//", text)


def _finished_run(client: MlflowClient, comparison: Comparison, options: ExportOptions) -> str:
    """Log a run that is marked as finished only when all of it is there."""
    experiment = _experiment(client, options)
    run_id = str(
        client.create_run(experiment, start_time=_milliseconds(comparison), run_name=_name(comparison)).info.run_id
    )
    status = "FAILED"
    try:
        _log(client, run_id, comparison)
        status = "FINISHED"
    finally:
        client.set_terminated(run_id, status)
    return run_id


def _local_store(folder: Path) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    return f"sqlite:///{(folder / _DATABASE).resolve()}"


def _experiment(client: MlflowClient, options: ExportOptions) -> str:
    found = client.get_experiment_by_name(_EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    artifacts = None if options.tracking_uri else (options.path / "artifacts").resolve().as_uri()
    return str(client.create_experiment(_EXPERIMENT, artifact_location=artifacts))


def _log(client: MlflowClient, run_id: str, comparison: Comparison) -> None:
    lines = measured(comparison)
    told = {**setting(comparison), "direction": DIRECTION}
    params = [Param(name, "" if value is None else str(value)) for name, value in told.items()]
    client.log_batch(run_id, params=params)
    when = _milliseconds(comparison)
    metrics = [Metric(name, value, when, comparison.candidate.step or 0) for name, value in numbers(lines).items()]
    for start in range(0, len(metrics), _MOST):
        client.log_batch(run_id, metrics=metrics[start : start + _MOST])
    tags = [RunTag(f"{key}/verdict", line.row.judgement.verdict) for key, line in keyed(lines).items()]
    for start in range(0, len(tags), _MOST_TAGS):
        client.log_batch(run_id, tags=tags[start : start + _MOST_TAGS])


def _name(comparison: Comparison) -> str:
    return f"{one_line(comparison.candidate.name, 80)} against {one_line(comparison.base.name, 80)}"


def _milliseconds(comparison: Comparison) -> int:
    return round(1000 * epoch(comparison))
