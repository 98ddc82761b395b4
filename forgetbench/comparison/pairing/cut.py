"""Cut answers: which side of a pair has one, and how far they could move a delta."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import nan

import numpy as np

from forgetbench.comparison.pairing.columns import Bools, Floats
from forgetbench.records import CUT, CutAnswers, DeltaRow
from forgetbench.stored import Stored


def sides_cut(reason: str) -> tuple[bool, bool]:
    """Whether a row was refused since the base's answer is cut, and since the candidate's is."""
    both = Stored.ON_BOTH.format(reason=CUT) in reason
    return both or reason.startswith(f"base: {CUT}"), both or f"candidate: {CUT}" in reason


def any_cut(reasons: Sequence[str]) -> Bools:
    """Where either side's answer is cut; one entry per reason."""
    return np.array([any(sides_cut(reason)) for reason in reasons], dtype=np.bool_)


def cut_answers(unmeasured: Mapping[str, int], n_measured: int) -> CutAnswers:
    """The cut answers of a task among its items that were not measured, counted by reason; without bounds."""
    n_items = n_measured + sum(unmeasured.values())
    base, candidate = (sum(count for reason, count in unmeasured.items() if sides_cut(reason)[side]) for side in (0, 1))
    return CutAnswers(base, candidate, base / n_items if n_items else 0.0, candidate / n_items if n_items else 0.0)


def with_bounds(counted: CutAnswers, differences: Floats, base: Floats, candidate: Floats) -> CutAnswers:
    """`counted` with its `bounds`, of which nothing is made where nothing was cut."""
    if not counted.n_cut_base + counted.n_cut_candidate:
        return counted
    worst, best = bounds(differences, base, candidate)
    return replace(counted, delta_worst=worst, delta_best=best)


def bounds(differences: Floats, base: Floats, candidate: Floats) -> tuple[float, float]:
    """The least and the most that a task's delta can be, over its measured and its cut items together.

    `differences` are candidate - base of the measured items; `base` and `candidate` the scores of the cut ones, NaN for
    an answer that is cut. Scores lie in [0, 1], and nothing is assumed of those that are not known (Manski 2003,
    "Partial Identification of Probability Distributions"). (NaN, NaN) where nothing was cut.
    """
    if not len(base):
        return nan, nan
    worst = np.nan_to_num(candidate, nan=0.0) - np.nan_to_num(base, nan=1.0)
    best = np.nan_to_num(candidate, nan=1.0) - np.nan_to_num(base, nan=0.0)
    low, high = (float(np.concatenate([differences, extreme]).mean()) for extreme in (worst, best))
    return low, high


def mean_cut(rows: Sequence[DeltaRow]) -> CutAnswers:
    """The cut answers of rows whose plain mean is another row."""
    cut = [row.cut for row in rows]
    known = [row for row in rows if row.estimate is not None or not np.isnan(row.cut.delta_worst)]
    n_base, n_candidate = sum(each.n_cut_base for each in cut), sum(each.n_cut_candidate for each in cut)
    if not n_base + n_candidate:
        return CutAnswers()
    return CutAnswers(
        n_base,
        n_candidate,
        _mean([each.cut_base for each in cut]),
        _mean([each.cut_candidate for each in cut]),
        _mean([_bound(row, row.cut.delta_worst) for row in known]),
        _mean([_bound(row, row.cut.delta_best) for row in known]),
    )


def _bound(row: DeltaRow, bound: float) -> float:
    return row.estimate.delta if np.isnan(bound) and row.estimate is not None else bound


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else nan
