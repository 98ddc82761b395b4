"""Deltas with intervals, domains large and their tasks below."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from math import isnan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from forgetbench.messages import translated as _
from forgetbench.records import Comparison, DeltaRow
from forgetbench.report.numbers import delta_with_interval
from forgetbench.report.plots.drawing import INK, MUTED, Line, canvas, remark, rows_of, signed_tick
from forgetbench.report.wording import LEGEND, VERDICTS, reason_of, style_of


def forest_figure(comparison: Comparison) -> Figure:
    """The forest plot as a figure."""
    layout = rows_of(comparison, overall=True)
    figure, axes = canvas(comparison, layout, _("What fine-tuning changed"))
    low, high = _extent([line.row for line in layout.lines])
    axes.set_xlim(low, high)
    axes.axvline(0, color=INK, linewidth=1.0, zorder=1)
    for top, bottom, row in layout.spans:
        _draw_margin(axes, top, bottom, row)
    for line in layout.lines:
        _draw_delta(axes, line)
        remark(axes, line, _delta_remark(line.row))
    axes.set_xlabel(_("delta: fine-tuned minus base, points of 100 (left of zero is a loss)"))
    axes.xaxis.set_major_formatter(FuncFormatter(signed_tick))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
    axes.grid(axis="x", color="#dddddd", linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    figure.legend(handles=_forest_legend(), loc="outside lower center", ncols=4)
    return figure


def _extent(rows: Sequence[DeltaRow]) -> tuple[float, float]:
    """Limits of the delta axis in points: every interval, every margin and zero, with room at the ends."""
    values = [0.0]
    for row in rows:
        if row.estimate is not None:
            values += [100 * row.estimate.delta, 100 * row.estimate.ci_low, 100 * row.estimate.ci_high]
        if not isnan(row.judgement.margin):
            values.append(-100 * row.judgement.margin)
    low, high = min(values), max(values)
    room = max(0.08 * (high - low), 0.5)
    return low - room, max(high, 0.25 * (high - low)) + room


def _draw_margin(axes: Axes, top: float, bottom: float, row: DeltaRow) -> None:
    margin = 100 * row.judgement.margin
    if isnan(margin):
        return
    axes.add_patch(Rectangle((-margin, top), margin, bottom - top, facecolor="#ececec", edgecolor="none", zorder=0.5))
    axes.plot([-margin, -margin], [top, bottom], color=MUTED, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)


def _draw_delta(axes: Axes, line: Line) -> None:
    estimate, style = line.row.estimate, style_of(line.row)
    if estimate is None:
        return
    axes.plot(
        [100 * estimate.ci_low, 100 * estimate.ci_high],
        [line.y, line.y],
        color=style.colour,
        linewidth=2.6 if line.large else 1.3,
        solid_capstyle="butt",
        zorder=3,
    )
    axes.plot(
        [100 * estimate.delta],
        [line.y],
        linestyle="none",
        marker=style.marker,
        markersize=10 if line.large else 6,
        markerfacecolor="white" if style.hollow else style.colour,
        markeredgecolor=style.colour,
        markeredgewidth=1.6 if line.large else 1.1,
        zorder=4,
    )


def _delta_remark(row: DeltaRow) -> str:
    told = style_of(row).told
    if row.judgement.verdict == "not_measured" or row.estimate is None:
        reason = _brief(reason_of(row))
        return _("{verdict}: {reason}").format(verdict=told, reason=reason) if reason else told
    return f"{delta_with_interval(row.estimate)}  {told}"


def _brief(reason: str) -> str:
    brief = textwrap.shorten(reason, 52, placeholder=" …")
    # Words that no blank divides are cut where they are too long.
    return brief if brief.strip(" …") or not reason else f"{reason[:30]}…"


def _forest_legend() -> list[Line2D | Patch]:
    markers: list[Line2D | Patch] = [
        Line2D(
            [],
            [],
            color=style.colour,
            marker=style.marker,
            markersize=8,
            linewidth=2.2,
            markerfacecolor="white" if style.hollow else style.colour,
            label=style.told,
        )
        for style in LEGEND
        if style is not VERDICTS["not_measured"]
    ]
    zone = Patch(facecolor="#ececec", edgecolor=MUTED, linestyle="--", label=_("losses within the margin"))
    return [*markers, zone]
