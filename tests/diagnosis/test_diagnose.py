"""Causes that are known, since the runs were made so."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hostile_outputs import read_markdown
from paired_runs import item, run, scored, task

from forgetbench.comparison.delta import compare
from forgetbench.comparison.sft_data import SftData, read_sft_data
from forgetbench.diagnosis import Diagnosis, TrainingHistory, WeightDrift, diagnose
from forgetbench.diagnosis.advice import RULES
from forgetbench.diagnosis.drift import TensorDrift
from forgetbench.diagnosis.evidence.voice import wordings
from forgetbench.diagnosis.findings import Finding, State
from forgetbench.diagnosis.stored import load_diagnosis
from forgetbench.diagnosis.training_log import LoggedStep
from forgetbench.records import Comparison
from forgetbench.report.diagnosis import diagnosis_markdown, paragraphs
from forgetbench.report.diagnosis.words import CAUSES, CURES
from forgetbench.storage.comparisons import save_comparison
from forgetbench.storage.folder import ResultsFolder

OPEN, CHOICE = task("facts", view="open"), task("facts_choice", view="choice", chance=0.25)
STORY = task("stories", "writing", view="open")
N = 120


def forgot(ranked_after: float) -> tuple[Comparison, pd.DataFrame]:
    """The base knows everything; the candidate says nothing right, and ranks this share of it first."""
    ones = np.ones(N)
    ranks = (np.arange(N) < ranked_after * N).astype(float)
    base, tuned = scored("base", {OPEN: ones, CHOICE: ones}), scored("tuned", {OPEN: 0 * ones, CHOICE: ranks})
    return compare(base, tuned, margins={}, resamples=200)


def written(before: Sequence[str], after: Sequence[str]) -> tuple[Comparison, pd.DataFrame]:
    sides = (
        run(name, [STORY], [item(STORY, n, 1.0, responses=(text,)) for n, text in enumerate(texts)])
        for name, texts in (("base", before), ("tuned", after))
    )
    return compare(*sides, margins={}, resamples=200)


def history(peak: float = 1e-5, epochs: float = 1.0, losses: Sequence[float] = (3.0, 1.0)) -> TrainingHistory:
    logged = tuple(LoggedStep(step, loss, peak) for step, loss in enumerate(losses, 1))
    return TrainingHistory(logged, (), len(losses), epochs, None)


def known(folder: Path, answers: Sequence[str]) -> SftData:
    path = folder / "data.jsonl"
    path.write_text("".join(json.dumps({"completion": answer}) + "\n" for answer in answers))
    return read_sft_data(path)


def state(diagnosis: Diagnosis, cause: str) -> State:
    (finding,) = [finding for finding in diagnosis.findings if finding.cause == cause]
    return finding.state


@pytest.mark.parametrize(
    ("ranked_after", "locked", "erased"),
    [(1.0, "shown", "ruled_out"), (0.25, "ruled_out", "shown"), (0.62, "open", "open")],
)
def test_locked_and_erased_by_the_interval(ranked_after: float, locked: State, erased: State) -> None:
    """A quarter ranked first is what guessing gives; .62 is (.62 - .25) / .75 = .49 locked."""
    found = diagnose(*forgot(ranked_after))
    assert (state(found, "locked"), state(found, "erased")) == (locked, erased)
    cures = {advice.cure for advice in found.advice}
    assert ("show_examples" in cures) == (locked == "shown") and ("lora" in cures) == (erased == "shown")


def test_a_template_is_found_and_traced_to_the_training_answers(tmp_path: Path) -> None:
    words = "river stone cloud lamp green field north winter market letter".split()
    before = [f"{words[n % 10]} {words[(n * 7 + 1) % 10]} {n} went home early" for n in range(40)]
    after = [f"Thank you for reaching out to us about {text}" for text in before]
    training = [f"Thank you for reaching out to us today, ticket {n} is open" for n in range(50)]
    comparison, items = written(before, after)
    found = diagnose(comparison, items, data=known(tmp_path, training))
    (wording,) = found.of("training_wording")
    assert wording.state == "shown" and any("reaching out to us" in phrase for phrase in wording.examples)
    # Of the same template the data knows nothing about, it is only a voice.
    other = diagnose(comparison, items, data=known(tmp_path, [f"sold {n} apples" for n in range(50)]))
    assert state(other, "training_wording") == "open" and other.of("training_wording")[0].examples == ()
    assert any("reaching out to us" in phrase for phrase in other.of("voice")[0].examples)


def test_overlapping_phrases_are_one_wording() -> None:
    runs = [("you", "for", "your", "order"), ("a", "b", "c", "d"), ("thank", "you", "for", "your")]
    assert wordings(runs) == ("thank you for your order", "a b c d")
    assert wordings([("1", "1", "1", "1")] * 100)[0].count("1") <= 21  # a loop has no end


def test_the_same_answers_have_no_new_voice() -> None:
    texts = [f"answer {n} of many" for n in range(40)]
    (voice,) = diagnose(*written(texts, texts)).of("voice")
    assert voice.examples == () and voice.state == "not_measured"  # no flexibility was measured


def strata(deltas: dict[str, float]) -> tuple[Comparison, pd.DataFrame]:
    """One task of knowledge, 60 items a stratum; of each the share that is lost."""
    rows: list[list[object]] = [[], []]
    for name, delta in deltas.items():
        for number in range(60):
            n = len(rows[0])
            for side, score in enumerate((1.0, float(number >= -delta * 60))):
                rows[side].append(item(OPEN, n, score, stratum=name))
    base, tuned = (run(name, [OPEN], side) for name, side in zip(("base", "tuned"), rows, strict=True))  # type: ignore[arg-type]
    return compare(base, tuned, margins={}, resamples=200)


@pytest.mark.parametrize(("tail", "expected"), [(-0.6, "shown"), (-0.1, "open"), (0.0, "ruled_out")])
def test_rare_facts_first(tail: float, expected: State) -> None:
    assert state(diagnose(*strata({"head": -0.2 if tail == 0.0 else -0.1, "tail": tail})), "tail_first") == expected


def test_rare_facts_first_within_relations_that_fell_very_differently() -> None:
    """Relation n loses n tenths of its head and one tenth more of its tail: between relations lies all the spread."""
    info = replace(OPEN, clusters=("cluster", "relation"))
    rows: list[list[object]] = [[], []]
    for relation, stratum, number in itertools.product(range(8), ("head", "tail"), range(10)):
        place = {"stratum": stratum, "second_cluster": f"relation-{relation}"}
        after = float(number >= relation + (stratum == "tail"))
        for side, score in zip(rows, (1.0, after), strict=True):
            side.append(item(info, len(side), score, **place))
    sides = (run(name, [info], side) for name, side in zip(("base", "tuned"), rows, strict=True))  # type: ignore[arg-type]
    (finding,) = diagnose(*compare(*sides, margins={}, resamples=200)).of("tail_first")
    assert finding.state == "shown" and finding.measures[0].value == pytest.approx(-0.1)


def test_languages_that_the_data_lacks(tmp_path: Path) -> None:
    comparison, items = strata({"de": -0.5, "fr": -0.6, "en": -0.1})
    english = tuple(f"The parcel number {n} will arrive on Monday morning." for n in range(30))
    (finding,) = diagnose(comparison, items, data=known(tmp_path, english)).of("absent_languages")
    assert (finding.state, finding.examples) == ("shown", ("fr", "de"))
    assert finding.measures[0].value == pytest.approx(-0.55 + 0.1)


@pytest.mark.parametrize(
    ("peak", "epochs", "adapter", "expected"),
    [
        (2e-5, 1.0, False, ("ruled_out", "ruled_out")),
        (3e-4, 9.0, False, ("suspected", "suspected")),
        (3e-4, 1.0, True, ("ruled_out", "ruled_out")),
    ],
)
def test_the_trainer_s_log(peak: float, epochs: float, adapter: bool, expected: tuple[State, State]) -> None:
    found = diagnose(*forgot(1.0), training=history(peak, epochs), adapter=adapter)
    assert (state(found, "high_rate"), state(found, "many_epochs")) == expected
    assert state(found, "loss_hides") == "shown"


def test_an_unchanged_model_is_given_no_advice() -> None:
    ones = np.ones(N)
    same = compare(scored("base", {OPEN: ones}), scored("tuned", {OPEN: ones}), margins={}, resamples=200)
    found = diagnose(*same, training=history(1e-3, 50.0))
    assert found.advice == () and state(found, "high_rate") == "open" and state(found, "loss_hides") == "ruled_out"
    assert [paragraph.lines for paragraph in paragraphs(found)][-1] == ("No evidence for a cure.",)


def test_where_the_weights_moved() -> None:
    tensors = (
        TensorDrift("model.layers.0.mlp.up_proj.weight", 0, "mlp.up_proj", (4, 4), 3.0, 0.3),
        TensorDrift("model.layers.1.mlp.up_proj.weight", 1, "mlp.up_proj", (4, 4), 4.0, 2.0),
    )
    (finding,) = diagnose(*forgot(1.0), drift=WeightDrift(tensors)).of("far_weights")
    assert finding.examples == ("mlp.up_proj 1", "mlp.up_proj 0")
    assert finding.measures[0].value == pytest.approx(np.hypot(0.3, 2.0) / 5.0)


# --- in words ---------------------------------------------------------------------------------


def test_every_cause_and_cure_has_its_words() -> None:
    assert set(RULES) == set(CURES)
    for finding in [Finding(cause, "shown") for cause in CAUSES]:
        (told, *_) = paragraphs(Diagnosis("id", (finding,), ()))
        assert "{" not in " ".join(told.lines) and len(told.lines) == 3


def test_the_page_is_plain_whatever_the_model_said() -> None:
    comparison, items = forgot(1.0)
    hostile = Finding("voice", "shown", examples=("<script>alert(1)</script>", "[x](javascript:1)", "\x1b[31m"))
    page = diagnosis_markdown(
        replace(comparison, candidate=replace(comparison.candidate, name="<b>x</b>")),
        replace(diagnose(comparison, items), findings=(hostile,)),
    )
    assert list(read_markdown(page)) == []


def test_the_command_writes_both_files(tmp_path: Path, forgetbench) -> None:  # type: ignore[no-untyped-def]
    comparison, items = forgot(1.0)
    folder = save_comparison(tmp_path / "results" / "comparisons" / comparison.comparison_id, comparison, items)
    done = forgetbench("diagnose", folder)
    assert done.returncode == 0, done.stderr
    assert "shown: knowledge: The answers are still there" in done.stdout
    assert "1. Show a few examples" in done.stdout
    content = json.loads((folder / "diagnosis.json").read_text())
    assert {finding["cause"] for finding in content["findings"]} >= {"locked", "erased", "voice"}
    assert "# Why" in (folder / "diagnosis.md").read_text()
    assert '<h2 id="diagnosis">' in (folder / "report.html").read_text()
    found = load_diagnosis(ResultsFolder(tmp_path / "results"), comparison)
    assert found is not None and found.findings == diagnose(comparison, items).findings
    (folder / "diagnosis.json").write_text('{"schema_version": 1, "findings": [{"measures": 3}]}')
    damaged = forgetbench("report", folder)
    assert damaged.returncode == 2 and "diagnosis.json" in damaged.stderr
    (folder / "diagnosis.json").unlink()
    assert forgetbench("report", folder).returncode == 0
    assert 'id="diagnosis"' not in (folder / "report.html").read_text()
    lacking = forgetbench("diagnose", folder, "--training-log", tmp_path / "nowhere")
    assert lacking.returncode == 2 and lacking.stderr.count("\n") == 1
    elsewhere = forgetbench("diagnose", folder, "--weights")
    assert elsewhere.returncode == 2 and "models/base" in elsewhere.stderr
