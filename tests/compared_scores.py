"""Deltas of given scores, for the tests of what rows say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from paired_runs import scored

from forgetbench.comparison.delta import compare
from forgetbench.records import Comparison, DeltaRow, TaskInfo

Scores = Mapping[TaskInfo, Sequence[float | None] | np.ndarray]


def compared(base: Scores, candidate: Scores, clusters: Sequence[str] | None = None, **settings: Any) -> Comparison:
    options: dict[str, Any] = {"margins": {}, "resamples": 1000} | settings
    comparison, _ = compare(scored("base", base, clusters), scored("sft", candidate, clusters), **options)
    return comparison


def named(rows: Sequence[DeltaRow], name: str) -> DeltaRow:
    return next(row for row in rows if row.name == name)


def right(n_right: int, n: int) -> np.ndarray:
    return np.repeat([1.0, 0.0], [n_right, n - n_right])


def pair_of(losses: int, gains: int, kept: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of both sides with so many items lost, gained and kept."""
    base = np.repeat([1.0, 0.0, 1.0, 0.0], [losses, gains, kept, n - losses - gains - kept])
    candidate = np.repeat([0.0, 1.0, 1.0, 0.0], [losses, gains, kept, n - losses - gains - kept])
    return base, candidate
