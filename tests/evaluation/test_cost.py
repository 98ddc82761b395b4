"""What an evaluation costs before it is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from forgetbench import pipeline
from forgetbench.engines.base import EngineOptions
from forgetbench.evaluation.cost import Cost, Costs
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.storage.runs import load_run


@pytest.fixture
def made(tiny_tasks: Path, tmp_path: Path) -> Costs:
    options = EvaluationOptions(suite=str(tiny_tasks / "tiny-suite.yml"), results=tmp_path / "results")
    return pipeline.plan("a", evaluation=options, engine=EngineOptions("scripted"))


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
    assert 0 <= checks <= 4  # the sanity checks of a loaded model
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
