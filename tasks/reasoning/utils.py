"""What the reasoning tasks' YAML files call: documents of items.jsonl, and the scoring of written answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.metrics.extraction import contains_answer, stated_number
from forgetbench.task_data import as_dataset, read_jsonl

if TYPE_CHECKING:
    from datasets import Dataset

ITEMS = Path(__file__).with_name("items.jsonl")


@cache
def _items() -> tuple[dict[str, Any], ...]:
    return tuple(read_jsonl(ITEMS))


def documents(**_: Any) -> dict[str, Dataset]:
    """All items; the held-out ones are the few-shot examples."""
    items = _items()
    return as_dataset(
        [item for item in items if item["split"] == "test"],
        [item for item in items if item["split"] == "fewshot"],
    )


def score_open(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """1 where the number that the reply states, or the first of the item's options that it names, is right."""
    text = results[0]
    if doc["numeric"]:
        return {"correct": float(stated_number(text) == int(doc["answer"]))}
    is_letter = len(doc["answer"]) == 1
    return {"correct": float(contains_answer(text, [doc["answer"]], doc["choices"], keep_case=is_letter))}
