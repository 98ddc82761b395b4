"""The checkpoints of one training run: found, compared one after another, and drawn beside its loss."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forgetbench.comparison.course import COLUMNS as COURSE_COLUMNS
from forgetbench.comparison.course import Course, course
from forgetbench.errors import InputError
from forgetbench.records import Checkpoint
from forgetbench.report import write_trajectory
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint
from forgetbench.storage.comparisons import load_items
from forgetbench.storage.folder import ResultsFolder

if TYPE_CHECKING:
    from forgetbench.evaluation.session import Session

from forgetbench.pipeline.results import SavedComparison


def trajectories(
    session: Session, comparisons: Sequence[SavedComparison]
) -> tuple[tuple[Path, ...], tuple[Course, ...]]:
    """One trajectory per training run with two or more of its checkpoints here, and its course."""
    groups: dict[Path, list[tuple[Checkpoint, SavedComparison]]] = {}
    for checkpoint, saved in zip(session.checkpoints, comparisons, strict=True):
        if checkpoint.path is not None and checkpoint.step is not None:
            groups.setdefault(checkpoint.path.resolve().parent, []).append((checkpoint, saved))
    written = [_trajectory(session.results, group) for group in groups.values() if len(group) > 1]
    return tuple(folder for folder, _ in written), tuple(course for _, course in written)


def _trajectory(results: ResultsFolder, group: Sequence[tuple[Checkpoint, SavedComparison]]) -> tuple[Path, Course]:
    ordered = sorted(group, key=lambda item: item[0].step or 0)
    last_checkpoint, last = ordered[-1]
    assert last_checkpoint.path is not None  # noqa: S101 - grouped by path
    points = [
        TrajectoryPoint(checkpoint.step or 0, checkpoint.name, {row.name: row for row in saved.comparison.domains})
        for checkpoint, saved in ordered
    ]
    along = course(
        [
            (checkpoint.step or 0, saved.comparison, load_items(saved.folder, COURSE_COLUMNS))
            for checkpoint, saved in ordered
        ]
    )
    folder = results.trajectory(last.comparison.comparison_id)
    write_trajectory(points, read_training_log(last_checkpoint.path / "trainer_state.json"), folder, along)
    return folder, along


def read_training_log(path: Path) -> TrainingLog:
    """The loss history of a trainer_state.json, as a trajectory draws it. InputError where there is none."""
    from forgetbench.diagnosis.training_log import read_training_history

    logged = read_training_history(path).logged
    return TrainingLog(
        steps=tuple(each.step for each in logged),
        losses=tuple(each.loss for each in logged),
        learning_rates=tuple(each.learning_rate or 0.0 for each in logged),
    )


def checkpoints_of_training(folder: Path) -> list[str]:
    """The checkpoint-N folders of a training run, by step. InputError when there are none."""
    by_step: dict[int, Path] = {}
    for path in folder.glob("checkpoint-*"):
        with contextlib.suppress(ValueError):
            by_step[int(path.name.removeprefix("checkpoint-"))] = path
    if not by_step:
        raise InputError(f"{folder}: no checkpoint-N folders here; give the trainer's output folder")
    return [str(by_step[step]) for step in sorted(by_step)]
