"""The pictures: deltas with intervals, item outcomes, and retention against the training loss.

Colours are Okabe and Ito's, which colour-blind readers tell apart; every one comes with a marker or a
hatch of its own, so that a print in grey says the same. Equal input gives equal files.
"""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from forgetbench.records import Comparison, DeltaRow
from forgetbench.report.sanitize import one_line
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint
from forgetbench.report.wording import (
    VERDICTS,
    blocks,
    delta_with_interval,
    is_number,
    joined,
    share,
    title,
)
from forgetbench.run_store import write_atomic

__all__ = ["TrainingLog", "TrajectoryPoint", "comparison_svgs", "forest", "outcomes", "trajectory"]

_STYLE: Final[dict[str, object]] = {
    "svg.hashsalt": "forgetbench",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.unicode_minus": True,
    "hatch.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "figure.dpi": 100.0,
    "savefig.dpi": 150.0,
}
# Dates and version strings would change the files of equal runs.
_METADATA: Final[dict[str, dict[str, None]]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
_WIDTH: Final = 10.5
_UNIT: Final = 0.34
"""Inches per unit of a row's height."""
_INK: Final = "#222222"
_MUTED: Final = "#555555"


def forest(comparison: Comparison, out_dir: Path) -> tuple[Path, ...]:
    """Deltas with intervals, domains large and their tasks below: forest.png and forest.svg."""
    with _styled():
        return _save(forest_figure(comparison), out_dir, "forest")


def outcomes(comparison: Comparison, out_dir: Path) -> tuple[Path, ...]:
    """What became of the right-or-wrong items, per domain and task: outcomes.png and outcomes.svg."""
    with _styled():
        return _save(outcomes_figure(comparison), out_dir, "outcomes")


def trajectory(points: Sequence[TrajectoryPoint], log: TrainingLog | None, out_dir: Path) -> tuple[Path, ...]:
    """Training loss and retention per domain on one step axis: trajectory.png and trajectory.svg.

    The base is drawn at step 0 with retention 1. A checkpoint without a retention (the base was at
    chance) leaves a gap, and a note says so.
    """
    with _styled():
        return _save(trajectory_figure(points, log), out_dir, "trajectory")


def comparison_svgs(comparison: Comparison) -> dict[str, bytes]:
    """The forest and the outcomes plot as SVG, by name."""
    with _styled():
        return {
            "forest": _drawn(forest_figure(comparison), ["svg"])["svg"],
            "outcomes": _drawn(outcomes_figure(comparison), ["svg"])["svg"],
        }


@contextmanager
def _styled() -> Iterator[None]:
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes; the tables show it right.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def _save(figure: Figure, out_dir: Path, stem: str) -> tuple[Path, ...]:
    paths = []
    for suffix, data in _drawn(figure, tuple(_METADATA)).items():
        paths.append(out_dir / f"{stem}.{suffix}")
        write_atomic(paths[-1], data)
    return tuple(paths)


def _drawn(figure: Figure, suffixes: Sequence[str]) -> dict[str, bytes]:
    """The figure as files of these kinds. It is laid out once, which takes as long as drawing it."""
    figure.set_dpi(mpl.rcParams["savefig.dpi"])
    layout = figure.get_layout_engine()
    if layout is not None:
        layout.execute(figure)
        figure.set_layout_engine(None)
    uncut = figure.get_tightbbox().padded(0.15)
    drawn = {}
    for suffix in suffixes:
        buffer = io.BytesIO()
        figure.savefig(buffer, format=suffix, metadata=_METADATA[suffix], bbox_inches=uncut)
        drawn[suffix] = buffer.getvalue()
    return drawn


# --- rows shared by the two bar-like plots ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a plot: a row, where it stands, and whether it is a domain (large) or a task."""

    row: DeltaRow
    label: str
    y: float
    large: bool


@dataclass(frozen=True, slots=True)
class _Layout:
    lines: tuple[_Line, ...]
    spans: tuple[tuple[float, float, DeltaRow], ...]
    """Top and bottom of each block, and the row whose margin holds there."""
    height: float


def _layout(comparison: Comparison, *, overall: bool) -> _Layout:
    lines: list[_Line] = []
    spans: list[tuple[float, float, DeltaRow]] = []
    y = 0.0
    for domain, tasks in blocks(comparison):
        top = y
        lines.append(_Line(domain, title(domain.name), y + 0.55, True))
        y += 1.1
        for task in tasks:
            lines.append(_Line(task, one_line(task.name, 34), y + 0.36, False))
            y += 0.72
        spans.append((top, y, domain))
        y += 0.45
    if overall:
        lines.append(_Line(comparison.overall, "overall", y + 0.55, True))
        spans.append((y, y + 1.1, comparison.overall))
        y += 1.1
    return _Layout(tuple(lines), tuple(spans), max(y, 1.0))


def _canvas(comparison: Comparison, layout: _Layout, heading: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH, layout.height * _UNIT + 2.0), layout="constrained")
    axes = figure.add_subplot()
    sides = f"{one_line(comparison.candidate.name, 36)} against {one_line(comparison.base.name, 36)}"
    # Said here, the two places need not be found by measuring every row's label, several times per file.
    axes.set_title(f"{heading}\n{sides}", fontsize=12, pad=12, y=1.0)
    axes.yaxis.set_label_coords(0.0, 0.5)
    axes.set_ylim(layout.height, -0.2)
    axes.set_yticks([line.y for line in layout.lines], [line.label for line in layout.lines])
    for tick, line in zip(axes.get_yticklabels(), layout.lines, strict=True):
        tick.set(fontsize=11 if line.large else 9, color=_INK if line.large else _MUTED)
        tick.set_fontweight("bold" if line.large else "normal")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure, axes


def _beside(axes: Axes, line: _Line, text: str) -> None:
    """A remark to the right of the plot, on the line."""
    axes.text(
        1.02,
        line.y,
        text,
        transform=axes.get_yaxis_transform(),
        va="center_baseline",
        ha="left",
        fontsize=9.5 if line.large else 8.5,
        fontweight="bold" if line.large and line.row.verdict != "not_measured" else "normal",
        color=_INK,
    )


# --- forest -----------------------------------------------------------------------------------


def forest_figure(comparison: Comparison) -> Figure:
    """The forest plot as a figure."""
    layout = _layout(comparison, overall=True)
    figure, axes = _canvas(comparison, layout, "What fine-tuning changed")
    low, high = _extent([line.row for line in layout.lines])
    axes.set_xlim(low, high)
    axes.axvline(0, color=_INK, linewidth=1.0, zorder=1)
    for top, bottom, row in layout.spans:
        _draw_margin(axes, top, bottom, row)
    for line in layout.lines:
        _draw_delta(axes, line)
        _beside(axes, line, _delta_remark(line.row))
    axes.set_xlabel("delta: fine-tuned minus base, points of 100 (left of zero is a loss)")
    axes.xaxis.set_major_formatter(FuncFormatter(_signed_tick))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
    axes.grid(axis="x", color="#dddddd", linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    figure.legend(handles=_forest_legend(), loc="outside lower center", ncols=5)
    return figure


def _extent(rows: Sequence[DeltaRow]) -> tuple[float, float]:
    """Limits of the delta axis in points: every interval, every margin and zero, with room at the ends."""
    values = [0.0]
    for row in rows:
        values += [100 * value for value in (row.delta, row.ci_low, row.ci_high) if is_number(value)]
        if is_number(row.margin):
            values.append(-100 * row.margin)
    low, high = min(values), max(values)
    room = max(0.08 * (high - low), 0.5)
    return low - room, max(high, 0.25 * (high - low)) + room


def _signed_tick(value: float, _position: int) -> str:
    return "0" if abs(value) < 1e-9 else f"{value:+g}".replace("-", "−")


def _draw_margin(axes: Axes, top: float, bottom: float, row: DeltaRow) -> None:
    if not is_number(row.margin):
        return
    margin = 100 * row.margin
    axes.add_patch(Rectangle((-margin, top), margin, bottom - top, facecolor="#ececec", edgecolor="none", zorder=0.5))
    axes.plot([-margin, -margin], [top, bottom], color=_MUTED, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)


def _draw_delta(axes: Axes, line: _Line) -> None:
    row, style = line.row, VERDICTS[line.row.verdict]
    if not is_number(row.delta):
        return
    if is_number(row.ci_low) and is_number(row.ci_high):
        axes.plot(
            [100 * row.ci_low, 100 * row.ci_high],
            [line.y, line.y],
            color=style.colour,
            linewidth=2.6 if line.large else 1.3,
            solid_capstyle="butt",
            zorder=3,
        )
    axes.plot(
        [100 * row.delta],
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
    word = VERDICTS[row.verdict].word
    if row.verdict == "not_measured" or not is_number(row.delta):
        return f"{word}: {_brief(row.reason)}" if row.reason else word
    return f"{delta_with_interval(row)}  {word}"


def _brief(reason: str) -> str:
    return textwrap.shorten(one_line(reason, 1000), 52, placeholder=" …")


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
            label=style.word,
        )
        for verdict, style in VERDICTS.items()
        if verdict != "not_measured"
    ]
    zone = Patch(facecolor="#ececec", edgecolor=_MUTED, linestyle="--", label="losses within the margin")
    return [*markers, zone]


# --- outcomes ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Segment:
    key: str
    label: str
    colour: str
    hatch: str


_SEGMENTS: Final = (
    _Segment("kept", "kept: right before and after", "#56B4E9", ""),
    _Segment("gained", "gained: wrong before, right after", "#009E73", "//"),
    _Segment("locked", "forgotten, locked: likelihood still right", "#E69F00", ".."),
    _Segment("erased", "forgotten, erased: likelihood gone too", "#D55E00", "xx"),
    _Segment("unsplit", "forgotten, no choice view to tell by", "#CC79A7", "\\\\"),
    _Segment("never", "right for neither", "#ffffff", ""),
)


def outcomes_figure(comparison: Comparison) -> Figure:
    """The stacked outcome bars as a figure."""
    layout = _layout(comparison, overall=False)
    figure, axes = _canvas(comparison, layout, "What became of the items")
    axes.set_xlim(0, 100.4)
    for line in layout.lines:
        rates = _outcome_rates(comparison, line)
        if rates is None:
            _annotate_graded(axes, line)
        else:
            _draw_outcomes(axes, line, rates)
    axes.set_xlabel("share of the paired items, per cent")
    handles = [
        Patch(facecolor=item.colour, hatch=item.hatch, edgecolor=_INK, linewidth=0.7, label=item.label)
        for item in _SEGMENTS
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _outcome_rates(comparison: Comparison, line: _Line) -> Mapping[str, float] | None:
    """Shares of the six outcomes that sum to 1, or None where items are not right-or-wrong.

    A domain is the plain mean of its right-or-wrong tasks, as its delta is: kept = base - forgotten holds
    for a task, whose base score is the share of right answers, but not for a domain that also has tasks
    scored by degree.
    """
    if not line.large:
        return _task_rates(line.row)
    tasks = [_task_rates(row) for row in comparison.tasks if row.domain == line.row.name]
    rates = [rate for rate in tasks if rate is not None]
    if not rates:
        return None
    return {item.key: sum(rate[item.key] for rate in rates) / len(rates) for item in _SEGMENTS}


def _task_rates(row: DeltaRow) -> Mapping[str, float] | None:
    if not (is_number(row.forgotten) and is_number(row.base)):
        return None
    gained = row.gained if is_number(row.gained) else 0.0
    locked = row.locked if is_number(row.locked) else 0.0
    erased = row.erased if is_number(row.erased) else 0.0
    kept = max(0.0, row.base - row.forgotten)
    unsplit = max(0.0, row.forgotten - locked - erased)
    never = max(0.0, 1.0 - kept - gained - locked - erased - unsplit)
    return {
        "kept": kept, "gained": gained, "locked": locked, "erased": erased, "unsplit": unsplit, "never": never
    }  # fmt: skip


def _draw_outcomes(axes: Axes, line: _Line, rates: Mapping[str, float]) -> None:
    left = 0.0
    for item in _SEGMENTS:
        width = 100 * rates[item.key]
        if width <= 0:
            continue
        height = 0.78 if line.large else 0.48
        bar = Rectangle((left, line.y - height / 2), width, height, facecolor=item.colour, edgecolor=_INK)
        bar.set(hatch=item.hatch, linewidth=0.7)
        axes.add_patch(bar)
        if line.large and width >= 7:
            axes.text(
                left + width / 2,
                line.y,
                f"{width:.0f}",
                ha="center",
                va="center",
                fontsize=9,
                bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none"},
            )
        left += width
    _beside(axes, line, _fate_remark(rates))


def _fate_remark(rates: Mapping[str, float]) -> str:
    lost = rates["locked"] + rates["erased"] + rates["unsplit"]
    if rates["locked"] + rates["erased"] <= 0:
        return f"forgotten {share(lost)}"
    return f"forgotten {share(lost)}: locked {share(rates['locked'])}, erased {share(rates['erased'])}"


def _annotate_graded(axes: Axes, line: _Line) -> None:
    if line.row.verdict == "not_measured":
        text = "not measured"
    else:
        text = "scored by degree, see forest plot" if line.large else "scored by degree"
    axes.text(1.0, line.y, text, ha="left", va="center_baseline", fontsize=9, style="italic", color=_MUTED)


# --- trajectory -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Series:
    colour: str
    marker: str
    dashes: str | tuple[int, tuple[int, ...]]


_SERIES: Final = (
    _Series("#D55E00", "v", "-"),
    _Series("#0072B2", "s", (0, (5, 2))),
    _Series("#009E73", "^", (0, (6, 2, 1, 2))),
    _Series("#CC79A7", "D", (0, (1, 1))),
    _Series("#E69F00", "P", (0, (6, 1, 1, 1, 1, 1))),
    _Series("#56B4E9", "X", (0, (3, 3))),
)
_INTERVAL_NOTE: Final = (
    "upright bars: interval of the delta on this scale, the base's own score taken as known\n"
    "(not drawn for a domain whose tasks have different chance levels: see its forest plot)"
)


def trajectory_figure(points: Sequence[TrajectoryPoint], log: TrainingLog | None) -> Figure:
    """The trajectory as a figure: loss above, retention below, one step axis.

    Two panels rather than two y axes in one: a reader need not ask which line belongs to which scale.
    """
    ordered = sorted(points, key=lambda point: point.step)
    figure = Figure(figsize=(9.0, 6.6 if log else 4.6), layout="constrained")
    if log is None:
        axes = figure.add_subplot()
        top = axes
    else:
        top, axes = figure.subplots(2, 1, sharex=True, height_ratios=[2, 3])
        _draw_loss(top, log)
    top.set_title("What the training loss does not show" if log else "What is left, step by step", pad=12)
    _draw_retention(axes, ordered)
    axes.set_xlabel("optimizer step")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
    return figure


def _draw_loss(axes: Axes, log: TrainingLog) -> None:
    # A resumed run logs some steps twice; the later row is the one that led to the checkpoint.
    history = {step: loss for step, loss in zip(log.steps, log.losses, strict=True) if is_number(loss)}
    steps = sorted(history)
    dotted = "." if len(steps) <= 60 else ""
    axes.plot(steps, [history[step] for step in steps], color=_INK, linewidth=1.6, marker=dotted, markersize=5)
    axes.set_ylabel("training loss")
    axes.set_ylim(bottom=0)
    axes.grid(color="#e4e4e4", linewidth=0.6)


def _draw_retention(axes: Axes, points: Sequence[TrajectoryPoint]) -> None:
    names = list(dict.fromkeys(name for point in points for name in point.domains))
    drawn = [name for name in names if any(is_number(_retention(point, name)) for point in points)]
    last = max((point.step for point in points), default=1)
    axes.axhline(1.0, color=_MUTED, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    lines = [
        # Intervals of several domains at one step would hide each other.
        _draw_domain(axes, points, name, _SERIES[index % len(_SERIES)], (index - (len(drawn) - 1) / 2) * 0.013 * last)
        for index, name in enumerate(drawn)
    ]
    (base,) = axes.plot([0], [1.0], color=_INK, marker="o", markersize=7, linestyle="none", label="base", zorder=4)
    axes.set_ylabel("retention: fine-tuned / base, above chance")
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
    axes.annotate(
        "\n".join([_INTERVAL_NOTE, *_gaps(points, names)]),
        xy=(0, 0),
        xycoords="axes fraction",
        xytext=(0, -42),
        textcoords="offset points",
        va="top",
        ha="left",
        fontsize=8.5,
        color=_MUTED,
    )


def _draw_domain(axes: Axes, points: Sequence[TrajectoryPoint], name: str, series: _Series, nudge: float) -> Line2D:
    tuned = [point for point in points if point.step > 0]
    for point in tuned:
        _draw_retention_interval(axes, point.domains.get(name), point.step + nudge, series.colour)
    values = [_retention(point, name) for point in tuned]
    (line,) = axes.plot(
        [0.0, *(point.step + nudge for point in tuned)],
        [1.0, *(float("nan") if value is None else value for value in values)],
        color=series.colour,
        marker=series.marker,
        linestyle=series.dashes,
        linewidth=1.9,
        markersize=7,
        label=title(name),
        zorder=3,
    )
    return line


def _retention(point: TrajectoryPoint, name: str) -> float | None:
    row = point.domains.get(name)
    return row.retention if row is not None and is_number(row.retention) else None


def _draw_retention_interval(axes: Axes, row: DeltaRow | None, x: float, colour: str) -> None:
    """The delta's interval on the scale of retention, with the base's own score taken as known."""
    if row is None or not (is_number(row.retention) and is_number(row.delta) and is_number(row.base)):
        return
    above_chance = row.base - (row.chance or 0.0)
    if above_chance <= 0 or not (is_number(row.ci_low) and is_number(row.ci_high)):
        return
    if abs(1 + row.delta / above_chance - row.retention) > 0.01:
        return  # retention was averaged over tasks with different chance levels: no such simple scale
    low, high = 1 + row.ci_low / above_chance, 1 + row.ci_high / above_chance
    axes.plot([x, x], [low, high], color=colour, linewidth=1.2, alpha=0.75, zorder=2)


def _gaps(points: Sequence[TrajectoryPoint], names: Sequence[str]) -> list[str]:
    notes = []
    for name in names:
        steps = [str(point.step) for point in points if point.step > 0 and _retention(point, name) is None]
        if steps:
            where = f"step{'s' if len(steps) > 1 else ''} {joined(steps)}"
            notes.append(f"{title(name)}: no retention at {where} (base at chance, or not measured)")
    return notes
