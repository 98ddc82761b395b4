"""What the base's finished run knows of items that the candidate was not asked, and deltas adjusted for it.

Of every item the base's score is known, and where options were rated how sure it was of the right one: what is near its
limit changes sides most easily. `stats.covariates` makes of that a better estimate from the items that were asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forgetbench.comparison.intervals import GroupSequential
from forgetbench.records import AdjustedDelta, Comparison, DeltaRow, TaskInfo
from forgetbench.stats.covariates import Covariates, adjusted_effects
from forgetbench.stats.item_clusters import ItemClusters, clusters_of_names, effects_by
from forgetbench.storage.runs import Run

Floats = NDArray[np.float64]

_CLUSTERS = ("cluster", "second_cluster")


def adjusted_deltas(comparison: Comparison, items: pd.DataFrame, baseline: Run) -> Mapping[str, AdjustedDelta]:
    """By domain, for those whose estimate it changes; none of an evaluation without planned looks.

    A task is left as it is where an asked item was not measured, since the unasked ones would have such items too, and
    where scores need the other items.
    """
    looks = comparison.looks
    if looks is None:
        return {}
    method = GroupSequential(comparison.alpha, looks.taken, looks.planned)
    adjusted: dict[str, AdjustedDelta] = {}
    for row in comparison.domains:
        tasks = [task for task in baseline.manifest.tasks if task.domain == row.domain and not task.supporting]
        if row.estimate is not None and (found := _adjusted(row, tasks, items, baseline.samples, method)) is not None:
            adjusted[row.name] = found
    return adjusted


def sureness(samples: pd.DataFrame) -> Floats:
    """How sure a model is of each item's right answer, 0 to 1; NaN where it was not measured.

    The share of the right option among the options' probabilities, the softmax of their log-likelihoods; where none
    were rated, the score.
    """
    columns = (samples[name] for name in ("score", "gold", "choices", "loglikelihoods"))
    return np.array([_sure(*row) for row in zip(*columns, strict=True)], dtype=np.float64)


def _sure(score: float, gold: str, choices: Sequence[str] | None, loglikelihoods: Sequence[float] | None) -> float:
    names = [] if choices is None else list(choices)
    likelihoods = np.array([] if loglikelihoods is None else loglikelihoods, dtype=np.float64)
    if pd.isna(score) or len(names) < 2 or len(likelihoods) < len(names) or gold not in names:
        return float(np.clip(score, 0.0, 1.0)) if not pd.isna(score) else np.nan
    shares = np.exp(likelihoods[: len(names)] - likelihoods[: len(names)].max())
    return float(shares[names.index(gold)] / shares.sum())


def _adjusted(
    row: DeltaRow, tasks: list[TaskInfo], items: pd.DataFrame, samples: pd.DataFrame, method: GroupSequential
) -> AdjustedDelta | None:
    known = _known_items(tasks, items, samples)
    clusters = clusters_of_names(known["cluster"], known["second_cluster"])
    differences, of_tasks, covariates = [], [], []
    for task in tasks:
        of_task = (known["task"] == task.name).to_numpy()
        asked = of_task & known["measured"].to_numpy()
        if asked.any():
            differences.append((known["candidate_score"] - known["base_score"]).to_numpy(np.float64)[asked])
            of_tasks.append(clusters.at(asked))
            covariates.append(None if task.corpus_metric else _covariates(known, of_task, asked, clusters))
    plain, adjusted = effects_by(differences, of_tasks), adjusted_effects(differences, of_tasks, covariates)
    if adjusted.estimate == plain.estimate or not adjusted.corrected_se:
        return None
    uncertainty = method(adjusted, (row.domain, "domain", row.name), row.judgement.margin)
    worth = (plain.corrected_se / adjusted.corrected_se) ** 2
    return AdjustedDelta(adjusted.estimate, uncertainty.low, uncertainty.high, worth)


def _known_items(tasks: list[TaskInfo], items: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """The base's items of `tasks`, beside what the candidate was asked of them."""
    own = samples[samples["task"].isin([task.name for task in tasks])]
    known = own[["task", "item_id", *_CLUSTERS]].astype(object)
    known = known.assign(score=own["score"].astype(np.float64), sureness=sureness(own))
    asked = items[["task", "item_id", *_CLUSTERS, "base_score", "candidate_score", "reason"]].astype({"task": object})
    known = known.merge(asked, on=["task", "item_id"], how="left", suffixes=("", "_asked"), indicator="side")
    was_asked = known["side"] == "both"
    # Pairing has joined the clusters that views of one item name differently.
    first, second = (known[f"{name}_asked"].where(was_asked, known[name]) for name in _CLUSTERS)
    clusters = {"cluster": first.fillna(known["item_id"]), "second_cluster": second}
    return known.assign(**clusters, asked=was_asked, measured=was_asked & known["reason"].isna())


def _covariates(
    known: pd.DataFrame, of_task: NDArray[np.bool_], asked: NDArray[np.bool_], clusters: ItemClusters
) -> Covariates | None:
    was_asked = known["asked"].to_numpy() & of_task
    if np.any(was_asked & ~asked):
        return None
    columns = known[["score", "sureness"]].to_numpy(np.float64)
    unasked = of_task & ~was_asked & ~np.isnan(columns[:, 0])
    return Covariates(columns[asked], columns[unasked], clusters.at(unasked))
