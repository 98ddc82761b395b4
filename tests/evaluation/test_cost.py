"""What an evaluation costs before it is made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from forgetbench import pipeline
from forgetbench.engines.base import EngineOptions
from forgetbench.evaluation.assumptions import Assumptions
from forgetbench.evaluation.cost import Cost, Costs
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.storage.runs import load_run


@pytest.fixture
def made(tiny_tasks: Path, tmp_path: Path) -> Costs:
    options = EvaluationOptions(suite=str(tiny_tasks / "tiny-suite.yml"), results=tmp_path / "results")
    return pipeline.plan("a", evaluation=options, engine=EngineOptions("scripted")).costs


def test_items_of_several_views_count_once(made: Costs) -> None:
    choice, open_answers = made.tasks
    assert (choice.items, open_answers.items, made.total.items) == (6, 6, 6)
    assert (choice.generated_tokens, open_answers.generated_tokens) == (0, 6 * 12)
    assert made.total.requests == choice.requests + open_answers.requests


def test_what_prompts_share_is_computed_once(made: Costs) -> None:
    # The scripted engine's tokens are bytes: every prompt begins "Question: What is the capital of ".
    open_answers = made.tasks[1]
    shared = len("Question: What is the capital of ")
    assert open_answers.prompt_tokens - open_answers.computed_tokens >= 5 * shared
    assert made.total.computed_tokens <= sum(task.computed_tokens for task in made.tasks)


def test_a_run_asks_what_was_planned(made: Costs, tiny_tasks: Path, tmp_path: Path) -> None:
    options = EvaluationOptions(suite=str(tiny_tasks / "tiny-suite.yml"), results=tmp_path / "results")
    (run,) = pipeline.run("a", evaluation=options, engine=EngineOptions("scripted")).runs
    checks = run.manifest.counts["requests"] - made.total.requests
    assert 0 <= checks <= 13  # the sanity checks of a loaded model
    assert load_run(next((tmp_path / "results" / "runs").iterdir())).manifest.run_id == run.manifest.run_id


def test_minutes_at_given_rates() -> None:
    cost = Cost("all", "", 1, 0, 1, 900, computed_tokens=600, generated_tokens=1200)
    assert cost.minutes(computed_per_second=100, generated_per_second=10) == pytest.approx(2.1)


def test_the_command_prints_a_table_and_refuses_rates_that_are_none(
    forgetbench: Callable[..., CompletedProcess[str]], tiny_tasks: Path
) -> None:
    asked = ("plan", "--engine", "scripted", "--suite", tiny_tasks / "tiny-suite.yml", "a")
    done = forgetbench(*asked, "--rates", 100, 10)
    assert done.returncode == 0 and "min" in done.stdout and "tiny_open" in done.stdout
    wrong = forgetbench(*asked, "--rates", 0, 10)
    assert wrong.returncode == 2 and "--rates 0 10: must be above 0" in wrong.stderr


def test_the_command_shows_what_a_run_can_show(
    forgetbench: Callable[..., CompletedProcess[str]], tiny_tasks: Path, tmp_path: Path
) -> None:
    asked = ("--engine", "scripted", "--suite", tiny_tasks / "tiny-suite.yml")
    done = forgetbench("plan", *asked, "--discordance", 0.2, "--json", tmp_path / "plan.json", "a")
    assert done.returncode == 0 and "A model that lost nothing passes this policy with a chance of" in done.stdout
    assert "Assumed: 20 % of the items change" in done.stdout
    plan = json.loads((tmp_path / "plan.json").read_text())
    (row,) = plan["rows"]
    assert (row["name"], row["n_items"], row["gates"], row["discordance"]) == ("knowledge", 6, True, 0.2)
    assert plan["assumptions"]["like"] is None and plan["costs"]["total"]["items"] == 6
    dry = forgetbench("run", *asked, "--base", "base", "--dry-run", "--results", tmp_path / "results", "a")
    assert dry.returncode == 0 and "passes this policy" in dry.stdout
    assert not (tmp_path / "results" / "runs").exists()
    wrong = forgetbench("plan", *asked, "--discordance", 2, "a")
    assert wrong.returncode == 2 and "--discordance 2: must be between 0 and 1" in wrong.stderr


def test_an_earlier_comparison_says_how_much_changes(tiny_tasks: Path, tmp_path: Path) -> None:
    options = EvaluationOptions(suite=str(tiny_tasks / "tiny-suite.yml"), results=tmp_path / "results")
    engine = EngineOptions("scripted")
    (saved,) = pipeline.run("harsh", "base", evaluation=options, engine=engine).comparisons
    made = pipeline.plan("a", assumptions=Assumptions(like=saved.folder), evaluation=options, engine=engine)
    (planned,), (earlier,) = made.power.rows, saved.comparison.domains
    assert planned.row.observed and earlier.estimate is not None
    assert planned.row.base == earlier.estimate.base
    assert planned.row.discordance == pytest.approx(2 * earlier.estimate.loss + earlier.estimate.delta)
    spread = (planned.row.discordance - earlier.estimate.delta**2) / planned.row.design.units
    assert spread**0.5 == pytest.approx(earlier.estimate.se)
