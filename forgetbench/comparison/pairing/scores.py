"""The scores of both runs, row by row, and which of them cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from forgetbench.comparison.pairing.columns import Bools, Codes, Floats, codes, nonempty, take
from forgetbench.comparison.pairing.join import JoinedRows
from forgetbench.comparison.pairing.missing import NEEDS_TRAINING_TEXTS, NOT_AN_ITEM, MissingReasons
from forgetbench.errors import SuiteError, did_you_mean
from forgetbench.records import TaskInfo
from forgetbench.stored import Stored

if TYPE_CHECKING:
    from forgetbench.metrics.corpus import CorpusMetric


def paired_scores(
    rows: JoinedRows,
    reasons: MissingReasons,
    training_texts: Sequence[str] | None,
    corpus_metrics: Mapping[str, CorpusMetric] | None,
) -> tuple[Floats, Floats]:
    """Item scores of the base and of the candidate, NaN where one is missing.

    `reasons` says which rows cannot be paired, and is completed by those whose scores cannot be used. Raises SuiteError
    for a corpus metric that `corpus_metrics` does not have.
    """
    base, candidate = rows.base.scores(), rows.candidate.scores()
    for info, task_rows in zip(rows.tasks, rows.task_slices(), strict=True):
        if info.corpus_metric is not None and task_rows.start < task_rows.stop:
            metric = _corpus_metric(info, info.corpus_metric, corpus_metrics)
            _score_together(rows, task_rows, metric, training_texts, reasons, (base, candidate))
    _add_reasons_of_scores(rows, reasons, base, candidate)
    return base, candidate


def known_scores(rows: JoinedRows, reasons: MissingReasons, base: Floats, candidate: Floats) -> tuple[Floats, Floats]:
    """The scores with only what is known of the items that were not measured.

    Of those the base's score stands as it is, and the candidate's only where the base has none: two that cannot be
    compared are no pair. A score that is not on the scale, or made of other items, is none.
    """
    missing = ~reasons.unset
    if not missing.any():
        return base, candidate
    whole = rows.of_task((task.corpus_metric is not None for task in rows.tasks), np.bool_)
    base, candidate = (_on_scale(side, missing, whole) for side in (base, candidate))
    candidate[missing & ~np.isnan(base)] = np.nan
    return base, candidate


def _on_scale(scores: Floats, missing: Bools, whole: Bools) -> Floats:
    unknown = missing & (whole | ~((scores >= 0.0) & (scores <= 1.0)))
    return np.where(unknown, np.nan, scores)


# --- scores that need all answers -------------------------------------------------------------


def _corpus_metric(info: TaskInfo, name: str, table: Mapping[str, CorpusMetric] | None) -> CorpusMetric:
    if table is None:
        from forgetbench.metrics.corpus import CORPUS_METRICS

        table = CORPUS_METRICS
    if name not in table:
        raise SuiteError(f"task {info.name}: unknown corpus_metric {name!r}; {did_you_mean(name, table)}")
    return table[name]


def _score_together(
    rows: JoinedRows,
    task_rows: slice,
    metric: CorpusMetric,
    training_texts: Sequence[str] | None,
    reasons: MissingReasons,
    scores: tuple[Floats, Floats],
) -> None:
    """Score one task's rows that have an answer in both runs, all together; `reasons` and `scores` are filled in."""
    from forgetbench.metrics.corpus import responses_of

    base, candidate = scores
    usable = task_rows.start + np.flatnonzero((reasons.codes[task_rows] < 0) & _answered(rows, task_rows))
    base[task_rows] = candidate[task_rows] = np.nan
    if metric.needs_training_texts and not training_texts:
        reasons.assign(usable, NEEDS_TRAINING_TEXTS)
        return
    if not len(usable):
        return
    base[usable], candidate[usable] = metric.paired(
        responses_of(rows.base.table.rows(rows.base.at[usable])),
        responses_of(rows.candidate.table.rows(rows.candidate.at[usable])),
        training_texts,
    )
    reasons.assign(usable[np.isnan(base[usable]) & np.isnan(candidate[usable])], NOT_AN_ITEM)


def _answered(rows: JoinedRows, task_rows: slice) -> Bools:
    """Rows of a task that have a text or rated options, and no reason against them, in both runs."""
    n_rows = task_rows.stop - task_rows.start
    answered = np.ones(n_rows, dtype=np.bool_)
    for samples in (rows.base, rows.candidate):
        texts, ratings = (
            nonempty(samples.column(name).slice(task_rows.start, n_rows)) for name in ("responses", "loglikelihoods")
        )
        answered &= texts | ratings
        answered &= np.asarray(samples.column("reason").slice(task_rows.start, n_rows).is_null())
    return answered


# --- scores that cannot be used ---------------------------------------------------------------


def _add_reasons_of_scores(rows: JoinedRows, reasons: MissingReasons, base: Floats, candidate: Floats) -> None:
    """Why scores of rows that pair cannot be used: absent in a run, or not on the scale."""
    pairable = reasons.unset
    absent = np.flatnonzero(pairable & (np.isnan(base) | np.isnan(candidate)))
    if len(absent):
        _add_absent(rows, reasons, base, candidate, absent)
    binary = rows.of_task((task.binary for task in rows.tasks), np.bool_)
    # A corpus metric may give items pseudo-values, of which only the mean is on the scale.
    bounded = rows.of_task((task.corpus_metric is None for task in rows.tasks), np.bool_)
    for side, scores in (("candidate", candidate), ("base", base)):
        partial = binary & ~np.isnan(scores) & (scores != 0.0) & (scores != 1.0)
        reasons.assign(pairable & partial, f"{side}: score neither 0 nor 1 in a right-or-wrong task")
        outside = bounded & ((scores < 0.0) | (scores > 1.0))
        reasons.assign(pairable & outside, f"{side}: score outside [0, 1]")


def _add_absent(rows: JoinedRows, reasons: MissingReasons, base: Floats, candidate: Floats, absent: Codes) -> None:
    """Reasons of rows without a score. Few combinations of them stand for many rows, so each is worded once."""
    base_code, base_reasons = codes(take(rows.base.column("reason"), absent))
    candidate_code, candidate_reasons = codes(take(rows.candidate.column("reason"), absent))
    sides_absent = 2 * np.isnan(base[absent]) + np.isnan(candidate[absent])
    combination = (sides_absent * (len(base_reasons) + 1) + base_code + 1) * (len(candidate_reasons) + 1)
    combination += candidate_code + 1
    _, first, inverse = np.unique(combination, return_index=True, return_inverse=True)
    reason_codes = []
    for at in first:
        sides = (
            ("base", np.isnan(base[absent[at]]), base_reasons, base_code[at]),
            ("candidate", np.isnan(candidate[absent[at]]), candidate_reasons, candidate_code[at]),
        )
        recorded = [
            (side, texts[code].as_py() if code >= 0 else None) for side, is_absent, texts, code in sides if is_absent
        ]
        reason_codes.append(reasons.code(_reason_of_absence(recorded)))
    reasons.codes[absent] = np.array(reason_codes, dtype=np.intp)[inverse]


def _reason_of_absence(sides: Sequence[tuple[str, str | None]]) -> str:
    """One reason for the sides without a score; a side that recorded none does not hide the other's."""
    recorded = [(side, reason) for side, reason in sides if reason is not None]
    recorded = recorded or [(side, "no score") for side, _ in sides]
    if len(recorded) == 2 and recorded[0][1] == recorded[1][1]:
        return Stored.ON_BOTH.format(reason=recorded[0][1])
    return "; ".join(f"{side}: {reason}" for side, reason in recorded)
