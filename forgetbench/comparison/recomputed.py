"""The rows of a comparison made anew from its items: what anybody may have written beside them is not believed."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd

from forgetbench.comparison.delta_rows import DeltaRows, delta_rows
from forgetbench.comparison.estimates import Inference
from forgetbench.comparison.intervals import FixedSample, GroupSequential, Method, Uncertainty
from forgetbench.comparison.pairing import (
    NO_MISSING_DATA,
    ChoiceViews,
    MissingItems,
    PairedTask,
    any_cut,
    cut_answers,
    item_outcomes,
    with_bounds,
)
from forgetbench.errors import InputError
from forgetbench.records import AuditRow, Comparison, DeltaRow, TaskInfo
from forgetbench.stats.clustered import ClusterEffects, Floats
from forgetbench.stats.item_clusters import clusters_of_names

ITEM_COLUMNS = ("task", "item_id", "cluster", "second_cluster", "base_score", "candidate_score", "reason")
"""The columns of items.parquet that the rows are made from."""
_RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class _PointsOnly:
    """In place of an interval's method where only scores are wanted: resampling takes nine tenths of the time."""

    alpha: float

    def __call__(
        self, effects: ClusterEffects, name: object, margin: float, discordant: tuple[int, int] | None = None
    ) -> Uncertainty:
        return self.bounds(effects, margin)

    def bounds(self, effects: ClusterEffects, margin: float) -> Uncertainty:
        return Uncertainty(effects.estimate, effects.estimate, effects.estimate, 1.0)


def recomputed_rows(comparison: Comparison, items: pd.DataFrame, *, intervals: bool = True) -> DeltaRows:
    """Every row, from the item scores in `items` (`ITEM_COLUMNS` of items.parquet) and what `comparison` says of tasks.

    Without `intervals` scores alone are made; intervals, p-values and verdicts mean nothing then. Raises InputError
    where the items are not those of the comparison's tasks.
    """
    tasks = _paired_tasks(comparison, items)
    method = _method(comparison, intervals)
    return delta_rows(tasks, Inference(comparison.margins, method, comparison.family))


def _method(comparison: Comparison, intervals: bool) -> Method:
    if not intervals:
        return _PointsOnly(comparison.alpha)
    if comparison.looks is not None:
        return GroupSequential(comparison.alpha, comparison.looks.taken, comparison.looks.planned)
    return FixedSample(comparison.alpha, _RESAMPLES, comparison.seed)


def _paired_tasks(comparison: Comparison, items: pd.DataFrame) -> list[PairedTask]:
    rows = {row.name: row for row in comparison.tasks}
    unknown = sorted(set(items["task"].dropna().astype(str)) - rows.keys())
    if unknown or bool(items["task"].isna().any()):
        raise InputError(
            f"the items are of a task that the comparison does not list: {unknown[0] if unknown else 'none'}"
        )
    if bool(items.duplicated(["task", "item_id"]).any()):
        raise InputError("an item stands twice among the items")
    clusters = clusters_of_names(items["cluster"].fillna(items["item_id"]), items["second_cluster"])
    codes = items.assign(
        item_id=pd.factorize(items["item_id"])[0],
        cluster=clusters.first,
        second_cluster=clusters.second,
    )
    infos = [_task_info(row) for row in comparison.tasks]
    members = [np.flatnonzero(codes["task"] == row.name) for row in comparison.tasks]
    # What was not measured has no scores that count.
    scores = (
        codes[side].where(codes["reason"].isna()).to_numpy(np.float64) for side in ("base_score", "candidate_score")
    )
    choice = item_outcomes(infos, members, codes["item_id"].to_numpy(np.intp), *scores).choice
    return [
        _paired_task(row, info, codes.iloc[rows], choice.at(rows))
        for row, info, rows in zip(comparison.tasks, infos, members, strict=True)
    ]


def _paired_task(row: DeltaRow, info: TaskInfo, items: pd.DataFrame, choice: ChoiceViews) -> PairedTask:
    is_measured = items["reason"].isna().to_numpy()
    measured = items[is_measured]
    base, candidate = _scores(measured)
    if not (np.isfinite(base).all() and np.isfinite(candidate).all()):
        raise InputError(f"an item of {row.name} was measured, but has no score")
    if info.binary and not (np.isin(base, (0.0, 1.0)).all() and np.isin(candidate, (0.0, 1.0)).all()):
        raise InputError(f"an item of {row.name} is neither right nor wrong")
    reasons = items["reason"].dropna().value_counts()
    unmeasured = {str(why): int(n) for why, n in reasons.items() if why not in NO_MISSING_DATA}
    return PairedTask(
        info=info,
        item_codes=measured["item_id"].to_numpy(np.intp),
        cluster_codes=measured["cluster"].to_numpy(np.intp),
        second_codes=measured["second_cluster"].to_numpy(np.intp),
        stratum_codes=np.full(len(measured), -1, dtype=np.intp),
        base=base,
        candidate=candidate,
        choice=choice.at(np.flatnonzero(is_measured)),
        # Items do not say how many options they had.
        by_guessing=nan if row.outcomes is None else row.outcomes.by_guessing,
        audit=AuditRow(row.name, len(measured), {}, 0),
        n_contaminated=row.n_contaminated,
        unmeasured=unmeasured,
        missing=_missing(row, items),
        cut=with_bounds(cut_answers(unmeasured, len(measured)), candidate - base, *_scores(_cut(items))),
    )


def _scores(items: pd.DataFrame) -> tuple[Floats, Floats]:
    """Both sides' item scores, NaN where they are not known."""
    return items["base_score"].to_numpy(np.float64), items["candidate_score"].to_numpy(np.float64)


def _cut(items: pd.DataFrame) -> pd.DataFrame:
    reasons = items["reason"].fillna("").astype(str).tolist()
    return items[any_cut(reasons)]


def _missing(row: DeltaRow, items: pd.DataFrame) -> MissingItems:
    missing = items[items["reason"].notna() & ~items["reason"].isin(NO_MISSING_DATA)]
    base, candidate = _scores(missing)
    if np.any(~np.isnan(base) & ~np.isnan(candidate)):
        raise InputError(f"an item of {row.name} was not measured, but has scores on both sides")
    if any(np.any((side < 0.0) | (side > 1.0)) for side in (base, candidate)):
        raise InputError(f"an item of {row.name} that was not measured has a score outside [0, 1]")
    first, second = (missing[key].to_numpy(np.intp) for key in ("cluster", "second_cluster"))
    return MissingItems(base, candidate, first, second)


def _task_info(row: DeltaRow) -> TaskInfo:
    return TaskInfo(
        name=row.name,
        domain=row.domain,
        metric=row.metric,
        chance=row.chance or 0.0,
        view=row.view,
        version="",
        # Without a measured item it makes no difference, but for which of two views would have told.
        binary=row.outcomes is not None or row.estimate is None,
        corpus_metric=None,
        repeats=1,
        num_fewshot=0,
        fingerprint="",
        supporting=row.supporting,
        choice_view=row.choice_view,
    )
