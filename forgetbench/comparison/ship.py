"""Which checkpoint of a training to ship: chosen on one half of the items, its figures taken from the other.

No checkpoint ships that is shown, on the choosing half, to have lost more than the margin in a gated domain. Of those
whose estimates lie within every margin too, the one with the largest gain on the target is chosen, where there is a
target, else the one with the smallest loss; where no estimates do, the smallest loss of the others. Of equal ones the
earlier; none, where all are shown to have lost too much, or no gated domain has a verdict on the choosing half. What
the other half says of it knows nothing of the choice (`comparison.chosen`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

import pandas as pd

from forgetbench.comparison.chosen import halves, index_of, on_items
from forgetbench.comparison.course import is_harm
from forgetbench.comparison.family import judged_together
from forgetbench.comparison.tradeoff import change_and_gain
from forgetbench.records import OVERALL, TARGET, Comparison, DeltaRow, Selection


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the choosing half says of one checkpoint, in score units; NaN: not measured."""

    step: int
    name: str
    gain: float
    """On the target."""
    change: float
    """Of the overall row."""
    harmed: tuple[str, ...] = ()
    """Gated domains that are shown to have lost more than their margin: it does not ship."""
    doubtful: tuple[str, ...] = ()
    """Other gated domains that are estimated to have lost more, or were not measured."""


@dataclass(frozen=True, slots=True)
class Ship:
    """The checkpoint to ship, and what the items that did not choose it say of it."""

    by: str
    """What it was chosen by: `TARGET`, or `OVERALL` without a target, or where no estimates are within all margins."""
    candidates: tuple[Candidate, ...]
    """All checkpoints by step."""
    n_items: int
    """On how many items it was chosen; an item counts once for each of its views."""
    step: int | None = None
    """The checkpoint to ship; None where none may, and then there is nothing below."""
    name: str | None = None
    comparison: Comparison | None = None
    """Of it with the base, on the other half of the items."""
    items: pd.DataFrame | None = None
    """That half."""

    @property
    def domains(self) -> tuple[DeltaRow, ...]:
        """Its rows on the other half."""
        return () if self.comparison is None else self.comparison.domains


def checkpoint_to_ship(checkpoints: Sequence[tuple[int, Comparison, pd.DataFrame]], *, seed: int = 0) -> Ship:
    """Choose among checkpoints, given as step, comparison with one base, and all of items.parquet; steps may repeat.

    `seed` is that of the split. Raises ValueError without any checkpoint.
    """
    if not checkpoints:
        raise ValueError("no checkpoints")
    ordered = sorted(checkpoints, key=lambda each: each[0])
    choosing, judging = _split([items for *_, items in ordered], seed)
    on_half = judged_together([on_items(comparison, items, choosing)[0] for _, comparison, items in ordered])
    measured = {row.name for each in on_half for row in each.domains if row.estimate is not None}
    candidates = tuple(_candidate(step, each, measured) for (step, *_), each in zip(ordered, on_half, strict=True))
    by, eligible = _eligible(candidates)
    if not (eligible and any(row.is_judged for each in on_half for row in _gated(each))):
        return Ship(by, candidates, len(choosing))
    best = max(eligible, key=lambda at: (eligible[at], -at))
    step, comparison, items = ordered[best]
    scores = {ordered[at][1].candidate.run_id: score for at, score in eligible.items()}
    judged, part = on_items(comparison, items, judging, Selection(scores, by, len(choosing), seed))
    return Ship(by, candidates, len(choosing), step, comparison.candidate.name, judged, part)


def _eligible(candidates: Sequence[Candidate]) -> tuple[str, dict[int, float]]:
    """By what is chosen, and the places of the checkpoints that are chosen among, each with its score."""
    by = TARGET if any(not isnan(each.gain) for each in candidates) else OVERALL
    unharmed = {at: each for at, each in enumerate(candidates) if not each.harmed}
    within = {at: each for at, each in unharmed.items() if not each.doubtful}
    by = by if within else OVERALL
    scores = {at: each.gain if by == TARGET else each.change for at, each in (within or unharmed).items()}
    return by, {at: score for at, score in scores.items() if not isnan(score)}


def _split(tables: Sequence[pd.DataFrame], seed: int) -> tuple[pd.MultiIndex, pd.MultiIndex]:
    """Task and item_id of the items that choose, and of those that judge."""
    keys = ["domain", "task", "item_id", "cluster", "second_cluster"]
    items = pd.concat([table[keys] for table in tables]).drop_duplicates(["task", "item_id"], ignore_index=True)
    task, cluster, domain, second = (
        items[name].to_numpy(object) for name in ("task", "cluster", "domain", "second_cluster")
    )
    chooses, judges = halves(task, cluster, domain, second=second, seed=seed)
    return index_of(items[chooses]), index_of(items[judges])


def _candidate(step: int, comparison: Comparison, measured: set[str]) -> Candidate:
    change, gain = change_and_gain(comparison)
    gated = [row for row in _gated(comparison) if row.name in measured]
    harmed = tuple(row.name for row in gated if is_harm(row))
    return Candidate(
        step,
        comparison.candidate.name,
        nan if gain is None else gain.delta,
        nan if change is None else change.delta,
        harmed,
        tuple(row.name for row in gated if row.name not in harmed and not _seems_within(row)),
    )


def _gated(comparison: Comparison) -> list[DeltaRow]:
    return [row for row in comparison.domains if row.name != TARGET]


def _seems_within(row: DeltaRow) -> bool:
    return row.estimate is not None and row.estimate.delta >= -row.judgement.margin
