"""How far the weights moved, layer by module, as a heat map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Final

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from forgetbench.diagnosis.drift_map import DriftMap, PlaceDrift
from forgetbench.messages import translated as _
from forgetbench.report.plots.drawing import MUTED
from forgetbench.sanitize import one_line

_WIDTH: Final = 10.5
_ROW: Final = 0.34
"""Inches of a module's row."""
_WRITTEN: Final = 12
"""Layers up to which every tile has its number; narrower tiles have no room for it."""
_MOST_MODULES: Final = 40
_MOST_LAYERS: Final = 200
_SHADES: Final = LinearSegmentedColormap.from_list("drift", ["#fdf3ea", "#e89a4c", "#7a2d00"])
"""Growing darker throughout, so that a print in grey says the same."""
_SWATCHES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_DARK: Final = 0.72
"""Share of the scale from which light ink is read better."""
_ON_LIGHT, _ON_DARK = "#1a1a1a", "#fefefe"


def drift_figure(drift: DriftMap) -> Figure | None:
    """Modules as rows, layers as columns; what stands in no layer is one tile below. None where nothing was compared.

    Of more than 40 modules those that moved most, of more than 200 layers the first. A layer of which nothing was
    compared is a gap.
    """
    told = [place for place in drift.places if isfinite(place.relative)]
    layers = _layers(told)
    columns: dict[int | None, int] = {layer: at for at, layer in enumerate(layers)}
    inside = _rows(place for place in told if place.layer in columns)
    rows = [*inside, *_rows(place for place in told if place.layer is None)]
    if not rows:
        return None
    figure = Figure(figsize=(_WIDTH, len(rows) * _ROW + 2.0), layout="constrained")
    axes = figure.add_subplot()
    top = max(place.relative for place in told) or 1.0
    for y, places in enumerate(rows):
        for place in places:
            left, width = (0, len(layers)) if place.layer is None else (columns[place.layer], 1)
            _tile(axes, (left, y, width), place.relative, top, written=width > 1 or len(layers) <= _WRITTEN)
    _dress(axes, [places[0].module for places in rows], layers, len(inside))
    _legend(figure, top)
    return figure


def _rows(places: Iterable[PlaceDrift]) -> list[list[PlaceDrift]]:
    """Each module's tiles, in the order of the checkpoint."""
    modules: dict[str, list[PlaceDrift]] = {}
    for place in places:
        modules.setdefault(place.module, []).append(place)
    most = sorted(modules, key=lambda module: -max(place.relative for place in modules[module]))[:_MOST_MODULES]
    return [members for module, members in modules.items() if module in most]


def _layers(places: Iterable[PlaceDrift]) -> list[int]:
    """Every layer up to the last; where there are none, one column for what stands in no layer."""
    last = max((place.layer for place in places if place.layer is not None), default=0)
    return list(range(min(last + 1, _MOST_LAYERS)))


def _per_cent(value: float) -> str:
    return f"{100 * value:.2g}%"


def _tile(axes: Axes, place: tuple[float, float, float], value: float, top: float, *, written: bool) -> None:
    left, y, width = place
    axes.add_patch(Rectangle((left, y), width, 1, facecolor=_SHADES(value / top), edgecolor="#ffffff", linewidth=0.8))
    if written:
        ink = _ON_DARK if value / top > _DARK else _ON_LIGHT
        axes.text(
            left + width / 2, y + 0.5, _per_cent(value), ha="center", va="center_baseline", fontsize=8.5, color=ink
        )


def _dress(axes: Axes, modules: Sequence[str], layers: Sequence[int], n_inside: int) -> None:
    """Labels, the title, and the line between the layers and what stands in none."""
    axes.set_xlim(0, len(layers))
    axes.set_ylim(len(modules), 0)
    axes.set_yticks([y + 0.5 for y in range(len(modules))], [one_line(module, 40) for module in modules])
    axes.tick_params(length=0, labelsize=9)
    step = max(1, -(-len(layers) // 24))
    shown = list(range(0, len(layers), step)) if n_inside else []
    axes.set_xticks([at + 0.5 for at in shown], [str(layers[at]) for at in shown])
    if n_inside:
        axes.set_xlabel(_("layer"))
    if 0 < n_inside < len(modules):
        axes.axhline(n_inside, color=MUTED, linewidth=1.2)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(_("How far the weights moved, of their norm"), pad=12)


def _legend(figure: Figure, top: float) -> None:
    handles = [
        Patch(facecolor=_SHADES(part), edgecolor=MUTED, linewidth=0.5, label=_per_cent(part * top))
        for part in _SWATCHES
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
