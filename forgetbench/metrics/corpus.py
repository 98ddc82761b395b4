"""Scores of an item that depend on the other items, or on the other checkpoint: format_rigidity.

Each metric turns the responses to one task into one score per row, higher is better, so that pairing and
statistics treat them like any other item. The mean of the scores is one minus a measure of rigidity:

    shape_diversity   1 - R1: the rate at which two answers to different prompts collide in shape
    elasticity        1 - R2: how far a constraint holds without being asked for
    leakage           1 - R3: the share of answers that hold wording of the training data
    format_spread     1 - (max - min) of the accuracies over prompt formats

NaN marks a row that is not an item.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from forgetbench.errors import IncomparableError, listed
from forgetbench.metrics.phrases import Phrase, characteristic, overused, phrases
from forgetbench.metrics.shape import collision_pseudovalues, signature

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]

ASKED, FREE = "/asked", "/free"
MIN_PROMPTS_TO_CONTRAST = 5
"""With fewer prompts no phrase can reach the z of `phrases.MIN_Z`, so nothing is measured."""


@dataclass(frozen=True, slots=True)
class TaskResponses:
    """One checkpoint's responses to a task, one entry per row in every field."""

    item_ids: Sequence[str]
    clusters: Sequence[str]
    prompts: Sequence[str]
    """The question as the document has it, or as rendered: its phrases are not the answer's own."""
    texts: Sequence[str]
    """What was written; empty in a task whose options are rated and which has no text."""
    metrics: Sequence[Mapping[str, float]] = ()
    """What the task's process_results returned per row; empty where the metric does not need it."""

    def __post_init__(self) -> None:
        lengths = {len(self.item_ids), len(self.clusters), len(self.prompts), len(self.texts)}
        if self.metrics:
            lengths.add(len(self.metrics))
        if len(lengths) != 1:
            raise ValueError(f"responses are not aligned: the fields have {sorted(lengths)} rows")


class CorpusMetric(Protocol):
    """Item scores from all rows of a task."""

    def alone(self, responses: TaskResponses) -> FloatArray | None:
        """Scores of one run by itself, shape (rows,); None when the metric needs the other side."""
        ...

    def paired(
        self, base: TaskResponses, candidate: TaskResponses, training_texts: Sequence[str] | None
    ) -> tuple[FloatArray, FloatArray]:
        """Scores of both sides on the same rows, shape (rows,) each.

        Raises:
            IncomparableError: when the two sides do not have the same rows.
        """
        ...


class _OneSided:
    """A metric that looks at one run's responses at a time."""

    __slots__ = ()

    def alone(self, responses: TaskResponses) -> FloatArray:
        raise NotImplementedError

    def paired(
        self, base: TaskResponses, candidate: TaskResponses, training_texts: Sequence[str] | None
    ) -> tuple[FloatArray, FloatArray]:
        _require_same_rows(base, candidate)
        return self.alone(base), self.alone(candidate)


@dataclass(frozen=True, slots=True)
class ShapeDiversity(_OneSided):
    """1 - R1: the probability that answers to two different prompts differ in shape (`shape.signature`).

    A row's score is 1 - its jackknife pseudo-value, which may lie outside [0, 1] and must not be
    clipped: the mean is exactly 1 - R1 and the variance is that of a U-statistic of order 2.
    """

    def alone(self, responses: TaskResponses) -> FloatArray:
        shapes = [signature(text) for text in responses.texts]
        return np.asarray(1.0 - collision_pseudovalues(shapes, responses.clusters), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Elasticity(_OneSided):
    """1 - R2: how much more often a constraint holds when it is asked for than when it is not.

    Rows come in pairs, `<id>/asked` and `<id>/free`, each with `metric`, 0 or 1, among its
    metrics. The score stands on the asked row, holds(asked) - holds(free), in {-1, 0, 1}; free rows are
    no items, nor are asked rows without a free one. The mean is not floored at 0: a
    model that keeps a constraint less often when asked shows it.
    """

    metric: str = "holds"
    """`holds` reads the answer strictly, `holds_loose` as `constraints.holds_loosely`."""

    def alone(self, responses: TaskResponses) -> FloatArray:
        held = {row: of.get(self.metric, np.nan) for row, of in zip(responses.item_ids, responses.metrics, strict=True)}
        scores = paired_differences(held)
        return np.array([scores.get(row, np.nan) for row in responses.item_ids], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Leakage:
    """1 - R3: whether an answer is free of the wording of the training data.

    With training texts, an answer leaks if it contains a phrase (see `phrases.phrases`) that is
    characteristic of the training answers, does not stand in its own prompt, and is not used by the base.
    Without them, if it contains a phrase that the candidate uses far more than the base (`phrases.overused`).

    Both choices look at the answers, so they are cross-fitted: the prompts are split in two halves by
    a hash, phrases are chosen on one half and counted on the other, for both sides alike. Otherwise the
    base would be clean by construction and chance would count as leakage in the candidate. The halves
    are of clusters, so answers to one prompt never stand on both sides. A half that is too small
    to choose phrases on leaves the other half unmeasured.
    """

    def alone(self, responses: TaskResponses) -> None:
        return None

    def paired(
        self, base: TaskResponses, candidate: TaskResponses, training_texts: Sequence[str] | None
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
        return {overuse.phrase for overuse in overused(candidate, base, prompts)}


@dataclass(frozen=True, slots=True)
class FormatSpread(_OneSided):
    """1 - spread: how far apart the accuracies are that one set of questions gets in different formats.

    Rows are named `<question>/<format>`, each with the number `acc` among its metrics. A question counts when it
    was answered in every format of the run; its first row has the score

        1 - (right in the best format - right in the worst format),   in {0, 1, 2},

    where best and worst are the formats of the highest and the lowest accuracy over all questions, the first
    of equals. The mean is exactly 1 - (max - min), FormatSpread (Sclar et al. 2023, arXiv 2310.11324).

    Warning: max - min is biased upwards, the more the fewer questions there are: the extremes of eight noisy
    accuracies are apart even where no format matters, and the standard error of the scores takes best and worst as
    given. Both hold for both sides, so compare sides and read no spread by itself; `format_deviation` takes the
    noise out. A model that guesses has a small spread too: read it beside the accuracy.
    """

    def alone(self, responses: TaskResponses) -> FloatArray:
        rows, right = right_by_format(responses)
        scores = np.full(len(responses.item_ids), np.nan)
        if len(rows):
            accuracies = right.mean(axis=0)
            best, worst = accuracies.argmax(), accuracies.argmin()
            scores[rows] = 1.0 - (right[:, best] - right[:, worst])
        return scores


CORPUS_METRICS: Mapping[str, CorpusMetric] = {
    "shape_diversity": ShapeDiversity(),
    "elasticity": Elasticity(),
    "elasticity_loose": Elasticity("holds_loose"),
    "leakage": Leakage(),
    "format_spread": FormatSpread(),
}
"""Name, as in a task's `metadata.corpus_metric` -> metric."""


def paired_differences(held: Mapping[str, float]) -> dict[str, float]:
    """holds(asked) - holds(free) by the item id of the asked row, for every `<id>/asked` with its `<id>/free`."""
    free_row = {row: row.removesuffix(ASKED) + FREE for row in held if row.endswith(ASKED)}
    return {row: held[row] - held[free] for row, free in free_row.items() if free in held}


def right_by_format(responses: TaskResponses) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Whether each question was answered rightly in each format, for rows named `<question>/<format>`.

    The row at which each whole question first stands, shape (questions,), and `acc`, shape (questions, formats), the
    formats in order of appearance. A question that lacks a format, or its number there, is left out.
    """
    accuracies: dict[str, dict[str, float]] = {}
    first_row: dict[str, int] = {}
    formats: dict[str, None] = {}
    for row, (item_id, metrics) in enumerate(zip(responses.item_ids, responses.metrics, strict=True)):
        question, _, name = item_id.rpartition("/")
        first_row.setdefault(question, row)
        formats.setdefault(name)
        accuracies.setdefault(question, {})[name] = metrics.get("acc", np.nan)
    table = {question: [by_format.get(name, np.nan) for name in formats] for question, by_format in accuracies.items()}
    whole = {question: right for question, right in table.items() if not np.isnan(right).any()}
    rows = np.array([first_row[question] for question in whole], dtype=np.intp)
    return rows, np.array(list(whole.values()), dtype=np.float64).reshape(len(whole), len(formats))


def format_spread(right: FloatArray) -> float:
    """Highest minus lowest accuracy over the formats; `right` is 0 or 1, shape (questions, formats). NaN if empty."""
    if not right.size:
        return float("nan")
    accuracies = right.mean(axis=0)
    return float(accuracies.max() - accuracies.min())


def format_deviation(right: FloatArray) -> float:
    """Standard deviation of the accuracy between formats, without what the choice of questions adds.

    sqrt(max(0, variance between formats - mean SE^2)), `right` 0 or 1 with shape (questions, formats). The questions
    are the same in every format, so their difficulty is no error of the comparison and is taken out: mean SE^2 is the
    interaction mean square of a two-way analysis of variance over the number of questions, and the value the
    square root of its variance component of the format. NaN with fewer than two questions or formats.
    """
    n_questions, n_formats = right.shape
    if n_questions < 2 or n_formats < 2:
        return float("nan")
    between = right.mean(axis=0).var(ddof=1)
    interaction = right - right.mean(axis=1, keepdims=True) - right.mean(axis=0) + right.mean()
    mean_square = (interaction**2).sum() / ((n_questions - 1) * (n_formats - 1))
    return float(np.sqrt(max(0.0, between - mean_square / n_questions)))


def responses_of(samples: pd.DataFrame) -> TaskResponses:
    """The responses in a samples table, or in the rows of one task of it.

    Rows with neither a response nor a number (not measured) are left out, so two runs give aligned responses
    only for rows that both have measured. A metric stored as null was not a finite number.
    """
    numbers = [{name: x for name, x in row.items() if x is not None} for row in samples["metrics"]]
    measured = [len(texts) > 0 or bool(of) for texts, of in zip(samples["responses"], numbers, strict=True)]
    rows = samples.loc[np.array(measured, dtype=bool)]
    return TaskResponses(
        item_ids=rows["item_id"].tolist(),
        clusters=rows["cluster"].tolist(),
        prompts=rows["prompt"].tolist(),
        texts=[texts[0] if len(texts) else "" for texts in rows["responses"]],
        metrics=list(compress(numbers, measured)),
    )


def _require_same_rows(base: TaskResponses, candidate: TaskResponses) -> None:
    if list(base.item_ids) != list(candidate.item_ids):
        unlike = set(base.item_ids) ^ set(candidate.item_ids)
        what = f"items on one side only: {listed(sorted(unlike))}" if unlike else "the order differs"
        raise IncomparableError(f"the two runs' responses are not aligned row by row: {what}")


def _own_phrases(responses: TaskResponses) -> list[set[Phrase]]:
    return [phrases(text, prompt) for text, prompt in zip(responses.texts, responses.prompts, strict=True)]


def _half(cluster: str) -> bool:
    return bool(hashlib.sha256(cluster.encode("utf-8")).digest()[0] & 1)
