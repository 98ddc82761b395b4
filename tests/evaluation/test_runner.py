"""The main job with the scripted engine: what is asked, what is kept, what is never asked again."""

from __future__ import annotations

import contextlib
import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pytest
from commands import call_forked, start_forked

from forgetbench import pipeline
from forgetbench.engines.base import EngineOptions
from forgetbench.engines.scripted import ScriptedEngine
from forgetbench.errors import EngineError, InputError
from forgetbench.evaluation.evaluate import evaluate
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.session import open_session
from forgetbench.evaluation.summary import differing_answers
from forgetbench.records import CUT, DOMAINS, TARGET, Checkpoint, Request, Response
from forgetbench.storage.comparisons import load_comparison
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.ledger import Ledger
from forgetbench.storage.runs import Run, load_run


class CountingEngine(ScriptedEngine):
    """The scripted engine, remembering what it was asked, and failing when told to."""

    def __init__(self, fail_after: int | None = None) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.loads = 0
        self._fail_after = fail_after

    def load(self, checkpoints: Sequence[Checkpoint], log_file: Path | None = None) -> None:
        self.loads += 1
        super().load(checkpoints, log_file)

    def _count(self, responses: Iterator[Response]) -> Iterator[Response]:
        for response in responses:
            if self._fail_after is not None and len(self.asked) >= self._fail_after:
                raise EngineError("the machine went away")
            self.asked.append(response.key)
            yield response

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._count(super().score(requests))

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._count(super().generate(requests))


def run_smoke(results: Path, engine: ScriptedEngine, *words: str, noise_floor: bool = False) -> list[Run]:
    base, *others = words
    options = EvaluationOptions(suite="smoke", results=results)
    with open_session(others, base, evaluation=options, engine=engine) as session:
        return evaluate(session, noise_floor=noise_floor)


def test_every_item_is_measured_and_saved(tmp_path: Path) -> None:
    runs = run_smoke(tmp_path, CountingEngine(), "a", "b")
    assert [run.manifest.name for run in runs] == ["a", "b"]
    for run in runs:
        saved = load_run(ResultsFolder(tmp_path).run(run.manifest.run_id))
        # Scripted answers are as long as the limit: some are cut before they say anything.
        assert set(saved.samples["reason"].dropna()) <= {CUT}
        assert saved.samples.equals(run.samples)
        assert saved.manifest == run.manifest
        assert {task.domain for task in run.manifest.tasks} == set(DOMAINS) - {TARGET}


def test_nothing_is_asked_twice(tmp_path: Path) -> None:
    first, second = CountingEngine(), CountingEngine()
    before = run_smoke(tmp_path, first, "a", "b")
    after = run_smoke(tmp_path, second, "a", "b")
    assert len(first.asked) == len(set(first.asked)) > 100
    assert second.asked == []
    assert second.loads == 0
    assert [run.manifest for run in after] == [run.manifest for run in before]


def test_the_base_is_evaluated_once_whatever_the_candidate(tmp_path: Path) -> None:
    first, second = CountingEngine(), CountingEngine()
    base_run, _ = run_smoke(tmp_path, first, "a", "b")
    again, _ = run_smoke(tmp_path, second, "a", "c")
    assert again.manifest.run_id == base_run.manifest.run_id
    assert not set(first.asked) & set(second.asked)


def test_generated_text_is_judged_by_the_base(tmp_path: Path) -> None:
    base_run, candidate = run_smoke(tmp_path, CountingEngine(), "a", "b")
    rows = candidate.samples[candidate.samples["task"] == "creativity"]
    assert candidate.manifest.reference == base_run.manifest.fingerprint
    for responses, ratings in zip(rows["responses"], rows["reference_logprobs"], strict=True):
        assert len(responses) == len(ratings) == 8
    assert all(metrics["quality_without_reference"] == 0 for metrics in rows["metrics"])


def test_a_failing_engine_keeps_what_was_answered(tmp_path: Path) -> None:
    whole = CountingEngine()
    expected = run_smoke(tmp_path / "whole", whole, "a", "b")
    with pytest.raises(EngineError):
        run_smoke(tmp_path / "broken", CountingEngine(fail_after=40), "a", "b")
    rest = CountingEngine()
    finished = run_smoke(tmp_path / "broken", rest, "a", "b")
    assert len(rest.asked) == len(whole.asked) - 40
    for one, other in zip(expected, finished, strict=True):
        assert one.samples.equals(other.samples)


def test_the_noise_floor_asks_the_base_anew(tmp_path: Path) -> None:
    engine = CountingEngine()
    runs = run_smoke(tmp_path, engine, "a", "b", noise_floor=True)
    noise = runs[-1].manifest
    assert [run.manifest.replicate for run in runs] == [0, 0, 1]
    assert noise.fingerprint == runs[0].manifest.fingerprint
    assert noise.run_id != runs[0].manifest.run_id
    # Its samples are judged anew as well.
    assert noise.counts["from_ledger"] == 0
    assert noise.counts["asked"] == runs[0].manifest.counts["requests"]


def test_the_base_against_itself_is_a_comparison_of_its_own(tmp_path: Path) -> None:
    options = EvaluationOptions(results=tmp_path, suite="smoke")
    result = pipeline.run("b", "a", evaluation=options, engine=EngineOptions("scripted"), noise_floor=True)
    (against,) = [folder for folder in (tmp_path / "comparisons").iterdir() if folder.name.startswith("a-replicate")]
    itself = load_comparison(against)
    assert itself.base.fingerprint == itself.candidate.fingerprint
    assert itself.overall.estimate is not None and itself.overall.estimate.delta == 0.0
    comparison = result.comparisons[0].comparison
    assert comparison.noise_floor is not None and comparison.noise_floor["knowledge"]["flip_rate"] == 0.0
    assert all(row["differing"] == 0 for row in comparison.noise_floor.values())
    # Of a base that does not differ from itself nothing is to be taken off.
    knowledge = next(row.estimate for row in comparison.domains if row.name == "knowledge")
    floor = comparison.noise_floor["knowledge"]
    assert (floor["net"], floor["net_low"]) == pytest.approx((knowledge.delta, knowledge.ci_low))


def test_a_run_is_not_compared_with_itself(tmp_path: Path) -> None:
    """Nor with one of the same content under another name: that would pass every gate. A second pass is another run."""
    options = EvaluationOptions(results=tmp_path, task=("knowledge_choice",), limit=6)
    made = pipeline.run("b", "a", evaluation=options, engine=EngineOptions("scripted"), noise_floor=True)
    (alone,) = pipeline.run("other=a", evaluation=options, engine=EngineOptions("scripted")).runs
    base, _, again, other = (tmp_path / "runs" / run.manifest.run_id for run in (*made.runs, alone))
    for candidate, why in ((base, "is the base's run itself"), (other, "is of the same checkpoint")):
        with pytest.raises(InputError, match=why):
            pipeline.compare(base, candidate, tmp_path / "new" / "out")
    assert not (tmp_path / "new").exists()
    noise = pipeline.compare(base, again, tmp_path / "new" / "out").comparison
    assert noise.overall.estimate is not None and noise.overall.estimate.delta == 0.0


def test_answers_that_differ_in_a_bit_are_counted_by_task_and_domain() -> None:
    columns = ("domain", "task", "item_id", "loglikelihoods", "responses", "reference_logprobs", "neutral_logprobs")
    rows = [
        ("knowledge", "choice", "1", (-1.5, -2.0), (), (), ()),
        ("knowledge", "choice", "2", (-1.5, -2.0), (), (), ()),
        ("knowledge", "open", "1", None, ("Paris",), (), ()),
    ]
    base = pd.DataFrame(rows, columns=columns)
    again = base.copy()
    assert differing_answers(base, again) == {"knowledge": 0, "choice": 0, "open": 0}
    again.at[1, "loglikelihoods"] = (-1.5, -2.0 - 2.0**-40)
    again.at[2, "responses"] = ("Paris.",)
    assert differing_answers(base, again) == {"knowledge": 2, "choice": 1, "open": 1}


def test_other_margins_are_not_those_of_an_earlier_run(tmp_path: Path) -> None:
    for margin in (0.05, 0.2):
        file = tmp_path / "small.yaml"
        tasks = "domains: {knowledge: [{task: knowledge_open, limit: 4}]}"
        file.write_text(f"name: small\nmargins: {{knowledge: {margin}}}\n{tasks}\n")
        options = EvaluationOptions(results=tmp_path / "results", suite=str(file))
        result = pipeline.run("b", "a", evaluation=options, engine=EngineOptions("scripted"))
        comparison = result.comparisons[0].comparison
        assert comparison.domains[0].judgement.margin == margin


def command(results: Path) -> list[str]:
    return ["run", "--engine", "scripted", "--suite", "smoke", "--base", "a", "b", "--results", str(results)]


def scores(results: Path) -> dict[str, object]:
    return {path.parent.name: json.loads(path.read_text()) for path in sorted((results / "runs").glob("*/scores.json"))}


def test_killed_at_random_points_it_finishes_with_the_same_scores(tmp_path: Path) -> None:
    """kill -9 five times, at random numbers of answers, then run the same command to its end."""
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    assert call_forked(command(undisturbed), tmp_path, {}).returncode == 0
    with Ledger(undisturbed / ".ledger.sqlite") as ledger:
        total = len(ledger)

    points = sorted(random.Random(7).sample(range(10, total - 10), 5))
    killed.mkdir()
    for point in points:
        slowly = {"FORGETBENCH_SCRIPTED_DELAY": "0.005"}
        process = start_forked(command(killed), tmp_path, slowly, Path(os.devnull), Path(os.devnull))
        deadline = time.monotonic() + 120
        while process.exitcode is None and answered(killed) < point and time.monotonic() < deadline:
            time.sleep(0.005)
        assert process.exitcode is None, "it must be killed while it works"
        process.kill()
        process.join()
        assert point <= answered(killed) < total
        assert not scores(killed), "a killed run leaves no finished folder"

    assert call_forked(command(killed), tmp_path, {}).returncode == 0
    assert answered(killed) == total
    assert scores(killed) == scores(undisturbed)


def answered(results: Path) -> int:
    with contextlib.suppress(Exception):  # the file may be being made just now
        if (results / ".ledger.sqlite").exists():
            with Ledger(results / ".ledger.sqlite") as ledger:
                return len(ledger)
    return 0
