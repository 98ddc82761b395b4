"""What the plots share: one style, equal files for equal input, and the rows of domains and their tasks."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forgetbench.messages import Language, language, speaking
from forgetbench.messages import translated as _
from forgetbench.records import OVERALL, Comparison, DeltaRow
from forgetbench.report.plots.fonts import fonts_for
from forgetbench.report.wording import blocks, title
from forgetbench.sanitize import one_line
from forgetbench.storage.files import write_atomic

_STYLE: Final[dict[str, object]] = {
    "svg.hashsalt": "forgetbench",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
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
_METADATA: Final[dict[str, dict[str, None]]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
FOR_REPORTS: Final = ("png", "svg")
FOR_PAPERS: Final = ("png", "svg", "pdf")
_WIDTH: Final = 10.5
_UNIT: Final = 0.34
"""Inches per unit of a row's height."""
_LINE_SPACING: Final[dict[Language, float]] = {"zh": 1.5}
"""Where it is not the usual one: ideographs fill the height of their line."""
MOST_TASKS: Final = 50
"""Lines of tasks in a plot: more are no picture any more, and each stands in the report's tables."""
INK: Final = "#222222"
MUTED: Final = "#555555"


@contextmanager
def styled() -> Iterator[None]:
    """The plots' style, while figures are made and drawn."""
    chosen, fonts = fonts_for(language())
    with mpl.rc_context({**_STYLE, "font.family": fonts}), speaking(chosen), warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes; the tables show it right.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def save(figure: Figure, out_dir: Path, stem: str, kinds: Sequence[str] = FOR_REPORTS) -> tuple[Path, ...]:
    """Write the figure as files of these kinds; the paths. Raises as `write_atomic`."""
    paths = []
    for suffix, data in drawn(figure, kinds).items():
        paths.append(out_dir / f"{stem}.{suffix}")
        write_atomic(paths[-1], data)
    return tuple(paths)


def drawn(figure: Figure, suffixes: Sequence[str]) -> dict[str, bytes]:
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


def signed_tick(value: float, _position: int) -> str:
    """The label of a tick with its sign, a true minus."""
    return "0" if abs(value) < 1e-9 else f"{value:+g}".replace("-", "−")


# --- a line for each domain and task ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot: a row, where it stands, and whether it is a domain (large) or a task."""

    row: DeltaRow
    label: str
    y: float
    large: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """All lines of a plot."""

    lines: tuple[Line, ...]
    spans: tuple[tuple[float, float, DeltaRow], ...]
    """Top and bottom of each block, and the row whose margin holds there."""
    height: float
    n_tasks: tuple[int, int]
    """How many tasks have a line, and how many there are."""


def rows_of(comparison: Comparison, *, overall: bool) -> Layout:
    """A line per domain and task, each domain's together, and where they stand from the top.

    Of more than `MOST_TASKS` tasks those that changed most.
    """
    shown = _most_changed(comparison.tasks)
    lines: list[Line] = []
    spans: list[tuple[float, float, DeltaRow]] = []
    y = 0.0
    for domain, tasks in blocks(comparison):
        top = y
        lines.append(Line(domain, title(domain.name), y + 0.55, True))
        y += 1.1
        for task in (task for task in tasks if task.name in shown):
            lines.append(Line(task, one_line(task.name, 34), y + 0.36, False))
            y += 0.72
        spans.append((top, y, domain))
        y += 0.45
    if overall:
        lines.append(Line(comparison.overall, title(OVERALL), y + 0.55, True))
        spans.append((y, y + 1.1, comparison.overall))
        y += 1.1
    return Layout(tuple(lines), tuple(spans), max(y, 1.0), (len(shown), len(comparison.tasks)))


def _most_changed(tasks: Sequence[DeltaRow]) -> set[str]:
    """Names of the tasks that are drawn; what was not measured gives way first."""
    order = sorted(tasks, key=lambda task: 1.0 if task.estimate is None else -abs(task.estimate.delta))
    return {task.name for task in order[:MOST_TASKS]}


def canvas(comparison: Comparison, layout: Layout, heading: str) -> tuple[Figure, Axes]:
    """An empty plot with the lines' labels and a title."""
    figure = Figure(figsize=(_WIDTH, layout.height * _UNIT + 2.0), layout="constrained")
    axes = figure.add_subplot()
    sides = _("{candidate} against {base}").format(
        candidate=one_line(comparison.candidate.name, 36), base=one_line(comparison.base.name, 36)
    )
    if layout.n_tasks[0] < layout.n_tasks[1]:
        text = _("{heading}: the {n} tasks of {all} that changed most")
        heading = text.format(heading=heading, n=layout.n_tasks[0], all=layout.n_tasks[1])
    # Given here, the two places need not be measured from every row's label, several times per file.
    drawn_title = axes.set_title(f"{heading}\n{sides}", fontsize=12, pad=12, y=1.0)
    if spacing := _LINE_SPACING.get(language()):
        drawn_title.set_linespacing(spacing)
    axes.yaxis.set_label_coords(0.0, 0.5)
    axes.set_ylim(layout.height, -0.2)
    axes.set_yticks([line.y for line in layout.lines], [line.label for line in layout.lines])
    for tick, line in zip(axes.get_yticklabels(), layout.lines, strict=True):
        tick.set(fontsize=11 if line.large else 9, color=INK if line.large else MUTED)
        tick.set_fontweight("bold" if line.large else "normal")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure, axes


def remark(axes: Axes, line: Line, text: str) -> None:
    """Words to the right of the plot, on the line."""
    axes.text(
        1.02,
        line.y,
        text,
        transform=axes.get_yaxis_transform(),
        va="center_baseline",
        ha="left",
        fontsize=9.5 if line.large else 8.5,
        fontweight="bold" if line.large and line.row.judgement.verdict != "not_measured" else "normal",
        color=INK,
    )
