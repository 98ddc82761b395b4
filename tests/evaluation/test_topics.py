"""Answers beside the point, from the requests that rate them to the scores that count them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from forgetbench.engines.scripted import ScriptedEngine
from forgetbench.evaluation.evaluate import evaluate
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.rescore import rescored
from forgetbench.evaluation.session import open_session
from forgetbench.records import Continuation, Request, Response
from forgetbench.storage.runs import Run

SUITE = """
name: topics
domains:
  creativity: [{task: creativity, limit: 4}]
  language: [{task: language_degeneration, limit: 6}]
"""
BESIDE = "The committee will meet on Tuesday to discuss the budget of the coming year."
NEUTRAL = ("Write something.", "写点什么。")


class Knowing(ScriptedEngine):
    """A base that finds one sentence likely where anything may be said, and all else where it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.neutral: set[bytes] = set()

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        for request in requests:
            prompt = bytes(request.prompt)
            anything = any(text.encode() in prompt for text in NEUTRAL)
            self.neutral |= {prompt} if anything else set()
            yield Response(
                request.key,
                continuations=tuple(
                    Continuation(-len(tokens) * (2.0 if anything == (bytes(tokens) == BESIDE.encode()) else 3.0), False,
                                 len(tokens))
                    for tokens in request.continuations
                ),
            )  # fmt: skip


def runs(tmp_path: Path, engine: ScriptedEngine, candidate: str) -> list[Run]:
    suite = tmp_path / "topics.yaml"
    suite.write_text(SUITE)
    options = EvaluationOptions(suite=str(suite), results=tmp_path / "results")
    with open_session([candidate], "a", evaluation=options, engine=engine) as session:
        return evaluate(session)


def metrics(run: Run, task: str) -> list[dict[str, float]]:
    return list(run.samples[run.samples["task"] == task]["metrics"])


def test_text_beside_the_point_has_no_quality_and_is_unsound(tmp_path: Path) -> None:
    base, candidate = runs(tmp_path, Knowing(), f"beside=says:{BESIDE}")
    for row in metrics(candidate, "creativity"):
        assert (row["off_topic"], row["fluency"], row["utility"], row["topic_unknown"]) == (1.0, 0.0, 0.0, 0.0)
    off = metrics(candidate, "language_degeneration")
    assert {(row["off_topic"], row["sound"]) for row in off} == {(1.0, 0.0)}
    assert all(
        row["off_topic"] == 0.0 for task in ("creativity", "language_degeneration") for row in metrics(base, task)
    )


def test_one_neutral_request_per_language(tmp_path: Path) -> None:
    engine = Knowing()
    runs(tmp_path, engine, "b")
    assert {prompt.decode() for prompt in engine.neutral} == {
        "Question: Write something.\nAnswer:",
        "问题：写点什么。\n回答：",
    }


def test_ratings_are_kept_and_not_asked_again(tmp_path: Path) -> None:
    before = runs(tmp_path, Knowing(), "b")
    again = Knowing()
    after = runs(tmp_path, again, "b")
    assert again.loaded == () and not again.neutral
    for one, other in zip(before, after, strict=True):
        assert one.samples.equals(other.samples)
        rows = one.samples
        assert [len(row) for row in rows["neutral_logprobs"]] == [len(row) for row in rows["responses"]]


def test_rescoring_knows_the_topic_where_it_was_rated_and_says_where_not(tmp_path: Path) -> None:
    _, run = runs(tmp_path, Knowing(), f"beside=says:{BESIDE}")
    options = EvaluationOptions(suite=str(tmp_path / "topics.yaml"))
    assert rescored(run, options).run.samples.equals(run.samples)
    older = run.samples.assign(neutral_logprobs=[[] for _ in range(len(run.samples))])
    done = rescored(Run.of(replace(run.manifest, warnings=()), older), options).run
    assert {row["topic_unknown"] for row in metrics(done, "creativity")} == {1.0}
    told = {(row["off_topic"], row["topic_unknown"]) for row in metrics(done, "language_degeneration")}
    assert told == {(0.0, 1.0)}
    (first, second) = [text for text in done.manifest.warnings if "rated by topic" in text]
    assert first.startswith("creativity: 32 of 32") and second.startswith("language_degeneration: 6 of 6")


@pytest.mark.parametrize("template", ["{{ prompt.nothing() }}", "{% if %}"])
def test_a_neutral_request_that_cannot_be_made_is_told_before_anything_is_asked(
    tiny_tasks: Path, tmp_path: Path, template: str
) -> None:
    from forgetbench.errors import SuiteError

    text = (tiny_tasks / "tiny_open.yaml").read_text()
    (tiny_tasks / "tiny_open.yaml").write_text(
        text.replace("metadata:\n", f"metadata:\n  reference_likelihood: true\n  neutral_request: '{template}'\n")
    )
    suite = tiny_tasks / "own-suite.yml"
    suite.write_text("name: own\ndomains: {knowledge: [tiny_open]}\n")
    options = EvaluationOptions(suite=str(suite), results=tmp_path / "results")
    with (
        pytest.raises(SuiteError, match="task 'tiny_open'"),
        open_session(["b"], "a", evaluation=options, engine=ScriptedEngine()) as session,
    ):
        evaluate(session)
