"""A lab's pictures: gain against what it cost, one panel per family of recipes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, nan
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from forgetbench.lab.matched import SHARES, places, target_gain
from forgetbench.lab.paths import DomainChange, Lab, RecipePath
from forgetbench.messages import translated as _
from forgetbench.records import TARGET, DeltaRow, Retention
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint
from forgetbench.sanitize import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#882255", "#56B4E9", "#E69F00")
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
SHOWN: Final = ("full-mid", "full-high")
"""Recipes whose course is drawn beside their training loss."""
_ACROSS: Final = 3
_AT_CHANCE: Final = 2.0
"""A retention is a ratio to noise where the base is not so many standard errors above guessing."""
_GREY: Final = "#c9c9c9"

Points = list[tuple[float, float]]
"""(gain, change of the general domains), in points of 100."""


def pareto(lab: Lab, out: Path) -> tuple[Path, ...]:
    """Every path, gain to the right and what is left of the rest upwards: pareto.png and pareto.svg."""
    import matplotlib as mpl

    from forgetbench.report.plots.drawing import save, styled

    # It is large, and thousands of thin lines do not compress.
    with styled(), mpl.rc_context({"savefig.dpi": 100.0}):
        return save(pareto_figure(lab), out, "pareto")


def retention(lab: Lab, out: Path) -> tuple[Path, ...]:
    """Training loss and what is left of each domain on one step axis, of the first seed of `SHOWN`: a file each."""
    from forgetbench.report.plots.drawing import save, styled
    from forgetbench.report.plots.trajectory_plot import trajectory_figure

    saved: list[Path] = []
    for recipe in SHOWN:
        path = next((path for path in lab.of(recipe).values() if path.losses and path.points), None)
        if path is not None:
            with styled():
                figure = trajectory_figure(_course(path), _log(path))
                saved += () if figure is None else save(figure, out, f"retention-{recipe}")
    return tuple(saved)


def _course(path: RecipePath) -> list[TrajectoryPoint]:
    """What is left of each domain but the target, of which the base has next to nothing."""
    return [
        TrajectoryPoint(
            int(point.at),
            path.recipe,
            {
                name: DeltaRow(name, name, "", change.n_items, kept=Retention(_left(change)))
                for name, change in point.domains.items()
                if change is not None and name != TARGET
            },
        )
        for point in path.points
    ]


def _left(change: DomainChange) -> float:
    return change.candidate / change.base if change.base > _AT_CHANCE * (change.se or 0.0) else nan


def _log(path: RecipePath) -> TrainingLog:
    steps, losses = zip(*path.losses, strict=True)
    return TrainingLog(steps, losses, (0.0,) * len(steps))


def pareto_figure(lab: Lab) -> Figure:
    """The same as a figure: a panel per family, all other paths behind it in grey, both axes shared."""
    from matplotlib.figure import Figure

    families: dict[str, list[str]] = {}
    for path in lab.paths:
        recipes = families.setdefault(path.family, [])
        if path.recipe not in recipes:
            recipes.append(path.recipe)
    rows = max(1, ceil(len(families) / _ACROSS))
    across = min(_ACROSS, max(len(families), 1))
    figure = Figure(figsize=(4.1 * across + 0.4, 3.5 * rows + 0.9), layout="constrained")
    panels = list(figure.subplots(rows, across, sharex=True, sharey=True, squeeze=False).flat)
    means = {recipe: mean_path([points_of(lab, path) for path in lab.of(recipe).values()]) for recipe in lab.recipes}
    gains = [gain for share in SHARES if (gain := target_gain(lab, share)) is not None]
    for axes, (family, recipes) in zip(panels, families.items(), strict=False):
        _panel(axes, lab, means, recipes, gains)
        axes.set_title(_(family), fontsize=11)
    for axes in panels[len(families) :]:
        axes.axis("off")
    figure.supxlabel(_("gain of the target skill, points"), fontsize=10)
    figure.supylabel(_("change of knowledge, reasoning and language, points"), fontsize=10)
    return figure


def mean_path(paths: Sequence[Points]) -> Points:
    """The mean of a recipe's seeds, checkpoint by checkpoint; as far as all of them go."""
    length = min(map(len, paths), default=0)
    if not length:
        return []
    mean = np.mean([points[:length] for points in paths], axis=0)
    return [(float(x), float(y)) for x, y in mean]


def points_of(lab: Lab, path: RecipePath) -> Points:
    """One path from where it begins."""
    return [(100 * gain, -100 * cost) for gain, cost in places(lab, path)]


def _panel(axes: Axes, lab: Lab, means: Mapping[str, Points], recipes: Sequence[str], gains: Sequence[float]) -> None:
    from matplotlib.collections import LineCollection

    # One collection: the legend looks for a place clear of lines, and need not be clear of these.
    others = [points for recipe, points in means.items() if recipe not in recipes and points]
    axes.add_collection(LineCollection(others, colors=_GREY, linewidths=0.8, zorder=1))
    for gain in gains:
        axes.axvline(100 * gain, color="#777777", linewidth=0.8, linestyle=(0, (2, 3)), zorder=1)
    axes.axhline(0.0, color="#777777", linewidth=0.8, zorder=1)
    for number, recipe in enumerate(recipes):
        colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
        for path in lab.of(recipe).values():
            axes.plot(*zip(*points_of(lab, path), strict=True), color=colour, linewidth=0.7, alpha=0.35, zorder=2)
        if points := means[recipe]:
            axes.plot(
                *zip(*points, strict=True), color=colour, linewidth=1.7, marker=marker, markersize=4.5, zorder=3,
                label=one_line(recipe, 24),
            )  # fmt: skip
    axes.legend(
        fontsize=8, loc="best", handlelength=1.8, borderaxespad=0.2, labelspacing=0.25,
        frameon=True, facecolor="white", edgecolor="none", framealpha=0.85,
    )  # fmt: skip
    axes.grid(color="#ececec", linewidth=0.6)
    axes.tick_params(labelbottom=True, labelleft=True)
