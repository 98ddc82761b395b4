"""The checkpoints of one training run: found, compared one after another, and drawn beside its loss."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forgetbench.comparison.trajectory import Along, along
from forgetbench.errors import InputError
from forgetbench.records import Checkpoint
from forgetbench.report import write_trajectory
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint
from forgetbench.storage.comparisons import load_items
from forgetbench.storage.folder import ResultsFolder

if TYPE_CHECKING:
    from forgetbench.evaluation.session import Session

from forgetbench.pipeline.results import SavedComparison

_CHECKPOINT: Final = re.compile(r"checkpoint-([0-9]{1,12})")


Group = Sequence[tuple[int, Checkpoint, SavedComparison]]
"""Step, checkpoint and comparison of each checkpoint of one training."""


def trainings_of(session: Session, comparisons: Sequence[SavedComparison]) -> dict[Path, Group]:
    """The checkpoints of each training, by its folder; those of none are left out."""
    groups: dict[Path, list[tuple[int, Checkpoint, SavedComparison]]] = {}
    for checkpoint, saved in zip(session.checkpoints, comparisons, strict=True):
        if place := place_of(checkpoint):
            training, step = place
            groups.setdefault(training, []).append((step, checkpoint, saved))
    return {training: sorted(group, key=lambda each: each[0]) for training, group in groups.items()}


def trajectories(results: ResultsFolder, trainings: Mapping[Path, Group]) -> tuple[tuple[Path, ...], tuple[Along, ...]]:
    """One trajectory per training with two or more of its checkpoints here, and what it shows."""
    written = [
        write_along(steps, newest_log(training, steps), results.trajectory(steps[-1][1].comparison.comparison_id))
        for training, group in trainings.items()
        for steps in [[(step, saved) for step, _checkpoint, saved in group]]
        if len(steps) > 1
    ]
    return tuple(folder for folder, _ in written), tuple(found for _, found in written)


def write_along(
    group: Sequence[tuple[int, SavedComparison]], log: TrainingLog | None, folder: Path
) -> tuple[Path, Along]:
    """Write one training's trajectory from its checkpoints' steps and comparisons; its folder, and what it shows."""
    ordered = sorted(group, key=lambda each: each[0])
    points = [
        TrajectoryPoint(
            step,
            saved.comparison.candidate.name,
            {row.name: row for row in saved.comparison.domains},
            saved.comparison.comparison_id,
        )
        for step, saved in ordered
    ]
    found = along([(step, saved.comparison, load_items(saved.folder)) for step, saved in ordered])
    write_trajectory(points, log, folder, found)
    return folder, found


def place_of(checkpoint: Checkpoint) -> tuple[Path, int] | None:
    """The training's folder and the step of a checkpoint; None for one that is of no training.

    An engine that needs no files knows a checkpoint-N only by its name.
    """
    folder = (checkpoint.path or Path(checkpoint.where)).resolve()
    if checkpoint.path is None and not folder.is_dir():
        return None
    step = checkpoint.step if checkpoint.step is not None else step_of(folder)
    return None if step is None else (folder.parent, step)


def step_of(folder: Path) -> int | None:
    """N of a folder checkpoint-N; None for another."""
    name = _CHECKPOINT.fullmatch(folder.name)
    return None if name is None else int(name[1])


def newest_log(training: Path, group: Sequence[tuple[int, SavedComparison]]) -> TrainingLog | None:
    """The history that the last of these checkpoints has written down; None where none has."""
    for step in sorted((step for step, _ in group), reverse=True):
        path = training / f"checkpoint-{step}" / "trainer_state.json"
        if path.is_file():
            return read_training_log(path)
    return None


def read_training_log(path: Path) -> TrainingLog:
    """The loss history of a trainer_state.json, as a trajectory draws it. InputError where there is none."""
    from forgetbench.diagnosis.training_log import read_training_history

    logged = read_training_history(path).logged
    return TrainingLog(
        steps=tuple(each.step for each in logged),
        losses=tuple(each.loss for each in logged),
        learning_rates=tuple(each.learning_rate or 0.0 for each in logged),
    )


def checkpoints_of_training(folder: Path) -> list[Path]:
    """The checkpoint-N folders of a training run, by step. InputError when there are none."""
    found = saved_checkpoints(folder)
    if not found:
        raise InputError(f"{folder}: no checkpoint-N folders here; give the trainer's output folder")
    return list(found.values())


def checkpoint_arguments(trainings: Sequence[Path]) -> list[str]:
    """The checkpoints of some trainings as NAME=WHERE; of several a name begins with its training's.

    Raises InputError for a folder without any, and for one that is given twice.
    """
    if len({training.resolve() for training in trainings}) < len(trainings):
        raise InputError("a training's folder is given twice; give each once")
    return [
        f"{f'{training.resolve().name}-' if len(trainings) > 1 else ''}{path.name}={path}"
        for training in trainings
        for path in checkpoints_of_training(training)
    ]


def saved_checkpoints(training: Path) -> dict[int, Path]:
    """The checkpoint-N folders of a training by N, in order; whole or not."""
    found = {step: path for path in training.glob("checkpoint-*") if (step := step_of(path)) is not None}
    return {step: found[step] for step in sorted(found)}
