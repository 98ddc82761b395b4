"""Format spread: the same questions in several formats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forgetbench.metrics.corpus.metric import FloatArray, OneSided
from forgetbench.metrics.corpus.responses import TaskResponses


@dataclass(frozen=True, slots=True)
class FormatSpread(OneSided):
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
