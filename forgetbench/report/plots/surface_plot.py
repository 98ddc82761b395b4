"""Forgetting over learning rate and steps as a heat map, and the law that is fitted to it beside the measurements."""

from __future__ import annotations

from math import isfinite, isnan
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from forgetbench.comparison.surface import Surface, SurfacePoint
from forgetbench.messages import translated as _
from forgetbench.records import OVERALL
from forgetbench.report.numbers import signed
from forgetbench.report.plots.drawing import MUTED, signed_tick
from forgetbench.report.plots.trajectory_plot import Series
from forgetbench.sanitize import one_line
from forgetbench.stats.power_law import PowerLaw

_ROW: Final = 0.42
"""Inches of a training's row."""
_WRITTEN: Final = 14
"""Columns up to which every tile has its number."""
_MOST_RUNS: Final = 40
_MOST_STEPS: Final = 200
_LOSSES: Final = LinearSegmentedColormap.from_list("losses", ["#fdf3ea", "#e89a4c", "#7a2d00"])
"""Growing darker throughout, so that a print in grey says the same; gains are as light as no change."""
_DARK: Final = 0.6
_SWATCHES: Final = (0.0, 0.5, 1.0)


def surface_figure(surface: Surface) -> Figure | None:
    """Trainings as rows, the lowest learning rate below, and steps as columns; None where nothing was measured.

    Of more than 40 trainings or 200 steps the first.
    """
    points = [point for point in surface.points if isfinite(point.forgetting)]
    if not points:
        return None
    runs = [run for run in surface.runs if any(point.run == run for point in points)][:_MOST_RUNS]
    steps = sorted({point.step for point in points})[:_MOST_STEPS]
    figure = Figure(figsize=(10.0, _ROW * len(runs) + 2.4), layout="constrained")
    axes = figure.add_subplot()
    top = max(0.01, *(point.forgetting for point in points))
    for point in points:
        if point.run in runs and point.step in steps:
            place = (steps.index(point.step), runs.index(point.run))
            _tile(axes, place, point.forgetting, top, written=len(steps) <= _WRITTEN)
    _dress(axes, surface, runs, steps)
    swatches = [
        Patch(facecolor=_LOSSES(share), edgecolor="#bbbbbb", label=f"{100 * share * top:.1f}") for share in _SWATCHES
    ]
    figure.legend(
        handles=swatches,
        loc="outside lower center",
        ncols=len(swatches),
        title=_("forgetting, points of 100: minus the mean change of all domains but target and format rigidity"),
        title_fontsize=9.0,
    )
    return figure


def _tile(axes: Axes, place: tuple[int, int], value: float, top: float, *, written: bool) -> None:
    share = min(max(value / top, 0.0), 1.0)
    axes.add_patch(Rectangle(place, 1, 1, facecolor=_LOSSES(share), edgecolor="#ffffff", linewidth=0.8))
    if written:
        ink = "#fefefe" if share > _DARK else "#1a1a1a"
        axes.text(place[0] + 0.5, place[1] + 0.5, signed(value), ha="center", va="center", fontsize=9, color=ink)


def _dress(axes: Axes, surface: Surface, runs: list[str], steps: list[int]) -> None:
    rates = {point.run: point.learning_rate for point in surface.points}
    named = [
        f"{one_line(run, 30)}  {rate:.1e}" if (rate := rates[run]) is not None else one_line(run, 40) for run in runs
    ]
    axes.set_xlim(0, len(steps))
    axes.set_ylim(0, len(runs))
    axes.set_yticks([at + 0.5 for at in range(len(runs))], named)
    shown = range(0, len(steps), 1 + (len(steps) - 1) // _WRITTEN)
    axes.set_xticks([at + 0.5 for at in shown], [str(steps[at]) for at in shown])
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_facecolor("#f4f4f4")
    axes.set_xlabel(_("optimizer step"))
    axes.set_title(_("Forgetting over steps, by training and its highest learning rate"), pad=12)


def law_figure(surface: Surface) -> Figure | None:
    """Forgetting against steps with intervals, a colour per training, and the law through it; None without a law."""
    law = next((each.law for each in surface.laws if each.of == OVERALL), None)
    if law is None or "steps" not in law.predictors:
        return None
    figure = Figure(figsize=(9.0, 5.2), layout="constrained")
    axes = figure.add_subplot()
    handles: list[Line2D] = []
    for at, run in enumerate(surface.runs[:_MOST_RUNS]):
        points = [point for point in surface.points if point.run == run and not isnan(point.forgetting)]
        if points:
            handles.append(_draw_run(axes, points, Series.numbered(at)))
            _draw_law(axes, law, points, Series.numbered(at).colour)
    axes.axhline(0.0, color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    axes.set_title(_("Forgetting by steps, and the law that was fitted"), pad=12)
    axes.set_xlabel(_("optimizer step"))
    axes.set_ylabel(_("forgetting, points of 100"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(signed_tick))
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)
    axes.annotate(
        _("points: measured, with intervals; lines: the law; bands: where another measurement would lie"),
        xy=(0, 0), xycoords="axes fraction", xytext=(0, -42), textcoords="offset points", va="top", fontsize=8.5,
        color=MUTED,
    )  # fmt: skip
    return figure


def _draw_run(axes: Axes, points: list[SurfacePoint], series: Series) -> Line2D:
    for point in points:
        ends = [100 * point.low, 100 * point.high]
        axes.plot([point.step, point.step], ends, color=series.colour, linewidth=1.0, alpha=0.6, zorder=2)
    rate = points[0].learning_rate
    name = one_line(points[0].run, 30)
    (line,) = axes.plot(
        [point.step for point in points],
        [100 * point.forgetting for point in points],
        color=series.colour,
        marker=series.marker,
        linestyle="none",
        label=name if rate is None else f"{name}  {rate:.1e}",
        zorder=3,
    )
    return line


def _draw_law(axes: Axes, law: PowerLaw, points: list[SurfacePoint], colour: str) -> None:
    """The law along one training's steps; what else it follows moves with them, between its checkpoints' values."""
    steps = np.array([point.step for point in points], dtype=np.float64)
    along = np.geomspace(steps[0], steps[-1], 40)
    known = {
        name: np.interp(along, steps, [float(getattr(point, name)) for point in points])
        for name in law.predictors
        if name != "steps"
    }
    told = [
        law.at({"steps": float(step), **{name: float(values[at]) for name, values in known.items()}})
        for at, step in enumerate(along)
    ]
    axes.plot(along, [100 * each.value for each in told], color=colour, linewidth=1.4, zorder=2.5)
    low, high = ([100 * getattr(each, end) for each in told] for end in ("low", "high"))
    axes.fill_between(along, low, high, color=colour, alpha=0.1, linewidth=0, zorder=1)
