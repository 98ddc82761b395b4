"""What a run says of itself: its scores, the means of what its scoring measured, and its warnings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forgetbench.errors import listed
from forgetbench.metrics.corpus import CORPUS_METRICS, responses_of
from forgetbench.metrics.diversity import shared_openers
from forgetbench.records import CUT, MUCH_CUT, DeltaRow, ItemScore, TaskInfo
from forgetbench.stats.clustered import Floats
from forgetbench.stats.item_clusters import ItemClusters, clusters_of_names, effects_by
from forgetbench.storage.runs import Run
from forgetbench.stored import Stored

if TYPE_CHECKING:
    import pandas as pd

_ANSWERS = ("loglikelihoods", "responses", "reference_logprobs", "neutral_logprobs")


def run_scores(run: Run) -> dict[str, Any]:
    """scores.json: the mean score of each task, the macro mean of each domain, and what was not measured."""
    tasks = [_task_scores(run, info) for info in run.manifest.tasks]
    domains = {}
    for domain in dict.fromkeys(info.domain for info in run.manifest.tasks):
        counted = [entry for entry in tasks if entry["domain"] == domain and not entry["supporting"]]
        means = [entry["score"] for entry in counted if entry["score"] is not None]
        cut = [entry["cut"] for entry in counted if entry["cut"] is not None]
        domains[domain] = {
            "score": sum(means) / len(means) if means else None,
            "n_tasks": len(means),
            "cut": sum(cut) / len(cut) if cut else None,
        }
    return {"schema_version": 1, "run_id": run.manifest.run_id, "domains": domains, "tasks": tasks}


def _task_scores(run: Run, info: TaskInfo) -> dict[str, Any]:
    rows = run.samples[run.samples["task"] == info.name]
    n_cut = int(rows["reason"].eq(CUT).sum())
    values, clusters = _scored(rows, info)
    return {
        "name": info.name,
        "domain": info.domain,
        "view": info.view,
        "metric": info.metric,
        "chance": info.chance,
        "supporting": info.supporting,
        "n_items": len(values),
        "n_unmeasured": int(rows["reason"].notna().sum()),
        "n_cut": n_cut,
        "cut": n_cut / len(rows) if len(rows) else None,
        "score": float(values.mean()) if len(values) else None,
        "se": effects_by([values], [clusters]).se if len(values) else None,
        "metrics": dict(run.manifest.metrics.get(info.name, {})),
    }


def _scored(rows: pd.DataFrame, info: TaskInfo) -> tuple[Floats, ItemClusters]:
    """The item scores of a task by itself, and the items' clusters."""
    if info.corpus_metric is None:
        measured = rows[rows["score"].notna()]
        values = measured["score"].to_numpy(dtype=np.float64)
    else:
        answered = rows[rows["reason"].isna()]
        alone = CORPUS_METRICS[info.corpus_metric].alone(responses_of(answered))
        values = np.full(len(answered), np.nan) if alone is None else alone
        measured, values = answered[~np.isnan(values)], values[~np.isnan(values)]
    return values, clusters_of_names(measured["cluster"], measured["second_cluster"])


def warnings_of(scores: Sequence[ItemScore]) -> tuple[str, ...]:
    """What a reader must know before trusting the numbers."""
    warnings = []
    reasons = Counter(score.reason for score in scores if score.reason is not None)
    if reasons:
        each = Stored.COUNTED
        why = listed([each.format(reason=reason, n=f"{count:,}") for reason, count in reasons.most_common()], 3)
        warnings.append(Stored.OF_RUN_NOT_MEASURED.format(n=reasons.total(), all=len(scores), reasons=why))
    generated = [score for score in scores if score.finish_reasons]
    for name in dict.fromkeys(score.task for score in generated):
        rows = [score for score in generated if score.task == name]
        n_cut = sum(row.reason == CUT for row in rows)
        if n_cut > MUCH_CUT * len(rows):
            warnings.append(Stored.CUT_IN_RUN.format(task=name, n=n_cut, all=len(rows)))
        at_limit = sum(reason == "length" for row in rows for reason in row.finish_reasons)
        total = sum(len(row.finish_reasons) for row in rows)
        if at_limit > total / 2:
            warnings.append(Stored.AT_LIMIT_IN_RUN.format(task=name, n=at_limit, all=total))
        unknown = sum(row.metrics.get("topic_unknown", 0.0) * len(row.responses) for row in rows)
        if unknown:
            warnings.append(Stored.TOPIC_UNKNOWN.format(task=name, n=f"{unknown:,.0f}", all=f"{total:,}"))
    return tuple(warnings)


def thinking_share(scores: Iterable[ItemScore]) -> float:
    """The share of generated answers that thinking aloud came before; 0 where nothing was generated."""
    shares = [score.metrics.get("thinking", 0.0) for score in scores if score.finish_reasons]
    return sum(shares) / len(shares) if shares else 0.0


def mean_metrics(scores: Sequence[ItemScore]) -> dict[str, dict[str, float]]:
    """By task, the mean over its measured items of every number that its scoring gave.

    Of tasks with several samples also `shared_openers`, which compares the answers to different prompts.
    """
    values: dict[str, dict[str, list[float]]] = {}
    for score in scores:
        if score.reason is None:
            for name, value in score.metrics.items():
                if math.isfinite(value):
                    values.setdefault(score.task, {}).setdefault(name, []).append(value)
    means = {task: {name: sum(rows) / len(rows) for name, rows in metrics.items()} for task, metrics in values.items()}
    several: dict[str, list[tuple[str, str]]] = {}
    for score in scores:
        if score.reason is None and len(score.responses) > 1:
            several.setdefault(score.task, []).extend((text, score.item_id) for text in score.responses)
    for task, answers in several.items():
        texts, prompts = zip(*answers, strict=True)
        shared = shared_openers(texts, prompts)
        if math.isfinite(shared):
            means.setdefault(task, {})["shared_openers"] = shared
    return means


def noise_floor_of(rows: Iterable[DeltaRow], base: pd.DataFrame, again: pd.DataFrame) -> dict[str, Any]:
    """What differs between two passes of the base itself, per domain and task: anything smaller than this is noise.

    `base`, `again`: the samples of the two.
    """
    differing = differing_answers(base, again)
    return {row.name: {**_noise_of(row), "differing": differing.get(row.name)} for row in rows}


def differing_answers(base: pd.DataFrame, again: pd.DataFrame) -> dict[str, int]:
    """By task and by domain, the items whose likelihoods or answers are not the same to the last bit in two passes."""
    keys, answers = ["domain", "task", "item_id"], [*_ANSWERS]
    passes = [samples.set_index(keys)[answers].map(_bits) for samples in (base, again)]
    one, other = passes[0].align(passes[1], join="outer")
    differ = (one != other).any(axis=1)
    counts = {str(name): int(number) for name, number in differ.groupby(level="domain").sum().items()}
    return counts | {str(name): int(number) for name, number in differ.groupby(level="task").sum().items()}


def _bits(cell: Sequence[float | str] | None) -> tuple[float | str, ...]:
    return () if cell is None else tuple(cell)


def _noise_of(row: DeltaRow) -> dict[str, Any]:
    estimate, outcomes = row.estimate, row.outcomes
    return {
        "delta": None if estimate is None else estimate.delta,
        "se": None if estimate is None else estimate.se,
        "forgotten": None if outcomes is None else outcomes.forgotten,
        "gained": None if outcomes is None else outcomes.gained,
        "flip_rate": None if outcomes is None else outcomes.forgotten + outcomes.gained,
        "loss": None if estimate is None else estimate.loss,
    }
