"""Flips page by page, held against `read_flips`, which has all rows at hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from drawn_results import write_results

from forgetbench.errors import InputError
from forgetbench.records import Comparison
from forgetbench.report.flips import CHANGES, OUTCOMES, Compared, FlipRow, read_flips
from forgetbench.storage.comparisons import load_comparison, load_items, save_comparison
from forgetbench.storage.folder import ResultsFolder
from forgetbench.view import index
from forgetbench.view.asked import MOST_ROWS, Filter, Sort
from forgetbench.view.catalogue import Catalogue
from forgetbench.view.flip_pages import FlipPages
from forgetbench.view.flip_store import FlipStore

EVERYTHING = slice(0, MOST_ROWS)


def pages(root: Path, comparisons: dict[str, Comparison]) -> FlipPages:
    return FlipStore(Catalogue(root)).of(comparisons)


def all_rows(root: Path, names: Sequence[str]) -> tuple[FlipRow, ...]:
    results = ResultsFolder(root)
    folders = [results.comparison(name) for name in names]
    return read_flips([Compared(load_comparison(each), load_items(each), results) for each in folders]).rows


def keys(rows: Sequence[Any]) -> list[tuple[str, str]]:
    return [(row["task"], row["item_id"]) if isinstance(row, dict) else (row.task, row.item_id) for row in rows]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def comparisons(root: Path) -> dict[str, Comparison]:
    return write_results(root, second_lacks="7")


@pytest.fixture(
    scope="module", params=[("mild-vs-base",), ("mild-vs-base", "harsh-vs-base"), ("harsh-vs-base", "mild-vs-base")]
)
def shown(
    request: pytest.FixtureRequest, root: Path, comparisons: dict[str, Comparison]
) -> tuple[FlipPages, tuple[FlipRow, ...]]:
    """One candidate, and several; the second lacks items of the first."""
    return pages(root, {name: comparisons[name] for name in request.param}), all_rows(root, request.param)


def test_every_row_is_whole(shown: tuple[FlipPages, tuple[FlipRow, ...]]) -> None:
    flips, rows = shown
    assert flips.count(Filter()) == len(rows)
    for row in rows:
        found = flips.item(f"{row.task}/{row.item_id}")
        assert found is not None
        expected = json.loads(json.dumps(asdict(row)))
        for mine, theirs in zip(found["candidates"], expected["candidates"], strict=True):
            if theirs is not None and theirs["lost"] is not None:
                assert mine.pop("lost") == pytest.approx(theirs.pop("lost"), rel=1e-5)
        assert json.loads(json.dumps(found)) == expected


def test_a_page_s_rows_are_those_of_the_items(shown: tuple[FlipPages, tuple[FlipRow, ...]]) -> None:
    flips, rows = shown
    by_key = dict(zip(keys(rows), rows, strict=True))
    page = flips.page(Filter(), Sort(), EVERYTHING)
    assert sorted(keys(page)) == sorted(by_key)
    for row in page:
        whole = by_key[row["task"], row["item_id"]]
        assert (row["question"], row["gold"], row["base"]["response"]) == (
            whole.question,
            whole.gold,
            whole.base.response,
        )
        assert row["languages"] == whole.languages
        changes = [flip and flip.change for flip in whole.candidates]
        assert [flip and flip["change"] for flip in row["candidates"]] == changes


FILTERS = (
    *(Filter(outcome=name) for name in OUTCOMES),
    Filter(domain="creativity"), Filter(task="facts_open"), Filter(stratum="head"), Filter(language="zh"),
    Filter(language="en"), Filter(language="fr"), Filter(task="none"), Filter(domain="creativity", task="facts_open"),
    Filter(text="number 7?"), Filter(text="lyon of"), Filter(text="item-3"), Filter(text="paris"), Filter(text="%"),
    Filter(text="' or 1=1 --"), Filter(item_id="item-3"), Filter(item_id="item-"), Filter(candidate=0, outcome="lost"),
    Filter(task="facts_choice", outcome="forgotten", text="number 1"),
)  # fmt: skip


def matches(row: FlipRow, wanted: Filter) -> bool:
    """As source.js says."""
    flips = row.candidates if wanted.candidate is None else (row.candidates[wanted.candidate],)
    answers = [row.base.response, *(flip and flip.response for flip in row.candidates)]
    text = "\n".join(str(part or "") for part in (row.item_id, row.question, row.gold, *answers)).lower()
    return (
        all(getattr(wanted, name) in (None, getattr(row, name)) for name in ("domain", "task", "stratum", "item_id"))
        and (wanted.language is None or wanted.language in row.languages)
        and any(flip and (not wanted.outcome or flip.change in OUTCOMES[wanted.outcome]) for flip in flips)
        and (wanted.text is None or wanted.text in text)
    )


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_filters_find_what_they_say(shown: tuple[FlipPages, tuple[FlipRow, ...]], wanted: Filter) -> None:
    flips, rows = shown
    expected = [row for row in rows if matches(row, wanted)]
    assert flips.count(wanted) == len(expected)
    assert sorted(keys(flips.page(wanted, Sort(), EVERYTHING))) == sorted(keys(expected))


def value(row: FlipRow, field: str) -> Any:
    flips = [flip for flip in row.candidates if flip]
    if field in ("task", "item_id"):
        return getattr(row, field)
    if field == "change":
        return min(CHANGES.index(flip.change) for flip in flips)
    known = [getattr(flip, field) for flip in flips if getattr(flip, field) is not None]
    return None if not known else max(known) if field == "lost" else min(known)


@pytest.mark.parametrize("field", ["lost", "change", "score", "task", "item_id"])
@pytest.mark.parametrize("descending", [False, True])
def test_orders_put_what_is_missing_last(
    shown: tuple[FlipPages, tuple[FlipRow, ...]], field: Any, descending: bool
) -> None:
    flips, rows = shown
    by_key = dict(zip(keys(rows), rows, strict=True))
    values = [value(by_key[key], field) for key in keys(flips.page(Filter(), Sort(field, descending), EVERYTHING))]
    known = [each for each in values if each is not None]
    assert known == sorted(known, reverse=descending)
    assert None not in values[: len(known)]


def test_the_worst_come_first(shown: tuple[FlipPages, tuple[FlipRow, ...]]) -> None:
    flips, rows = shown
    by_key = dict(zip(keys(rows), rows, strict=True))
    found = [by_key[key] for key in keys(flips.page(Filter(), Sort(), EVERYTHING))]
    forgotten = [any(flip and flip.change in OUTCOMES["forgotten"] for flip in row.candidates) for row in found]
    assert forgotten == sorted(forgotten, reverse=True) and any(forgotten)
    losses = [row.lost for row, lost in zip(found, forgotten, strict=True) if lost and row.lost is not None]
    assert losses == sorted(losses, reverse=True)


def test_pages_are_slices_of_one_order(shown: tuple[FlipPages, tuple[FlipRow, ...]]) -> None:
    flips, rows = shown
    whole = keys(flips.page(Filter(), Sort("lost"), EVERYTHING))
    parts = [keys(flips.page(Filter(), Sort("lost"), slice(start, start + 7))) for start in range(0, len(rows) + 7, 7)]
    assert [key for part in parts for key in part] == whole


def test_facets_name_what_there_is(shown: tuple[FlipPages, tuple[FlipRow, ...]]) -> None:
    facets = shown[0].facets()
    assert facets["tasks"] == ("facts_choice", "facts_open", "stories")
    assert facets["languages"] == ["en", "zh"] and facets["strata"] == ("en", "head", "zh")
    assert facets["base"] == "base" and facets["runs_missing"] == ()


def test_without_the_runs_the_items_are_shown(tmp_path: Path) -> None:
    comparisons = write_results(tmp_path, ("mild",))
    (tmp_path / "runs").rename(tmp_path / "elsewhere")
    flips = pages(tmp_path, comparisons)
    assert flips.facets()["runs_missing"] == ("run-base", "run-mild")
    row = flips.item("facts_choice/item-3")
    assert row is not None and row["question"] is None and row["prompt"] == "Question 3?"
    assert row["candidates"][0]["lost"] is None
    assert flips.count(Filter(text="question 3?")) == 3


def test_a_file_of_too_many_rows_is_told_of(
    root: Path, comparisons: dict[str, Comparison], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "MOST_ROWS", 100)
    with pytest.raises(InputError, match="holds 120 rows, at most 100 are shown"):
        pages(root, comparisons)


def test_a_file_that_has_changed_is_indexed_again(tmp_path: Path) -> None:
    comparisons = write_results(tmp_path, ("mild",))
    store = FlipStore(Catalogue(tmp_path))
    before = store.of(comparisons).count(Filter())
    folder = tmp_path / "comparisons" / "mild-vs-base"
    save_comparison(folder, comparisons["mild-vs-base"], load_items(folder)[:5])
    assert (before, store.of(comparisons).count(Filter())) == (120, 5)


def test_names_that_several_candidates_share_are_told_apart(tmp_path: Path) -> None:
    comparisons = write_results(tmp_path)
    same = {name: replace(each, candidate=replace(each.candidate, name="tuned")) for name, each in comparisons.items()}
    assert len(set(pages(tmp_path, same).facets()["candidates"])) == 2
