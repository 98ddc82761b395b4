"""The pictures: what is drawn, that nothing overlaps or is cut, and that equal input gives equal files."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import report_samples as samples
from matplotlib.axis import Axis, Tick
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image

from forgetbench.records import Comparison, Retention
from forgetbench.report import plots
from forgetbench.report.plots.drawing import styled
from forgetbench.report.plots.outcome_bars import SEGMENTS
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint

LOG = TrainingLog(tuple(range(1, 41)), tuple(3.0 / step for step in range(1, 41)), (1e-4,) * 40)


def points() -> list[TrajectoryPoint]:
    return [
        TrajectoryPoint(40, "harsh", {row.name: row for row in samples.domains()}),
        TrajectoryPoint(10, "mild", {row.name: row for row in samples.retained().domains}),
    ]


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with styled():
        yield


def drawn_trajectory(points: Sequence[TrajectoryPoint], log: TrainingLog | None) -> Figure:
    figure = plots.trajectory_figure(points, log)
    assert figure is not None
    return figure


def texts(figure: Figure) -> list[Text]:
    FigureCanvasAgg(figure).draw()
    # An axis keeps labels of ticks outside its limits, and does not draw them.
    both = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    hidden = {tick.label1 for axis in both for tick in axis.get_major_ticks() if not _in_view(axis, tick)}
    found = figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible())
    return [text for text in found if isinstance(text, Text) and text.get_text().strip() and text not in hidden]


def _in_view(axis: Axis, tick: Tick) -> bool:
    low, high = sorted(axis.get_view_interval())
    return bool(low <= tick.get_loc() <= high)


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    boxes = [(text.get_text(), text.get_window_extent().padded(-1.0)) for text in texts(figure)]
    return [(a, b) for (a, one), (b, other) in itertools.combinations(boxes, 2) if one.overlaps(other)]


def words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in texts(figure))


def xs(line: Line2D) -> list[float]:
    return [float(value) for value in np.asarray(line.get_xdata())]


def ys(line: Line2D) -> list[float]:
    return [float(value) for value in np.asarray(line.get_ydata())]


@pytest.mark.parametrize(
    "comparison",
    [
        samples.comparison(),
        samples.retained(),
        samples.comparison(candidate=samples.HOSTILE_NAME * 3),
        samples.comparison(tasks=tuple(replace(row, name=row.name * 4) for row in samples.tasks())),
    ],
    ids=["harsh", "mild", "hostile name", "long task names"],
)
def test_no_text_lies_on_another(comparison: Comparison) -> None:
    assert not overlapping(plots.forest_figure(comparison))
    assert not overlapping(plots.outcomes_figure(comparison))


@pytest.mark.parametrize("log", [LOG, None])
def test_no_text_of_the_trajectory_lies_on_another(log: TrainingLog | None) -> None:
    assert not overlapping(drawn_trajectory(points(), log))


def test_forest_tells_every_row_in_words() -> None:
    told = words(plots.forest_figure(samples.comparison()))
    for row in (*samples.domains(), *samples.tasks()):
        assert row.name in told.replace("format rigidity", "format_rigidity")
    assert "−14.4 [−17.5, −11.3]  regressed" in told
    assert "not measured: the engine gives no prompt log-probabilities" in told
    assert "<script>" not in told.replace("<script>alert(9)", "")


def test_forest_marks_a_loss_within_the_margin() -> None:
    rows = tuple(samples.changed(row, within_margin=True) for row in samples.domains())
    figure = plots.forest_figure(samples.comparison(domains=rows))
    told = words(figure)
    assert "−14.4 [−17.5, −11.3]  regressed, within the margin" in told
    assert told.count("regressed, within the margin") == 2  # the row and the legend
    assert not overlapping(figure)


def test_forest_draws_each_interval_where_it_is() -> None:
    (axes,) = plots.forest_figure(samples.comparison()).axes
    drawn = [tuple(xs(line)) for line in axes.lines]
    knowledge = samples.domains()[0]
    assert knowledge.estimate is not None
    assert (100 * knowledge.estimate.ci_low, 100 * knowledge.estimate.ci_high) in drawn
    low, high = axes.get_xlim()
    assert all(low < x < high for line in drawn for x in line if line[0] != line[-1] or len(line) == 1)


def test_of_very_many_tasks_those_are_drawn_that_changed_most() -> None:
    some = samples.comparison()
    (task, *_rest) = [row for row in some.tasks if row.estimate is not None]
    many = [
        replace(task, name=f"task-{n:02}", estimate=replace(task.estimate, delta=(n - 50) / 100)) for n in range(80)
    ]
    crowded = replace(some, tasks=(*many, replace(many[0], name="silent", estimate=None)))
    for figure in (plots.forest_figure(crowded), plots.outcomes_figure(crowded)):
        told = words(figure)
        assert "the 50 tasks of 81 that changed most" in told and overlapping(figure) == []
        shown = [name for name in ("task-00", "task-24", "task-51", "task-79", "silent") if name in told]
        assert shown == ["task-00", "task-24", "task-79"]


def test_outcome_bars_sum_to_the_whole() -> None:
    figure = plots.outcomes_figure(samples.comparison())
    (axes,) = figure.axes
    ends: dict[float, float] = {}
    for bar in axes.patches:
        assert isinstance(bar, Rectangle)
        ends[bar.get_y()] = max(ends.get(bar.get_y(), 0.0), bar.get_x() + bar.get_width())
    assert len(ends) == 3 + 6  # three domains and six tasks with right-or-wrong items
    assert all(end == pytest.approx(100) for end in ends.values())
    told = words(figure)
    assert "forgotten 15.9%: locked 7.1%, erased 8.4%" in told
    assert "scored by degree, see forest plot" in told


def test_outcomes_are_told_apart_without_colour() -> None:
    looks = {(item.hatch, round(_grey(item.colour), 1)) for item in SEGMENTS}
    assert len(looks) == len(SEGMENTS)
    hatched = [item.hatch for item in SEGMENTS if item.hatch]
    assert len(set(hatched)) == len(hatched)


def _grey(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_bars_are_explained_where_there_are_any() -> None:
    bare = [
        replace(point, domains={name: replace(row, estimate=None) for name, row in point.domains.items()})
        for point in points()
    ]
    explained = [
        any("upright bars" in text.get_text() for text in texts(drawn_trajectory(drawn, LOG)))
        for drawn in (points(), bare)
    ]
    assert explained == [True, False]


def test_trajectory_starts_at_the_base_and_leaves_gaps() -> None:
    figure = drawn_trajectory(points(), LOG)
    loss, retention = figure.axes
    assert xs(loss.lines[0]) == list(range(1, 41))
    lines = {str(line.get_label()): line for line in retention.lines}
    knowledge = ys(lines["knowledge"])
    assert knowledge[0] == 1.0
    assert knowledge[1:] == [row.kept.retention for row in (samples.retained().domains[0], samples.domains()[0])]
    assert "language" not in lines
    assert "language: no retention at steps 10 and 40" in words(figure)
    assert retention.get_xlim() == loss.get_xlim()


def test_without_a_retention_only_what_was_logged_is_drawn(tmp_path: Path) -> None:
    """A base at chance has nothing to keep: a frame with the base alone would look like a result."""
    bare = [
        replace(point, domains={name: replace(row, kept=Retention()) for name, row in point.domains.items()})
        for point in points()
    ]
    assert plots.trajectory(bare, None, tmp_path) == () and not list(tmp_path.iterdir())
    told = words(drawn_trajectory(bare, LOG))
    assert "no domain has a retention" in told and "knowledge: no retention at steps 10 and 40" in told


def test_a_resumed_log_counts_its_last_row() -> None:
    log = TrainingLog((1, 2, 3, 2, 3), (3.0, 2.0, float("nan"), 1.5, 1.0), (1e-4,) * 5)
    drawn = drawn_trajectory(points(), log).axes[0].lines[0]
    assert xs(drawn) == [1, 2, 3]
    assert ys(drawn) == [3.0, 1.5, 1.0]


def test_files_are_whole_uncut_and_equal_between_runs(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        written = [
            *plots.forest(samples.comparison(), tmp_path / folder),
            *plots.outcomes(samples.comparison(), tmp_path / folder),
            *plots.trajectory(points(), LOG, tmp_path / folder),
        ]
    assert sorted(path.name for path in written) == [
        "forest.png", "forest.svg", "outcomes.png", "outcomes.svg", "trajectory.png", "trajectory.svg"
    ]  # fmt: skip
    for path in written:
        assert path.read_bytes() == (tmp_path / "a" / path.name).read_bytes()
    for path in written:
        if path.suffix == ".png":
            assert _border_is_white(path)


def _border_is_white(path: Path) -> bool:
    """A label cut by the edge would put ink on it."""
    image = Image.open(path).convert("L")
    width, height = image.size
    edges = [(0, 0, width, 2), (0, height - 2, width, height), (0, 0, 2, height), (width - 2, 0, width, height)]
    return all(image.crop(edge).getextrema() == (255, 255) for edge in edges)


def test_a_name_is_neither_mathematics_nor_markup(tmp_path: Path) -> None:
    made = samples.comparison(candidate=samples.HOSTILE_NAME + "東京")
    svg = plots.forest(made, tmp_path)[1].read_text()
    assert "<b onclick" not in svg
    assert "<script" not in svg


def test_plots_for_papers_are_equal_between_runs_and_of_three_kinds(tmp_path: Path) -> None:
    first, second = (plots.for_papers(samples.comparison(), tmp_path / name) for name in "ab")
    names = sorted(path.name for path in first)
    assert names == sorted(
        f"{stem}.{kind}" for stem in ("forest", "outcomes", "flow") for kind in ("png", "svg", "pdf")
    )
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_the_flow_has_a_label_for_each_stream_and_none_lies_on_another() -> None:
    figure = plots.flow_figure(samples.comparison())
    assert figure is not None
    told = words(figure)
    assert "right before" in told and "forgotten: locked" in told
    assert not overlapping(figure)
    assert plots.flow_figure(samples.comparison(tasks=())) is None
