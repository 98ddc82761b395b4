"""The rows of a comparison: each task, each domain as the macro mean of its tasks, and all domains together.

A row is always made the same way: paired differences of item scores, decomposed by cluster
(`stats.clustered`), then interval, test and verdict. docs/statistics.md says which formula stands where.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import isnan, nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forgetbench.comparison.borrowed import with_shrunk_domains, with_shrunk_tasks
from forgetbench.comparison.estimates import Inference, Scores, with_estimate
from forgetbench.comparison.extremes import Extremes, combined, combined_scores, corrected_scores, extremes_of
from forgetbench.comparison.fates import TaskFates, row_fates, task_fates
from forgetbench.comparison.judging import judge_domains, judge_overall, judge_tasks
from forgetbench.comparison.margins import domain_margin, margin_of, preserve, task_margin
from forgetbench.comparison.missing_data import (
    domain_without_data,
    task_without_data,
    why_missing,
    why_missing_in_domain,
)
from forgetbench.comparison.outcomes import mean_outcomes, outcome_rates
from forgetbench.comparison.pairing import PairedTask, mean_cut
from forgetbench.comparison.strata import by_domain
from forgetbench.records import APART, MACRO_MEAN, OVERALL, DeltaRow, Judgement
from forgetbench.stats.clustered import ClusterEffects, combine
from forgetbench.stats.item_clusters import ItemClusters, effects_by
from forgetbench.stored import Stored


@dataclass(frozen=True, slots=True)
class DeltaRows:
    """Every row of a comparison, judged."""

    tasks: tuple[DeltaRow, ...]
    """In the order of the runs."""
    domains: tuple[DeltaRow, ...]
    overall: DeltaRow


@dataclass(frozen=True, slots=True)
class _Measured:
    """A row with an estimate, and what rows above it are made from."""

    row: DeltaRow
    scores: Scores
    fates: tuple[tuple[TaskFates, ...], ...]
    """Its tasks with `choice` views, by domain."""


def delta_rows(paired: Sequence[PairedTask], inference: Inference) -> DeltaRows:
    """Every row of the paired tasks. Task p-values are adjusted by Benjamini-Hochberg, those of domains by Holm."""
    task_rows: dict[str, DeltaRow] = {}
    domain_rows: list[DeltaRow] = []
    measured_domains: list[_Measured] = []
    missing_domains: list[Extremes] = []
    for domain, members in by_domain(paired).items():
        measured = _measure_tasks(members, inference)
        for task in members:
            name = task.info.name
            task_rows[name] = (
                measured[name].row if name in measured else _unmeasured(task_without_data(task), inference)
            )
        tasks = [task for task in members if not task.info.supporting]
        rows = [task_rows[task.info.name] for task in tasks]
        measured_rows = [measured[row.name] for row in rows if row.name in measured]
        if measured_rows:
            whole = _measure_domain(domain, tasks, rows, measured_rows, inference)
            domain_rows.append(whole.row)
            if domain not in APART:
                measured_domains.append(whole)
            continue
        domain_rows.append(_unmeasured(domain_without_data(domain, rows), inference))
        if domain not in APART and (extremes := extremes_of(tasks)) is not None:
            missing_domains.append(extremes)

    alpha, family = inference.alpha, inference.family
    judged_tasks = judge_tasks([task_rows[task.info.name] for task in paired], alpha)
    judged_domains = judge_domains(domain_rows, judged_tasks, alpha, family)
    overall = _overall(measured_domains, missing_domains, judged_domains, inference)
    return DeltaRows(
        with_shrunk_tasks(judged_tasks, judged_domains, alpha),
        with_shrunk_domains(judged_domains, alpha),
        judge_overall(overall, alpha, family),
    )


def _unmeasured(row: DeltaRow, inference: Inference) -> DeltaRow:
    margins = inference.margins
    return replace(row, judgement=Judgement(margin=task_margin(row, margins), preserve=preserve(row.domain, margins)))


# --- tasks, domains, overall ------------------------------------------------------------------


def _measure_tasks(tasks: Sequence[PairedTask], inference: Inference) -> dict[str, _Measured]:
    """The tasks that have items, by name, measured beside each other: most of the time numpy draws, without the GIL."""
    present = _with_clusters(tasks)
    # More threads than cores would only wait for one another between the draws.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        measured = pool.map(lambda pair: _measure_task(pair[0], pair[1], inference), present)
        return {each.row.name: each for each in measured}


def _with_clusters(tasks: Sequence[PairedTask]) -> list[tuple[PairedTask, ItemClusters]]:
    """The tasks that have items, each with its items' clusters; one is the same throughout the tasks.

    Clusters are numbered in order of appearance.
    """
    ends = np.cumsum([len(task.base) for task in tasks])[:-1]
    first, second = (
        np.split(pd.factorize(np.concatenate(codes))[0].astype(np.intp), ends)
        for codes in ([task.cluster_codes for task in tasks], [task.second_codes for task in tasks])
    )
    clusters = map(ItemClusters, first, second)
    return [(task, of_task) for task, of_task in zip(tasks, clusters, strict=True) if len(task.base)]


def _measure_task(task: PairedTask, clusters: ItemClusters, inference: Inference) -> _Measured:
    info = task.info
    delta = effects_by([task.candidate - task.base], [clusters])
    scores = Scores(
        base=_on_scale(task.base),
        candidate=_on_scale(task.candidate),
        delta=delta,
        corrected=corrected_scores([task], [task.base], [task.candidate], [clusters], delta),
        effect=standardised(task.base, task.candidate),
        extremes=extremes_of([task]),
    )
    fates = _fates([(task, clusters)])
    row = DeltaRow(
        name=info.name,
        domain=info.domain,
        metric=info.metric,
        view=info.view,
        n_items=len(task.base),
        chance=info.chance,
        n_unmeasured=task.n_unmeasured,
        reason=why_missing(task.unmeasured),
        supporting=info.supporting,
        n_contaminated=task.n_contaminated,
        choice_view=info.choice_view,
        outcomes=outcome_rates(task),
        fates=row_fates(fates, inference.alpha),
        cut=task.cut,
    )
    name = (info.domain, "task", info.name)
    margin = margin_of(info.domain, info.metric, scores.base, inference.margins)
    return _Measured(with_estimate(row, scores, margin, inference, name, _discordant(task, delta)), scores, fates)


def _fates(tasks: Sequence[tuple[PairedTask, ItemClusters]]) -> tuple[tuple[TaskFates, ...], ...]:
    """The tasks of one domain."""
    present = (task_fates(task, clusters) for task, clusters in tasks)
    return (tuple(each for each in present if each is not None),)


def _on_scale(scores: NDArray[np.float64]) -> float:
    """A mean score in [0, 1]: item scores that need the other items may average to just outside it."""
    return float(np.clip(scores.mean(), 0.0, 1.0))


def standardised(base: NDArray[np.float64], candidate: NDArray[np.float64]) -> float:
    """Cohen's d_av: the mean change over the mean of both sides' standard deviations of item scores.

    It compares domains whose scores spread differently; NaN where neither side's vary. Source: Lakens 2013, Frontiers
    in Psychology 4:863, after Cumming 2012.
    """
    spread = (float(base.std()) + float(candidate.std())) / 2
    return float((candidate - base).mean()) / spread if spread > 0.0 else nan


def _discordant(task: PairedTask, effects: ClusterEffects) -> tuple[int, int] | None:
    """Losses and gains of right-or-wrong items each in a cluster of its own; None for others."""
    if not task.info.binary or effects.n_clusters != len(task.base) or effects.n_second_clusters is not None:
        return None
    return int((task.base > task.candidate).sum()), int((task.base < task.candidate).sum())


def _measure_domain(
    domain: str,
    tasks: Sequence[PairedTask],
    rows: Sequence[DeltaRow],
    measured: Sequence[_Measured],
    inference: Inference,
) -> _Measured:
    """The macro mean of a domain's tasks; `rows` are the rows of all of them, `measured` those with an estimate."""
    with_clusters = _with_clusters(tasks)
    present, clusters = [task for task, _ in with_clusters], [codes for _, codes in with_clusters]
    base, candidate = [task.base for task in present], [task.candidate for task in present]
    delta = effects_by([after - before for before, after in zip(base, candidate, strict=True)], clusters)
    scores = Scores(
        base=_mean([each.scores.base for each in measured]),
        candidate=_mean([each.scores.candidate for each in measured]),
        delta=delta,
        corrected=corrected_scores(present, base, candidate, clusters, delta),
        effect=_mean([each.scores.effect for each in measured]),
        extremes=extremes_of(tasks),
    )
    fates = _fates(with_clusters)
    row = DeltaRow(
        name=domain,
        domain=domain,
        metric=MACRO_MEAN,
        n_items=len(pd.unique(np.concatenate([task.item_codes for task in present]))),
        chance=_mean_chance(measured),
        n_unmeasured=sum(row.n_unmeasured for row in rows),
        n_contaminated=_total(row.n_contaminated for row in rows),
        reason=why_missing_in_domain(tasks),
        outcomes=mean_outcomes(each.row.outcomes for each in measured),
        fates=row_fates(fates, inference.alpha),
        cut=mean_cut(rows),
    )
    margin = domain_margin(rows, inference.margins)
    return _Measured(with_estimate(row, scores, margin, inference, (domain, "domain", domain)), scores, fates)


def _overall(
    measured: Sequence[_Measured], missing: Sequence[Extremes], domains: Sequence[DeltaRow], inference: Inference
) -> DeltaRow:
    """Macro mean of the domains but `APART`; clusters of different domains are different clusters.

    `measured` are those with an estimate, `missing` are the others.
    """
    members = [row for row in domains if row.name not in APART]
    without = [row.name for row in members if row.estimate is None]
    row = DeltaRow(
        name=OVERALL,
        domain=OVERALL,
        metric=MACRO_MEAN,
        n_items=sum(row.n_items for row in members),
        n_unmeasured=sum(row.n_unmeasured for row in members),
        n_contaminated=_total(row.n_contaminated for row in members),
        reason=Stored.DOMAINS_NOT_MEASURED.format(domains=", ".join(without)) if without else None,
        cut=mean_cut(members),
    )
    row = _unmeasured(row, inference)
    if not measured:
        return replace(row, reason=row.reason or Stored.NO_OTHER_DOMAIN.format(domains=" and ".join(APART)))
    scores = Scores(
        base=_mean([each.scores.base for each in measured]),
        candidate=_mean([each.scores.candidate for each in measured]),
        delta=combine([each.scores.delta for each in measured]),
        corrected=combined_scores([each.scores.corrected for each in measured]),
        effect=_mean([each.scores.effect for each in measured]),
        extremes=_all_extremes(measured, missing),
    )
    outcomes = mean_outcomes(each.row.outcomes for each in measured)
    fates = row_fates([domain for each in measured for domain in each.fates], inference.alpha)
    row = replace(row, chance=_mean_chance(measured), outcomes=outcomes, fates=fates)
    return with_estimate(row, scores, row.judgement.margin, inference, (OVERALL, OVERALL))


def _all_extremes(measured: Sequence[_Measured], missing: Sequence[Extremes]) -> Extremes | None:
    """The extremes of the domains' mean; one of which nothing is missing is what it is."""
    of_measured = [each.scores for each in measured]
    if not missing and all(scores.extremes is None for scores in of_measured):
        return None
    known = [scores.extremes or Extremes(scores.delta, scores.delta, scores.corrected) for scores in of_measured]
    return combined([*known, *missing])


def _mean_chance(measured: Sequence[_Measured]) -> float:
    return _mean([each.row.chance or 0.0 for each in measured])


def _total(counts: Iterable[int | None]) -> int | None:
    """The sum of the counts that there are; None where there are none."""
    present = [count for count in counts if count is not None]
    return sum(present) if present else None


def _mean(values: Sequence[float]) -> float:
    """The mean of those that there are; NaN where there are none."""
    present = [value for value in values if not isnan(value)]
    return float(np.mean(present)) if present else nan
