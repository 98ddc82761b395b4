"""A recipe carried out: checkpoints at its steps, their log and their data in one folder, whole or absent."""

from __future__ import annotations

import contextlib
import gc
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from forgetbench.errors import EngineError, InputError
from forgetbench.fingerprint import checkpoint_fingerprint, digest
from forgetbench.lab.corpus import LabData
from forgetbench.lab.demo.cached_folder import build_folder, check_same_training
from forgetbench.lab.demo.extra import require
from forgetbench.lab.recipe import Recipe
from forgetbench.lab.training.averaging import average
from forgetbench.lab.training.checkpoints import complete, kept, watcher
from forgetbench.lab.training.distillation import distilled
from forgetbench.lab.training.examples import example_rows
from forgetbench.lab.training.job import Job, Row
from forgetbench.lab.training.trained import Trained
from forgetbench.lab.training.trainers import TRAINERS
from forgetbench.models.network import quiet
from forgetbench.models.weights import weight_files
from forgetbench.progress import Progress

_DATA = "data.jsonl"
_SAID_ONLY = {"name", "what", "cause"}
"""Fields of a recipe that change no weight."""


def train(
    recipe: Recipe,
    base: Path,
    data: LabData,
    seed: int,
    out: Path,
    progress: Progress = Progress(),
    starts: Mapping[str, Trained] = {},
) -> Trained:
    """Carry out a recipe in the folder `out`; `starts` has the finished trainings that it may start from, by name.

    A finished training of the same base, data, settings and seed in `out` is taken as it is. Nothing is left in `out`
    by a training that fails or is killed. The same machine gives the same weights again.

    Raises InputError when `out` holds something else, for a start that is not there, and for a recipe that does not
    fit its base or data; EngineError when the loss is no longer finite or the device's memory does not suffice.
    """
    require("torch", "transformers", "accelerate", "peft", "trl")
    if not (base / "config.json").is_file():
        raise InputError(f"{base} is not a model folder (no config.json)")
    start = _start(recipe, starts)
    rows = example_rows(recipe, data, seed)
    job = Job(recipe, base, start.last if start else base, data, rows, seed, out, progress)
    made_from = _made_from(job)
    check_same_training(out, made_from)
    build_folder(out, made_from, lambda partial: _build(job, start, partial))
    return _trained(recipe, seed, out)


def _start(recipe: Recipe, starts: Mapping[str, Trained]) -> Trained | None:
    if recipe.start is None:
        return None
    if recipe.start not in starts:
        raise InputError(
            f"recipe '{recipe.name}' starts from '{recipe.start}', which was not trained; name that recipe too"
        )
    start = starts[recipe.start]
    if not weight_files(start.last):
        raise InputError(
            f"recipe '{recipe.name}' starts from '{recipe.start}', whose checkpoints are no full weights; start from "
            "another recipe"
        )
    return start


def _made_from(job: Job) -> dict[str, Any]:
    return {
        "base": checkpoint_fingerprint(job.base, weight_files(job.base)),
        "start": checkpoint_fingerprint(job.start, weight_files(job.start)),
        "data": digest([dict(row) for row in job.rows]),
        "recipe": job.recipe.model_dump(mode="json", exclude=_SAID_ONLY),
        "seed": job.seed,
    }


def _build(job: Job, start: Trained | None, folder: Path) -> None:
    if start is not None and job.recipe.method == "average":
        for weight in job.recipe.average:
            _averaged(job, weight, folder / f"weight-{weight:g}")
        shutil.copyfile(start.data, folder / _DATA)
    else:
        _write_rows(folder / _DATA, _fit(job, folder))
    _write_versions(folder / "versions.json")


def _averaged(job: Job, weight: float, folder: Path) -> None:
    job.progress.start(f"averaging at {weight:g}", 0)
    folder.mkdir()
    average(job.base, job.start, weight, folder)
    complete(folder, job)


def _fit(job: Job, folder: Path) -> Sequence[Row]:
    """Train into `folder`; returns what was learned from."""
    import torch

    recipe = job.recipe
    with _silent():
        rows = job.rows
        if recipe.data.self_distilled:
            rows = distilled(job.base, rows, job.data, recipe.sampling, job.seed, job.progress)
        job = Job(recipe, job.base, job.start, job.data, rows, job.seed, folder, job.progress)
        job.progress.start(f"training {recipe.name}", recipe.steps)
        trainer, learned = TRAINERS[recipe.method](job)
        _watch(trainer, job)
        try:
            trainer.train()
        except torch.OutOfMemoryError as error:
            raise EngineError(
                f"recipe '{recipe.name}' does not fit into the device's memory; lower batch_size "
                f"({recipe.batch_size}) or max_length ({recipe.max_length})"
            ) from error
        finally:
            evaluated = [(row["eval_loss"], row["step"]) for row in trainer.state.log_history if "eval_loss" in row]
            # An engine that starts next needs the memory of weights, gradients and optimizer.
            trainer.accelerator.free_memory()
            del trainer
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
        for checkpoint in kept(job, min(evaluated)[1] if evaluated else None):
            complete(checkpoint, job)
    (folder / "README.md").unlink(missing_ok=True)
    return learned()


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Without the bars and warnings of transformers and datasets; progress is told by the job's own callbacks."""
    import datasets

    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        with quiet():
            yield
    finally:
        if shown:
            datasets.enable_progress_bars()


def _watch(trainer: Any, job: Job) -> None:
    from transformers import EarlyStoppingCallback, PrinterCallback

    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(watcher(job))
    if stop := job.recipe.early_stopping:
        trainer.add_callback(EarlyStoppingCallback(early_stopping_patience=stop.patience))


def _write_rows(path: Path, rows: Iterable[Row]) -> None:
    path.write_text("".join(json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _write_versions(path: Path) -> None:
    import peft
    import torch
    import transformers
    import trl

    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    versions = {module.__name__: module.__version__ for module in (torch, transformers, trl, peft)}
    path.write_text(json.dumps({**versions, "device": device}, indent=2) + "\n", encoding="utf-8")


def _trained(recipe: Recipe, seed: int, out: Path) -> Trained:
    found = [path for path in out.iterdir() if path.name.startswith(("checkpoint-", "weight-"))]
    checkpoints = sorted((float(path.name.partition("-")[2]), path) for path in found)
    log = checkpoints[-1][1] / "trainer_state.json"
    engine = "transformers" if recipe.adapter and recipe.adapter.kind == "prefix" else "vllm"
    return Trained(recipe, seed, tuple(checkpoints), log if log.is_file() else None, out / _DATA, engine)
