"""The fine-tuning set in a comparison: items that it contains are flagged, counted, and left out on request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from paired_runs import item, run, task

from forgetbench.comparison.delta import compare
from forgetbench.comparison.sft_data import read_sft_data
from forgetbench.errors import InputError
from forgetbench.records import Comparison
from forgetbench.storage.runs import Run

OPEN, STRICT = task("open", view="open"), task("strict", view="strict")
RIVERS = ["the long green Amber", "the quick cold Birch", "the broad slow Cedar", "the deep brown Dover"]


def run_of(name: str, *scores: float) -> Run:
    """Four questions in two views; the strict one demands a format, in the same words for all."""
    rows = []
    for number, (river, score) in enumerate(zip(RIVERS, scores, strict=True)):
        question = f"Into which sea does {river} river flow in the old tale?"
        gold = f"sea of {river.split()[-1].lower()}"
        rows.append(item(OPEN, number, score, question=question, gold=gold))
        strict = f"{question}\nReply with one line that reads 'Answer: ' and then only the answer."
        rows.append(item(STRICT, number, score, question=strict, gold=gold))
    return run(name, [OPEN, STRICT], rows)


def compared(path: Path, exclude: bool) -> tuple[Comparison, Any]:
    data = read_sft_data(path, exclude=exclude)
    return compare(run_of("base", 0, 1, 1, 0), run_of("sft", 1, 1, 0, 0), margins={}, sft_data=data, resamples=100)


@pytest.fixture
def trained_on_one(tmp_path: Path) -> Path:
    """Holds the first question with its answer, and the second with another answer."""
    turns = [
        ("Into which sea does the long green Amber river flow in the old tale?", "Into the Sea of Amber!"),
        ("Into which sea does the quick cold Birch river flow in the old tale?", "I do not know."),
    ]
    path = tmp_path / "sft.jsonl"
    rows = [{"messages": [{"role": "user", "content": a}, {"role": "assistant", "content": b}]} for a, b in turns]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_items_in_the_training_data_are_flagged_in_every_view(trained_on_one: Path) -> None:
    comparison, items = compared(trained_on_one, exclude=False)
    assert items[items["contaminated"]]["item_id"].tolist() == ["item-0", "item-0"]
    assert [row.n_contaminated for row in comparison.tasks] == [1, 1]
    assert comparison.domains[0].n_contaminated == 2
    assert [row.outcomes.gained for row in comparison.tasks] == [0.25, 0.25]
    assert any("2 items stand in the fine-tuning data sft.jsonl" in text for text in comparison.warnings)


def test_on_request_a_gain_on_them_does_not_count(trained_on_one: Path) -> None:
    comparison, items = compared(trained_on_one, exclude=True)
    assert [(row.n_items, row.outcomes.gained, row.n_contaminated) for row in comparison.tasks] == [
        (3, 0.0, 1),
        (3, 0.0, 1),
    ]
    assert [row.n_unmeasured for row in comparison.tasks] == [0, 0]
    assert items["reason"].dropna().unique().tolist() == ["in the fine-tuning data, and left out on request"]


def test_without_the_data_nothing_is_said_of_it() -> None:
    comparison, items = compare(run_of("base", 0, 1, 1, 0), run_of("sft", 1, 1, 0, 0), margins={}, resamples=100)
    assert items["contaminated"].isna().all()
    assert [row.n_contaminated for row in (*comparison.tasks, comparison.overall)] == [None, None, None]


def test_novelty_of_samples_is_shown_beside_the_scores(tmp_path: Path) -> None:
    info = task("creativity", "creativity", binary=False, repeats=2, metric="utility")
    (tmp_path / "sft.jsonl").write_text('{"completion": "I am happy to help you with that today."}\n')

    def answered(name: str, *texts: str) -> Run:
        return run(name, [info], [item(info, 0, 0.5, responses=texts)])

    data = read_sft_data(tmp_path / "sft.jsonl")
    comparison, _ = compare(
        answered("base", "A heron waits.", "Rain falls up."),
        answered("sft", "I am happy to help you with that today.", "A heron waits."),
        margins={}, sft_data=data, resamples=100,
    )  # fmt: skip
    (row,) = [row for row in comparison.metrics if row.metric == "novelty_against_sft_data"]
    assert (row.base, row.candidate) == (1.0, 0.5)


def test_a_row_without_an_answer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sft.jsonl"
    path.write_text('{"text": "a"}\n{"prompt": "b"}\n')
    with pytest.raises(InputError, match=r"sft\.jsonl:2: no answer here"):
        read_sft_data(path)
