"""Rows judged together: p-values adjusted over the family of rows that are tested at once, then verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import nan

import numpy as np
from numpy.typing import NDArray

from forgetbench.comparison.estimates import Inference
from forgetbench.comparison.missing_data import missing_share
from forgetbench.comparison.verdict import with_opposed_tasks, with_verdict
from forgetbench.records import TARGET, DeltaRow
from forgetbench.stats.multiplicity import benjamini_hochberg, holm


def judge_tasks(rows: Sequence[DeltaRow], inference: Inference) -> list[DeltaRow]:
    """Tasks are exploratory: Benjamini-Hochberg over all of them."""
    adjusted = _adjusted(rows, benjamini_hochberg)
    return [_judge(row, adjusted.get(row.name, nan), missing_share([row]), inference) for row in rows]


def judge_domains(rows: Sequence[DeltaRow], tasks: Sequence[DeltaRow], inference: Inference) -> list[DeltaRow]:
    """Domains are gated: Holm over all but target, and over all candidates. Opposed tasks are told.

    Target is adjusted for the other candidates' target alone.
    """
    adjusted = _with_family([row for row in rows if row.name != TARGET], inference)
    adjusted |= _with_family([row for row in rows if row.name == TARGET], inference)
    judged = [_judge(row, adjusted.get(row.name, nan), missing_share(_tasks_of(row, tasks)), inference) for row in rows]
    return [with_opposed_tasks(row, tasks) for row in judged]


def judge_overall(
    row: DeltaRow, domains: Iterable[DeltaRow], tasks: Sequence[DeltaRow], inference: Inference
) -> DeltaRow:
    """The row over `domains` is adjusted for the other candidates' alone.

    Of its items that share was not measured which is missing on average.
    """
    missing = float(np.mean([missing_share(_tasks_of(domain, tasks)) for domain in domains]))
    return _judge(row, _with_family([row], inference).get(row.name, nan), missing, inference)


def _tasks_of(domain: DeltaRow, tasks: Iterable[DeltaRow]) -> list[DeltaRow]:
    return [task for task in tasks if task.domain == domain.name and not task.supporting]


def _adjusted(rows: Sequence[DeltaRow], adjust: Callable[[Sequence[float]], NDArray[np.float64]]) -> dict[str, float]:
    """Adjusted p-values by name, over the rows that have an estimate."""
    family = {row.name: row.estimate.p_value for row in rows if row.estimate is not None}
    return dict(zip(family, adjust(list(family.values())).tolist(), strict=True))


def _with_family(rows: Sequence[DeltaRow], inference: Inference) -> dict[str, float]:
    """p-values by name after Holm's adjustment over these rows, of every candidate."""
    names = {row.name for row in rows}
    others = [p for of_run in inference.family.values() for name, p in of_run.items() if name in names]
    return _adjusted(rows, lambda own: holm([*own, *others])[: len(own)])


def _judge(row: DeltaRow, p_adjusted: float, missing: float, inference: Inference) -> DeltaRow:
    return with_verdict(
        row,
        p_adjusted,
        inference.margin(row.domain),
        missing=missing,
        noise_floor=inference.noise_floor,
        alpha=inference.alpha,
        interval_alpha=inference.alpha,
    )
