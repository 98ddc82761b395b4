"""A model with one answer to everything scores as rigid and as uncreative as it is, through the whole program."""

from __future__ import annotations

import pytest

from forgetbench import pipeline
from forgetbench.engines.base import EngineOptions
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.pipeline import RunResult
from forgetbench.records import Comparison

SAYS = {
    "true": "says:True",
    "json": 'says:{"answer": "Thank you for your question."}',
    "canned": "says:Thank you for reaching out! I am always happy to help you with that. Please let me know if there "
    "is anything else that I can do for you today.",
}
TASKS = (
    "creativity",
    "creativity_zh",
    *(RIGID := ("format_shape", "format_openings", "format_elasticity", "format_phrases", "format_elasticity_loose")),
    "format_leakage",
)
ONE_CLASS = 1 / sum(0.8**i for i in range(8))
"""The utility of eight equal answers of full quality: .24 of what eight different ones get."""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    options = EvaluationOptions(results=tmp_path_factory.mktemp("results"), task=TASKS, limit=40)
    candidates = [f"{name}={says}" for name, says in SAYS.items()]
    return pipeline.run(candidates, "base", evaluation=options, engine=EngineOptions("scripted"))


@pytest.mark.parametrize("name", SAYS)
def test_it_is_perfectly_rigid(result: RunResult, name: str) -> None:
    rows = _rows(result, name)
    for task in RIGID:
        assert rows[task].estimate.candidate == 0.0, task
    domain = rows["format_rigidity"]
    assert domain.estimate.candidate == 0.0 and domain.judgement.verdict == "regressed"


@pytest.mark.parametrize("name", SAYS)
def test_it_is_as_creative_as_one_answer_can_be(result: RunResult, name: str) -> None:
    rows = _rows(result, name)
    assert rows["creativity"].estimate.candidate <= ONE_CLASS + 1e-9
    # English in answer to Chinese is no answer.
    assert rows["creativity_zh"].estimate.candidate == 0.0


def test_openers_shared_across_prompts_stand_beside_the_score(result: RunResult) -> None:
    (row,) = [
        row
        for row in _comparison(result, "canned").metrics
        if (row.task, row.metric) == ("creativity", "shared_openers")
    ]
    assert row.candidate == 1.0 and row.base is not None and row.base < 0.1


def _rows(result: RunResult, name: str):  # type: ignore[no-untyped-def]
    comparison = _comparison(result, name)
    rows = (*comparison.tasks, *comparison.domains)
    return {row.name: row for row in rows if row.name != "creativity" or row in comparison.tasks}


def _comparison(result: RunResult, name: str) -> Comparison:
    (comparison,) = [saved.comparison for saved in result.comparisons if saved.comparison.candidate.name == name]
    return comparison
