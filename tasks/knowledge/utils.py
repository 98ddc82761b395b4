"""What the knowledge tasks' YAML files call: documents of facts.jsonl, and the scoring of written answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.metrics.extraction import contains_answer, matches_strictly
from forgetbench.task_data import as_dataset, read_jsonl

if TYPE_CHECKING:
    from datasets import Dataset

FACTS = Path(__file__).with_name("facts.jsonl")
STRICT_PREFIX = "Answer: "


@cache
def _facts() -> tuple[dict[str, Any], ...]:
    return tuple(read_jsonl(FACTS))


@cache
def _answers(relation: str) -> frozenset[str]:
    """Every right answer to some question of `relation`: the candidates among which a reply chooses."""
    return frozenset(fact["answer"] for fact in _facts() if fact["relation"] == relation)


def documents(**_: Any) -> dict[str, Dataset]:
    """All facts; the held-out ones are the few-shot examples."""
    facts = _facts()
    return as_dataset(
        [fact for fact in facts if fact["split"] == "test"],
        [fact for fact in facts if fact["split"] == "fewshot"],
    )


def _case_matters(doc: Mapping[str, Any]) -> bool:
    return bool(doc["relation"] == "symbol")


def score_open(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """1 where the first candidate that the reply names is an accepted answer and it is not one of a list."""
    right = contains_answer(results[0], doc["aliases"], _answers(doc["relation"]), keep_case=_case_matters(doc))
    return {"correct": float(right)}


def score_strict(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """1 where the whole reply is 'Answer: ' and an accepted answer; `correct` says what a lenient reader finds."""
    strict = matches_strictly(results[0], doc["aliases"], STRICT_PREFIX, keep_case=_case_matters(doc))
    return {"strict_match": float(strict), **score_open(doc, results)}
