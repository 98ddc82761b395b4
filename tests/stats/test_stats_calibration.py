"""The simulation behind docs/calibration.md: its populations are what they say, and a short run shows nothing wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).parents[1]
sys.path.insert(0, str(HERE / "benchmarks"))

import calibrate  # noqa: E402
import calibrate_sequential as sequential  # noqa: E402
import calibrate_tables  # noqa: E402
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
        assert row["retained_at_margin"]["rate"] <= 0.13, row["name"]
        assert row["coverage_no_change"]["rate"] >= 0.87, row["name"]
        assert row["coverage_at_margin"]["rate"] >= 0.87, row["name"]
        assert 0.60 <= row["power"]["rate"] <= 0.99, row["name"]


def test_a_short_run_of_the_sequential_gate(rows: dict[str, list[dict[str, Any]]]) -> None:
    assert len(rows["sequential"]) == 2
    for row in rows["sequential"]:
        assert row["false_alarm_of_five"]["rate"] <= 0.13, row["name"]
        assert row["retained_at_margin"]["rate"] <= 0.13, row["name"]
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
            assert (sure.lower > -world.margin) == path.retained[look]
            assert (sure.high < 0.0 and sure.p_value < 0.05) == sequential.regressed([path])[look, 0]


def test_blocks_are_the_same_share_of_every_task_and_whole_clusters() -> None:
    world = World("2 tasks of 100, clusters of 5", 200, cluster=5, tasks=2)
    drawn = draw(world, 0.0, np.random.default_rng(0))
    at_looks = list(sequential.looks(drawn, 4))
    assert [len(effects.weight) for effects in at_looks] == [10, 20, 30, 40]
    assert at_looks[-1].estimate == pytest.approx(cluster_effects(drawn.differences, drawn.clusters).estimate)


def test_the_published_table_is_that_of_the_published_figures() -> None:
    content = json.loads(calibrate.OUT.read_text(encoding="utf-8"))
    assert calibrate_tables.tables(content) in calibrate_tables.DOC.read_text(encoding="utf-8")
    assert [row["name"] for row in content["fixed"]] == [world.name for world in WORLDS]
    assert [row["name"] for row in content["sequential"]] == [world.name for world in sequential.WORLDS]
    assert min(row["settings"]["runs"] for row in content["fixed"] + content["sequential"]) >= 2000
