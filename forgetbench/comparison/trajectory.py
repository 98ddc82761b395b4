"""What the checkpoints of one training show together: its course, gain against forgetting, and which one to ship."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forgetbench.comparison.course import Course, course
from forgetbench.comparison.ship import Ship, checkpoint_to_ship
from forgetbench.comparison.tradeoff import Tradeoff, tradeoffs
from forgetbench.records import Comparison

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Along:
    """A training, seen from all of its checkpoints."""

    course: Course
    pareto: tuple[Tradeoff, ...]
    ship: Ship


def along(checkpoints: Sequence[tuple[int, Comparison, pd.DataFrame]], *, seed: int = 0) -> Along:
    """All of it from the checkpoints' steps, comparisons with one base, judged together, and items.parquet.

    `seed` splits the items into those that choose what to ship and those that judge it. Raises ValueError without any.
    """
    ordered = sorted(checkpoints, key=lambda each: each[0])
    return Along(
        course=course(ordered),
        pareto=tradeoffs([(step, comparison) for step, comparison, _ in ordered]),
        ship=checkpoint_to_ship(ordered, seed=seed),
    )
