"""Comparisons of one base as a matrix: what is in it, and which comparisons it refuses."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from paired_runs import item, run, scored, task

from forgetbench.comparison.delta import compare
from forgetbench.errors import InputError
from forgetbench.records import ItemScore
from forgetbench.storage.comparisons import save_comparison
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import Run, save_run

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from forecasting.reading import read_comparisons

OPEN, CHOICE = task("open", view="open"), task("choice", view="choice", chance=0.5)


def rated(number: int, right: float) -> ItemScore:
    """An item of two options, of which the right one is more likely by `right` nats."""
    score = float(right > 0)
    return item(CHOICE, number, score, gold="yes", choices=("no", "yes"), loglikelihoods=(-2.0, -2.0 + right))


def base_run(scores: tuple[float, ...] = (1.0, 1.0, 0.0)) -> Run:
    free = [item(OPEN, number, score) for number, score in enumerate(scores)]
    return run("base", [OPEN, CHOICE], [*free, rated(0, 3.0), rated(1, -1.0)])


def candidate(name: str, *scores: float | None) -> Run:
    return scored(name, {OPEN: list(scores[:3]), CHOICE: list(scores[3:])})


def folder(results: Path, name: str, base: Run, tuned: Run) -> Path:
    save_run(ResultsFolder(results), base, {})
    comparison, items = compare(base, tuned, margins={}, resamples=100)
    return save_comparison(ResultsFolder(results).comparison(name), comparison, items)


def test_answers_stand_beside_what_the_base_knows(tmp_path: Path) -> None:
    first = folder(tmp_path, "first", base_run(), candidate("lora-seed0", 0.0, 1.0, 1.0, 1.0, 0.0))
    second = folder(tmp_path, "second", base_run(), candidate("lora-seed1", 1.0, None, 0.0, 0.0, 1.0))
    read = read_comparisons([first, second], lambda name: name.partition("-")[0])
    assert (read.names, read.tasks, read.domains) == (("lora-seed0", "lora-seed1"), ("choice", "open"), ("knowledge",))
    assert read.item_ids == ("item-0", "item-1", "item-0", "item-1", "item-2")
    assert read.items.base.tolist() == [True, False, True, True, False]
    np.testing.assert_equal(read.candidates.right, [[1.0, 0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, np.nan, 0.0]])
    assert read.candidates.family.tolist() == [0, 0]
    assert read.items.question.tolist() == [0, 1, 0, 1, 2]


def test_a_question_has_the_margin_of_its_choice(tmp_path: Path) -> None:
    only = folder(tmp_path, "only", base_run(), candidate("tuned", 0.0, 1.0, 1.0, 1.0, 0.0))
    assert read_comparisons([only]).items.margin == pytest.approx([3.0, -1.0, 3.0, -1.0, np.nan], nan_ok=True)


def test_without_the_base_s_run_no_margin_is_known(tmp_path: Path) -> None:
    only = folder(tmp_path, "only", base_run(), candidate("tuned", 0.0, 1.0, 1.0, 1.0, 0.0))
    elsewhere = tmp_path / "elsewhere" / "comparisons" / "only"
    elsewhere.parent.mkdir(parents=True)
    only.rename(elsewhere)
    assert np.isnan(read_comparisons([elsewhere]).items.margin).all()


def test_an_answer_beside_another_answer_of_the_base_is_not_known(tmp_path: Path) -> None:
    """The same base through another engine flips an item now and then."""
    first = folder(tmp_path / "vllm", "first", base_run(), candidate("one", 0.0, 1.0, 1.0, 1.0, 0.0))
    flipped = base_run((0.0, 1.0, 0.0))
    second = folder(tmp_path / "transformers", "second", flipped, candidate("two", 1.0, 1.0, 1.0, 1.0, 0.0))
    read = read_comparisons([first, second])
    assert np.isnan(read.candidates.right[1]).tolist() == [False, False, True, False, False]


def test_comparisons_of_another_base_are_refused(tmp_path: Path) -> None:
    first = folder(tmp_path / "a", "first", base_run(), candidate("one", 0.0, 1.0, 1.0, 1.0, 0.0))
    manifest = replace(base_run().manifest, fingerprint="weights-of-another")
    other = Run.of(manifest, base_run().samples)
    second = folder(tmp_path / "b", "second", other, candidate("two", 0.0, 1.0, 1.0, 1.0, 0.0))
    with pytest.raises(InputError, match=r"second: its base is not that of .*first; give comparisons that share it"):
        read_comparisons([first, second])


def test_nothing_measured_is_refused(tmp_path: Path) -> None:
    numbers = task("numbers", binary=False)
    base, tuned = (scored(name, {numbers: [0.5, 0.25]}) for name in ("base", "tuned"))
    only = folder(tmp_path, "only", base, tuned)
    with pytest.raises(InputError, match="no right-or-wrong item was measured"):
        read_comparisons([only])
