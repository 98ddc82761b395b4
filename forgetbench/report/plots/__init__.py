"""The pictures: deltas with intervals, item outcomes, and retention against the training loss.

Colours are Okabe and Ito's, which colour-blind readers tell apart; every one comes with a marker or a
hatch of its own, so that a print in grey says the same. Equal input gives equal files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from forgetbench.records import Comparison
from forgetbench.report.plots.drawing import drawn, save, styled
from forgetbench.report.plots.forest_plot import forest_figure
from forgetbench.report.plots.outcome_bars import outcomes_figure
from forgetbench.report.plots.trajectory_plot import trajectory_figure
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint

__all__ = [
    "comparison_svgs",
    "forest",
    "forest_figure",
    "outcomes",
    "outcomes_figure",
    "trajectory",
    "trajectory_figure",
]


def forest(comparison: Comparison, out_dir: Path) -> tuple[Path, ...]:
    """Deltas with intervals, domains large and their tasks below: forest.png and forest.svg."""
    with styled():
        return save(forest_figure(comparison), out_dir, "forest")


def outcomes(comparison: Comparison, out_dir: Path) -> tuple[Path, ...]:
    """What became of the right-or-wrong items, per domain and task: outcomes.png and outcomes.svg."""
    with styled():
        return save(outcomes_figure(comparison), out_dir, "outcomes")


def trajectory(points: Sequence[TrajectoryPoint], log: TrainingLog | None, out_dir: Path) -> tuple[Path, ...]:
    """Training loss and retention per domain on one step axis: trajectory.png and trajectory.svg.

    The base is drawn at step 0 with retention 1. A checkpoint without a retention (the base was at
    chance) leaves a gap, and a note says so.
    """
    with styled():
        return save(trajectory_figure(points, log), out_dir, "trajectory")


def comparison_svgs(comparison: Comparison) -> dict[str, bytes]:
    """The forest and the outcomes plot as SVG, by name."""
    with styled():
        return {
            "forest": drawn(forest_figure(comparison), ["svg"])["svg"],
            "outcomes": drawn(outcomes_figure(comparison), ["svg"])["svg"],
        }
