"""What fine-tuning did to each score: the rows of comparison.json, with their uncertainty.

A row is always made the same way: differences item by item, taken apart by cluster
(`stats.clustered`), then interval, test and verdict. docs/statistics.md says which formula stands where.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forgetbench.comparison.intervals import FixedSample, GroupSequential, Method
from forgetbench.comparison.missing_data import (
    unmeasured_domain,
    unmeasured_task,
    why_domain_unmeasured,
    why_unmeasured,
)
from forgetbench.comparison.pairing import PairedTask, Pairing, pair
from forgetbench.comparison.sft_data import SftData
from forgetbench.comparison.strata import by_domain, metric_rows, stratum_rows
from forgetbench.comparison.verdict import judged, unmeasured_share
from forgetbench.errors import IncomparableError
from forgetbench.records import (
    ALPHA,
    DEFAULT_MARGIN,
    MACRO_MEAN,
    OVERALL,
    TARGET,
    Comparison,
    DeltaRow,
    Looks,
    RunManifest,
    Side,
)
from forgetbench.stats.chance import chance_corrected, latent_correction
from forgetbench.stats.clustered import FEW, ClusterEffects, Codes, cluster_effects, combine
from forgetbench.stats.multiplicity import benjamini_hochberg, holm
from forgetbench.stats.power import minimum_detectable_effect
from forgetbench.stats.quantiles import student_quantile
from forgetbench.storage.runs import Run

if TYPE_CHECKING:
    from forgetbench.metrics.corpus import CorpusMetric

_OUTCOMES = ("forgotten", "gained", "forgotten_corrected", "gained_corrected", "informative")
_FATES = ("locked", "erased")


@dataclass(frozen=True, slots=True)
class _Settings:
    """How rows are made, the same for all rows of a comparison."""

    margins: Mapping[str, float]
    method: Method
    noise_floor: Mapping[str, Any] | None = None

    @property
    def alpha(self) -> float:
        return self.method.alpha

    def margin(self, domain: str) -> float:
        return self.margins.get(domain, DEFAULT_MARGIN)


@dataclass(frozen=True, slots=True)
class _Measured:
    """Deltas and base scores taken apart by cluster; base scores are chance-corrected."""

    row: DeltaRow
    delta: ClusterEffects
    base: ClusterEffects
    candidate_corrected: float


def compare(
    base: Run,
    candidate: Run,
    *,
    margins: Mapping[str, float],
    sft_data: SftData | None = None,
    noise_floor: Mapping[str, Any] | None = None,
    alpha: float = ALPHA,
    resamples: int = 10_000,
    seed: int = 0,
    corpus_metrics: Mapping[str, CorpusMetric] | None = None,
    looks: Looks | None = None,
    completion: Sequence[DeltaRow] = (),
    chat_format_costs: Mapping[str, tuple[DeltaRow, ...]] | None = None,
) -> tuple[Comparison, pd.DataFrame]:
    """Pair two runs and score every task, every domain and the whole; returns it with items.parquet's table.

    `margins` is the non-inferiority margin per domain in score units, `suite.DEFAULT_MARGIN` where a
    domain is not named. Intervals have level 1 - `alpha` and come from `resamples` seeded draws: the same runs and
    `seed` give the same numbers. With `looks` the items came in blocks and intervals and p-values hold at every look
    that was planned; nothing is drawn. `sft_data` and `corpus_metrics` go to `pairing.pair`; `completion` and
    `chat_format_costs` are what another protocol showed, and are kept beside the rows.
    Raises IncomparableError when the runs must not be paired.
    """
    pairing = pair(base, candidate, sft_data=sft_data, corpus_metrics=corpus_metrics)
    method = GroupSequential(alpha, looks.taken, looks.planned) if looks else FixedSample(alpha, resamples, seed)
    settings = _Settings(margins, method, noise_floor)
    tasks, domains, overall = _rows(pairing, settings)
    comparison = Comparison(
        comparison_id=comparison_id(base.manifest, candidate.manifest),
        base=_side(base.manifest),
        candidate=_side(candidate.manifest),
        suite=base.manifest.suite,
        protocol=base.manifest.protocol,
        engine=candidate.manifest.engine,
        domains=domains,
        tasks=tasks,
        overall=overall,
        noise_floor=noise_floor,
        warnings=_warnings(pairing),
        seed=seed,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        alpha=alpha,
        looks=looks,
        pairing=tuple(task.audit for task in pairing.tasks),
        strata=stratum_rows(pairing, alpha),
        metrics=metric_rows(pairing),
        completion=tuple(completion),
        chat_format_costs=chat_format_costs or {},
    )
    return comparison, pairing.items


def chat_format_costs(
    completion: Run, chat: Run, *, alpha: float = ALPHA, resamples: int = 10_000, seed: int = 0
) -> tuple[DeltaRow, ...]:
    """What its own chat template costs one checkpoint: a row per domain, `base` without it and `candidate` with it.

    Items are paired as between two checkpoints; margins and verdicts have no meaning here and are those of `compare`.
    Raises IncomparableError when the runs are not of one checkpoint or differ in more than the rendering.
    """
    if completion.manifest.fingerprint != chat.manifest.fingerprint:
        raise IncomparableError(
            f"runs {completion.manifest.run_id} and {chat.manifest.run_id} are of different checkpoints; "
            "the costs of a chat format are those of one"
        )
    pairing = pair(completion, chat, across_protocols=True)
    _, domains, _ = _rows(pairing, _Settings(chat.manifest.margins, FixedSample(alpha, resamples, seed)))
    return domains


def comparison_id(base: RunManifest, candidate: RunManifest) -> str:
    """Names a comparison and its folder: one per pair of runs."""
    return f"{candidate.run_id}-vs-{base.run_id}"


def _side(manifest: RunManifest) -> Side:
    return Side(manifest.name, manifest.where, manifest.fingerprint, manifest.run_id, manifest.step)


def _warnings(pairing: Pairing) -> tuple[str, ...]:
    own = [f"{run.name}: {text}" for run in (pairing.base, pairing.candidate) for text in run.warnings]
    return tuple(dict.fromkeys([*pairing.warnings, *own]))


# --- tasks, domains, overall ------------------------------------------------------------------


def _rows(pairing: Pairing, settings: _Settings) -> tuple[tuple[DeltaRow, ...], tuple[DeltaRow, ...], DeltaRow]:
    task_rows: dict[str, DeltaRow] = {}
    domain_rows: list[DeltaRow] = []
    measured_domains: list[_Measured] = []
    for domain, everything in by_domain(pairing.tasks).items():
        measured = _measure_tasks(everything, _cluster_codes(everything), settings)
        for task in everything:
            name = task.info.name
            task_rows[name] = measured[name].row if name in measured else unmeasured_task(task)
        tasks = [task for task in everything if not task.info.supporting]
        rows = [task_rows[task.info.name] for task in tasks]
        counted = [measured[row.name] for row in rows if row.name in measured]
        if not counted:
            domain_rows.append(unmeasured_domain(domain, rows))
            continue
        found = _measure_domain(domain, tasks, _cluster_codes(tasks), rows, counted, settings)
        domain_rows.append(found.row)
        if domain != TARGET:
            measured_domains.append(found)

    in_order = [task_rows[task.info.name] for task in pairing.tasks]
    tasks_judged = _judged_tasks(in_order, settings)
    domains_judged = _judged_domains(domain_rows, tasks_judged, settings)
    overall = _overall(measured_domains, domains_judged, tasks_judged, settings)
    return tuple(tasks_judged), tuple(domains_judged), overall


def _cluster_codes(tasks: Sequence[PairedTask]) -> list[Codes]:
    """Clusters of a domain's tasks, numbered in order of appearance; one is the same throughout the domain."""
    codes, _ = pd.factorize(np.concatenate([task.cluster_codes for task in tasks]))
    return np.split(codes.astype(np.intp), np.cumsum([len(task.cluster_codes) for task in tasks])[:-1])


def _measure_tasks(tasks: Sequence[PairedTask], codes: Sequence[Codes], settings: _Settings) -> dict[str, _Measured]:
    """The tasks that have items, by name, measured beside each other: most of the time numpy draws, without the GIL."""
    present = [(task, code) for task, code in zip(tasks, codes, strict=True) if len(task.base)]
    # More threads than cores would only wait for one another between the draws.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda part: _measure_task(part[0], part[1], settings), present)
        return {part.row.name: part for part in found}


def _measure_task(task: PairedTask, codes: Codes, settings: _Settings) -> _Measured:
    info = task.info
    difference = task.candidate - task.base
    effects = cluster_effects([difference], [codes])
    corrected = cluster_effects([(task.base - info.chance) / (1.0 - info.chance)], [codes])
    candidate_corrected = chance_corrected(float(task.candidate.mean()), info.chance)
    row = DeltaRow(
        name=info.name,
        domain=info.domain,
        metric=info.metric,
        view=info.view,
        n_items=len(task.base),
        chance=info.chance,
        base=_shown(task.base),
        candidate=_shown(task.candidate),
        n_unmeasured=task.n_unmeasured,
        reason=why_unmeasured(task.unmeasured),
        supporting=info.supporting,
        n_contaminated=task.n_contaminated,
        **_item_outcomes(task),
    )
    name = (info.domain, "task", info.name)
    row = _with_uncertainty(row, name, effects, corrected, candidate_corrected, settings, _discordant(task, effects))
    return _Measured(row, effects, corrected, candidate_corrected)


def _shown(scores: NDArray[np.float64]) -> float:
    """A mean score on the scale: item scores that need the other items may average to just outside it."""
    return float(np.clip(scores.mean(), 0.0, 1.0))


def _discordant(task: PairedTask, effects: ClusterEffects) -> tuple[int, int] | None:
    """Losses and gains of right-or-wrong items each in a cluster of its own; None for others."""
    if not task.info.binary or len(effects.weight) != len(task.base):
        return None
    return int((task.base > task.candidate).sum()), int((task.base < task.candidate).sum())


def _measure_domain(
    domain: str,
    tasks: Sequence[PairedTask],
    codes: Sequence[Codes],
    rows: Sequence[DeltaRow],
    measured: Sequence[_Measured],
    settings: _Settings,
) -> _Measured:
    present = [(task, code) for task, code in zip(tasks, codes, strict=True) if len(task.base)]
    clusters = [code for _, code in present]
    effects = cluster_effects([task.candidate - task.base for task, _ in present], clusters)
    corrected = cluster_effects(
        [(task.base - task.info.chance) / (1.0 - task.info.chance) for task, _ in present], clusters
    )
    candidate_corrected = _mean([part.candidate_corrected for part in measured])
    item_codes = pd.unique(np.concatenate([task.item_codes for task, _ in present]))
    row = DeltaRow(
        name=domain,
        domain=domain,
        metric=MACRO_MEAN,
        n_items=len(item_codes),
        n_unmeasured=sum(part.n_unmeasured for part in rows),
        n_contaminated=_total(part.n_contaminated for part in rows),
        reason=why_domain_unmeasured(tasks),
        **_macro_means([part.row for part in measured]),
    )
    row = _with_uncertainty(row, (domain, "domain", domain), effects, corrected, candidate_corrected, settings)
    return _Measured(row, effects, corrected, candidate_corrected)


def _overall(
    measured: Sequence[_Measured], domains: Sequence[DeltaRow], tasks: Sequence[DeltaRow], settings: _Settings
) -> DeltaRow:
    """Macro mean of the domains, target apart; clusters of different domains are different clusters."""
    counted = [row for row in domains if row.name != TARGET]
    missing = [row.name for row in counted if row.base is None]
    empty = DeltaRow(
        name=OVERALL,
        domain=OVERALL,
        metric=MACRO_MEAN,
        n_items=sum(row.n_items for row in counted),
        margin=settings.margin(OVERALL),
        n_unmeasured=sum(row.n_unmeasured for row in counted),
        n_contaminated=_total(row.n_contaminated for row in counted),
        reason=f"domains not measured: {', '.join(missing)}" if missing else None,
    )
    if not measured:
        return replace(empty, reason=empty.reason or "no domain but target")
    effects = combine([part.delta for part in measured])
    row = replace(empty, **_macro_means([part.row for part in measured]))
    corrected = combine([part.base for part in measured])
    candidate = _mean([part.candidate_corrected for part in measured])
    row = _with_uncertainty(row, (OVERALL, OVERALL), effects, corrected, candidate, settings)
    by_domain = [[task for task in tasks if task.domain == domain.name and not task.supporting] for domain in counted]
    return _judged(row, row.p_value, _mean([unmeasured_share(part) for part in by_domain]), settings)


# --- what a row holds -------------------------------------------------------------------------


def _with_uncertainty(
    row: DeltaRow,
    name: Sequence[str],
    delta: ClusterEffects,
    base: ClusterEffects,
    candidate_corrected: float,
    settings: _Settings,
    discordant: tuple[int, int] | None = None,
) -> DeltaRow:
    found = settings.method(delta, name, settings.margin(row.domain), discordant)
    above_chance = _above_chance(base, settings.alpha)
    # A skill that the fine-tuning was for may well start from nothing; and of a few clusters nothing is known.
    at_chance = not above_chance and row.domain != TARGET and (base.n_effective >= FEW or base.estimate <= 0.0)
    return replace(
        row,
        delta=delta.estimate,
        se=delta.se,
        ci_low=found.low,
        ci_high=found.high,
        lower=found.lower,
        p_value=found.p_value,
        retention=candidate_corrected / base.estimate if above_chance else None,
        mde=minimum_detectable_effect(delta, alpha=settings.alpha),
        margin=settings.margin(row.domain),
        loss=delta.loss,
        at_chance=at_chance,
        reason="; ".join(part for part in (_at_chance(row) if at_chance else None, row.reason) if part) or None,
    )


def _at_chance(row: DeltaRow) -> str:
    if row.base is None or not row.chance:
        return "the base is not shown to score above 0: there is nothing to forget"
    return (
        f"the base is not shown to be above chance ({100 * row.base:.1f}, guessing gives {100 * row.chance:.1f}): "
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


def _item_outcomes(task: PairedTask) -> dict[str, Any]:
    """Rates of forgotten, gained, locked and erased over the task's items; none for scores in between."""
    if not task.info.binary:
        return {}
    was, now = task.base == 1.0, task.candidate == 1.0
    lost, won, never = _share(was & ~now), _share(~was & now), _share(~was & ~now)
    known = latent_correction(lost, won, never, task.info.chance)
    able = chance_corrected(float(task.base.mean()), task.info.chance)
    has_fate = bool(task.has_choice_view.any())
    return {
        "forgotten": lost,
        "gained": won,
        "forgotten_corrected": known.forgotten,
        "gained_corrected": known.gained,
        "locked": _share(task.locked) if has_fate else None,
        "erased": _share(task.erased) if has_fate else None,
        "informative": max(0.0, able),
    }


def _share(which: NDArray[np.bool_]) -> float:
    return float(np.mean(which))


def _macro_means(rows: Sequence[DeltaRow]) -> dict[str, Any]:
    """Scores over all rows, item outcomes over those that have them.

    A row that cannot tell locked from erased adds 0 to both, so that forgotten stays their sum and the share
    without a `choice` view.
    """
    binary = [row for row in rows if row.forgotten is not None]
    means = {name: _mean([getattr(row, name) for row in rows]) for name in ("base", "candidate", "chance")}
    outcomes = {name: _mean([getattr(row, name) for row in binary]) for name in _OUTCOMES} if binary else {}
    fates = {
        name: _mean([getattr(row, name) or 0.0 for row in binary])
        for name in _FATES
        if any(getattr(row, name) is not None for row in binary)
    }
    return {**means, **outcomes, **fates}


def _total(counts: Iterable[int | None]) -> int | None:
    """The sum of what is known; None where nothing is."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


# --- verdicts ---------------------------------------------------------------------------------


def _judged_tasks(rows: Sequence[DeltaRow], settings: _Settings) -> list[DeltaRow]:
    """Tasks are exploratory: Benjamini-Hochberg over all of them."""
    p_values = [row.p_value for row in rows if row.p_value is not None]
    adjusted = iter(benjamini_hochberg(p_values).tolist())
    return [
        _judged(row, None if row.p_value is None else next(adjusted), unmeasured_share([row]), settings) for row in rows
    ]


def _judged_domains(rows: Sequence[DeltaRow], tasks: Sequence[DeltaRow], settings: _Settings) -> list[DeltaRow]:
    """Domains are gated: Holm over all but target, whose p-value stands alone."""
    gated = [row for row in rows if row.name != TARGET and row.p_value is not None]
    adjusted = holm([row.p_value for row in gated if row.p_value is not None]).tolist()
    by_name = {row.name: p for row, p in zip(gated, adjusted, strict=True)}
    return [
        _judged(
            row,
            by_name.get(row.name, row.p_value),
            unmeasured_share(task for task in tasks if task.domain == row.name and not task.supporting),
            settings,
        )
        for row in rows
    ]


def _judged(row: DeltaRow, p_adjusted: float | None, unmeasured: float, settings: _Settings) -> DeltaRow:
    return judged(
        row,
        p_adjusted,
        settings.margin(row.domain),
        unmeasured=unmeasured,
        noise_floor=settings.noise_floor,
        alpha=settings.alpha,
        interval_alpha=settings.alpha,
    )
