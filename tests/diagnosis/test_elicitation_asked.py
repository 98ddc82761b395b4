"""Models whose forgetting is known, asked again: one that answers after examples alone, one that only guesses."""

from __future__ import annotations

import csv
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from toy_tasks import CHOICE, OPEN, changed, sound_rows, write

from forgetbench import pipeline
from forgetbench.diagnosis import Elicitation
from forgetbench.diagnosis.elicitation import ANY, ElicitationRow, Way
from forgetbench.diagnosis.stored import load_diagnosis
from forgetbench.engines.scripted import ScriptedEngine, _hash
from forgetbench.errors import InputError
from forgetbench.evaluation.again import AskAgain
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.pipeline import SavedComparison
from forgetbench.pipeline.eliciting import ask_again
from forgetbench.records import Continuation, Request, Response, Sample
from forgetbench.storage.folder import ResultsFolder

ROWS = sound_rows()
ANSWERS = {row["cluster"]: row["answer"] for row in ROWS}
CHOICES = {row["cluster"]: row["choices"] for row in ROWS}
SHOTS = 5


class Remembering(ScriptedEngine):
    """A base that knows three quarters of the capitals, and fine-tuned checkpoints that say none of them plainly.

    `after-examples` says what the base knows after five examples, `ranks` ranks it first, `cut` says it after 40 other
    tokens, and `guesses` says a fifth of all, known or not, after examples.
    """

    asked = 0

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        for request in requests:
            type(self).asked += 1
            assert request.sampling is not None
            land, shots = _question(request)
            word, cut = self._words[request.checkpoint], request.sampling.max_tokens <= 40
            says = {
                "base": _knows(land),
                "after-examples": _knows(land) and shots == SHOTS,
                "guesses": _chance(land, "guess") < 0.2 and shots == SHOTS,
                "cut": _knows(land) and not cut,
            }.get(word, False)
            ends = "length" if word == "cut" and cut else "stop"
            text = ANSWERS[land] if says else "Nowhere"
            yield Response(request.key, samples=(Sample(text, ends, request.sampling.max_tokens),))

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        for request in requests:
            land, _ = _question(request)
            knows = _knows(land) and self._words[request.checkpoint] in ("base", "ranks")
            first = ANSWERS[land] if knows else CHOICES[land][int(_chance(land, "rank") * 4)]
            texts = [bytes(tokens).decode().strip() for tokens in request.continuations]
            yield Response(request.key, tuple(Continuation(-1.0 - (text != first), False, 1) for text in texts))


def _question(request: Request) -> tuple[str, int]:
    """The country that is asked for, and how many examples stand before it."""
    lands = re.findall(r"capital of (\w+)\?", bytes(request.prompt).decode())
    return lands[-1] if lands else ROWS[0]["cluster"], len(lands) - 1


def _knows(land: str) -> bool:
    return _chance(land, "known") < 0.75


def _chance(text: str, salt: str) -> float:
    return _hash(f"{salt}/{text}".encode()) / 2**64


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Capitals in free text alone, asked without examples; the documents that are not asked can be shown."""
    folder = write(tmp_path / "tasks", ROWS, changed(OPEN, num_fewshot=0, metadata={"choice_view": None}))
    (folder / "toys.yaml").write_text("name: toys\ndomains: {knowledge: [{task: toy_open, limit: 110}]}\n")
    return folder / "toys.yaml"


def compared(suite: Path, candidate: str) -> SavedComparison:
    options = EvaluationOptions(results=suite.parent.parent / "results", suite=str(suite))
    (saved,) = pipeline.run(candidate, "base", evaluation=options, engine=Remembering()).comparisons
    return saved


def again(saved: SavedComparison, suite: Path, **options: Any) -> Elicitation:
    asking = AskAgain(ask_again=True, suite=str(suite), ask_again_shots=SHOTS, **options)
    found = pipeline.diagnose(saved.folder, again=asking, engine=Remembering()).diagnosis.elicitation
    assert found is not None
    return found


def row(found: Elicitation, way: Way) -> ElicitationRow:
    (of_way,) = (each for each in found.rows if each.way == way and (each.stratum, each.language) == (None, None))
    return of_way


def test_a_model_that_answers_after_examples_alone(suite: Path) -> None:
    found = again(compared(suite, "after-examples"), suite)
    shots = row(found, "few_shot")
    assert (shots.raw, shots.control, shots.corrected, shots.base) == (1.0, 0.0, 1.0, 1.0) and shots.low > 0.8
    assert shots.n_forgotten > 60 and shots.n_control > 20
    assert row(found, "lenient").corrected == 0.0
    lacks = {way: row(found, way).lack for way in ("likelihood", "other_protocol", "larger_budget", "other_language")}  # type: ignore[arg-type]
    assert lacks == {
        "likelihood": "no_choice_view", "other_protocol": "no_other_protocol", "larger_budget": "not_cut",
        "other_language": "no_translation",
    }  # fmt: skip


def test_a_model_that_guesses_brings_back_luck_alone(suite: Path) -> None:
    found = again(compared(suite, "guesses"), suite)
    for way in ("few_shot", ANY):
        shots = row(found, way)  # type: ignore[arg-type]
        assert 0.1 < shots.raw < 0.3 and shots.low < 0.0 < shots.high


def test_a_model_that_was_cut_answers_at_length(suite: Path) -> None:
    """Its eight tokens hold no answer; four times as many are too few, and sixteen times enough."""
    (suite.parent / "toys.yaml").write_text(
        "name: toys\ndomains: {knowledge: [{task: toy_open, limit: 110, max_gen_toks: 16}]}\n"
    )
    found = row(again(compared(suite, "cut"), suite), "larger_budget")
    assert (found.raw, found.control, found.corrected) == (1.0, 0.0, 1.0)


def test_the_likelihood_view_need_not_be_in_the_suite(suite: Path) -> None:
    """`ranks` has all that the base knows; who ranks at random has a quarter, which is luck."""
    write(suite.parent, ROWS, changed(OPEN, num_fewshot=0, metadata={"choice_view": "toy_choice"}), CHOICE)
    ranks = row(again(compared(suite, "ranks"), suite), "likelihood")
    assert ranks.raw == 1.0 and 0.0 < ranks.control < 0.7 and ranks.corrected == 1.0
    gone = row(again(compared(suite, "nothing"), suite), "likelihood")
    assert gone.low < 0.0 < gone.high and gone.base == 1.0


def test_nothing_is_asked_twice_and_the_files_are_written(suite: Path) -> None:
    saved = compared(suite, "after-examples")
    first = again(saved, suite, ask_again_items=20)
    before = Remembering.asked
    assert again(saved, suite, ask_again_items=20) == first and Remembering.asked == before
    assert row(first, "few_shot").n_forgotten == 20
    stored = load_diagnosis(ResultsFolder(saved.folder.parent.parent), saved.comparison)
    assert stored is not None and repr(stored.elicitation) == repr(first)  # NaN is not NaN
    items = list(csv.DictReader((saved.folder / "asked_again.csv").read_text().splitlines()))
    lost = [item for item in items if item["group"] == "forgotten"]
    assert len(lost) == 20 and {item["candidate_few_shot"] for item in lost} == {"1"}
    assert {item["candidate_other_language"] for item in items} == {""}
    assert "Forgotten items, asked again" in (saved.folder / "report.html").read_text()
    assert "completion, after examples" in (saved.folder / "diagnosis.md").read_text()


# --- what cannot be asked ---------------------------------------------------------------------


def test_bad_input_says_what_to_do(suite: Path) -> None:
    saved = compared(suite, "after-examples")
    with pytest.raises(InputError, match="give its file with --suite"):
        pipeline.diagnose(saved.folder, again=AskAgain(ask_again=True), engine=Remembering())
    with pytest.raises(InputError, match="say where that one is with --base and --candidate"):
        pipeline.diagnose(
            saved.folder, again=AskAgain(True, suite=str(suite)), engine=Remembering(), candidate="guesses"
        )
    with pytest.raises(InputError, match="--ask-again-items 0: must be at least 1"):
        AskAgain(ask_again_items=0)
    run = ResultsFolder(saved.folder.parent.parent).run(saved.comparison.candidate.run_id)
    (run / "manifest.json").unlink()
    with pytest.raises(InputError, match=re.escape(str(run))):
        pipeline.diagnose(saved.folder, again=AskAgain(True, suite=str(suite)), engine=Remembering())


def test_where_nothing_was_forgotten_nothing_is_asked(suite: Path) -> None:
    saved = compared(suite, "after-examples")
    items = pd.read_parquet(saved.folder / "items.parquet")
    items.assign(outcome="kept").to_parquet(saved.folder / "items.parquet")
    with pytest.raises(InputError, match="nothing to ask again"):
        ask_again(saved.folder, saved.comparison, AskAgain(True, suite=str(suite)), engine=Remembering())


def test_another_question_under_the_same_id_is_not_asked(suite: Path) -> None:
    saved = compared(suite, "after-examples")
    rows = [{**each, "question": each["question"].replace("What is", "Name")} for each in ROWS]
    write(suite.parent, rows, changed(OPEN, num_fewshot=0, metadata={"choice_view": None}))
    found = row(again(saved, suite), "few_shot")
    assert (found.n_forgotten, found.lack) == (0, "changed")


def test_the_command(suite: Path, forgetbench: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Two words that agree on three quarters of a task of four options: what comes back is luck."""
    write(suite.parent, ROWS, CHOICE)
    suite.write_text("name: toys\ndomains: {knowledge: [{task: toy_choice, limit: 110}]}\n")
    assert forgetbench("run", "tuned", "--base", "base", "--engine", "scripted", "--suite", suite).returncode == 0
    (folder,) = (suite.parent.parent / "results" / "comparisons").iterdir()
    done = forgetbench("diagnose", folder, "--ask-again", "--engine", "scripted", "--suite", suite)
    assert done.returncode == 0, done.stderr
    assert "Forgotten items, asked again" in done.stdout and "completion, after" in done.stdout
    refused = forgetbench("diagnose", folder, "--ask-again", "--ask-again-shots", "0")
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1
