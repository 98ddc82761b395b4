"""What happened along a training: at which checkpoint harm was first shown, and what was right on the way and is lost.

An answer that some earlier checkpoint got right and the last gets wrong is temporally forgotten (Li et al., "Temporal
Sampling for Forgotten Reasoning in LLMs", arXiv 2505.20196); the training had it, and a checkpoint to ship may too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forgetbench.comparison.proven import domain_effects, proven_drops
from forgetbench.records import TARGET, Comparison, DeltaRow

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "task", "domain", "item_id", "cluster", "second_cluster", "outcome", "base_score", "candidate_score", "reason",
)  # fmt: skip
"""What is looked at of each checkpoint's items."""


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """Right-or-wrong items that were measured at every checkpoint, by when they were right."""

    n_items: int
    ever_right: int
    """The base's answer or that of any checkpoint."""
    right_at_end: int
    learnt_and_lost: int
    """Wrong in the base, right at some checkpoint, wrong at the last."""

    @property
    def lost(self) -> int:
        """Ever right, and wrong at the last checkpoint."""
        return self.ever_right - self.right_at_end


@dataclass(frozen=True, slots=True)
class Course:
    """A training's course by domain."""

    first_harm: Mapping[str, int | None]
    """The first step at which a domain regressed by the margin or more; None where no checkpoint is shown to have, and
    no entry for a domain that has a verdict at none.
    Verdicts of checkpoints that were judged together are adjusted for all of them, so this holds over all looks."""
    on_the_way: Mapping[str, OnTheWay]
    first_proven: Mapping[str, int | None] = field(default_factory=dict)
    """The first step at which a loss in a domain other than target is proven however many checkpoints follow: by
    e-values, of which the j-th checkpoint may spend 6 alpha / (pi^2 j^2) (`comparison.proven`). It says that there is a
    loss, not how large, and is never taken back, as a verdict may be when more checkpoints are judged together."""
    unmeasured: tuple[str, ...] = ()
    """Domains other than target that have a verdict at no checkpoint."""


def course(checkpoints: Sequence[tuple[int, Comparison, pd.DataFrame]]) -> Course:
    """The course of a training from its checkpoints' steps, comparisons with one base, and items (`COLUMNS`).

    Comparisons must have been judged together (`family.judged_together`). Raises ValueError without any.
    """
    ordered = sorted(checkpoints, key=lambda each: each[0])
    if not ordered:
        raise ValueError("no checkpoints")
    rows = [row for _, comparison, _ in ordered for row in comparison.domains]
    domains, judged = dict.fromkeys(row.name for row in rows), {row.name for row in rows if row.is_judged}
    return Course(
        first_harm={name: _first_harm(name, ordered) for name in domains if name in judged},
        on_the_way=_on_the_way([items for *_, items in ordered]),
        first_proven=_first_proven([name for name in domains if name != TARGET], ordered),
        unmeasured=tuple(name for name in domains if name not in judged and name != TARGET),
    )


def _first_harm(domain: str, ordered: Sequence[tuple[int, Comparison, pd.DataFrame]]) -> int | None:
    harmed = (
        step for step, comparison, _ in ordered for row in comparison.domains if row.name == domain and is_harm(row)
    )
    return next(harmed, None)


def _first_proven(
    domains: Sequence[str], ordered: Sequence[tuple[int, Comparison, pd.DataFrame]]
) -> dict[str, int | None]:
    found: dict[str, int | None] = dict.fromkeys(domains)
    for look, (step, comparison, items) in enumerate(ordered, 1):
        beside = {row.name for row in comparison.tasks if row.supporting or row.domain == TARGET}
        for drop in proven_drops(domain_effects(items, leave_out=beside), comparison.alpha, look):
            if found.get(drop.domain, step) is None:
                found[drop.domain] = step
    return found


def is_harm(row: DeltaRow) -> bool:
    """Whether a loss of the margin or more is not ruled out of a row that is shown to have lost."""
    return row.judgement.verdict == "regressed" and not row.judgement.within_margin


def _on_the_way(tables: Sequence[pd.DataFrame]) -> dict[str, OnTheWay]:
    keys = ["task", "item_id"]
    binary = [table[table["outcome"].notna()].set_index(keys) for table in tables]
    shared = binary[0].index
    for table in binary[1:]:
        shared = shared.intersection(table.index)
    at = [table.loc[shared] for table in binary]
    base = at[0]["base_score"].to_numpy() == 1.0
    tuned = np.array([table["candidate_score"].to_numpy() == 1.0 for table in at])
    ever, end = base | tuned.any(axis=0), tuned[-1]
    lost_again = ~base & tuned.any(axis=0) & ~end
    domains = at[0]["domain"].to_numpy()
    return {
        str(domain): OnTheWay(
            n_items=int(inside.sum()),
            ever_right=int((ever & inside).sum()),
            right_at_end=int((end & inside).sum()),
            learnt_and_lost=int((lost_again & inside).sum()),
        )
        for domain in dict.fromkeys(domains)
        for inside in [domains == domain]
    }
