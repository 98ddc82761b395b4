"""report.html: one file that loads nothing and runs nothing."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
import report_samples as samples
from hostile_outputs import read_html

from forgetbench.records import DeltaRow
from forgetbench.report import TrainingLog, TrajectoryPoint, write_html, write_report, write_trajectory
from forgetbench.report.examples import select_examples
from forgetbench.report.html import delta_bars, html_report


class Page(HTMLParser):
    """Every tag and attribute of a page, its visible text, and whether tags close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def hostile() -> str:
    made = samples.comparison(candidate=samples.HOSTILE_NAME, warnings=(samples.HOSTILE,))
    return html_report(made, select_examples(made, samples.items()), {})


def test_hostile_text_makes_no_tag_and_no_attribute(hostile: str) -> None:
    page = Page(hostile)
    assert page.open == []
    assert list(read_html(hostile, links=())) == []
    shown = "".join(page.text)
    assert "<script>alert(1)</script><img src=x onerror=alert(2)> \\x1b[31mred" in shown
    assert "{{ 7*7 }}" in shown


def test_nothing_is_requested_and_nothing_may_run(hostile: str) -> None:
    (policy,) = (value for name, value in Page(hostile).attributes if value and "default-src" in value)
    assert policy is not None and "unsafe" not in policy and "script-src" not in policy
    style = hostile[hostile.index("<style>") : hostile.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_no_unseen_character_is_on_the_page(hostile: str) -> None:
    assert not set(hostile) & {"\x1b", "\x9b", "\u202e", "\u202c", "\U000e0041"}


def test_every_row_is_there_with_word_and_interval() -> None:
    made = samples.comparison()
    text = " ".join(html_report(made, select_examples(made, samples.items()), {}).split())
    for row in samples.tasks():
        assert row.name in text
    for told in ("−14.4 [−17.5, −11.3]", "▼ regressed", "◇ inconclusive", "× not measured", "detects from 4.4"):
        assert told in text
    assert "locked 7.1%, erased 8.4% (of the forgotten, less luck: 45 ±4, 52 ±4); corrected 14.3%" in text


def test_a_loss_within_the_margin_is_hollow_and_said() -> None:
    row = samples.row("tools", "tools", 0.6, 0.597, 0.001, "regressed", within_margin=True)
    text = " ".join(html_report(samples.comparison(domains=(row,), tasks=()), (), {}).split())
    assert '▽ regressed</span><span class="under">within the margin</span>' in text
    assert '<polygon class="point hollow"' in text


def test_delta_bars_share_one_scale_and_stay_inside() -> None:
    rows = (*samples.domains(), *samples.tasks())
    bars = delta_bars(rows)
    zeros = {bar.zero for bar in bars.values()}
    assert len(zeros) == 1
    places = [value for bar in bars.values() for value in (bar.zero, bar.margin, bar.low, bar.high, bar.point) if value]
    assert min(places) > 0
    assert max(places) < 100
    knowledge = bars["knowledge", "knowledge"]
    assert knowledge.low is not None
    assert knowledge.point is not None
    assert knowledge.high is not None
    assert knowledge.low < knowledge.point < knowledge.high < knowledge.zero
    assert bars["language", "language"].point is None


def test_delta_bars_of_nothing_still_have_a_zero() -> None:
    assert delta_bars((DeltaRow("x", "x", "acc", 0),))["x", "x"].zero == pytest.approx(50)


def test_write_report_writes_all_files_and_the_same_bytes_again(tmp_path: Path) -> None:
    first = write_report(samples.comparison(), samples.items(), tmp_path / "a")
    second = write_report(samples.comparison(), samples.items(), tmp_path / "b")
    names = [str(path.relative_to(tmp_path / "a")) for path in first]
    assert names == [
        "plots/forest.png", "plots/forest.svg", "plots/outcomes.png", "plots/outcomes.svg", "report.md", "report.html"
    ]  # fmt: skip
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["plots", "report.html", "report.md"]


def test_html_alone_needs_no_plots_folder(tmp_path: Path) -> None:
    assert write_html(samples.comparison(), samples.items(), tmp_path / "one.html") == [tmp_path / "one.html"]
    assert [path.name for path in tmp_path.iterdir()] == ["one.html"]


def test_trajectory_files(tmp_path: Path) -> None:
    points = [
        TrajectoryPoint(40, "harsh", {row.name: row for row in samples.domains()}),
        TrajectoryPoint(10, "mild", {row.name: row for row in samples.retained().domains}),
    ]
    log = TrainingLog((5, 10, 30), (3.0, 2.0, 0.5), (1e-4, 1e-4, 1e-4))
    written = write_trajectory(points, log, tmp_path)
    assert [path.name for path in written] == [
        "trajectory.png", "trajectory.svg", "trajectory.csv", "trajectory.md", "trajectory.json"
    ]  # fmt: skip
    lines = (tmp_path / "trajectory.csv").read_text().splitlines()
    assert lines[0].startswith("step,checkpoint,training_loss,domain,metric,n_items,base,candidate,delta,")
    assert lines[1].startswith("10,mild,2.0,knowledge,")
    assert lines[-1].startswith("40,harsh,0.5,language,")
