"""Documents and scoring of the creativity task: quality-weighted novelty of K samples per prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.metrics.diversity import (
    compression_ratio,
    cut_to_common_length,
    ead,
    equivalence_classes,
    ngram_kernel,
    self_similarity,
    utility,
    vendi,
)
from forgetbench.metrics.phrases import words
from forgetbench.metrics.quality import quality
from forgetbench.task_data import as_dataset, read_jsonl

if TYPE_CHECKING:
    from datasets import Dataset

PROMPTS = Path(__file__).with_name("prompts.jsonl")


def prompts(**_: Any) -> dict[str, Dataset]:
    """The prompts, one document each."""
    return as_dataset(read_jsonl(PROMPTS))


def process_results(doc: Mapping[str, Any], results: Sequence[Sequence[str] | str]) -> dict[str, float]:
    """`utility` in [0, 1] and its supporting numbers, from the K samples of one prompt.

    Diversity is measured on the samples cut to one length, quality on the whole samples.
    `distinct` is classes / K, `vendi` runs from 1 to K, and `quality_without_reference` is the
    share of samples whose likelihood under the reference checkpoint is not known.
    """
    first = results[0]
    texts = [first] if isinstance(first, str) else list(first)
    logprobs = _reference_logprobs(doc, len(texts))
    each = [quality(t, doc["prompt"], logprob) for t, logprob in zip(texts, logprobs, strict=True)]

    cut = cut_to_common_length(texts)
    classes = equivalence_classes(cut, doc["prompt"])
    kernel = ngram_kernel(cut)
    return {
        "utility": utility(classes, each),
        "distinct": len(set(classes)) / len(classes),
        "quality": sum(each) / len(each),
        "quality_without_reference": sum(value is None for value in logprobs) / len(logprobs),
        "ead": ead([word for text in cut for word in words(text)]),
        "vendi": vendi(kernel),
        "self_similarity": self_similarity(kernel),
        "compression_ratio": compression_ratio(cut),
    }


def _reference_logprobs(doc: Mapping[str, Any], k: int) -> list[float | None]:
    """Mean log-probability per token of each sample; all None in a run without a reference."""
    known = (doc.get("forgetbench") or {}).get("reference_logprobs") or [None] * k
    if len(known) != k:
        raise ValueError(f"{doc['item_id']}: {k} samples, but {len(known)} reference log-probabilities")
    return list(known)
