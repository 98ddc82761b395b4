"""The simulation behind docs/calibration.md: its populations are what they say, and a short run shows nothing wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).parents[1]
sys.path.append(str(HERE / "benchmarks"))

import calibrate  # noqa: E402
import calibrate_case_tables as case_tables  # noqa: E402
import calibrate_files as files  # noqa: E402
import calibrate_readings as read  # noqa: E402
import calibrate_sequential as sequential  # noqa: E402
import calibrate_tables  # noqa: E402
from calibrate_cases import POINTS, Case, cases  # noqa: E402
from calibrate_compared import Task, compared  # noqa: E402
from calibrate_worlds import WORLDS, World, draw  # noqa: E402

from forgetbench.comparison.intervals import GroupSequential  # noqa: E402
from forgetbench.stats.clustered import cluster_effects  # noqa: E402


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, Any]]]:
    return calibrate.quick(runs=100)


def test_a_short_run_finds_no_rate_far_from_what_is_promised(rows: dict[str, list[dict[str, Any]]]) -> None:
    """A hundred runs: a rate of 5 % is above 13 % in one of three thousand, a coverage of 95 % below 87 % likewise."""
    assert len(rows["fixed"]) == 4
    for row in rows["fixed"]:
        assert row["false_alarm"]["rate"] <= 0.10, row["name"]
        assert row["within_margin_at_margin"]["rate"] <= 0.13, row["name"]
        assert row["coverage_no_change"]["rate"] >= 0.87, row["name"]
        assert row["coverage_at_margin"]["rate"] >= 0.87, row["name"]
        assert 0.60 <= row["power"]["rate"] <= 0.99, row["name"]


def test_a_short_run_of_the_sequential_gate(rows: dict[str, list[dict[str, Any]]]) -> None:
    assert len(rows["sequential"]) == 2
    for row in rows["sequential"]:
        assert row["false_alarm_of_five"]["rate"] <= 0.13, row["name"]
        assert row["within_margin_at_margin"]["rate"] <= 0.13, row["name"]
        assert row["share_drop_of_three"][1] <= 0.6, row["name"]


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_populations_have_the_change_and_the_accuracy_that_they_say(world: World) -> None:
    rng = np.random.default_rng(0)
    drawn = [draw(world, -world.margin, rng) for _ in range(max(20, 40_000 // world.n_items))]
    effects = [cluster_effects(part.differences, part.clusters) for part in drawn]
    deltas = [part.estimate for part in effects]
    error = np.std(deltas) / np.sqrt(len(deltas))
    assert np.mean(deltas) == pytest.approx(-world.margin, abs=4.5 * error)
    if world.samples == 1:
        accuracy = np.mean([np.mean([task.mean() for task in part.base]) for part in drawn])
        assert accuracy == pytest.approx(world.accuracy, abs=0.05)


def test_the_simulated_gate_decides_as_the_real_one_at_every_look() -> None:
    world = World("500 items", 500, discordance=0.10, margin=0.05)
    for seed, delta in ((0, 0.0), (1, -0.05), (2, -0.15)):
        path = sequential.walk(world, delta, np.random.default_rng(seed))
        drawn = draw(world, delta, np.random.default_rng(seed))
        for look, effects in enumerate(sequential.looks(drawn)):
            sure = GroupSequential(0.05, look + 1, sequential.LOOKS)(effects, ("domain",), world.margin)
            assert (sure.lower > -world.margin) == path.within_margin[look]
            assert (sure.high < 0.0 and sure.p_value < 0.05) == sequential.regressed([path])[look, 0]


def test_blocks_are_the_same_share_of_every_task_and_whole_clusters() -> None:
    world = World("2 tasks of 100, clusters of 5", 200, cluster=5, tasks=2)
    drawn = draw(world, 0.0, np.random.default_rng(0))
    at_looks = list(sequential.looks(drawn, 4))
    assert [len(effects.weight) for effects in at_looks] == [10, 20, 30, 40]
    assert at_looks[-1].estimate == pytest.approx(cluster_effects(drawn.differences, drawn.clusters).estimate)


QUICK_CASES = [case for case in cases() if case.point != 10]
"""Those of point 10 look for the printed drop in a hundred comparisons first."""


@pytest.mark.parametrize("case", QUICK_CASES, ids=lambda case: f"{case.point}: {case.name}")
def test_every_case_can_be_drawn_and_says_something(case: Case) -> None:
    """Two runs each, most of them of a tenth of a second at most."""
    row = calibrate.case_row(case, 2, 100, np.random.default_rng(0))
    assert row["point"] in POINTS
    assert all(claim["rate"] is not None for claim in row["claims"])


def test_cases_have_names_of_their_own_and_every_point_has_some() -> None:
    names = [case.name for case in cases()]
    assert len(set(names)) == len(names)
    assert {case.point for case in cases()} == set(POINTS)


def test_processes_that_share_the_work_take_every_setting_once(tmp_path: Path) -> None:
    everything = [(each.part, each.name) for each in calibrate.selected(calibrate.Selection())]
    shares = [calibrate.selected(calibrate.Selection(share=(which, 3))) for which in (1, 2, 3)]
    assert sorted((each.part, each.name) for share in shares for each in share) == sorted(everything)
    assert calibrate.share("2/3") == (2, 3)

    path = tmp_path / "calibration.json"
    for number, (part, name) in enumerate(everything[-2:][::-1]):
        calibrate.save(part, {"name": name, "seconds": float(number)}, path)
    assert [row["seconds"] for row in files.read(path)["cases"]] == [1.0, 0.0]
    files.forget(everything[-1:], path)
    assert [row["name"] for row in files.read(path)["cases"]] == [everything[-2][1]]


def test_a_comparison_of_drawn_scores_is_one_of_two_runs() -> None:
    """Four items in three clusters, one lost, one not measured on the candidate."""
    base, candidate = np.array([1.0, 1.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0, np.nan])
    comparison = compared([Task(base, candidate, np.array([0, 0, 1, 2]))], margin=0.05, seed=0, resamples=100)
    (row,) = comparison.domains
    assert (row.n_items, row.n_unmeasured, row.judgement.margin) == (3, 1, 0.05)
    assert row.estimate is not None
    assert row.estimate.delta == pytest.approx(-1 / 3)
    assert read.says(row.judgement.verdict, comparison)
    assert not read.gate_passes(comparison)


def test_a_claim_is_kept_as_far_as_its_monte_carlo_interval_tells() -> None:
    """4 of 100 lies below 5 %, 9 of 100 above (Wilson 4.8 to 16.2, so it may still be 5), 20 of 100 is outside."""
    claim = {"what": "`improved`", "least": None, "most": 0.05}
    rows = [
        {"name": name, "point": 1, "claims": [claim | calibrate.rate([True] * count + [False] * (100 - count))]}
        for name, count in (("four", 4), ("nine", 9), ("twenty", 20))
    ]
    claims = case_tables.counted(rows, rows[:1])
    assert [case_tables.is_kept(each, each.now) for each in claims] == [True, True, False]
    assert list(case_tables.outside(claims)) == ["- twenty: `improved` 20.0 (13.3 to 28.9); promised: 5 at most."]
    assert case_tables.figure(claims[0].before) == "4.0"
    assert claims[1].before is None


def test_the_published_table_is_that_of_the_published_figures() -> None:
    content, before = (json.loads(path.read_text(encoding="utf-8")) for path in (files.OUT, files.BEFORE))
    assert calibrate_tables.tables(content, before) in calibrate_tables.DOC.read_text(encoding="utf-8")
    assert [row["name"] for row in content["fixed"]] == [world.name for world in WORLDS]
    assert [row["name"] for row in content["sequential"]] == [world.name for world in sequential.WORLDS]
    assert [row["name"] for row in content["cases"]] == [case.name for case in cases()]
    assert min(row["settings"]["runs"] for row in content["fixed"] + content["sequential"]) >= 1000
    assert min(row["runs"] for row in content["cases"]) >= 100
