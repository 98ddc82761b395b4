"""What the language tasks' YAML files call: documents, and the scoring of what is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.metrics.answers.short_answers import read_short_answer
from forgetbench.metrics.degeneration import degeneration
from forgetbench.metrics.topic import bearing
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

if TYPE_CHECKING:
    from datasets import Dataset

FOLDER = Path(__file__).parent


def passages(**_: Any) -> dict[str, Dataset]:
    """English passages."""
    return as_dataset(read_jsonl(FOLDER / "passages.jsonl"))


def passages_zh(**_: Any) -> dict[str, Dataset]:
    """Chinese passages."""
    return as_dataset(read_jsonl(FOLDER / "passages_zh.jsonl"))


def cloze(**_: Any) -> dict[str, Dataset]:
    """Passages without their last word; those held out are the few-shot examples."""
    rows = read_jsonl(FOLDER / "cloze.jsonl")
    return as_dataset(
        [row for row in rows if row["split"] == "test"], [row for row in rows if row["split"] == "fewshot"]
    )


def prompts(**_: Any) -> dict[str, Dataset]:
    """Questions that any text may answer, in English and Chinese."""
    return as_dataset(read_jsonl(FOLDER / "prompts.jsonl"))


def score_cloze(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """Of the four words, which one does the reply give as its answer? `correct`, `exact`, `parsed` and `conflict`."""
    reasons = (doc.get("forgetbench") or {}).get("finish_reasons") or [None]
    return read_short_answer(results[0], [doc["answer"]], doc["choices"], finish_reason=reasons[0]).scores


def score_generation(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`sound`: 1 for a text that has not broken down, and what is wrong with one that has.

    Whether it is on the topic only a reference tells; `topic_unknown` is 1 where none has rated it.
    """
    known = doc.get("forgetbench") or {}
    (reason, prompted, neutral) = (
        (known.get(name) or [None])[0] for name in ("finish_reasons", "reference_logprobs", "neutral_logprobs")
    )
    bears = bearing(results[0], prompted, neutral)
    broken = degeneration(results[0], doc["prompt"], reason, bears)
    parts = {name: float(value) for name, value in asdict(broken).items()}
    return {"sound": float(not broken.any), **parts, "topic_unknown": float(bears is None and not broken.empty)}
