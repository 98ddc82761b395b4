"""Retention against the training loss, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isnan, nan
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from forgetbench.messages import N_, joined, plural
from forgetbench.messages import translated as _
from forgetbench.records import TARGET, Retention
from forgetbench.report.plots.drawing import INK, MUTED
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint
from forgetbench.report.wording import title


@dataclass(frozen=True, slots=True)
class Series:
    """How one domain's line is drawn."""

    colour: str
    marker: str
    dashes: str | tuple[int, tuple[int, ...]]

    @classmethod
    def numbered(cls, index: int) -> Series:
        """The `index`-th of any number of series, from 0: no two of the first 99 have colour and marker in common, and
        two of one colour differ in their dashes as well."""
        return cls(_COLOURS[index % len(_COLOURS)], _MARKERS[index % len(_MARKERS)], _DASHES[index % len(_DASHES)])


_COLOURS: Final = (
    "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#999933", "#5B4B8A"
)  # fmt: skip
"""Okabe and Ito's, and three of Tol's muted ones, which stand apart from them."""
# A disc is the base's.
_MARKERS: Final = ("v", "s", "^", "D", "P", "X", "*", "<", "p", ">", "h")
_DASHES: Final[tuple[str | tuple[int, tuple[int, ...]], ...]] = (
    "-", (0, (5, 2)), (0, (6, 2, 1, 2)), (0, (1, 1)), (0, (6, 1, 1, 1, 1, 1)), (0, (3, 3)),
)  # fmt: skip
_MOST_GAPS: Final = 8
_SHOWN: Final = (-1.0, 2.0)
"""Retentions between which intervals are drawn: one of few items would make the rest a flat line."""
_INTERVAL_NOTE: Final = N_(
    "upright bars: the interval of the retention (Fieller), as far as it lies between {low:g} and {high:g}"
)


def trajectory_figure(points: Sequence[TrajectoryPoint], log: TrainingLog | None) -> Figure | None:
    """The trajectory as a figure: loss above, then the gain on the target, then retention, on one step axis.

    None where there is nothing to draw but the base.

    Panels rather than several y axes in one: a reader need not ask which line belongs to which scale.
    """
    ordered = sorted(points, key=lambda point: point.step)
    names = {name for point in ordered for name in point.domains}
    upper = [*([] if log is None else [log]), *([TARGET] if TARGET in names else [])]
    if not upper and not _with_retention(ordered):
        return None
    # The legend has a line per domain.
    height = max(4.6 + 2.0 * len(upper), 0.3 * len(names) + 1.5)
    figure = Figure(figsize=(9.0, height), layout="constrained")
    panels = figure.subplots(1 + len(upper), 1, sharex=True, height_ratios=[*(2 for _upper in upper), 3], squeeze=False)
    top, axes = panels[0, 0], panels[-1, 0]
    if log is not None:
        _draw_loss(top, log)
    if TARGET in names:
        _draw_gain(panels[-2, 0], ordered)
    top.set_title(_("What the training loss does not show") if log else _("What is left, step by step"), pad=12)
    _draw_retention(axes, ordered)
    axes.set_xlabel(_("optimizer step"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
    return figure


def _draw_loss(axes: Axes, log: TrainingLog) -> None:
    # A resumed run logs some steps twice; the later row is the one that led to the checkpoint.
    history = {step: loss for step, loss in zip(log.steps, log.losses, strict=True) if isfinite(loss)}
    steps = sorted(history)
    dotted = "." if len(steps) <= 60 else ""
    axes.plot(steps, [history[step] for step in steps], color=INK, linewidth=1.6, marker=dotted, markersize=5)
    axes.set_ylabel(_("training loss"))
    axes.set_ylim(bottom=0)
    axes.grid(color="#e4e4e4", linewidth=0.6)


def _draw_gain(axes: Axes, points: Sequence[TrajectoryPoint]) -> None:
    """The gain on the target in points, with intervals, from the base on."""
    rows = [(point.step, point.domains[TARGET].estimate) for point in points if TARGET in point.domains]
    measured = [(step, estimate) for step, estimate in rows if estimate is not None and step > 0]
    for step, estimate in measured:
        axes.plot([step, step], [100 * estimate.ci_low, 100 * estimate.ci_high], color=INK, linewidth=1.2, alpha=0.6)
    axes.plot(
        [0, *(step for step, _estimate in measured)],
        [0.0, *(100 * estimate.delta for _step, estimate in measured)],
        color=INK, marker="o", linewidth=1.6, markersize=5,
    )  # fmt: skip
    axes.axhline(0.0, color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    axes.set_ylabel(_("gain on the target"))
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.margins(y=0.12)


def _draw_retention(axes: Axes, points: Sequence[TrajectoryPoint]) -> None:
    drawn = _with_retention(points)
    last = max((point.step for point in points), default=1)
    axes.axhline(1.0, color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    apart = last * min(0.013, 0.1 / max(len(drawn), 1))
    lines = [
        # Intervals of several domains at one step would hide each other.
        _draw_domain(axes, points, name, Series.numbered(index), (index - (len(drawn) - 1) / 2) * apart)
        for index, name in enumerate(drawn)
    ]
    (base,) = axes.plot([0], [1.0], color=INK, marker="o", markersize=7, linestyle="none", label=_("base"), zorder=4)
    axes.set_ylabel(_("retention: fine-tuned / base, above chance"))
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.margins(x=0.04, y=0.08)
    low = axes.get_ylim()[0]
    axes.set_ylim(bottom=min(low, 0.8) if low < 0 else min(0.1 * int(10 * low), 0.8))
    axes.legend(
        handles=[base, *lines],
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0.0,
        handlelength=3.2,
    )
    if not lines:
        axes.text(0.5, 0.5, _("no domain has a retention"), transform=axes.transAxes, ha="center", va="center")
    axes.annotate(
        "\n".join([*(_interval_note(points) if lines else ()), *_gaps(points, _domains(points))]),
        xy=(0, 0),
        xycoords="axes fraction",
        xytext=(0, -42),
        textcoords="offset points",
        va="top",
        ha="left",
        fontsize=8.5,
        color=MUTED,
    )


def _domains(points: Sequence[TrajectoryPoint]) -> list[str]:
    """Those that may have a retention."""
    return list(dict.fromkeys(name for point in points for name in point.domains if name != TARGET))


def _with_retention(points: Sequence[TrajectoryPoint]) -> list[str]:
    """Those that have one at some step."""
    return [name for name in _domains(points) if not all(isnan(_retention(point, name)) for point in points)]


def _interval_note(points: Sequence[TrajectoryPoint]) -> list[str]:
    """What upright bars are, where there are any: points of a lab come without intervals of single checkpoints."""
    if all(row.estimate is None for point in points for row in point.domains.values()):
        return []
    return [_(_INTERVAL_NOTE).format(low=_SHOWN[0], high=_SHOWN[1])]


def _draw_domain(axes: Axes, points: Sequence[TrajectoryPoint], name: str, series: Series, nudge: float) -> Line2D:
    tuned = [point for point in points if point.step > 0]
    for point in tuned:
        if (row := point.domains.get(name)) is not None and row.estimate is not None:
            _draw_retention_interval(axes, row.kept, point.step + nudge, series.colour)
    (line,) = axes.plot(
        [0.0, *(point.step + nudge for point in tuned)],
        [1.0, *(_retention(point, name) for point in tuned)],
        color=series.colour,
        marker=series.marker,
        linestyle=series.dashes,
        linewidth=1.9,
        markersize=7,
        label=title(name),
        zorder=3,
    )
    return line


def _retention(point: TrajectoryPoint, name: str) -> float:
    """NaN, which leaves a gap, where there is none."""
    row = point.domains.get(name)
    return nan if row is None else row.kept.retention


def _draw_retention_interval(axes: Axes, kept: Retention, x: float, colour: str) -> None:
    """Fieller's interval; an end that is unbounded lies beyond what is shown."""
    if isnan(kept.retention):
        return
    low = _SHOWN[0] if isnan(kept.retention_low) else max(kept.retention_low, _SHOWN[0])
    high = _SHOWN[1] if isnan(kept.retention_high) else min(kept.retention_high, _SHOWN[1])
    if low < high:
        axes.plot([x, x], [low, high], color=colour, linewidth=1.2, alpha=0.75, zorder=2)


def _gaps(points: Sequence[TrajectoryPoint], names: Sequence[str]) -> list[str]:
    notes = []
    for name in names:
        steps = [str(point.step) for point in points if point.step > 0 and isnan(_retention(point, name))]
        if steps:
            told = plural(
                "{domain}: no retention at step {steps} (base at chance, or not measured)",
                "{domain}: no retention at steps {steps} (base at chance, or not measured)",
                len(steps),
            )
            notes.append(told.format(domain=title(name), steps=joined(steps)))
    more = len(notes) - _MOST_GAPS
    return (
        notes if more <= 0 else [*notes[:_MOST_GAPS], _("and {n} more without retention at some step").format(n=more)]
    )
