"""Trajectories of a results folder: read, and drawn anew."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.errors import InputError
from forgetbench.messages import translated as _
from forgetbench.records import SCHEMA_VERSION
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint
from forgetbench.storage.flat_rows import grouped
from forgetbench.storage.json_files import load_json


@dataclass(frozen=True, slots=True)
class Trajectory:
    """trajectory.json: the evaluated checkpoints of one training run, and its log."""

    points: tuple[TrajectoryPoint, ...]
    training_log: TrainingLog | None
    schema_version: int = SCHEMA_VERSION


def load_trajectory(folder: Path) -> Trajectory:
    """Read a trajectory from its folder. Raises InputError when it cannot be read."""
    trajectory = load_json(Trajectory, folder / "trajectory.json", _shaped)
    if not trajectory.points:
        raise InputError(_("{path}: has no checkpoints").format(path=folder / "trajectory.json"))
    return trajectory


def drawn(trajectory: Trajectory) -> bytes:
    """The plot as SVG: made anew, since a picture in the folder may be anybody's."""
    from forgetbench.report import plots

    with tempfile.TemporaryDirectory() as folder:
        written = plots.trajectory(trajectory.points, trajectory.training_log, Path(folder))
        return next(path for path in written if path.suffix == ".svg").read_bytes()


def _shaped(content: dict[str, Any]) -> dict[str, Any]:
    """A trajectory's object with its rows in groups; a logged step without a loss is left out."""
    points = [
        {**point, "domains": {name: grouped(row) for name, row in point["domains"].items()}}
        for point in content["points"]
    ]
    return {**content, "points": points, "training_log": _without_gaps(content.get("training_log"))}


def _without_gaps(log: dict[str, list[Any]] | None) -> dict[str, list[Any]] | None:
    if log is None:
        return None
    rows = [row for row in zip(*log.values(), strict=True) if None not in row]
    return {name: [row[place] for row in rows] for place, name in enumerate(log)}
