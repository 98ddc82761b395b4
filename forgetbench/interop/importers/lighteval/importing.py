"""`read_log`: a log of lighteval as tasks and scored items, and a line for all that is left out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from forgetbench.errors import listed
from forgetbench.fingerprint import digest
from forgetbench.interop.importers.domains import domain_name, domain_of
from forgetbench.interop.importers.lighteval.files import Evaluation, find_evaluations, repeated
from forgetbench.interop.importers.lighteval.rows import Row, read_rows
from forgetbench.interop.importers.log import Choices, ImportedLog, ImportedTask, LeftOutError, of_one_model
from forgetbench.interop.importers.values import chance_of, fault_of, mapping, number, numbers_of
from forgetbench.lm_eval_bridge import BINARY_METRICS, PRIMARY_METRICS
from forgetbench.records import ItemScore, TaskInfo
from forgetbench.storage.admission import NOT_FINITE

_PRIMARY = (*PRIMARY_METRICS, "em", "loglikelihood_acc", "extractive_match")
_SUITES = ("leaderboard", "lighteval", "helm", "original", "bigbench", "harness", "custom", "community", "extended")
"""What stood before a task's name up to 0.9."""


def read_log(path: Path, choices: Choices) -> ImportedLog:
    """The log of one model in a results file or a folder; of a task that ran several times the newest.

    Raises InputError where files cannot be read, or several models are there and none is chosen.
    """
    chosen = of_one_model(find_evaluations(path), lambda one: one.model, choices.model, path)
    newest = {name: one for one in chosen for name in one.tasks if choices.wants(name)}
    tasks, left_out = [], []
    for name, evaluation in newest.items():
        try:
            tasks.append(_task(name, evaluation, choices))
        except LeftOutError as reason:
            left_out.append(f"{name}: {reason}")
    last = chosen[-1]
    general, model_config = last.general, mapping(last.general.get("model_config"))
    dtype = model_config.get("dtype") or general.get("model_dtype")
    limit, seed = general.get("max_samples"), model_config.get("seed")
    system = model_config.get("system_prompt")
    return ImportedLog(
        harness="lighteval",
        model=last.model,
        tasks=tuple(tasks),
        left_out=tuple(left_out),
        notes=tuple(f"{name}: older evaluations of it are in {path}; the newest is taken" for name in repeated(chosen)),
        engine={"dtype": str(dtype).removeprefix("torch.")} if dtype else {},
        prompt_settings={"system_prompt": str(system)} if system else {},
        seed=seed if isinstance(seed, int) else 0,
        limit=limit if isinstance(limit, int) else None,
    )


def _rows(name: str, evaluation: Evaluation) -> list[Row]:
    path = evaluation.details.get(name)
    if path is None:
        raise LeftOutError("no details of it were saved; evaluate with --save-details")
    rows = read_rows(path)
    if not rows:
        raise LeftOutError(f"{path.name} is empty")
    return rows


def _task(name: str, evaluation: Evaluation, choices: Choices) -> ImportedTask:
    rows = _rows(name, evaluation)
    metric, rising = _metric(rows, evaluation.config(name), choices.metrics.get(name))
    info = _info(name, evaluation, rows, metric, choices.domains.get(name))
    return ImportedTask(info, tuple(_item(info, row, rising) for row in rows))


def _info(name: str, evaluation: Evaluation, rows: Sequence[Row], metric: str, domain: str | None) -> TaskInfo:
    config, (bare, *groups) = evaluation.config(name), _names(name)
    binary, n_options = _is_binary(metric, rows), [len(row.options) for row in rows]
    repeats, shots = config.get("num_samples"), config.get("num_fewshots", config.get("num_fewshot"))
    version = str(config.get("version") or mapping(evaluation.content.get("versions")).get(name) or "")
    settings = [config.get(field) for field in ("generation_size", "stop_sequence", "num_samples", "num_fewshots")]
    return TaskInfo(
        name=name,
        domain=domain_name(domain) if domain else domain_of(bare, groups),
        metric=metric,
        chance=chance_of(n_options) if binary else 0.0,
        view="choice" if all(n_options) else "open",
        version=version,
        binary=binary,
        corpus_metric=None,
        repeats=repeats if isinstance(repeats, int) and repeats > 0 else 1,
        num_fewshot=shots if isinstance(shots, int) else 0,
        fingerprint=digest(["lighteval", version, settings, metric]),
        filter=metric,
    )


def _is_binary(metric: str, rows: Sequence[Row]) -> bool:
    """Whether items are right or wrong: lighteval's own functions say so in whole numbers."""
    values = [row.values.get(metric) for row in rows]
    whole = metric in BINARY_METRICS or all(isinstance(value, bool | int) for value in values)
    return whole and all(number(value) in (0.0, 1.0, None) for value in values)


def _names(task: str) -> list[str]:
    """A task's name without suite and few-shot examples, and the group it is in: `mmlu:anatomy|5` is one of mmlu."""
    parts = task.split("|")
    name = parts[1] if parts[0] in _SUITES and len(parts) > 1 else parts[0]
    group, separator, _ = name.partition(":")
    return [name, group] if separator else [name]


def _metric(rows: Sequence[Row], config: Mapping[str, Any], chosen: str | None) -> tuple[str, bool]:
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    if chosen is not None and chosen not in names:
        raise LeftOutError(f"no metric '{chosen}'; it has {listed(names)}")
    declared = [mapping(entry) for entry in config.get("metrics") or config.get("metric") or ()]
    rising = {str(entry.get("metric_name")): entry.get("higher_is_better") is not False for entry in declared}
    wanted = [chosen] if chosen is not None else [*_PRIMARY, *names]
    faults = []
    for name in dict.fromkeys(name for name in wanted if name in names):
        fault = fault_of(_score(row, name, rising.get(name, True)) for row in rows)
        if fault is None:
            return name, rising.get(name, True)
        faults.append(f"'{name}' {fault}")
    raise LeftOutError(f"no metric can be its score: {listed(faults) or 'none was logged'}")


def _score(row: Row, metric: str, rising: bool) -> float | None:
    value = number(row.values.get(metric))
    return value if value is None or rising else 1.0 - value


def _item(info: TaskInfo, row: Row, rising: bool) -> ItemScore:
    score = _score(row, info.metric, rising)
    reason = None
    if any(not math.isfinite(rating) for rating in row.ratings):
        score, reason = None, NOT_FINITE
    elif score is None or not math.isfinite(score):
        score, reason = None, f"the log has no number for '{info.metric}'"
    asked = digest([row.question, row.options, row.gold])[:16]
    return ItemScore(
        task=info.name,
        domain=info.domain,
        view=info.view,
        item_id=f"{info.name}/{row.key}",
        cluster=asked,
        second_cluster="",
        stratum="",
        doc_hash=asked,
        prompt_hash=digest(row.prompt)[:16],
        score=score,
        reason=reason,
        prompt=row.prompt,
        question=row.question,
        gold=row.gold,
        responses=row.texts,
        choices=tuple(option.removeprefix(" ") for option in row.options),
        loglikelihoods=row.ratings,
        metrics=numbers_of(row.values),
    )
