"""Rows judged together: p-values adjusted over the family of rows that are tested at once, then verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import nan
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from forgetbench.comparison.verdict import with_opposed_tasks, with_verdict
from forgetbench.records import TARGET, DeltaRow
from forgetbench.stats.multiplicity import benjamini_hochberg, holm

Family = Mapping[str, Mapping[str, float]]
_NO_FAMILY: Family = MappingProxyType({})


def judge_tasks(rows: Sequence[DeltaRow], alpha: float) -> list[DeltaRow]:
    """Tasks are exploratory: Benjamini-Hochberg over all of them.

    Here and below a row is held to the margin and the fraction that its judgement names already.
    """
    adjusted = _adjusted(rows, benjamini_hochberg)
    return [_judge(row, adjusted.get(row.name, nan), alpha) for row in rows]


def judge_domains(
    rows: Sequence[DeltaRow], tasks: Sequence[DeltaRow], alpha: float, family: Family = _NO_FAMILY
) -> list[DeltaRow]:
    """Domains are gated: Holm over all but target, and over all candidates. Opposed tasks are told.

    Target is adjusted for the other candidates' target alone. `family` is `Comparison.family`.
    """
    adjusted = _with_family([row for row in rows if row.name != TARGET], family)
    adjusted |= _with_family([row for row in rows if row.name == TARGET], family)
    judged = [_judge(row, adjusted.get(row.name, nan), alpha) for row in rows]
    return [with_opposed_tasks(row, tasks) for row in judged]


def judge_overall(row: DeltaRow, alpha: float, family: Family = _NO_FAMILY) -> DeltaRow:
    """The row over the domains is adjusted for the other candidates' alone."""
    return _judge(row, _with_family([row], family).get(row.name, nan), alpha)


def _adjusted(rows: Sequence[DeltaRow], adjust: Callable[[Sequence[float]], NDArray[np.float64]]) -> dict[str, float]:
    """Adjusted p-values by name, over the rows that have an estimate."""
    family = {row.name: row.estimate.p_value for row in rows if row.estimate is not None}
    return dict(zip(family, adjust(list(family.values())).tolist(), strict=True))


def _with_family(rows: Sequence[DeltaRow], family: Family) -> dict[str, float]:
    """p-values by name after Holm's adjustment over these rows, of every candidate."""
    names = {row.name for row in rows}
    others = [p for of_run in family.values() for name, p in of_run.items() if name in names]
    return _adjusted(rows, lambda own: holm([*own, *others])[: len(own)])


def _judge(row: DeltaRow, p_adjusted: float, alpha: float) -> DeltaRow:
    own = row.judgement
    return with_verdict(row, p_adjusted, own.margin, own.preserve, alpha=alpha, interval_alpha=alpha)
