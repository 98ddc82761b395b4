"""The heat map of the weights' drift: a tile for each module of each layer, dark where it moved far."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from math import nan
from pathlib import Path

import pytest
import report_samples as samples
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from forgetbench.diagnosis import Diagnosis, DriftMap, PlaceDrift, WeightDrift
from forgetbench.diagnosis.drift import TensorDrift
from forgetbench.diagnosis.drift_map import drift_map
from forgetbench.diagnosis.findings import Finding
from forgetbench.diagnosis.stored import load_diagnosis, save_diagnosis
from forgetbench.report import plots
from forgetbench.report.diagnosis import paragraphs
from forgetbench.report.html.inline_svg import inline_svg
from forgetbench.report.plots.drawing import styled
from forgetbench.storage.folder import ResultsFolder

MAP = DriftMap(
    (
        PlaceDrift(None, "model.embed_tokens", 10.0, 0.5),
        PlaceDrift(0, "self_attn.q_proj", 10.0, 0.0),
        PlaceDrift(0, "mlp.up_proj", 10.0, 1.0),
        PlaceDrift(2, "self_attn.q_proj", 10.0, 4.0),
        PlaceDrift(2, "rotary.scale", 0.0, 0.0),
    )
)


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with styled():
        yield


def tiles(figure: Figure) -> dict[tuple[float, float], tuple[float, float]]:
    """By the place of each tile its width, and how light it is."""
    (axes,) = figure.axes
    drawn = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    return {tile.get_xy(): (tile.get_width(), sum(to_rgb(tile.get_facecolor()))) for tile in drawn}


def test_a_tile_for_each_place_darker_the_farther_it_moved() -> None:
    figure = plots.drift_figure(MAP)
    assert figure is not None
    found = tiles(figure)
    # Modules of the layers in their order, then what stands in none, as wide as all layers together.
    assert {place: width for place, (width, _) in found.items()} == {(0, 0): 1, (2, 0): 1, (0, 1): 1, (0, 2): 3}
    lightness = [found[place][1] for place in ((0, 0), (0, 2), (0, 1), (2, 0))]
    assert lightness == sorted(lightness, reverse=True) and len(set(lightness)) == 4
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["0%", "40%", "10%", "5%"]
    # Of layer 1 nothing was compared: a gap.
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1", "2"]


def test_of_many_layers_no_label_lies_on_another() -> None:
    names = ("self_attn.q_proj", "mlp.down_proj")
    figure = plots.drift_figure(DriftMap(tuple(PlaceDrift(n, name, 1.0, n / 80) for name in names for n in range(80))))
    assert figure is not None
    FigureCanvasAgg(figure).draw()
    (axes,) = figure.axes
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert all(one.x1 < other.x0 for one, other in itertools.pairwise(boxes)) and not axes.texts


def test_numbers_that_are_no_layers_make_no_endless_picture() -> None:
    figure = plots.drift_figure(DriftMap((PlaceDrift(10**9, "x", 1.0, 1.0), PlaceDrift(-3, "y", 1.0, 1.0))))
    assert figure is None


def test_nothing_compared_is_no_picture(tmp_path: Path) -> None:
    nothing = DriftMap((PlaceDrift(0, "x", 0.0, 0.0), PlaceDrift(0, "y", nan, nan)))
    assert plots.drift_figure(nothing) is None and plots.drift(nothing, tmp_path) == () and plots.drift_svg(None) == {}


def test_the_page_takes_all_of_it() -> None:
    page = inline_svg(plots.drift_svg(MAP)["drift"], "drift", "moved")
    assert "self_attn.q_proj" in page and page.count("<text") == plots.drift_svg(MAP)["drift"].count(b"<text")


def test_experts_are_one_module_and_weight_and_bias_one_place() -> None:
    def tensor(name: str, module: str, change: float) -> TensorDrift:
        return TensorDrift(name, 3, module, (2, 2), 3.0, change)

    drift = WeightDrift(
        (
            tensor("model.layers.3.mlp.experts.0.up_proj.weight", "mlp.experts.0.up_proj", 3.0),
            tensor("model.layers.3.mlp.experts.11.up_proj.weight", "mlp.experts.11.up_proj", 4.0),
        ),
        ("a note",),
    )
    (place,) = drift_map(drift).places
    assert (place.layer, place.module) == (3, "mlp.experts.*.up_proj")
    assert (place.norm, place.change) == pytest.approx((18**0.5, 5.0)) and drift_map(drift).notes == ("a note",)


def test_the_file_suffices_to_draw_it_again(tmp_path: Path) -> None:
    """With numbers that JSON does not have, and what was not compared told beside it."""
    weights = DriftMap((*MAP.places, PlaceDrift(1, "broken", nan, nan)), ("x: 50 rows before and 56 after",))
    folder = tmp_path / "results" / "comparisons" / "id"
    folder.mkdir(parents=True)
    diagnosis = Diagnosis("id", (Finding("far_weights", "open"),), (), weights=weights)
    save_diagnosis(folder, diagnosis)
    found = load_diagnosis(ResultsFolder(tmp_path / "results"), samples.comparison(comparison_id="id"))
    assert found is not None and plots.drift_svg(found.weights) == plots.drift_svg(weights)
    (told, *_) = paragraphs(found)
    assert "x: 50 rows before and 56 after" in told.lines
