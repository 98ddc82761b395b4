"""The benchmark of a million paired items, with a thousand."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.million_items import make_runs, measure

from forgetbench.comparison.pairing import pair
from forgetbench.storage.comparisons import load_comparison, load_items
from forgetbench.storage.runs import load_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("million")
    make_runs(runs, tasks=20, items=50)
    return runs


def test_the_runs_are_whole_and_join(folder: Path) -> None:
    base, candidate = (load_run(folder / "runs" / name) for name in ("base", "candidate"))
    assert len(base.samples) == len(candidate.samples) == 1000
    assert set(base.samples["cluster"].value_counts()) != {1}, "clusters of mixed size"
    pairing = pair(base, candidate)
    assert {task.info.binary for task in pairing.tasks} == {True, False}
    open_views = [task for task in pairing.tasks if task.info.view == "open"]
    assert all(task.choice.known.mean() > 0.9 for task in open_views)
    assert {"locked", "erased", "never_known"} >= set(pairing.items["fate"].dropna())


def test_equal_seeds_make_equal_runs(folder: Path, tmp_path: Path) -> None:
    again, _ = make_runs(tmp_path, tasks=20, items=50)
    assert load_run(again).samples.equals(load_run(folder / "runs" / "base").samples)


def test_the_command_is_measured_and_writes_everything(folder: Path) -> None:
    usage = measure(folder)
    assert usage["seconds"] > 0
    assert usage["peak_bytes"] > 10_000_000
    out = folder / "comparison"
    assert len(load_comparison(out).tasks) == 20
    expected = pair(*(load_run(folder / "runs" / name) for name in ("base", "candidate"))).items
    assert load_items(out).equals(expected)
    assert {"report.md", "report.html", "deltas.csv", "plots"} <= {path.name for path in out.iterdir()}
