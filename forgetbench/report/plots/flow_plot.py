"""The flow of all right-or-wrong answers: from right and wrong before to what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from forgetbench.messages import translated as _
from forgetbench.records import Comparison
from forgetbench.report.flow import AFTER, BEFORE, flow_counts
from forgetbench.report.numbers import share
from forgetbench.report.plots.drawing import INK, MUTED
from forgetbench.report.plots.outcome_bars import SEGMENTS

_SIZE: Final = (7.4, 3.9)
_GAP: Final = 0.035
"""Between nodes, as a share of all items."""
_LEFT, _RIGHT, _WIDTH = 0.0, 1.0, 0.035
_LINE: Final = 0.062
"""Height of a line of text, as a share of all items."""
_COLOURS: Final = {item.key: item.colour for item in SEGMENTS} | {"never": "#bbbbbb", "missing": "#888888"}


@dataclass(frozen=True, slots=True)
class _Band:
    """A stream from one node to another; heights are shares of all answers."""

    key: str
    height: float
    before: float
    after: float
    """Tops on either side."""


def flow_figure(comparison: Comparison) -> Figure | None:
    """The flow as a figure; None where no task has right-or-wrong items."""
    counts = flow_counts(comparison)
    if not counts:
        return None
    total = sum(counts.values())
    figure = Figure(figsize=_SIZE)
    axes = figure.add_axes((0.2, 0.02, 0.36, 0.96))
    axes.axis("off")
    bands = list(_bands({key: count / total for key, count in counts.items()}))
    for band in bands:
        _draw(axes, band)
    for key, (label, keys) in BEFORE.items():
        stream = [band for band in bands if band.key in keys]
        if stream:
            _label_before(axes, stream, _(label), sum(counts[key] for key in keys), total)
    for band, y in zip(bands, _apart([band.after + band.height / 2 for band in bands]), strict=True):
        _label_after(axes, band, y, counts[band.key], total)
    axes.set_xlim(_LEFT - 0.01, _RIGHT + 0.01)
    bottom = max(band.after + band.height for band in bands)
    axes.set_ylim(max(bottom, _apart([band.after + band.height / 2 for band in bands])[-1] + _LINE / 2) + 0.01, -0.03)
    return figure


def _bands(shares: Mapping[str, float]) -> Iterator[_Band]:
    before = after = 0.0
    for _label, keys in BEFORE.values():
        there = [key for key in keys if shares[key] > 0]
        for key in there:
            yield _Band(key, shares[key], before, after)
            before += shares[key]
            after += shares[key] + _GAP
        before += _GAP * len(there)


def _draw(axes: Axes, band: _Band) -> None:
    left, right = _LEFT + _WIDTH, _RIGHT - _WIDTH
    middle = (left + right) / 2
    top, bottom = (band.before, band.after), (band.before + band.height, band.after + band.height)
    points = [
        (left, top[0]), (middle, top[0]), (middle, top[1]), (right, top[1]), (right, bottom[1]),
        (middle, bottom[1]), (middle, bottom[0]), (left, bottom[0]), (left, top[0]),
    ]  # fmt: skip
    curve = [Path.CURVE4] * 3
    path = Path(points, [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])
    axes.add_patch(PathPatch(path, facecolor=_COLOURS[band.key], alpha=0.55, edgecolor="none"))
    for x, y in ((_LEFT, band.before), (_RIGHT - _WIDTH, band.after)):
        axes.add_patch(Rectangle((x, y), _WIDTH, band.height, facecolor=_COLOURS[band.key], edgecolor="none"))


def _label_before(axes: Axes, stream: Sequence[_Band], label: str, count: float, total: float) -> None:
    y = (stream[0].before + stream[-1].before + stream[-1].height) / 2
    axes.text(_LEFT - 0.04, y - 0.2 * _LINE, label, ha="right", va="bottom", fontsize=10, fontweight="bold", color=INK)
    told = f"{count:,.0f}  ({share(count / total)})"
    axes.text(_LEFT - 0.04, y + 0.1 * _LINE, told, ha="right", va="top", fontsize=9, color=MUTED)


def _label_after(axes: Axes, band: _Band, y: float, count: float, total: float) -> None:
    told = _("{what}  {n} ({share})").format(what=_(AFTER[band.key]), n=f"{count:,.0f}", share=share(count / total))
    middle = band.after + band.height / 2
    axes.plot([_RIGHT, _RIGHT + 0.05], [middle, y], color=MUTED, linewidth=0.7, clip_on=False)
    axes.text(_RIGHT + 0.07, y, told, ha="left", va="center_baseline", fontsize=9.5, color=INK)


def _apart(places: Sequence[float]) -> list[float]:
    """The places, from top to bottom, moved down as far as lines of text need."""
    apart: list[float] = []
    for place in places:
        apart.append(max(place, apart[-1] + _LINE) if apart else place)
    return apart
