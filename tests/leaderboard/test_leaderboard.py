"""results/ becomes a static site."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import report_samples as samples

from forgetbench.errors import InputError
from forgetbench.leaderboard import build_leaderboard
from forgetbench.records import Comparison, Looks
from forgetbench.report import write_html
from forgetbench.storage.comparisons import save_comparison


def publish(results: Path, comparison: Comparison, *, report: bool = False) -> Path:
    folder = results / "comparisons" / comparison.comparison_id
    save_comparison(folder, comparison, pd.DataFrame({"task": ["x"]}))
    if report:
        write_html(comparison, samples.items(), folder / "report.html")
    return folder


def named(name: str, delta: float, half: float, **changes: object) -> Comparison:
    overall = samples.row("overall", "overall", 0.5, 0.5 + delta, half, "inconclusive")
    return replace(samples.comparison(name), overall=overall, **changes)  # type: ignore[arg-type]


def test_rows_are_sorted_and_overlapping_ranks_are_not_told_apart(tmp_path: Path) -> None:
    for made in (named("low", -0.30, 0.02), named("mid", -0.05, 0.03), named("top", -0.02, 0.03)):
        publish(tmp_path, made)
    site = build_leaderboard(tmp_path, tmp_path / "site")
    (group,) = site.groups
    assert [(entry.comparison.candidate.name, entry.ranks) for entry in group.entries] == [
        ("top", "1 to 2"),
        ("mid", "1 to 2"),
        ("low", "3"),
    ]
    page = site.index.read_text()
    assert page.index(">top<") < page.index(">mid<") < page.index(">low<")
    assert "not distinguishable" in page


def test_an_overall_that_was_not_measured_comes_last_without_a_rank(tmp_path: Path) -> None:
    unmeasured = replace(samples.comparison("none"), overall=replace(samples.domains()[4], name="overall"))
    for made in (unmeasured, named("low", -0.30, 0.02)):
        publish(tmp_path, made)
    (group,) = build_leaderboard(tmp_path, tmp_path / "site").groups
    assert [(entry.comparison.candidate.name, entry.ranks) for entry in group.entries] == [("low", "1"), ("none", "")]


def test_a_base_against_itself_and_a_part_of_the_items_are_not_ranked(tmp_path: Path) -> None:
    whole = named("a", -0.1, 0.02)
    publish(tmp_path, whole)
    publish(tmp_path, replace(named("base again", 0.0, 0.02), candidate=whole.base, comparison_id="again"))
    publish(tmp_path, replace(named("b", 0.0, 0.02), looks=Looks(3, 20, {"knowledge": (30, 200)})))
    (group,) = build_leaderboard(tmp_path, tmp_path / "site").groups
    assert [entry.comparison.candidate.name for entry in group.entries] == ["a"]


def test_suites_and_protocols_are_never_mixed(tmp_path: Path) -> None:
    publish(tmp_path, named("a", -0.1, 0.02))
    publish(tmp_path, named("b", -0.2, 0.02, suite="demo"))
    publish(tmp_path, named("c", -0.3, 0.02, protocol="completion"))
    site = build_leaderboard(tmp_path, tmp_path / "site")
    assert [(group.suite, group.protocol, len(group.entries)) for group in site.groups] == [
        ("core", "completion", 1),
        ("core", "native", 1),
        ("demo", "native", 1),
    ]
    assert site.index.read_text().count("<table") == 3


def test_the_same_rows_as_json_and_csv(tmp_path: Path) -> None:
    publish(tmp_path, named("=cmd()", -0.1, 0.02, comparison_id="formula"))
    site = build_leaderboard(tmp_path, tmp_path / "site")
    (row,) = json.loads((tmp_path / "site" / "leaderboard.json").read_text())["groups"][0]["rows"]
    assert row["candidate"] == "=cmd()"
    assert row["domains"]["knowledge"]["verdict"] == "regressed"
    assert row["domains"]["language"]["delta"] is None
    with (tmp_path / "site" / "leaderboard.csv").open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert [line["domain"] for line in lines] == ["overall", *(row.name for row in samples.domains())]
    assert lines[0]["candidate_name"] == "'=cmd()"  # a spreadsheet must not run it
    assert float(lines[1]["delta"]) == pytest.approx(samples.domains()[0].estimate.delta)
    assert site.skipped == ()


def test_our_reports_are_linked_and_others_are_not_published(tmp_path: Path) -> None:
    good = publish(tmp_path, named("good", -0.1, 0.02), report=True)
    for name, text in (
        ("script", "<!doctype html><script>alert(1)</script>"),
        ("refresh", (good / "report.html").read_text() + '<META http-equiv="refresh" content="0;url=//evil.example">'),
    ):
        (publish(tmp_path, named(name, -0.1, 0.02)) / "report.html").write_text(text)
    site = build_leaderboard(tmp_path, tmp_path / "site")
    page = site.index.read_text()
    assert 'href="good-vs-base/report.html"' in page
    copied = tmp_path / "site" / "good-vs-base" / "report.html"
    assert copied.read_bytes() == (good / "report.html").read_bytes()
    assert sorted(item.folder for item in site.skipped) == ["refresh-vs-base", "script-vs-base"]
    assert not (tmp_path / "site" / "script-vs-base").exists()


def test_a_broken_comparison_is_listed_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    publish(tmp_path, named("good", -0.1, 0.02))
    broken = tmp_path / "comparisons" / "broken<b>"
    broken.mkdir()
    (broken / "comparison.json").write_text('{"schema_version": 1, "base": 3}')
    site = build_leaderboard(tmp_path, tmp_path / "site")
    assert [item.folder for item in site.skipped] == ["broken<b>"]
    page = site.index.read_text()
    assert "broken&lt;b&gt;" in page
    assert str(tmp_path) not in page
    assert "skipped broken<b>: " in str(site)


@pytest.mark.parametrize("identity", ["../../evil", "a/b", "..", "", ".hidden", "c:\\x", "index.html", "a\nb"])
def test_an_id_that_is_no_safe_folder_name_is_refused(tmp_path: Path, identity: str) -> None:
    publish(tmp_path / "results", named("good", -0.1, 0.02))
    folder = tmp_path / "results" / "comparisons" / "odd"
    save_comparison(folder, replace(samples.comparison(), comparison_id=identity), pd.DataFrame({"task": ["x"]}))
    site = build_leaderboard(tmp_path / "results", tmp_path / "site")
    assert [item.folder for item in site.skipped] == ["odd"]
    assert "no safe folder name" in site.skipped[0].reason
    assert {path.name for path in tmp_path.iterdir()} == {"results", "site"}


def test_two_folders_with_one_id_are_one_row(tmp_path: Path) -> None:
    publish(tmp_path, named("good", -0.1, 0.02))
    save_comparison(tmp_path / "comparisons" / "twin", named("good", 0.9, 0.02), pd.DataFrame({"task": ["x"]}))
    site = build_leaderboard(tmp_path, tmp_path / "site")
    assert [item.folder for item in site.skipped] == ["twin"]
    assert "already taken by good-vs-base" in site.skipped[0].reason


def test_links_are_not_followed(tmp_path: Path) -> None:
    folder = publish(tmp_path, named("good", -0.1, 0.02))
    secret = tmp_path / "secret.html"
    secret.write_text("secret")
    (folder / "report.html").symlink_to(secret)
    (tmp_path / "comparisons" / "linked").symlink_to(folder)
    site = build_leaderboard(tmp_path, tmp_path / "site")
    assert sorted(item.folder for item in site.skipped) == ["good-vs-base", "linked"]
    assert not (tmp_path / "site" / "good-vs-base").exists()


def test_hostile_names_make_no_tag(tmp_path: Path) -> None:
    publish(tmp_path, replace(samples.comparison(samples.HOSTILE_NAME), comparison_id="odd", suite=samples.HOSTILE))
    page = build_leaderboard(tmp_path, tmp_path / "site").index.read_text()
    assert "<script" not in page
    assert "<b onclick" not in page
    assert "\x1b" not in page
    assert "Content-Security-Policy" in page


def test_no_results_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"comparisons: no comparisons here; make one with 'forgetbench run --base"):
        build_leaderboard(tmp_path, tmp_path / "site")
    assert not (tmp_path / "site").exists()
