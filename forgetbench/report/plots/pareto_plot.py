"""Gain on the target against what was lost elsewhere: a point per checkpoint, a line per training, and the front."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Bbox

from forgetbench.comparison.tradeoff import Tradeoff
from forgetbench.messages import translated as _
from forgetbench.report.plots.drawing import INK, MUTED, signed_tick
from forgetbench.report.plots.trajectory_plot import Series
from forgetbench.sanitize import one_line

_MOST_INTERVALS: Final = 24
"""Points that show their intervals; of more only those on the front do."""
_MOST_RUNS: Final = 24
"""Lines of the legend."""
_PLACES: Final = ((9, 5), (9, -13), (-9, 5), (-9, -13), (0, 11), (0, -19))
"""Offsets of a label from its point that are tried, in points."""


def pareto_figure(points: Sequence[Tradeoff], shipped: Tradeoff | None = None) -> Figure | None:
    """The plane of change and gain as a figure; None where no checkpoint was measured in both.

    `shipped` is the checkpoint to ship, which gets a ring. The base is the point where both are 0.
    """
    drawn = [point for point in points if not (isnan(point.gain) or isnan(point.change))]
    if not drawn:
        return None
    figure = Figure(figsize=(9.0, 6.0), layout="constrained")
    axes = figure.add_subplot()
    for value, line in ((0.0, axes.axvline), (0.0, axes.axhline)):
        line(value, color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    runs = list(dict.fromkeys(point.run for point in drawn))
    lines = [_draw_run(axes, [p for p in drawn if p.run == run], Series.numbered(at)) for at, run in enumerate(runs)]
    _draw_intervals(axes, drawn, {run: Series.numbered(at).colour for at, run in enumerate(runs)})
    handles = [*_draw_base(axes), *lines[:_MOST_RUNS], *_draw_front(axes, drawn)]
    if shipped is not None:
        handles += _ringed(axes, shipped)
    _finish(axes, handles)
    figure.draw_without_rendering()
    _label(axes, drawn)
    return figure


def _draw_run(axes: Axes, points: Sequence[Tradeoff], series: Series) -> Line2D:
    ordered = sorted(points, key=lambda point: point.step)
    (line,) = axes.plot(
        [100 * point.change for point in ordered],
        [100 * point.gain for point in ordered],
        color=series.colour,
        marker=series.marker,
        linestyle=series.dashes,
        linewidth=0.9,
        markersize=7,
        label=one_line(ordered[0].run, 34) or _("checkpoints"),
        zorder=3,
    )
    return line


def _draw_intervals(axes: Axes, points: Sequence[Tradeoff], colours: dict[str, str]) -> None:
    for point in points:
        if len(points) > _MOST_INTERVALS and not point.on_front:
            continue
        x, y = 100 * point.change, 100 * point.gain
        for ends in (
            ([100 * point.change_low, 100 * point.change_high], [y, y]),
            ([x, x], [100 * point.gain_low, 100 * point.gain_high]),
        ):
            axes.plot(*ends, color=colours[point.run], linewidth=1.0, alpha=0.55, zorder=2)


def _draw_base(axes: Axes) -> Iterator[Line2D]:
    yield from axes.plot([0], [0], color=INK, marker="o", markersize=7, linestyle="none", label=_("base"), zorder=4)


def _draw_front(axes: Axes, points: Sequence[Tradeoff]) -> Iterator[Line2D]:
    front = sorted((point.change, point.gain) for point in points if point.on_front)
    yield from axes.plot(
        [100 * change for change, _gain in front],
        [100 * gain for _change, gain in front],
        color=INK,
        linewidth=7.0,
        alpha=0.16,
        solid_capstyle="round",
        label=_("Pareto front"),
        zorder=1.5,
    )


def _ringed(axes: Axes, point: Tradeoff) -> list[Line2D]:
    return axes.plot(
        [100 * point.change],
        [100 * point.gain],
        marker="o",
        markersize=15,
        markerfacecolor="none",
        markeredgecolor=INK,
        markeredgewidth=1.4,
        linestyle="none",
        label=_("to ship"),
        zorder=5,
    )


def _finish(axes: Axes, handles: Sequence[Line2D]) -> None:
    axes.set_title(_("What was gained, and what it cost"), pad=12)
    axes.set_xlabel(_("change elsewhere: mean of the other domains, points of 100 (left of zero is a loss)"))
    axes.set_ylabel(_("gain on the target, points of 100"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(signed_tick))
        axis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.margins(0.08)
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0, handlelength=3.2)


def _label(axes: Axes, points: Sequence[Tradeoff]) -> None:
    """Steps beside the points where they fit, those on the front first; the others stand in the tables."""
    figure = axes.figure
    pixels = figure.dpi / 72.0
    marks = [axes.transData.transform((100 * point.change, 100 * point.gain)) for point in points]
    taken = [Bbox.from_bounds(x - 5 * pixels, y - 5 * pixels, 10 * pixels, 10 * pixels) for x, y in marks]
    inside = axes.get_window_extent()
    for at in sorted(range(len(points)), key=lambda at: (not points[at].on_front, points[at].step)):
        text, (x, y) = str(points[at].step), marks[at]
        width, height = 6.2 * pixels * len(text), 9 * pixels
        for right, up in _PLACES:
            left = x + right * pixels - (0 if right > 0 else width if right < 0 else width / 2)
            box = Bbox.from_bounds(left, y + up * pixels, width, height)
            if not box.count_overlaps(taken) and inside.containsx(box.x0) and inside.containsx(box.x1):
                taken.append(box)
                side = "left" if right > 0 else "right" if right < 0 else "center"
                axes.annotate(
                    text,
                    (100 * points[at].change, 100 * points[at].gain),
                    xytext=(right, up),
                    textcoords="offset points",
                    ha=side,
                    va="bottom",
                    fontsize=8.5,
                    color=INK,
                    zorder=6,
                )
                break
