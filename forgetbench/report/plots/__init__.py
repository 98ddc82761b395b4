"""The pictures: deltas with intervals, item outcomes, retention against the training loss, and drift of the weights.

Colours are Okabe and Ito's, which colour-blind readers tell apart; every one comes with a marker or a
hatch of its own, so that a print in grey says the same. Equal input gives equal files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from forgetbench.comparison.surface import Surface
from forgetbench.comparison.tradeoff import Tradeoff
from forgetbench.diagnosis.drift_map import DriftMap
from forgetbench.records import Comparison
from forgetbench.report.course import shipped
from forgetbench.report.plots.drawing import FOR_PAPERS, drawn, save, styled
from forgetbench.report.plots.drift_plot import drift_figure
from forgetbench.report.plots.flow_plot import flow_figure
from forgetbench.report.plots.forest_plot import forest_figure
from forgetbench.report.plots.outcome_bars import outcomes_figure
from forgetbench.report.plots.pareto_plot import pareto_figure
from forgetbench.report.plots.surface_plot import law_figure, surface_figure
from forgetbench.report.plots.trajectory_plot import trajectory_figure
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint

__all__ = [
    "drift",
    "drift_figure",
    "drift_svg",
    "flow_figure",
    "flow_svg",
    "for_papers",
    "forest",
    "forest_figure",
    "law_figure",
    "outcomes",
    "outcomes_figure",
    "outcomes_svg",
    "pareto",
    "pareto_figure",
    "surface",
    "surface_figure",
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


def drift(weights: DriftMap, out_dir: Path) -> tuple[Path, ...]:
    """How far the weights moved, layer by module: drift.png and drift.svg; nothing where nothing was compared."""
    with styled():
        figure = drift_figure(weights)
        return () if figure is None else save(figure, out_dir, "drift")


def trajectory(points: Sequence[TrajectoryPoint], log: TrainingLog | None, out_dir: Path) -> tuple[Path, ...]:
    """Training loss and retention per domain on one step axis: trajectory.png and trajectory.svg.

    The base is drawn at step 0 with retention 1. A checkpoint without a retention (the base was at
    chance) leaves a gap, and a note says so; nothing is drawn where there is nothing but the base.
    """
    with styled():
        figure = trajectory_figure(points, log)
        return () if figure is None else save(figure, out_dir, "trajectory")


def pareto(points: Sequence[Tradeoff], shipped: Tradeoff | None, out_dir: Path) -> tuple[Path, ...]:
    """Gain on the target against change elsewhere: pareto.png and pareto.svg; nothing where no checkpoint has both."""
    with styled():
        figure = pareto_figure(points, shipped)
        return () if figure is None else save(figure, out_dir, "pareto")


def surface(found: Surface, out_dir: Path) -> tuple[Path, ...]:
    """Several trainings: surface, law and pareto as .png and .svg, each where there is something to draw."""
    with styled():
        figures = {
            "surface": surface_figure(found),
            "law": law_figure(found),
            "pareto": pareto_figure(found.pareto, _shipped_of(found)),
        }
        saved = [save(figure, out_dir, stem) for stem, figure in figures.items() if figure is not None]
    return tuple(path for paths in saved for path in paths)


def _shipped_of(found: Surface) -> Tradeoff | None:
    """The checkpoint to ship of several trainings, on the plane of gain and change."""
    return None if found.ship is None else shipped(found.pareto, found.ship)


def for_papers(comparison: Comparison, out_dir: Path) -> tuple[Path, ...]:
    """Every plot of a comparison as PNG, SVG and PDF."""
    with styled():
        figures = {
            "forest": forest_figure(comparison),
            "outcomes": outcomes_figure(comparison),
            "flow": flow_figure(comparison),
        }
        saved = [save(figure, out_dir, stem, FOR_PAPERS) for stem, figure in figures.items() if figure is not None]
    return tuple(path for paths in saved for path in paths)


def outcomes_svg(comparison: Comparison) -> bytes:
    """The same as SVG, for a page."""
    with styled():
        return drawn(outcomes_figure(comparison), ["svg"])["svg"]


def flow_svg(comparison: Comparison) -> dict[str, bytes]:
    """The flow from right and wrong before to what became of it: 'flow' as SVG; nothing where no answer is either."""
    with styled():
        figure = flow_figure(comparison)
        return {} if figure is None else {"flow": drawn(figure, ["svg"])["svg"]}


def drift_svg(weights: DriftMap | None) -> dict[str, bytes]:
    """The heat map of the weights' drift: 'drift' as SVG; nothing where they were not looked at."""
    with styled():
        figure = None if weights is None else drift_figure(weights)
        return {} if figure is None else {"drift": drawn(figure, ["svg"])["svg"]}
