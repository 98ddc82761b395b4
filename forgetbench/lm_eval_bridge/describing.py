"""What the scorer must know of an lm-eval task, from its metadata and the settings of its entry."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from statistics import fmean
from typing import Any

from forgetbench.errors import SuiteError, did_you_mean
from forgetbench.lm_eval_bridge.clusters import cluster_keys
from forgetbench.lm_eval_bridge.groups import task_filters
from forgetbench.lm_eval_bridge.task_entry import TaskEntry
from forgetbench.lm_eval_bridge.task_fingerprint import task_fingerprint
from forgetbench.records import PER_BYTE_METRICS, TaskInfo

BINARY_METRICS = frozenset({"acc", "acc_norm", "exact_match", "acc_bytes"})
"""lm-eval metrics whose value for one item is 0 or 1."""
_OF_ALL_ITEMS = frozenset(
    {
        "bleu",
        "chrf",
        "ter",
        "f1",
        "mcc",
        "matthews_corrcoef",
        "perplexity",
        "word_perplexity",
        "brier_score",
        "likelihood",
    }
)
"""lm-eval metrics of which an item gives a part, and only all items together a value."""
_USUAL = ["acc", "exact_match", "bits_per_byte"]
PRIMARY_METRICS = ("acc_norm", "exact_match", "acc", "bits_per_byte")
"""Which metric is a task's score where nobody says: the first that it has."""


def describe(task: Any, entry: TaskEntry) -> TaskInfo:
    """The description of a loaded task; what the entry sets goes before what the task declares.

    Raises SuiteError where the metric or the filter that gives the score is unknown or left open.
    """
    metadata: Mapping[str, Any] = task.config.metadata or {}
    filter_name = _filter(task, entry)
    metric = _metric(task, entry, metadata)
    language = metadata.get("language") or ()
    shots = metadata.get("completion_fewshot") if entry.num_fewshot is None else None
    return TaskInfo(
        name=str(task.config.task) if entry.configurations else entry.name,
        domain=str(metadata.get("domain") or entry.domain),
        metric=metric,
        chance=_chance(task, entry, metadata),
        view=entry.view or metadata.get("view") or None,
        version=str(metadata.get("version", "")),
        binary=bool(metadata.get("binary", metric in BINARY_METRICS)) if entry.binary is None else entry.binary,
        corpus_metric=metadata.get("corpus_metric"),
        repeats=int(task.config.repeats or 1),
        num_fewshot=int(task.config.num_fewshot or 0),
        fingerprint=task_fingerprint(task),
        completion_fewshot=None if shots is None else int(shots),
        supporting=bool(metadata.get("supporting")),
        licence=str(metadata.get("licence") or ""),
        language=(language,) if isinstance(language, str) else tuple(map(str, language)),
        filter=filter_name,
        choice_view=metadata.get("choice_view"),
        clusters=cluster_keys(metadata),
    )


def _filter(task: Any, entry: TaskEntry) -> str:
    names = task_filters(task)
    if entry.filter is None and len(names) > 1:
        raise SuiteError(
            f"task '{entry.name}': {entry.where}it reads answers in several ways ({', '.join(names)}); name one in a "
            f"suite file: {{task: {entry.name}, filter: {names[0]}}}"
        )
    if entry.filter is not None and entry.filter not in names:
        advice = did_you_mean(entry.filter, names)
        raise SuiteError(f"task '{entry.name}': {entry.where}no filter '{entry.filter}'; {advice}")
    return entry.filter or names[0]


def _metric(task: Any, entry: TaskEntry, metadata: Mapping[str, Any]) -> str:
    """The metric that is the item's score: the declared one, or the one that is usually reported."""
    higher_is_better: dict[str, bool] = dict(task.higher_is_better())
    usual = (name for name in (*PRIMARY_METRICS, *higher_is_better) if name in higher_is_better)
    metric = str(entry.metric or metadata.get("metric") or next(usual, "acc"))
    if metadata.get("corpus_metric"):
        return metric
    if higher_is_better and metric not in higher_is_better:
        advice = did_you_mean(metric, higher_is_better)
        raise SuiteError(f"task '{entry.name}': {entry.where}no metric '{metric}'; {advice}")
    if not higher_is_better.get(metric, True) and metric not in PER_BYTE_METRICS:
        usable = [name for name, rising in higher_is_better.items() if rising or name in PER_BYTE_METRICS]
        raise SuiteError(
            f"task '{entry.name}': {entry.where}less is better in '{metric}', and a score must rise with quality; "
            f"metrics that can be one: {', '.join(usable) or 'none'}"
        )
    if _of_all_items(task, metric):
        usable = [name for name in higher_is_better if name not in _OF_ALL_ITEMS] or _USUAL
        raise SuiteError(
            f"task '{entry.name}': {entry.where}'{metric}' is computed over all answers together, so no item has a "
            f"score of its own; metrics that can be one: {', '.join(usable)}, or a number from 0 to 1 that "
            "process_results gives for each item"
        )
    if metric not in PER_BYTE_METRICS and not _is_mean(task.aggregation().get(metric)):
        raise SuiteError(
            f"task '{entry.name}': {entry.where}'{metric}' is aggregated by something else than the mean of its items' "
            "scores, which is what base and candidate are compared by; say aggregation: mean if that is meant, or name "
            "another metric"
        )
    return metric


_TRIED = ((0.0, 1.0, 1.0, 0.0, 1.0), (0.25, 0.5, 1.0), (1.0, 1.0))


def _is_mean(aggregation: Any) -> bool:
    """Whether lm-eval makes the mean of an item's numbers, by whatever function; also where it has none for them."""
    if aggregation is None:
        return True
    try:
        return all(math.isclose(float(aggregation(list(items))), fmean(items), abs_tol=1e-6) for items in _TRIED)
    except Exception:  # it takes something else than numbers
        return False


def _of_all_items(task: Any, metric: str) -> bool:
    """Whether lm-eval collects something else than a number from each item, as the pairs that make an F1."""
    if not callable(task.config.process_results):
        return metric in _OF_ALL_ITEMS
    if task.config.unsafe_code or (task.config.metadata or {}).get("executes_code"):
        return False
    with contextlib.suppress(Exception):  # an answer that nobody gave may be one that the task's code does not take
        results = task.process_results(task.eval_docs[0], _some_answers(task))
        return isinstance(results.get(metric), (tuple, list, dict, set))
    return False


def _some_answers(task: Any) -> list[Any]:
    document = task.eval_docs[0]
    if task.OUTPUT_TYPE == "generate_until":
        repeats = int(task.config.repeats or 1)
        return ["1"] if repeats == 1 else [["1"] * repeats]
    if task.OUTPUT_TYPE == "loglikelihood_rolling":
        return [-1.0]
    options = len(task.doc_to_choice(document)) if task.OUTPUT_TYPE == "multiple_choice" else 1
    return [(-1.0 - place, False) for place in range(options)]


def _chance(task: Any, entry: TaskEntry, metadata: Mapping[str, Any]) -> float:
    """The score of a guess; where nobody declares it, 1 / options of the first document, 0 for a written answer."""
    chance = entry.chance if entry.chance is not None else metadata.get("chance")
    if chance is not None:
        return float(chance)
    return 1 / len(task.doc_to_choice(task.eval_docs[0])) if task.OUTPUT_TYPE == "multiple_choice" else 0.0
