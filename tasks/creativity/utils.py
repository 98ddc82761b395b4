"""What the creativity tasks' YAML files call: their documents, and the quality-weighted novelty of K samples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.metrics.constraints import holds
from forgetbench.metrics.degeneration import degeneration
from forgetbench.metrics.diversity import (
    CHINESE_VOCABULARY,
    VOCABULARY,
    compression_ratio,
    cut_to_common_length,
    ead,
    freshness,
    ngram_kernel,
    repeated_openers,
    self_similarity,
    utility,
    vendi,
)
from forgetbench.metrics.ideas import NAMING, idea_classes
from forgetbench.metrics.quality import quality
from forgetbench.metrics.text import answered, words
from forgetbench.metrics.topic import bearing, is_off_topic
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

if TYPE_CHECKING:
    from datasets import Dataset

FOLDER = Path(__file__).parent
_VOCABULARY = {"en": VOCABULARY, "zh": CHINESE_VOCABULARY}


def prompts(**_: Any) -> dict[str, Dataset]:
    """The English prompts, one document each."""
    return as_dataset(read_jsonl(FOLDER / "prompts.jsonl"))


def prompts_zh(**_: Any) -> dict[str, Dataset]:
    """The Chinese prompts, one document each."""
    return as_dataset(read_jsonl(FOLDER / "prompts_zh.jsonl"))


def questions(**_: Any) -> dict[str, Dataset]:
    """The English questions of comprehension, and their few-shot examples."""
    return _with_examples("comprehension.jsonl")


def questions_zh(**_: Any) -> dict[str, Dataset]:
    """The Chinese questions of comprehension, and their few-shot examples."""
    return _with_examples("comprehension_zh.jsonl")


def _with_examples(name: str) -> dict[str, Dataset]:
    rows = read_jsonl(FOLDER / name)
    return as_dataset(*([row for row in rows if row["split"] == split] for split in ("test", "fewshot")))


def process_results(doc: Mapping[str, Any], results: Sequence[Sequence[str] | str]) -> dict[str, float]:
    """`utility` in [0, 1] and its supporting numbers, from the K samples of one prompt.

    `utility` weighs each new idea by the quality of its sample; `diversity` is the same with every quality 1, and
    `fluency` the mean quality, so that either shows apart. Ideas are those of the whole samples (`metrics.ideas`), the
    measures of wording of the samples cut to one length. Where no single thing is asked for, a new idea is worth less
    by `fresh`, where its opening repeats an earlier one. `kept` is the share that keeps what the prompt demands of the
    form; an answer that breaks it has no quality.
    `distinct` is ideas / K, `vendi` runs from 1 to K, `openers` is the probability that two samples begin alike (1
    where fewer than two begin at all), `degenerate` and `parsed` are the shares of samples that loop or are empty and
    that say anything, and `quality_without_reference` is the share whose likelihood under the reference checkpoint is
    not known. `off_topic` is the share that is surely beside the point, of which `topic_unknown` could not be told.
    """
    first = results[0]
    texts = [first] if isinstance(first, str) else list(first)
    logprobs, neutral, tokens = (
        _facts(doc, name, len(texts)) for name in ("reference_logprobs", "neutral_logprobs", "token_counts")
    )
    each = [
        quality(text, doc["prompt"], logprob, neutral_logprob=beside, n_tokens=n, min_words=doc["min_words"])
        for text, logprob, beside, n in zip(texts, logprobs, neutral, tokens, strict=True)
    ]
    bears = list(map(bearing, texts, logprobs, neutral))
    cut = cut_to_common_length(texts)
    kept = [_keeps_constraint(doc, text) for text in texts]
    each = [value * held for value, held in zip(each, kept, strict=True)]
    ideas = idea_classes(texts, doc["prompt"], doc.get("stratum", ""))
    # One name in the same polite sentence as another is still another name.
    fresh = [1.0] * len(texts) if doc.get("stratum") in NAMING else freshness(cut, doc["prompt"])
    kernel = ngram_kernel(cut)
    broken_down = [degeneration(text, doc["prompt"]) for text in texts]
    begins = sum(bool(words(text)) for text in texts)
    return {
        "utility": utility(ideas, [u * f for u, f in zip(each, fresh, strict=True)]),
        "diversity": utility(ideas, fresh),
        "fluency": sum(each) / len(each),
        "distinct": len(set(ideas)) / len(ideas),
        "fresh": sum(fresh) / len(fresh),
        "quality_without_reference": sum(value is None for value in logprobs) / len(logprobs),
        "ead": ead([word for text in cut for word in words(text)], _VOCABULARY[doc["language"]]),
        "vendi": vendi(kernel),
        "self_similarity": self_similarity(kernel),
        "compression_ratio": compression_ratio(cut),
        "openers": repeated_openers(texts) if begins > 1 else 1.0,
        "kept": sum(kept) / len(kept),
        "off_topic": sum(map(is_off_topic, bears)) / len(texts),
        "topic_unknown": sum(one is None and answered(text) for one, text in zip(bears, texts, strict=True))
        / len(texts),
        "degenerate": sum(broken.repetitive or broken.empty for broken in broken_down) / len(texts),
        "parsed": sum(map(answered, texts)) / len(texts),
    }


def _keeps_constraint(doc: Mapping[str, Any], text: str) -> bool:
    """Whether an answer keeps what its prompt demands of its form; prompts without a demand are kept by any."""
    return all(holds(text, name, parameters) for name, parameters in json.loads(doc.get("constraints") or "[]"))


def _facts(doc: Mapping[str, Any], name: str, k: int) -> list[Any]:
    """What the harness knows of each sample, all None where it knows nothing.

    Raises ValueError when it speaks of another number of samples.
    """
    facts = (doc.get("forgetbench") or {}).get(name) or [None] * k
    if len(facts) != k:
        raise ValueError(f"{doc['item_id']}: {k} samples, but {len(facts)} {name}")
    return list(facts)
