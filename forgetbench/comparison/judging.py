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
    """Domains are gated: Holm over all but target, whose p-value stands alone. Opposed tasks are told."""
    adjusted = _adjusted([row for row in rows if row.name != TARGET], holm)
    judged = [
        _judge(row, adjusted.get(row.name, _p_value(row)), missing_share(_tasks_of(row, tasks)), inference)
        for row in rows
    ]
    return [with_opposed_tasks(row, tasks) for row in judged]


def judge_overall(
    row: DeltaRow, domains: Iterable[DeltaRow], tasks: Sequence[DeltaRow], inference: Inference
) -> DeltaRow:
    """The row over `domains` is tested alone; of its items that share was not measured which is missing on average."""
    missing = float(np.mean([missing_share(_tasks_of(domain, tasks)) for domain in domains]))
    return _judge(row, _p_value(row), missing, inference)


def _tasks_of(domain: DeltaRow, tasks: Iterable[DeltaRow]) -> list[DeltaRow]:
    return [task for task in tasks if task.domain == domain.name and not task.supporting]


def _adjusted(rows: Sequence[DeltaRow], adjust: Callable[[Sequence[float]], NDArray[np.float64]]) -> dict[str, float]:
    """Adjusted p-values by name, over the rows that have an estimate."""
    family = {row.name: row.estimate.p_value for row in rows if row.estimate is not None}
    return dict(zip(family, adjust(list(family.values())).tolist(), strict=True))


def _p_value(row: DeltaRow) -> float:
    return nan if row.estimate is None else row.estimate.p_value


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
