"""The rows of a comparison: each task, each domain as the macro mean of its tasks, and all domains together.

A row is always made the same way: paired differences of item scores, decomposed by cluster
(`stats.clustered`), then interval, test and verdict. docs/statistics.md says which formula stands where.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import nan, sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forgetbench.comparison.intervals import Method
from forgetbench.comparison.missing_data import (
    domain_without_data,
    missing_share,
    task_without_data,
    why_missing,
    why_missing_in_domain,
)
from forgetbench.comparison.outcomes import mean_outcomes, outcome_rates
from forgetbench.comparison.pairing import PairedTask, Pairing
from forgetbench.comparison.strata import by_domain
from forgetbench.comparison.verdict import with_verdict
from forgetbench.records import DEFAULT_MARGIN, MACRO_MEAN, OVERALL, TARGET, DeltaRow, Estimate, Judgement
from forgetbench.stats.chance import chance_corrected
from forgetbench.stats.clustered import FEW, ClusterEffects, Codes, cluster_effects, combine
from forgetbench.stats.multiplicity import benjamini_hochberg, holm
from forgetbench.stats.power import minimum_detectable_effect
from forgetbench.stats.quantiles import student_quantile


@dataclass(frozen=True, slots=True)
class Inference:
    """How rows are inferred and judged, the same for all rows of a comparison."""

    margins: Mapping[str, float]
    """Non-inferiority margin by domain, `DEFAULT_MARGIN` for others."""
    method: Method
    noise_floor: Mapping[str, Any] | None = None

    @property
    def alpha(self) -> float:
        return self.method.alpha

    def margin(self, domain: str) -> float:
        return self.margins.get(domain, DEFAULT_MARGIN)


@dataclass(frozen=True, slots=True)
class DeltaRows:
    """Every row of a comparison, judged."""

    tasks: tuple[DeltaRow, ...]
    """In the order of the runs."""
    domains: tuple[DeltaRow, ...]
    overall: DeltaRow


@dataclass(frozen=True, slots=True)
class _Scores:
    """A row's scores: as they are shown, chance-corrected, and their differences decomposed by cluster."""

    base: float
    candidate: float
    delta: ClusterEffects
    base_corrected: ClusterEffects
    candidate_corrected: float


@dataclass(frozen=True, slots=True)
class _Measured:
    """A row with an estimate, and what rows above it are made from."""

    row: DeltaRow
    scores: _Scores


def delta_rows(pairing: Pairing, inference: Inference) -> DeltaRows:
    """Every row of the pairing. Task p-values are adjusted by Benjamini-Hochberg, those of domains by Holm."""
    task_rows: dict[str, DeltaRow] = {}
    domain_rows: list[DeltaRow] = []
    measured_domains: list[_Measured] = []
    for domain, members in by_domain(pairing.tasks).items():
        measured = _measure_tasks(members, inference)
        for task in members:
            name = task.info.name
            task_rows[name] = measured[name].row if name in measured else task_without_data(task)
        tasks = [task for task in members if not task.info.supporting]
        rows = [task_rows[task.info.name] for task in tasks]
        measured_rows = [measured[row.name] for row in rows if row.name in measured]
        if not measured_rows:
            domain_rows.append(domain_without_data(domain, rows))
            continue
        whole = _measure_domain(domain, tasks, rows, measured_rows, inference)
        domain_rows.append(whole.row)
        if domain != TARGET:
            measured_domains.append(whole)

    judged_tasks = _judge_tasks([task_rows[task.info.name] for task in pairing.tasks], inference)
    judged_domains = _judge_domains(domain_rows, judged_tasks, inference)
    overall = _overall(measured_domains, judged_domains, judged_tasks, inference)
    return DeltaRows(tuple(judged_tasks), tuple(judged_domains), overall)


# --- tasks, domains, overall ------------------------------------------------------------------


def _measure_tasks(tasks: Sequence[PairedTask], inference: Inference) -> dict[str, _Measured]:
    """The tasks that have items, by name, measured beside each other: most of the time numpy draws, without the GIL."""
    present = _with_clusters(tasks)
    # More threads than cores would only wait for one another between the draws.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        measured = pool.map(lambda pair: _measure_task(pair[0], pair[1], inference), present)
        return {each.row.name: each for each in measured}


def _with_clusters(tasks: Sequence[PairedTask]) -> list[tuple[PairedTask, Codes]]:
    """The tasks that have items, each with its items' clusters; one is the same throughout the tasks.

    Clusters are numbered in order of appearance.
    """
    codes, _ = pd.factorize(np.concatenate([task.cluster_codes for task in tasks]))
    by_task = np.split(codes.astype(np.intp), np.cumsum([len(task.cluster_codes) for task in tasks])[:-1])
    return [(task, clusters) for task, clusters in zip(tasks, by_task, strict=True) if len(task.base)]


def _measure_task(task: PairedTask, clusters: Codes, inference: Inference) -> _Measured:
    info = task.info
    scores = _Scores(
        base=_on_scale(task.base),
        candidate=_on_scale(task.candidate),
        delta=cluster_effects([task.candidate - task.base], [clusters]),
        base_corrected=cluster_effects([_base_corrected(task)], [clusters]),
        candidate_corrected=chance_corrected(float(task.candidate.mean()), info.chance),
    )
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
        outcomes=outcome_rates(task),
    )
    name = (info.domain, "task", info.name)
    return _Measured(_with_estimate(row, scores, inference, name, _discordant(task, scores.delta)), scores)


def _on_scale(scores: NDArray[np.float64]) -> float:
    """A mean score in [0, 1]: item scores that need the other items may average to just outside it."""
    return float(np.clip(scores.mean(), 0.0, 1.0))


def _base_corrected(task: PairedTask) -> NDArray[np.float64]:
    corrected: NDArray[np.float64] = (task.base - task.info.chance) / (1.0 - task.info.chance)
    return corrected


def _discordant(task: PairedTask, effects: ClusterEffects) -> tuple[int, int] | None:
    """Losses and gains of right-or-wrong items each in a cluster of its own; None for others."""
    if not task.info.binary or len(effects.weight) != len(task.base):
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
    present = _with_clusters(tasks)
    clusters = [codes for _, codes in present]
    scores = _mean_scores(
        measured,
        cluster_effects([task.candidate - task.base for task, _ in present], clusters),
        cluster_effects([_base_corrected(task) for task, _ in present], clusters),
    )
    item_codes = pd.unique(np.concatenate([task.item_codes for task, _ in present]))
    row = DeltaRow(
        name=domain,
        domain=domain,
        metric=MACRO_MEAN,
        n_items=len(item_codes),
        chance=_mean_chance(measured),
        n_unmeasured=sum(row.n_unmeasured for row in rows),
        n_contaminated=_total(row.n_contaminated for row in rows),
        reason=why_missing_in_domain(tasks),
        outcomes=mean_outcomes(each.row.outcomes for each in measured),
    )
    return _Measured(_with_estimate(row, scores, inference, (domain, "domain", domain)), scores)


def _overall(
    measured: Sequence[_Measured], domains: Sequence[DeltaRow], tasks: Sequence[DeltaRow], inference: Inference
) -> DeltaRow:
    """Macro mean of the domains, target apart; clusters of different domains are different clusters."""
    members = [row for row in domains if row.name != TARGET]
    missing = [row.name for row in members if row.estimate is None]
    row = DeltaRow(
        name=OVERALL,
        domain=OVERALL,
        metric=MACRO_MEAN,
        n_items=sum(row.n_items for row in members),
        n_unmeasured=sum(row.n_unmeasured for row in members),
        n_contaminated=_total(row.n_contaminated for row in members),
        reason=f"domains not measured: {', '.join(missing)}" if missing else None,
        judgement=Judgement(margin=inference.margin(OVERALL)),
    )
    if not measured:
        return replace(row, reason=row.reason or "no domain but target")
    delta = combine([each.scores.delta for each in measured])
    scores = _mean_scores(measured, delta, combine([each.scores.base_corrected for each in measured]))
    outcomes = mean_outcomes(each.row.outcomes for each in measured)
    row = replace(row, chance=_mean_chance(measured), outcomes=outcomes)
    row = _with_estimate(row, scores, inference, (OVERALL, OVERALL))
    by_domain = [[task for task in tasks if task.domain == domain.name and not task.supporting] for domain in members]
    return _judge(row, _p_value(row), _mean([missing_share(part) for part in by_domain]), inference)


def _mean_scores(measured: Sequence[_Measured], delta: ClusterEffects, base_corrected: ClusterEffects) -> _Scores:
    """The plain mean of rows' scores, with the effects of all of them together."""
    return _Scores(
        base=_mean([each.scores.base for each in measured]),
        candidate=_mean([each.scores.candidate for each in measured]),
        delta=delta,
        base_corrected=base_corrected,
        candidate_corrected=_mean([each.scores.candidate_corrected for each in measured]),
    )


def _mean_chance(measured: Sequence[_Measured]) -> float:
    return _mean([each.row.chance or 0.0 for each in measured])


def _total(counts: Iterable[int | None]) -> int | None:
    """The sum of the counts that there are; None where there are none."""
    present = [count for count in counts if count is not None]
    return sum(present) if present else None


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


# --- estimates --------------------------------------------------------------------------------


def _with_estimate(
    row: DeltaRow,
    scores: _Scores,
    inference: Inference,
    name: Sequence[str],
    discordant: tuple[int, int] | None = None,
) -> DeltaRow:
    """`row` with its estimate; whether the base is at chance is said in its judgement and its reason."""
    delta, base = scores.delta, scores.base_corrected
    margin = inference.margin(row.domain)
    uncertainty = inference.method(delta, name, margin, discordant)
    above_chance = _above_chance(base, inference.alpha)
    # A skill that the fine-tuning was for may well start from nothing; and of a few clusters nothing is known.
    at_chance = not above_chance and row.domain != TARGET and (base.n_effective >= FEW or base.estimate <= 0.0)
    reasons = (_why_at_chance(scores.base, row.chance) if at_chance else None, row.reason)
    return replace(
        row,
        estimate=Estimate(
            base=scores.base,
            candidate=scores.candidate,
            delta=delta.estimate,
            ci_low=uncertainty.low,
            ci_high=uncertainty.high,
            se=delta.se,
            lower=uncertainty.lower,
            p_value=uncertainty.p_value,
            mde=minimum_detectable_effect(delta, alpha=inference.alpha),
            loss=delta.loss,
            retention=scores.candidate_corrected / base.estimate if above_chance else nan,
        ),
        judgement=Judgement(margin=margin, at_chance=at_chance),
        reason="; ".join(reason for reason in reasons if reason) or None,
    )


def _why_at_chance(base: float, chance: float | None) -> str:
    if not chance:
        return "the base is not shown to score above 0: there is nothing to forget"
    return (
        f"the base is not shown to be above chance ({100 * base:.1f}, guessing gives {100 * chance:.1f}): "
        "there is nothing to forget"
    )


def _above_chance(base: ClusterEffects, alpha: float) -> bool:
    """Whether a chance-corrected base score is above 0 by a one-sided clustered t-test.

    Without it a retention would be a ratio to noise. Where all scores are equal, half a unit over
    sqrt(n), the largest standard error of a score in [0, 1], stands in for the zero that was observed.
    """
    n = base.n_effective
    if n < 2.0 or base.estimate <= 0.0:
        return False
    se = base.se or 0.5 / sqrt(n)
    return base.estimate > student_quantile(1.0 - alpha, n - 1.0) * se


# --- verdicts ---------------------------------------------------------------------------------


def _judge_tasks(rows: Sequence[DeltaRow], inference: Inference) -> list[DeltaRow]:
    """Tasks are exploratory: Benjamini-Hochberg over all of them."""
    adjusted = _adjusted(rows, benjamini_hochberg)
    return [_judge(row, adjusted.get(row.name, nan), missing_share([row]), inference) for row in rows]


def _judge_domains(rows: Sequence[DeltaRow], tasks: Sequence[DeltaRow], inference: Inference) -> list[DeltaRow]:
    """Domains are gated: Holm over all but target, whose p-value stands alone."""
    adjusted = _adjusted([row for row in rows if row.name != TARGET], holm)
    judged = []
    for row in rows:
        own_tasks = [task for task in tasks if task.domain == row.name and not task.supporting]
        judged.append(_judge(row, adjusted.get(row.name, _p_value(row)), missing_share(own_tasks), inference))
    return judged


def _adjusted(rows: Sequence[DeltaRow], adjust: Callable[[Sequence[float]], NDArray[np.float64]]) -> dict[str, float]:
    """Adjusted p-values by name, over the rows that have an estimate."""
    family = {row.name: row.estimate.p_value for row in rows if row.estimate is not None}
    return dict(zip(family, adjust(list(family.values())).tolist(), strict=True))


def _p_value(row: DeltaRow) -> float:
    return nan if row.estimate is None else row.estimate.p_value


def _judge(row: DeltaRow, p_adjusted: float, missing: float, inference: Inference) -> DeltaRow:
    return with_verdict(
        row,
        p_adjusted,
        inference.margin(row.domain),
        missing=missing,
        noise_floor=inference.noise_floor,
        alpha=inference.alpha,
        interval_alpha=inference.alpha,
    )
