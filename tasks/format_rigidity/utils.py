"""Documents of the format_rigidity tasks, and what each answer contributes.

The scores need more than one answer. forgetbench takes them from `forgetbench.metrics.corpus`, item by
item; lm-eval alone takes their means from the aggregations here. Overused phrases and leakage need a second
checkpoint, so lm-eval alone shows their supporting numbers only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forgetbench.metrics.constraints import holds, holds_loosely, undecided
from forgetbench.metrics.corpus import TaskResponses, paired_differences, right_by_format
from forgetbench.metrics.corpus import format_deviation as deviation_of
from forgetbench.metrics.corpus import format_spread as spread_of
from forgetbench.metrics.structure import Structure, opening_pairs, structure, structure_pairs
from forgetbench.metrics.text import answered, words
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

if TYPE_CHECKING:
    from datasets import Dataset

HERE = Path(__file__).parent


def free_prompts(**_: Any) -> dict[str, Dataset]:
    """Prompts of many kinds that ask for no format."""
    return as_dataset(read_jsonl(HERE / "free.jsonl"))


def constraint_pairs(**_: Any) -> dict[str, Dataset]:
    """Every constrained prompt (`<id>/asked`) followed by its unconstrained counterpart (`<id>/free`)."""
    return as_dataset(read_jsonl(HERE / "elasticity.jsonl"))


def questions_in_formats(**_: Any) -> dict[str, Dataset]:
    """Every question in each format (`<question>/<format>`), the formats of a question one after the other."""
    return as_dataset(read_jsonl(HERE / "spread.jsonl"))


def describe_answer(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """Supporting numbers of a free answer: whether there is one, and its length in words."""
    return {"answered": float(answered(results[0])), "words": float(len(words(results[0])))}


def describe_structure(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """The same, and what the corpus metric `structure` needs of the answer."""
    return describe_answer(doc, results) | {"structure": (doc["cluster"], structure(results[0]))}


def describe_opening(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """The same, and what the corpus metric `openings` needs of the answer."""
    return describe_answer(doc, results) | {"openings": (doc["cluster"], structure(results[0]))}


def structure_diversity(rows: Sequence[tuple[str, Structure]]) -> float:
    """1 - R1 of all answers: lm-eval's aggregation, the mean of the corpus metric `structure`."""
    return 1.0 - structure_pairs([one for _, one in rows], [cluster for cluster, _ in rows]).mean()


def opening_diversity(rows: Sequence[tuple[str, Structure]]) -> float:
    """The same of the corpus metric `openings`."""
    return 1.0 - opening_pairs([one for _, one in rows], [cluster for cluster, _ in rows]).mean()


def check_constraint(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """Whether the row's constraint holds in the row's answer, asked for or not: 1 or 0, read strictly and loosely.

    `cut`: the token limit ended the answer, and what would have followed could have changed that.
    """
    asked = (results[0], doc["constraint"], json.loads(doc["parameters"]))
    strict, loose = float(holds(*asked)), float(holds_loosely(*asked))
    at_limit = "length" in doc.get("forgetbench", {}).get("finish_reasons", ())
    return {
        "holds": strict,
        "holds_loose": loose,
        "cut": float(at_limit and undecided(*asked)),
        "elasticity": (doc["item_id"], strict),
        "elasticity_loose": (doc["item_id"], loose),
    }


def elasticity(rows: Sequence[tuple[str, float]]) -> float:
    """1 - R2 of all pairs: lm-eval's aggregation, the mean of the corpus metric of the same name.

    NaN when no pair is whole.
    """
    scores = paired_differences(dict(rows))
    return sum(scores.values()) / len(scores) if scores else float("nan")


def check_choice(doc: Mapping[str, Any], results: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    """`acc`: 1 if the right option is the likeliest, else 0."""
    right = float(int(np.argmax([loglikelihood for loglikelihood, _ in results])) == doc["gold"])
    return {"acc": right, "format_spread": (doc["item_id"], right), "format_deviation": (doc["item_id"], right)}


def format_spread(rows: Sequence[tuple[str, float]]) -> float:
    """1 - (max - min) of the accuracies of the formats: lm-eval's aggregation, the mean of the corpus metric."""
    return 1.0 - spread_of(_right(rows))


def format_deviation(rows: Sequence[tuple[str, float]]) -> float:
    """1 - the standard deviation between formats, without what the choice of questions adds."""
    return 1.0 - deviation_of(_right(rows))


def _right(rows: Sequence[tuple[str, float]]) -> Any:
    names = [name for name, _ in rows]
    nothing = [""] * len(names)
    metrics = [{"acc": right} for _, right in rows]
    return right_by_format(TaskResponses(names, nothing, nothing, nothing, metrics))[1]
