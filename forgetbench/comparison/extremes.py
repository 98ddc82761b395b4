"""Items that were not measured: what they could make of a delta at the worst, and at the best.

The score of a side that was measured is known and stays; one that was not lies in [0, 1]. So a missing item costs at
most what the base is known to have there, and a bound is a mean over items. Source: Horowitz and Manski 2000, JASA
95:77.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forgetbench.comparison.pairing import PairedTask
from forgetbench.comparison.preserved import Corrected
from forgetbench.stats.clustered import ClusterEffects, Codes, combine
from forgetbench.stats.item_clusters import ItemClusters, effects_by

Floats = NDArray[np.float64]

_NOTHING = np.full(1, np.nan)
"""A task of which there is no item at all counts as one that nothing is known of."""


@dataclass(frozen=True, slots=True)
class Extremes:
    """All items of a row, those that were not measured at their worst for the candidate, and at their best."""

    worst: ClusterEffects
    best: ClusterEffects
    corrected: Corrected
    """Chance-corrected, at the worst."""


def extremes_of(tasks: Sequence[PairedTask]) -> Extremes | None:
    """The extremes of the macro mean of `tasks`; None where nothing of them is missing."""
    if all(len(task.base) and not len(task.missing.base) for task in tasks):
        return None
    clusters = _clusters(tasks)
    base, candidate = ([_all(task, side) for task in tasks] for side in ("base", "candidate"))
    lost, won = _filled(base, 1.0), _filled(candidate, 0.0)
    worst = [after - before for before, after in zip(lost, won, strict=True)]
    best = [b - a for a, b in zip(_filled(base, 0.0), _filled(candidate, 1.0), strict=True)]
    of_worst = effects_by(worst, clusters)
    return Extremes(
        worst=of_worst,
        best=effects_by(best, clusters),
        corrected=corrected_scores(tasks, lost, won, clusters, of_worst),
    )


def corrected_scores(
    tasks: Sequence[PairedTask],
    base: Sequence[Floats],
    candidate: Sequence[Floats],
    clusters: Sequence[ItemClusters],
    delta: ClusterEffects,
) -> Corrected:
    """The chance-corrected scores of `tasks`, whose item scores are `base` and `candidate`, by cluster.

    `delta` are the effects of their difference as it is, which where nothing is to be had by guessing is all there is.
    """
    chances = [task.info.chance for task in tasks]
    before, after = ([(s - g) / (1.0 - g) for s, g in zip(side, chances, strict=True)] for side in (base, candidate))
    return Corrected(
        base=effects_by(before, clusters),
        candidate=effects_by(after, clusters),
        difference=effects_by([b - a for a, b in zip(before, after, strict=True)], clusters) if any(chances) else delta,
    )


def combined(parts: Sequence[Extremes]) -> Extremes:
    """The extremes of the plain mean of rows that share no cluster."""
    return Extremes(
        worst=combine([part.worst for part in parts]),
        best=combine([part.best for part in parts]),
        corrected=combined_scores([part.corrected for part in parts]),
    )


def combined_scores(parts: Sequence[Corrected]) -> Corrected:
    """The same for chance-corrected scores."""
    return Corrected(
        base=combine([part.base for part in parts]),
        candidate=combine([part.candidate for part in parts]),
        difference=combine([part.difference for part in parts]),
    )


def _all(task: PairedTask, side: str) -> Floats:
    """The scores of one side on all items, NaN where they are not known."""
    scores: Floats = np.concatenate([getattr(task, side), getattr(task.missing, side)])
    return scores if len(scores) else _NOTHING


def _filled(scores: Sequence[Floats], value: float) -> list[Floats]:
    return [np.where(np.isnan(each), value, each) for each in scores]


def _clusters(tasks: Sequence[PairedTask]) -> list[ItemClusters]:
    """The clusters of all items of the tasks by both keys; a task without items has one of its own."""
    first = _together([np.concatenate([task.cluster_codes, task.missing.cluster_codes]) for task in tasks])
    second = _together([np.concatenate([task.second_codes, task.missing.second_codes]) for task in tasks])
    return [ItemClusters(*keys) for keys in zip(first, second, strict=True)]


def _together(codes: Sequence[Codes]) -> list[Codes]:
    """Codes per task, one the same in every task."""
    own = [each if len(each) else np.full(1, -1 - number, dtype=np.intp) for number, each in enumerate(codes)]
    numbered, _ = pd.factorize(np.concatenate(own))
    return np.split(numbered.astype(np.intp), np.cumsum([len(each) for each in own])[:-1])
