"""Scores of an item that depend on the other items, or on the other checkpoint: format_rigidity.

Each metric turns the answers of one task into one score per row, higher is better, so that pairing and
statistics treat them like any other item. The mean of the scores is 1 - R1, 1 - R2 or 1 - R3.
NaN marks a row that is not an item.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from forgetbench.errors import IncomparableError
from forgetbench.metrics.phrases import Phrase, characteristic, overused, phrases
from forgetbench.metrics.shape import collision_pseudovalues, signature

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]

ASKED, FREE = "/asked", "/free"
MIN_PROMPTS_TO_CONTRAST = 5
"""With fewer prompts no phrase can reach the z of `phrases.MIN_Z`, so nothing is measured."""


@dataclass(frozen=True, slots=True)
class Answers:
    """One checkpoint's answers to a task, one entry per row in every field."""

    item_ids: Sequence[str]
    clusters: Sequence[str]
    prompts: Sequence[str]
    """The question as the document has it, or as rendered: its phrases are not the answer's own."""
    texts: Sequence[str]
    metrics: Sequence[Mapping[str, float]] = ()
    """What the task's process_results returned per row; empty where the metric does not need it."""

    def __post_init__(self) -> None:
        lengths = {len(self.item_ids), len(self.clusters), len(self.prompts), len(self.texts)}
        if self.metrics:
            lengths.add(len(self.metrics))
        if len(lengths) != 1:
            raise ValueError(f"answers are not aligned: the fields have {sorted(lengths)} rows")


class CorpusMetric(Protocol):
    """Item scores from all rows of a task."""

    def alone(self, answers: Answers) -> FloatArray | None:
        """Scores of one run by itself, shape (rows,); None when the metric needs the other side."""
        ...

    def paired(
        self, base: Answers, candidate: Answers, training_texts: Sequence[str] | None
    ) -> tuple[FloatArray, FloatArray]:
        """Scores of both sides on the same rows, shape (rows,) each.

        Raises:
            IncomparableError: when the two sides do not have the same rows.
        """
        ...


@dataclass(frozen=True, slots=True)
class ShapeDiversity:
    """1 - R1: the probability that answers to two different prompts differ in shape (`shape.signature`).

    A row's score is 1 - its jackknife pseudo-value, which may lie outside [0, 1] and must not be
    clipped: the mean is exactly 1 - R1 and the variance is that of a U-statistic of order 2.
    """

    def alone(self, answers: Answers) -> FloatArray:
        shapes = [signature(text) for text in answers.texts]
        return np.asarray(1.0 - collision_pseudovalues(shapes, answers.clusters), dtype=np.float64)

    def paired(
        self, base: Answers, candidate: Answers, training_texts: Sequence[str] | None
    ) -> tuple[FloatArray, FloatArray]:
        _require_same_rows(base, candidate)
        return self.alone(base), self.alone(candidate)


@dataclass(frozen=True, slots=True)
class Elasticity:
    """1 - R2: how much more often a constraint holds when it is asked for than when it is not.

    Rows come in pairs, `<id>/asked` and `<id>/free`, each with the number `holds` among its
    metrics. The score stands on the asked row, holds(asked) - holds(free), in {-1, 0, 1}; free rows are
    no items, nor are asked rows whose twin is missing. The mean is not floored at 0: a
    model that keeps a constraint less often when asked shows it.
    """

    def alone(self, answers: Answers) -> FloatArray:
        held = dict(zip(answers.item_ids, map(_holds, answers.metrics), strict=True))
        scores = paired_differences(held)
        return np.array([scores.get(row, np.nan) for row in answers.item_ids], dtype=np.float64)

    def paired(
        self, base: Answers, candidate: Answers, training_texts: Sequence[str] | None
    ) -> tuple[FloatArray, FloatArray]:
        _require_same_rows(base, candidate)
        return self.alone(base), self.alone(candidate)


@dataclass(frozen=True, slots=True)
class Leakage:
    """1 - R3: whether an answer is free of the wording of the training data.

    With training texts, an answer leaks if it contains a phrase (see `phrases.phrases`) that is
    characteristic of the training answers, does not stand in its own prompt, and is not used by the base.
    Without them, if it contains a phrase that the candidate uses far more than the base (`phrases.overused`).

    Both choices look at the answers, so they are cross-fitted: the prompts are split in two halves by
    a hash, phrases are chosen on one half and counted on the other, for both sides alike. Otherwise the
    base would be clean by construction and the candidate's luck would count as leakage. The halves
    are of clusters, so answers to one prompt never stand on both sides. A half that is too small
    to choose phrases on leaves the other half unmeasured.
    """

    def alone(self, answers: Answers) -> None:
        return None

    def paired(
        self, base: Answers, candidate: Answers, training_texts: Sequence[str] | None
    ) -> tuple[FloatArray, FloatArray]:
        _require_same_rows(base, candidate)
        sides = [_own_phrases(base), _own_phrases(candidate)]
        scores = np.full((2, len(base.texts)), np.nan)
        half = np.array([_half(cluster) for cluster in base.clusters], dtype=bool)
        for measured in (half, ~half):
            chosen = self._choose(sides, base.clusters, ~measured, training_texts)
            if chosen is None:
                continue
            for side, own in enumerate(sides):
                for row in np.flatnonzero(measured):
                    scores[side, row] = float(chosen.isdisjoint(own[row]))
        return scores[0], scores[1]

    def _choose(
        self,
        sides: Sequence[Sequence[set[Phrase]]],
        clusters: Sequence[str],
        rows: npt.NDArray[np.bool_],
        training_texts: Sequence[str] | None,
    ) -> set[Phrase] | None:
        """The phrases that count as leaked, from the chosen `rows` alone; None if they are too few."""
        index = np.flatnonzero(rows)
        base, candidate = ([own[i] for i in index] for own in sides)
        if training_texts:
            # Counting only phrases that occur in an answer saves memory and chooses nothing.
            everywhere = set().union(*sides[0], *sides[1])
            return characteristic(training_texts, everywhere).difference(*base) if len(index) else None
        prompts = [clusters[i] for i in index]
        if len(set(prompts)) < MIN_PROMPTS_TO_CONTRAST:
            return None
        return {found.phrase for found in overused(candidate, base, prompts)}


CORPUS_METRICS: Mapping[str, CorpusMetric] = {
    "shape_diversity": ShapeDiversity(),
    "elasticity": Elasticity(),
    "leakage": Leakage(),
}
"""Name, as in a task's `metadata.corpus_metric` -> metric."""


def paired_differences(held: Mapping[str, float]) -> dict[str, float]:
    """holds(asked) - holds(free) by the item id of the asked row, for every `<id>/asked` with its `<id>/free`."""
    twins = {row: row.removesuffix(ASKED) + FREE for row in held if row.endswith(ASKED)}
    return {row: held[row] - held[twin] for row, twin in twins.items() if twin in held}


def answers_of(samples: pd.DataFrame) -> Answers:
    """The answers in a samples table, or in the rows of one task of it.

    Rows without a response (not measured) are left out, so two runs give aligned answers only
    for rows that both have measured. A metric stored as null was not a finite number.
    """
    answered = np.array([len(responses) > 0 for responses in samples["responses"]], dtype=bool)
    rows = samples.loc[answered]
    return Answers(
        item_ids=rows["item_id"].tolist(),
        clusters=rows["cluster"].tolist(),
        prompts=rows["prompt"].tolist(),
        texts=[responses[0] for responses in rows["responses"]],
        metrics=[{name: x for name, x in row.items() if x is not None} for row in rows["metrics"]],
    )


def _require_same_rows(base: Answers, candidate: Answers) -> None:
    if list(base.item_ids) != list(candidate.item_ids):
        unlike: set[Any] = set(base.item_ids) ^ set(candidate.item_ids)
        what = f"items on one side only: {', '.join(sorted(unlike)[:5])}" if unlike else "the order differs"
        raise IncomparableError(f"the two runs' answers are not aligned row by row: {what}")


def _holds(metrics: Mapping[str, float]) -> float:
    return metrics.get("holds", float("nan"))


def _own_phrases(answers: Answers) -> list[set[Phrase]]:
    return [phrases(text, prompt) for text, prompt in zip(answers.texts, answers.prompts, strict=True)]


def _half(cluster: str) -> bool:
    return bool(hashlib.sha256(cluster.encode("utf-8")).digest()[0] & 1)
