"""Logs that Inspect itself wrote (tests/data/inspect/make.py) become runs."""

from __future__ import annotations

import statistics
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from forgetbench.comparison.delta import compare
from forgetbench.errors import InputError
from forgetbench.interop.importers.kinds import read_log
from forgetbench.interop.importers.log import ByTask, Choices
from forgetbench.interop.importers.run import as_run
from forgetbench.storage.runs import Run

LOGS = Path(__file__).parent.parent.parent / "data" / "inspect"


def imported(name: str, choices: Choices = Choices()) -> Run:
    return as_run(read_log("inspect", LOGS / name, choices), name)


def test_epochs_are_one_item_and_letters_are_scores() -> None:
    run = imported("base")
    tasks = {info.name: (info.metric, info.repeats, info.binary, info.chance) for info in run.manifest.tasks}
    assert tasks == {"sums": ("match", 3, False, 0.0), "seas": ("choice", 1, True, 0.5)}
    sums = run.samples.query("task == 'sums'").set_index("item_id")
    assert set(sums.index) == {
        "sums/sum-2-3",
        "sums/sum-4-4",
        "sums/sum-7-2",
        "sums/sum-5-6",
        "sums/sum-1-8",
        "sums/sum-3-3",
    }
    assert sums["score"].mean() == pytest.approx(15 / 18)
    assert all(len(answers) == 3 for answers in sums["responses"])
    assert run.samples.query("task == 'seas'")["score"].tolist() == [1.0, 1.0, 1.0, 1.0, 0.0]


def test_one_scorer_gives_the_score_and_the_others_are_listed() -> None:
    run = imported("base")
    assert any("2 scorers; 'match' gives the score, of match, includes" in text for text in run.manifest.warnings)
    assert set(run.samples.query("task == 'sums'")["metrics"].iloc[0]) == {"match", "includes"}
    chosen = imported("base", Choices(filters=ByTask((("sums", "includes"),))))
    assert chosen.samples.query("task == 'sums'")["score"].tolist() == [1.0] * 6
    missing = imported("base", Choices(filters=ByTask((("sums", "model_graded"),))))
    assert "left out: sums: no scorer 'model_graded'; it has match, includes" in missing.manifest.warnings


def test_two_imports_are_compared() -> None:
    base, tuned = imported("base"), imported("tuned")
    comparison, _ = compare(base, tuned, resamples=100)
    (row,) = (row for row in comparison.tasks if row.name == "sums")
    left, right = (run.samples.query("task == 'sums'").set_index("item_id")["score"] for run in (base, tuned))
    differences = (right - left).tolist()
    assert row.estimate is not None
    assert row.estimate.delta == pytest.approx(statistics.fmean(differences))
    assert row.estimate.se == pytest.approx(statistics.pstdev(differences) / 6**0.5)


def test_what_is_no_log_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "broken.eval").write_bytes((LOGS / "base" / "sums.eval").read_bytes()[:3000])
    with pytest.raises(InputError, match=r"broken.eval: no log of Inspect") as raised:
        read_log("inspect", tmp_path)
    assert "\n" not in str(raised.value)
    with pytest.raises(InputError, match=r"no .eval file in it"):
        read_log("inspect", LOGS.parent / "rigidity")


def forged(path: Path, name: str, content: bytes) -> Path:
    """A log of ours with another content of one part."""
    with (
        zipfile.ZipFile(LOGS / "base" / "sums.eval") as sound,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in sound.namelist():
            made.writestr(part, content if part == name else sound.read(part))
    return path


def test_a_part_that_stands_for_more_than_is_read_is_refused_before_it_is_read(tmp_path: Path) -> None:
    bomb = forged(tmp_path / "bomb.eval", "header.json", b'{"a": "' + b"a" * (257 << 20) + b'"}')
    assert bomb.stat().st_size < 1 << 20
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"bomb.eval: its part header.json unpacks to 257 MiB"):
            read_log("inspect", bomb)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"eval": ' + "[" * 1000 + "]" * 1000 + "}"])
def test_what_is_nested_without_end_is_refused_before_it_is_believed(tmp_path: Path, deep: str) -> None:
    forged(tmp_path / "deep.eval", "header.json", deep.encode())
    with pytest.raises(InputError, match=r"deep.eval: no log of Inspect \(ValueError"):
        read_log("inspect", tmp_path / "deep.eval")
    (tmp_path / "deep.json").write_text(deep)
    with pytest.raises(InputError, match=r"deep.json: no log of Inspect \(ValueError"):
        read_log("inspect", tmp_path / "deep.json")


def test_without_its_package_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai.log", None)
    with pytest.raises(InputError, match=r"pip install 'forgetbench\[inspect\]'"):
        read_log("inspect", LOGS / "base")
