"""What became of each item, from pairs whose answers are known."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flip_worlds import compared, made

from forgetbench.errors import InputError
from forgetbench.report.flips import FlipRow, Flips, Wanted, read_flips


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return made(tmp_path_factory.mktemp("results"))


def by_key(flips: Flips) -> dict[tuple[str, str], FlipRow]:
    return {(row.task, row.item_id): row for row in flips.rows}


def test_every_item_says_what_became_of_it(folders: list[Path]) -> None:
    rows = by_key(read_flips(compared(folders[:1])))
    became = {key: row.candidates[0].change for key, row in rows.items() if row.candidates[0] is not None}
    assert became == {
        ("stories", "story"): "fell",
        ("capitals_open", "capital/Paris"): "locked",
        ("capitals_open", "capital/Rome"): "erased",
        ("capitals_open", "capital/Lima"): "never_known",
        ("capitals_open", "capital/Oslo"): "cut",
        ("capitals_open", "capital/Bern"): "kept",
        ("capitals_choice", "capital/Paris"): "kept",
        ("capitals_choice", "capital/Rome"): "forgotten",
        ("capitals_choice", "capital/Lima"): "never",
        ("capitals_choice", "capital/Oslo"): "kept",
        ("capitals_choice", "capital/Bern"): "kept",
    }


def test_the_worst_comes_first(folders: list[Path]) -> None:
    changes = [row.candidates[0].change for row in read_flips(compared(folders[:1])).rows if row.candidates[0]]
    assert set(changes[:4]) == {"locked", "erased", "never_known", "forgotten"}
    assert changes[4:6] == ["fell", "cut"] and changes[-1] == "kept"


def test_likelihoods_readings_and_languages_come_from_the_runs(folders: list[Path]) -> None:
    rows = by_key(read_flips(compared(folders[:1])))
    rome = rows["capitals_choice", "capital/Rome"]
    assert rome.choices == ("Rome", "Wien") and rome.base.loglikelihoods == (-1.0, -3.0)
    assert rome.lost == pytest.approx(-1.0 - -6.0) and rome.question == "Which one is number 1?"
    written = rows["capitals_open", "capital/Paris"]
    flip = written.candidates[0]
    assert flip is not None and flip.read == ("Wien",) and written.base.read == ("Pari",)
    assert written.lost is None, "no options were rated"
    assert written.languages == ("en", "fr") and rows["capitals_open", "capital/Lima"].languages == ("fr",)


def test_without_the_runs_these_are_absent_and_named(folders: list[Path]) -> None:
    flips = read_flips(compared(folders[:1], with_runs=False))
    assert flips.runs_missing == ("run-base", "run-harsh")
    for row in flips.rows:
        assert (row.choices, row.languages, row.lost, row.base.read) == ((), (), None, ())
    assert by_key(flips)["capitals_open", "capital/Paris"].base.response == "It is Paris, I think."


def test_a_missing_run_of_one_side_leaves_the_other(folders: list[Path], tmp_path: Path) -> None:
    copied = tmp_path / "results"
    shutil.copytree(folders[0].parent.parent, copied)
    shutil.rmtree(copied / "runs" / "run-harsh")
    flips = read_flips(compared([copied / "comparisons" / "harsh"]))
    rome = by_key(flips)["capitals_choice", "capital/Rome"]
    assert flips.runs_missing == ("run-harsh",)
    assert rome.base.loglikelihoods and rome.candidates[0] is not None and not rome.candidates[0].loglikelihoods


def test_candidates_of_one_base_stand_side_by_side(folders: list[Path]) -> None:
    flips = read_flips(compared(folders))
    assert flips.candidates == ("harsh", "mild")
    paris = by_key(flips)["capitals_open", "capital/Paris"]
    assert [flip.change for flip in paris.candidates if flip] == ["locked", "kept"]


def test_an_item_that_one_comparison_lacks_is_none_there(folders: list[Path]) -> None:
    harsh, mild = compared(folders)
    flips = read_flips([harsh, replace(mild, items=mild.items[mild.items["task"] != "stories"])])
    (story,) = [row for row in flips.rows if row.task == "stories"]
    assert story.candidates[0] is not None and story.candidates[1] is None


def test_two_bases_are_refused(folders: list[Path]) -> None:
    harsh, mild = compared(folders)
    other = replace(mild.comparison, base=replace(mild.comparison.base, run_id="another"))
    with pytest.raises(InputError, match="are of 2 bases"):
        read_flips([harsh, replace(mild, comparison=other)])


@pytest.mark.parametrize(
    ("wanted", "n_items"),
    [
        (Wanted(), 11),
        (Wanted(outcome="forgotten"), 4),
        (Wanted(outcome="lost"), 5),
        (Wanted(outcome="locked"), 1),
        (Wanted(outcome="kept"), 9),  # by either candidate
        (Wanted(task="capitals_open"), 5),
        (Wanted(task="capitals_open", outcome="cut"), 1),
        (Wanted(domain="creativity", outcome="forgotten"), 0),
    ],
)
def test_what_is_asked_for_is_found(folders: list[Path], wanted: Wanted, n_items: int) -> None:
    flips = read_flips(compared(folders), wanted)
    assert flips.n_items == len(flips.rows) == n_items


def test_at_most_so_many_are_read(folders: list[Path]) -> None:
    flips = read_flips(compared(folders), most=3)
    assert (flips.n_items, len(flips.rows)) == (11, 3)


def with_metrics(folders: list[Path], copied: Path, metrics: str) -> Flips:
    """The rows with these metrics in every sample of harsh, whose finish reasons are null."""
    shutil.copytree(folders[0].parent.parent, copied)
    samples = copied / "runs" / "run-harsh" / "samples.parquet"
    frame = pq.read_table(samples).to_pandas()
    frame = frame.assign(metrics=metrics, finish_reasons=[[None]] * len(frame))
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), samples)
    return read_flips(compared([copied / "comparisons" / "harsh"]))


def test_what_is_no_number_or_no_text_in_a_foreign_run_is_left_out(folders: list[Path], tmp_path: Path) -> None:
    flips = with_metrics(
        folders, tmp_path / "results", f'{{"a": "x", "b": 1e999, "c": {10**400}, "d": 0.5, "e": null}}'
    )
    for row in flips.rows:
        assert row.candidates[0] is not None
        assert row.candidates[0].metrics == {"d": 0.5} and row.candidates[0].finish_reasons == ()


@pytest.mark.parametrize("metrics", ["[1]", "{", "[" * 100_000])
def test_metrics_that_are_no_object_are_one_line(folders: list[Path], tmp_path: Path, metrics: str) -> None:
    with pytest.raises(InputError, match="column 'metrics' holds no JSON object"):
        with_metrics(folders, tmp_path / "results", metrics)


def test_a_run_id_is_no_way_out_of_the_results(folders: list[Path]) -> None:
    (harsh,) = compared(folders[:1])
    outside = replace(harsh.comparison, candidate=replace(harsh.comparison.candidate, run_id="../runs/run-harsh"))
    assert read_flips([replace(harsh, comparison=outside)]).runs_missing == ("../runs/run-harsh",)
