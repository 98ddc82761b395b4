"""Documents of the three format_rigidity tasks, and what each answer contributes.

The scores need more than one answer. forgetbench takes them from `forgetbench.metrics.corpus`, item by
item; lm-eval alone takes their means from the aggregations here. Leakage needs a second checkpoint,
so lm-eval alone shows its supporting numbers only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.metrics.constraints import holds
from forgetbench.metrics.corpus import paired_differences
from forgetbench.metrics.phrases import words
from forgetbench.metrics.quality import answered
from forgetbench.metrics.shape import Signature, collision_rate, signature
from forgetbench.task_data import as_dataset, read_jsonl

if TYPE_CHECKING:
    from datasets import Dataset

HERE = Path(__file__).parent


def free_prompts(**_: Any) -> dict[str, Dataset]:
    """Prompts of many kinds that ask for no format."""
    return as_dataset(read_jsonl(HERE / "free.jsonl"))


def constraint_pairs(**_: Any) -> dict[str, Dataset]:
    """Every constrained prompt (`<id>/asked`) followed by its unconstrained twin (`<id>/free`)."""
    return as_dataset(read_jsonl(HERE / "elasticity.jsonl"))


def describe_answer(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """Supporting numbers of a free answer: whether there is one, and its length in words."""
    return {"answered": float(answered(results[0])), "words": float(len(words(results[0])))}


def describe_shape(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """The same, and what `shape_diversity` needs of the answer."""
    return describe_answer(doc, results) | {"shape_diversity": (doc["cluster"], signature(results[0]))}


def shape_diversity(rows: Sequence[tuple[str, Signature]]) -> float:
    """1 - R1 of all answers: lm-eval's aggregation, the mean of the corpus metric of the same name."""
    return 1.0 - collision_rate([shape for _, shape in rows], [cluster for cluster, _ in rows])


def check_constraint(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """`holds`: 1 if the row's constraint holds in the row's answer, asked for or not; else 0."""
    held = float(holds(results[0], doc["constraint"], json.loads(doc["parameters"])))
    return {"holds": held, "elasticity": (doc["item_id"], held)}


def elasticity(rows: Sequence[tuple[str, float]]) -> float:
    """1 - R2 of all pairs: lm-eval's aggregation, the mean of the corpus metric of the same name.

    NaN when no pair is whole.
    """
    scores = paired_differences(dict(rows))
    return sum(scores.values()) / len(scores) if scores else float("nan")
