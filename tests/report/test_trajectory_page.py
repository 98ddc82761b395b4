"""A trajectory as a page and pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from test_plots import overlapping
from trained_checkpoints import FACTS, GOAL, Trained, narrow, training

from forgetbench.comparison.tradeoff import Tradeoff
from forgetbench.comparison.trajectory import Along, along
from forgetbench.report import TrainingLog, TrajectoryPoint, plots, write_trajectory
from forgetbench.storage.comparisons import load_comparison

NAME = "<img src=x>|*a*\x1b[31m"


def points(made: Trained) -> list[TrajectoryPoint]:
    return [
        TrajectoryPoint(step, each.candidate.name, {row.name: row for row in each.domains}, each.comparison_id)
        for step, each, _ in made
    ]


@pytest.fixture(scope="module")
def made() -> Trained:
    return training(narrow([10, 20, 40]), n=200)


@pytest.fixture(scope="module")
def found(made: Trained) -> Along:
    return along(made)


def test_the_folder(made: Trained, found: Along, tmp_path: Path) -> None:
    log = TrainingLog((10, 20, 40), (2.0, 1.0, 0.5), (1e-4, 1e-4, 1e-4))
    written = write_trajectory(points(made), log, tmp_path, found)
    assert {path.relative_to(tmp_path).as_posix() for path in written} == {
        "plots/trajectory.png", "plots/trajectory.svg", "plots/pareto.png", "plots/pareto.svg", "trajectory.csv",
        "trajectory.md", "trajectory.json",
    }  # fmt: skip
    record = json.loads((tmp_path / "trajectory.json").read_text())
    assert record["ship"]["step"] == found.ship.step and len(record["pareto"]) == 3
    assert record["points"][0]["comparison"] == "run-at-10-vs-run-base"
    shipped = load_comparison(tmp_path / "ship")
    assert shipped.selection is not None and shipped.candidate.step == found.ship.step
    page = (tmp_path / "trajectory.md").read_text()
    for heading in ("# Trajectory to `at-40`", "## Gain against forgetting", "## The checkpoint to ship"):
        assert heading in page


def test_what_an_earlier_look_chose_is_taken_away(made: Trained, found: Along, tmp_path: Path) -> None:
    write_trajectory(points(made), None, tmp_path, found)
    lost = training({10: {FACTS: (0.7, 0.0), GOAL: (0.0, 0.5)}}, n=200)
    write_trajectory(points(lost), None, tmp_path, along(lost))
    assert not (tmp_path / "ship").exists()
    assert "to ship: none" in (tmp_path / "trajectory.md").read_text()


def test_names_are_data(made: Trained, found: Along, tmp_path: Path) -> None:
    named = [replace(point, name=NAME) for point in points(made)]
    pareto = tuple(replace(point, name=NAME, run=NAME) for point in found.pareto)
    ship = replace(found.ship, name=NAME, candidates=tuple(replace(c, name=NAME) for c in found.ship.candidates))
    write_trajectory(named, None, tmp_path, Along(found.course, pareto, ship))
    page = (tmp_path / "trajectory.md").read_text()
    assert page.count("<img") == page.count(r"\<img") > 0 and "\x1b" not in page
    assert "\x1b" not in (tmp_path / "plots" / "pareto.svg").read_text()


def test_no_text_of_the_plane_lies_on_another(found: Along) -> None:
    with plots.drawing.styled():
        assert not overlapping(plots.pareto_figure(found.pareto, found.pareto[1]))  # type: ignore[arg-type]


def test_without_a_gain_there_is_no_plane() -> None:
    assert plots.pareto_figure([Tradeoff(10, "a", change=-0.1), Tradeoff(20, "b")]) is None
