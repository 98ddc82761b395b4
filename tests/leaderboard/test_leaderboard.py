"""results/ becomes a static site, whoever filled it."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import report_samples as samples
from paired_runs import scored, task

from forgetbench.comparison.delta import compare
from forgetbench.errors import InputError
from forgetbench.leaderboard import build_leaderboard
from forgetbench.records import Comparison, Looks, TaskInfo
from forgetbench.report import html_page, write_html
from forgetbench.storage.comparisons import save_comparison

GRADED = task("stories", "creativity", binary=False)
OPEN = task("facts", "knowledge", view="open")


def compared(name: str, lost: int, n: int = 400, **changes: Any) -> tuple[Comparison, pd.DataFrame]:
    """A candidate that lost so many of the base's right answers, and a little of its stories."""
    right = np.ones(n)
    worse = right.copy()
    worse[:lost] = 0.0
    base: dict[TaskInfo, Any] = {OPEN: right, GRADED: np.full(40, 0.5)}
    tuned: dict[TaskInfo, Any] = {OPEN: worse, GRADED: np.full(40, 0.5) + np.linspace(-0.1, 0.1, 40)}
    made, items = compare(scored("base", base), scored(name, tuned), margins={"knowledge": 0.05})
    return replace(
        made, **{"comparison_id": f"{name}-vs-base", "created": "2025-01-02T03:04:05+00:00", **changes}
    ), items


def publish(results: Path, name: str, lost: int = 40, *, folder: str = "", **changes: Any) -> Path:
    """Put a comparison into a results folder; `changes` are made to it, not to its items."""
    comparison, items = compared(name, lost, **changes)
    return save_comparison(results / "comparisons" / (folder or comparison.comparison_id), comparison, items)


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a comparison's JSON by hand."""
    path = folder / "comparison.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_rows_are_sorted_and_overlapping_ranks_are_not_told_apart(tmp_path: Path) -> None:
    for name, lost in (("low", 200), ("mid", 24), ("top", 16)):
        publish(tmp_path, name, lost)
    site = build_leaderboard(tmp_path, tmp_path / "site")
    (group,) = site.groups
    assert [(entry.comparison.candidate.name, entry.ranks) for entry in group.entries] == [
        ("top", "1–2"),
        ("mid", "1–2"),
        ("low", "3"),
    ]
    page = site.index.read_text()
    assert page.index(">top<") < page.index(">mid<") < page.index(">low<")
    assert "not distinguishable" in page


def test_a_loss_within_the_margin_says_so(tmp_path: Path) -> None:
    # 8 of 400: exact McNemar p .0078, and less than 3.5 points by any bound.
    publish(tmp_path, "mild", 8)
    page = build_leaderboard(tmp_path, tmp_path / "site").index.read_text()
    assert 'title="regressed, within the margin; 400 items; ' in page and '<span class="regressed">▽</span>' in page
    assert "Overall leaves out target and format rigidity" in page


def test_an_overall_that_was_not_measured_comes_last_without_a_rank(tmp_path: Path) -> None:
    publish(tmp_path, "low", 200)
    unmeasured: dict[TaskInfo, Any] = {OPEN: [None, None]}
    made, items = compare(scored("base", unmeasured), scored("none", unmeasured), margins={})
    save_comparison(tmp_path / "comparisons" / "none", replace(made, comparison_id="none"), items)
    (group,) = build_leaderboard(tmp_path, tmp_path / "site").groups
    assert [(entry.comparison.candidate.name, entry.ranks) for entry in group.entries] == [("low", "1"), ("none", "")]


def test_a_base_against_itself_and_a_part_of_the_items_are_not_ranked(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    publish(tmp_path, "again", 0, candidate=compared("again", 0)[0].base)
    base, tuned = ({OPEN: scores} for scores in (np.ones(30), np.zeros(30)))
    made, items = compare(
        scored("base", base), scored("b", tuned), margins={}, looks=Looks(3, 20, {"knowledge": (30, 200)})
    )
    save_comparison(tmp_path / "comparisons" / "part", made, items)
    site = build_leaderboard(tmp_path, tmp_path / "site")
    (group,) = site.groups
    assert [entry.comparison.candidate.name for entry in group.entries] == ["a"]
    assert site.skipped == ()


def test_suites_and_protocols_are_never_mixed(tmp_path: Path) -> None:
    publish(tmp_path, "a")
    publish(tmp_path, "b", suite="demo")
    publish(tmp_path, "c", protocol="completion")
    site = build_leaderboard(tmp_path, tmp_path / "site")
    assert [(group.suite, group.protocol, len(group.entries)) for group in site.groups] == [
        ("core", "completion", 1),
        ("core", "native", 1),
        ("demo", "native", 1),
    ]
    assert site.index.read_text().count("<table") == 3


def test_the_same_rows_as_json_and_csv(tmp_path: Path) -> None:
    side = compared("x", 40)[0].candidate
    folder = publish(tmp_path, "x", candidate=replace(side, name="=cmd()"))
    site = build_leaderboard(tmp_path, tmp_path / "site")
    (row,) = json.loads((tmp_path / "site" / "leaderboard.json").read_text())["groups"][0]["rows"]
    assert row["candidate"] == "=cmd()"
    assert row["domains"]["knowledge"]["verdict"] == "regressed"
    with (tmp_path / "site" / "leaderboard.csv").open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert [line["domain"] for line in lines] == ["overall", "knowledge", "creativity"]
    assert lines[0]["candidate_name"] == "'=cmd()"  # a spreadsheet must not run it
    assert float(lines[1]["delta"]) == pytest.approx(-0.1)
    assert site.skipped == ()
    assert (folder / "deltas.csv").read_text().count("\n") == 6


def test_reports_are_made_anew_and_what_lies_there_is_never_published(tmp_path: Path) -> None:
    ours, items = compared("good", 40)
    good = publish(tmp_path, "good")
    write_html(ours, items, good / "report.html")
    foreign = (good / "report.html").read_text().replace("</body>", "<img src=https://evil.example/x></body>")
    (publish(tmp_path, "sly") / "report.html").write_text(foreign)
    (publish(tmp_path, "bare") / "items.parquet").unlink()
    (tmp_path / "site" / "bare-vs-base").mkdir(parents=True)
    (tmp_path / "site" / "bare-vs-base" / "report.html").write_text("copied there by an earlier version")
    site = build_leaderboard(tmp_path, tmp_path / "site")
    page = site.index.read_text()
    assert 'href="good-vs-base/index.html"' in page and 'href="bare-vs-base/index.html"' in page
    pages = {name: (tmp_path / "site" / f"{name}-vs-base" / "index.html").read_text() for name in ("good", "bare")}
    assert 'href="report.html"' in pages["good"] and 'href="report.html"' not in pages["bare"]
    assert not (tmp_path / "site" / "bare-vs-base" / "report.html").exists()
    copied = tmp_path / "site" / "good-vs-base" / "report.html"
    assert copied.read_text() == html_page(ours, items)
    assert "evil.example" not in (tmp_path / "site" / "sly-vs-base" / "report.html").read_text()
    assert not [path for path in (tmp_path / "site").rglob("*") if path.name.startswith(".")]


def lie(**values: object) -> Callable[[dict[str, Any]], object]:
    return lambda content: content["overall"].update(values)


def all_rows(**values: object) -> Callable[[dict[str, Any]], object]:
    def change(content: dict[str, Any]) -> None:
        for row in [content["overall"], *content["domains"], *content["tasks"]]:
            row.update({name: value for name, value in values.items() if row[name] is not None})

    return change


def shifted(content: dict[str, Any]) -> None:
    """Agrees with itself in every number, and not with the items."""
    for row in [content["overall"], *content["domains"], *content["tasks"]]:
        part = 1.0 if row["domain"] == "knowledge" else 0.5 if row["name"] == "overall" else 0.0
        for name in ("candidate", "delta", "ci_low", "ci_high", "lower"):
            row[name] += 0.05 * part
        if row["domain"] == "knowledge":
            row.update(forgotten=row["forgotten"] - 0.05, loss=row["loss"] - 0.05)


def narrowed(content: dict[str, Any]) -> None:
    for row in [content["overall"], *content["domains"], *content["tasks"]]:
        for name in ("ci_low", "ci_high", "lower"):
            row[name] = row["delta"] + 0.3 * (row[name] - row["delta"])


LIES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "990 points": (
        lie(delta=9.9, ci_low=9.8, ci_high=10.0, base=0.5, candidate=0.3),
        "than scores from 0 to 1 can differ",
    ),
    "a delta of its own": (lie(delta=0.05, ci_low=0.0, ci_high=0.1, lower=0.01), "not the mean of the domains"),
    "scores of its own": (lie(base=0.2, candidate=0.9, delta=0.7, ci_low=0.6, ci_high=0.8, lower=0.61), "not the mean"),
    "outside of its interval": (lie(ci_low=0.0), "not within its interval"),
    "a score above 1": (all_rows(candidate=1.5), "candidate is 1.5"),
    "another verdict": (lambda content: content["domains"][0].update(verdict="improved"), "does not follow"),
    "regressed, not told": (lambda content: content["domains"][0].update(verdict="retained"), "does not follow"),
    "significance of its own": (lambda content: content["domains"][1].update(p_adjusted=0.0), "follow"),
    "nothing to forget": (
        lambda content: [row.update(at_chance=True, verdict="not_measured") for row in content["domains"][:1]],
        "at_chance is True|within_margin does not follow",
    ),
    "every number shifted": (shifted, "is not that of its items|is not forgotten less what guessing explains"),
    "narrow intervals": (narrowed, "is not that of its items|does not follow from the numbers beside it"),
    "nothing to keep": (all_rows(base_corrected=None, retention_reach=None), "base_corrected is not told"),
    "more kept than there is": (all_rows(candidate_corrected=0.99), "candidate_corrected|does not follow"),
    "within its margin, it says": (lambda content: content["domains"][0].update(within_margin=True), "within_margin"),
    "fewer items": (lambda content: content["tasks"][0].update(n_items=10), "says 10 items"),
    "negative items": (lambda content: content["tasks"][0].update(n_items=-1), "n_items is -1"),
    "numbers as text": (lie(delta="-0.05"), "overall.estimate.delta|field 'overall.delta'"),
    "true as a number": (lie(n_items=True), "n_items"),
    "a task of nowhere": (lambda content: content["tasks"].pop(), "does not list|domains|tasks have"),
    "a domain twice": (lambda content: content["domains"].append(content["domains"][0]), "stands there twice"),
    "noise of its own kind": (
        lambda content: content.update(noise_floor={"knowledge": {"loss": "all"}}),
        "noise_floor",
    ),
    "a name without end": (lambda content: content["candidate"].update(name="x" * 2000), "more than 1,000 characters"),
    "another version": (lambda content: content.update(schema_version=2), "schema_version is 2"),
    "no version": (lambda content: content.pop("schema_version"), "schema_version is None"),
}


@pytest.mark.parametrize("what", LIES)
def test_numbers_that_contradict_one_another_are_left_out(tmp_path: Path, what: str) -> None:
    change, why = LIES[what]
    publish(tmp_path, "good")
    folder = publish(tmp_path, "liar")
    assert build_leaderboard(tmp_path, tmp_path / "before").skipped == ()
    edit(folder, change)
    site = build_leaderboard(tmp_path, tmp_path / "site")
    assert [item.folder for item in site.skipped] == ["liar-vs-base"]
    assert any(part in site.skipped[0].reason for part in why.split("|")), site.skipped[0].reason
    assert [entry.comparison.candidate.name for entry in site.groups[0].entries] == ["good"]


def test_items_that_contradict_the_comparison_are_told(tmp_path: Path) -> None:
    publish(tmp_path, "good")
    folder = publish(tmp_path, "liar")
    items = pd.read_parquet(folder / "items.parquet")
    items.loc[:30, "candidate_score"] = 1.0
    items.to_parquet(folder / "items.parquet")
    assert "is not that of its items" in build_leaderboard(tmp_path, tmp_path / "site").skipped[0].reason


def damaged(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "comparison.json").write_text(text)


def bomb(folder: Path) -> None:
    """600 GB in a few kilobytes: every row is the one long entry of the dictionary."""
    rows = pa.DictionaryArray.from_arrays(pa.array([0] * 600_000, pa.int32()), pa.array(["x" * 1_000_000]))
    table = pa.table(dict.fromkeys(pq.read_schema(folder / "items.parquet").names, rows))
    pq.write_table(
        table, folder / "items.parquet", compression="zstd", dictionary_pagesize_limit=1 << 30, store_schema=False
    )


def sparse(folder: Path) -> None:
    with (folder / "comparison.json").open("wb") as stream:
        stream.truncate(1 << 40)


def pipe(name: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return change


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no JSON": damaged("{"),
    "no object": damaged("[1]"),
    "deep": damaged('{"schema_version": 1, "noise_floor": ' + "[" * 900 + "]" * 900 + "}"),
    "too deep": damaged("[" * 100_000),
    "NaN": damaged('{"schema_version": 1, "alpha": NaN}'),
    "infinite": damaged('{"schema_version": 1, "alpha": 1e999}'),
    "a number without end": damaged('{"schema_version": ' + "9" * 100_000 + "}"),
    "names twice": damaged('{"schema_version": 1, "schema_version": 1}'),
    "sparse": sparse,
    "a pipe": pipe("comparison.json"),
    "a pipe for items": pipe("items.parquet"),
    "a bomb": bomb,
    "no parquet": lambda folder: (folder / "items.parquet").write_bytes(b"PAR1" * 10),
    "a part of a parquet": lambda folder: (folder / "items.parquet").write_bytes(
        (folder / "items.parquet").read_bytes()[:-500]
    ),
    "a folder for items": lambda folder: (
        (folder / "items.parquet").unlink(),
        (folder / "items.parquet").mkdir(),
    ),
    "numbers for texts": lambda folder: pd.read_parquet(folder / "items.parquet").assign(reason=1.0).to_parquet(
        folder / "items.parquet"
    ),
    "texts for numbers": lambda folder: pd.read_parquet(folder / "items.parquet").assign(base_score="1").to_parquet(
        folder / "items.parquet"
    ),
    "infinite scores": lambda folder: pd.read_parquet(folder / "items.parquet").assign(base_score=np.inf).to_parquet(
        folder / "items.parquet"
    ),
    "an item twice": lambda folder: pd.concat([pd.read_parquet(folder / "items.parquet")] * 2).to_parquet(
        folder / "items.parquet"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_costs_one_comparison_its_place_and_no_other(tmp_path: Path, what: str) -> None:
    publish(tmp_path, "good")
    DAMAGE[what](publish(tmp_path, "bad"))
    site = build_leaderboard(tmp_path, tmp_path / "site")
    assert [item.folder for item in site.skipped] == ["bad-vs-base"]
    assert "\n" not in site.skipped[0].reason and len(site.skipped[0].reason) <= 400
    # Said on purpose, by whoever reads the file.
    assert "cannot be read (" not in site.skipped[0].reason or "parquet" in site.skipped[0].reason
    assert [entry.comparison.candidate.name for entry in site.groups[0].entries] == ["good"]
    assert not [path for path in (tmp_path / "site").rglob("*") if path.name.startswith(".")]


def test_a_name_without_utf8_does_not_stop_the_rest(tmp_path: Path) -> None:
    publish(tmp_path, "good")
    odd = tmp_path / "comparisons" / os.fsdecode(b"x\xff<b>\x1b[2J")
    odd.mkdir()
    (odd / "comparison.json").write_text('{"schema_version": 1}')
    site = build_leaderboard(tmp_path, tmp_path / "site")
    assert [item.folder for item in site.skipped] == ["x\\udcff<b>\\x1b[2J"]
    page = site.index.read_text()
    assert "x\\udcff&lt;b&gt;" in page and str(tmp_path) not in page
    assert "<b>\x1b" not in page
    json.loads((tmp_path / "site" / "leaderboard.json").read_bytes())


def test_what_nobody_thought_of_costs_one_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, "good")
    publish(tmp_path, "odd")
    made = build_leaderboard.__globals__["read_submissions"].__globals__
    drawn = made["html_page"]

    def fails(comparison: Comparison, *rest: Any) -> str:
        if comparison.candidate.name == "odd":
            raise ZeroDivisionError("odd")
        return str(drawn(comparison, *rest))

    monkeypatch.setitem(made, "html_page", fails)
    site = build_leaderboard(tmp_path, tmp_path / "site")
    assert [(item.folder, item.reason) for item in site.skipped] == [
        ("odd-vs-base", "cannot be read (ZeroDivisionError: odd)")
    ]


def test_where_none_is_left_nothing_is_written(tmp_path: Path) -> None:
    damaged("{")(publish(tmp_path, "bad"))
    with pytest.raises(InputError, match="none of 1 comparisons can be shown; bad-vs-base: "):
        build_leaderboard(tmp_path, tmp_path / "site")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("identity", ["../../evil", "a/b", "..", "", ".hidden", "c:\\x", "index.html", "a\nb"])
def test_an_id_that_is_no_safe_folder_name_is_refused(tmp_path: Path, identity: str) -> None:
    publish(tmp_path / "results", "good")
    odd = publish(tmp_path / "results", "other", folder="odd")
    edit(odd, lambda content: content.update(comparison_id=identity))
    site = build_leaderboard(tmp_path / "results", tmp_path / "site")
    assert [item.folder for item in site.skipped] == ["odd"]
    assert "no safe folder name" in site.skipped[0].reason
    assert {path.name for path in tmp_path.iterdir()} == {"results", "site"}


def test_two_folders_with_one_id_are_one_row(tmp_path: Path) -> None:
    publish(tmp_path, "good")
    publish(tmp_path, "good", 10, folder="twin")
    site = build_leaderboard(tmp_path, tmp_path / "site")
    assert [item.folder for item in site.skipped] == ["twin"]
    assert "already taken by good-vs-base" in site.skipped[0].reason


def test_links_are_not_followed(tmp_path: Path) -> None:
    publish(tmp_path, "good")
    comparisons, secret = tmp_path / "comparisons", tmp_path / "secret"
    secret.write_text("secret")
    (comparisons / "linked").symlink_to(comparisons / "good-vs-base")
    (comparisons / "loop").symlink_to("loop")
    for name in ("comparison.json", "items.parquet"):
        folder = publish(tmp_path, f"link-{name[:5]}")
        (folder / name).unlink()
        (folder / name).symlink_to(secret)
    (publish(tmp_path, "page") / "report.html").symlink_to(secret)
    site = build_leaderboard(tmp_path, tmp_path / "site")
    assert sorted(item.folder for item in site.skipped) == [
        "link-compa-vs-base", "link-items-vs-base", "linked", "loop"
    ]  # fmt: skip
    assert all("is a link" in item.reason for item in site.skipped)
    assert not any("secret" in path.read_text() for path in (tmp_path / "site").rglob("*.*") if path.is_file())


class Elements(HTMLParser):
    """The elements of a page and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_hostile_names_make_no_tag(tmp_path: Path) -> None:
    side = compared("x", 40)[0].candidate
    publish(tmp_path, "odd", candidate=replace(side, name=samples.HOSTILE_NAME), suite=samples.HOSTILE)
    site = build_leaderboard(tmp_path, tmp_path / "site")
    assert site.skipped == ()
    for path in (site.index, tmp_path / "site" / "odd-vs-base" / "report.html"):
        page = path.read_text()
        assert "\x1b" not in page and "Content-Security-Policy" in page
        for tag, attributes in Elements(page).found:
            assert tag not in ("iframe", "b onclick", "object", "embed", "form")
            assert tag != "script" or path == site.index
            assert not any(name.startswith("on") for name in attributes)


def test_no_results_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"comparisons: no comparisons here; make one with 'forgetbench run --base"):
        build_leaderboard(tmp_path, tmp_path / "site")
    assert not (tmp_path / "site").exists()
