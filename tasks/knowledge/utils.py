"""What the knowledge tasks' YAML files call: documents, and the scoring of written answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.metrics.answers.normalisation import normalise
from forgetbench.metrics.answers.short_answers import matches_strictly, read_short_answer
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

if TYPE_CHECKING:
    from datasets import Dataset

FOLDER = Path(__file__).parent
STRICT_PREFIX = "Answer: "
ANSWERS_IN_CASE = frozenset({"symbol", "zh:symbol"})
"""Relations whose answers only case tells apart: 'Co' and 'CO'."""


@cache
def _rows(file: str) -> tuple[dict[str, Any], ...]:
    return tuple(read_jsonl(FOLDER / file))


@cache
def _answers(relation: str) -> dict[str, str]:
    """Every right answer to some question of `relation`, and how it reads once normalised: the candidates."""
    rows = (row for file in ("facts.jsonl", "zh.jsonl") for row in _rows(file))
    return {alias: normalise(alias) for row in rows if row["relation"] == relation for alias in row["aliases"]}


def _documents(file: str, view: str = "choice") -> dict[str, Dataset]:
    """The rows of a file that can be asked in a view; the held-out ones are the few-shot examples."""
    rows = [row for row in _rows(file) if row["open"] or view == "choice"]
    return as_dataset(
        [row for row in rows if row["split"] == "test"], [row for row in rows if row["split"] == "fewshot"]
    )


def documents(**_: Any) -> dict[str, Dataset]:
    """All English facts."""
    return _documents("facts.jsonl")


def chinese_choice_documents(**_: Any) -> dict[str, Dataset]:
    """All Chinese facts and idioms."""
    return _documents("zh.jsonl")


def chinese_open_documents(**_: Any) -> dict[str, Dataset]:
    """Those that can be asked without their options."""
    return _documents("zh.jsonl", "open")


def bigbench_choice_documents(**_: Any) -> dict[str, Dataset]:
    """All questions of the BIG-bench slices."""
    return _documents("bigbench.jsonl")


def bigbench_open_documents(**_: Any) -> dict[str, Dataset]:
    """Those that can be asked without their options."""
    return _documents("bigbench.jsonl", "open")


def _rivals(doc: Mapping[str, Any]) -> frozenset[str]:
    """What else a reply may name as its answer, the item's own options among it.

    The question's subject is no answer, nor what stands in it: 'Peru borders Brazil', 'Benin City is in Nigeria'.
    """
    subject = f" {normalise(doc['subject'])} "
    named = _answers(doc["relation"]) | {choice: normalise(choice) for choice in doc["choices"]}
    # The accepted answers among them are no rivals, see `named_option`.
    return frozenset(answer for answer, read in named.items() if f" {read} " not in subject)


def score_open(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`correct` where the first candidate that the reply names is an accepted answer and it is not one of a list.

    `exact` where the first line is nothing else, `parsed` where any answer could be read.
    """
    keep_case = doc["relation"] in ANSWERS_IN_CASE
    return read_short_answer(results[0], doc["aliases"], _rivals(doc), keep_case=keep_case).scores


def score_strict(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """1 where the whole reply is 'Answer: ' and an accepted answer; the rest is read leniently."""
    keep_case = doc["relation"] in ANSWERS_IN_CASE
    strict = matches_strictly(results[0], doc["aliases"], STRICT_PREFIX, keep_case=keep_case)
    lenient = score_open(doc, results)
    return {"strict_match": float(strict), "correct": lenient["correct"], "parsed": lenient["parsed"]}


def score_bigbench(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """As `score_open`; the wrong answers that a reply may name are the question's other options."""
    wrong = [choice for place, choice in enumerate(doc["choices"]) if place != doc["gold"]]
    return read_short_answer(results[0], doc["aliases"], wrong).scores
