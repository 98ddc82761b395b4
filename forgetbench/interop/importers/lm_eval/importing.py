"""`read_log`: an lm-eval log as tasks and scored items, and a line for all that is left out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forgetbench.errors import listed
from forgetbench.fingerprint import digest
from forgetbench.interop.importers.domains import domain_name, domain_of
from forgetbench.interop.importers.lm_eval.files import Evaluation, find_evaluations
from forgetbench.interop.importers.lm_eval.items import TaskReading, by_filter, items_of, options_of
from forgetbench.interop.importers.lm_eval.metrics import ScoreMetric, candidates
from forgetbench.interop.importers.lm_eval.results import Results, TaskConfig
from forgetbench.interop.importers.lm_eval.rows import SampleRow, read_rows, rows_of
from forgetbench.interop.importers.log import Choices, ImportedLog, ImportedTask, LeftOutError, of_one_model
from forgetbench.interop.importers.values import fault_of, number
from forgetbench.lm_eval_bridge.clusters import cluster_keys
from forgetbench.records import ItemScore, TaskInfo, View

_SAME = 1e-6
"""Difference of two means that is rounding."""


def read_log(path: Path, choices: Choices) -> ImportedLog:
    """The log of one model in a results file, or in a folder with results and samples.

    A task that was evaluated several times is taken from the newest. Raises InputError where files cannot be read, or
    several models are there and none is chosen.
    """
    evaluations = of_one_model(find_evaluations(path), lambda one: one.results.name, choices.model, path)
    newest = {task: one for one in evaluations for task in one.results.tasks if choices.wants(task)}
    times = Counter(task for one in evaluations for task in one.results.tasks)
    notes, left_out, tasks = [], [], []
    for name, evaluation in newest.items():
        if older := times[name] - 1:
            notes.append(f"{name}: {older} older evaluations of it are in {path}; the newest is taken")
        try:
            task, of_task = _task(name, evaluation, choices)
        except LeftOutError as reason:
            left_out.append(f"{name}: {reason}")
        else:
            tasks.append(task)
            notes += of_task
    results = evaluations[-1].results
    return ImportedLog(
        harness="lm-eval",
        model=results.name,
        tasks=tuple(tasks),
        left_out=tuple(left_out),
        notes=tuple(notes),
        engine=_engine(results),
        chat_template=_template(results),
        prompt_settings={} if not results.system_instruction else {"system_prompt": results.system_instruction},
        seed=results.config.fewshot_seed or results.config.random_seed or 0,
        limit=int(results.config.limit or 0) or None,
        created=_created(evaluations[-1]),
    )


def _task(name: str, evaluation: Evaluation, choices: Choices) -> tuple[ImportedTask, list[str]]:
    results = evaluation.results
    config = results.configs.get(name, TaskConfig())
    if config.own.get("corpus_metric"):
        raise LeftOutError("its score is made of all answers together, which only `forgetbench run` does")
    rows = _rows(name, evaluation)
    filters = by_filter(rows, config.filters)
    way, notes = _filter(name, filters, config, choices.filters.get(name))
    documents = filters.pop(way)
    read = [row for rows_of_document in documents.values() for row in rows_of_document]
    metric = _metric(read, config, results.higher_is_better.get(name, {}), choices.metrics.get(name))
    reading = _reading(name, evaluation, config, metric, choices.domains.get(name), read)
    items = items_of(reading, documents, filters)
    info = _info(reading, results, way, read, items)
    notes += _doubts(results, info, documents, rows)
    return ImportedTask(info, tuple(items)), notes


def _rows(name: str, evaluation: Evaluation) -> list[SampleRow]:
    within = (evaluation.results.samples or {}).get(name)
    if within is not None:
        return list(rows_of(within, f"{evaluation.path}: samples of {name}"))
    path = evaluation.samples(name)
    if path is None:
        raise LeftOutError("no samples of it were written; evaluate with --log_samples")
    rows = list(read_rows(path))
    if not rows:
        raise LeftOutError(f"{path.name} is empty")
    return rows


def _filter(name: str, filters: Mapping[str, Any], config: TaskConfig, chosen: str | None) -> tuple[str, list[str]]:
    """Which filter gives the score: the chosen one, or the first that is declared."""
    names = [way for way in config.filters if way in filters] or list(filters)
    if len(filters) == 1:
        return next(iter(filters)), []
    if chosen is None:
        note = f"{name}: answers are read in {len(filters)} ways; '{names[0]}' gives the score, of {listed(names)}"
        return names[0], [f"{note}; --filter chooses"]
    if chosen not in filters:
        raise LeftOutError(f"no filter '{chosen}'; it has {listed(names)}")
    return chosen, []


def _metric(
    rows: Sequence[SampleRow], config: TaskConfig, directions: Mapping[str, bool | None], chosen: str | None
) -> ScoreMetric:
    found = candidates(rows, config, directions, chosen)
    faults = []
    for metric in found:
        fault = fault_of(metric.score(row.values.get(metric.name)) for row in rows)
        if fault is None:
            return metric
        faults.append(f"'{metric.name}' {fault}")
    if chosen is not None and not found:
        raise LeftOutError(
            f"no metric '{chosen}'; it has {listed(sorted({name for row in rows for name in row.values}))}"
        )
    raise LeftOutError(f"no metric can be its score: {listed(faults) or 'answers alone were logged'}")


def _reading(
    name: str,
    evaluation: Evaluation,
    config: TaskConfig,
    metric: ScoreMetric,
    domain: str | None,
    rows: Sequence[SampleRow],
) -> TaskReading:
    own = config.own
    chosen = domain or own.get("domain")
    return TaskReading(
        name=name,
        domain=domain_name(chosen) if chosen else domain_of(name, evaluation.results.groups_of(name)),
        view=_view(own.get("view"), config, rows[0]),
        metric=metric,
        config=config,
    )


def _view(declared: Any, config: TaskConfig, row: SampleRow) -> View | None:
    if declared in ("choice", "open", "strict"):
        view: View = declared
        return view
    if options_of(row, config)[0]:
        return "choice"
    return "open" if config.output_type == "generate_until" else None


def _info(
    reading: TaskReading, results: Results, way: str, rows: Sequence[SampleRow], items: Sequence[ItemScore]
) -> TaskInfo:
    config, name, own = reading.config, reading.name, reading.own
    repeats = max(config.repeats or 1, len(rows) // len({row.doc_id for row in rows}))
    shots = results.n_shot.get(name, config.num_fewshot)
    version = str(results.versions.get(name, ""))
    binary = repeats == 1 and _is_binary(reading, rows)
    settings = [version, config.output_type, shots, config.generation_kwargs, repeats, reading.metric.name, way]
    return TaskInfo(
        name=name,
        domain=reading.domain,
        metric=reading.metric.name,
        chance=_chance(own.get("chance"), items if binary else ()),
        view=reading.view,
        version=version,
        binary=binary,
        corpus_metric=None,
        repeats=repeats,
        num_fewshot=shots if isinstance(shots, int) else 0,
        fingerprint=digest(["lm-eval", *settings]),
        filter=way,
        choice_view=own.get("choice_view"),
        clusters=cluster_keys(own),
    )


def _is_binary(reading: TaskReading, rows: Sequence[SampleRow]) -> bool:
    values = [row.values.get(reading.metric.name) for row in rows]
    if reading.own.get("binary") is True:
        return all(value is None or value in (0, 1) for value in values)
    return reading.metric.is_binary(values)


def _chance(declared: Any, items: Sequence[ItemScore]) -> float:
    """The score of a guess: as this package's tasks declare it, else by the number of options."""
    if isinstance(declared, float | int) and 0 <= declared < 1:
        return float(declared)
    guessed = [1 / len(item.choices) for item in items if item.choices]
    return sum(guessed) / len(guessed) if guessed else 0.0


# --- what makes a log doubtful ------------------------------------------------------------------


def _doubts(
    results: Results,
    info: TaskInfo,
    documents: Mapping[str, Sequence[SampleRow]],
    rows: Sequence[SampleRow],
) -> Iterator[str]:
    """Where the rows are not those that the aggregated numbers are of."""
    name = info.name
    asked = results.n_samples.get(name)
    effective = asked.get("effective") if isinstance(asked, dict) else None
    if isinstance(effective, int) and effective != len(documents):
        yield f"{name}: {len(documents)} documents are logged, {effective} were asked"
    known = results.task_hashes.get(name)
    hashes = [row.hashes for row in rows]
    if known and all(hashes) and hashlib.sha256("".join(hashes).encode()).hexdigest() != known:
        yield f"{name}: its samples are not those that its results are of (task_hashes differ)"
    config = results.configs.get(name, TaskConfig())
    told = results.value(name, info.metric, info.filter)
    numbers = [number(row.values.get(info.metric)) for found in documents.values() for row in found]
    if told is None or config.metric(info.metric).get("aggregation") != "mean":
        return
    values = [value for value in numbers if value is not None]
    if len(values) == len(numbers) and abs(sum(values) / len(values) - told) > _SAME:
        mean = sum(values) / len(values)
        yield f"{name}: the samples' mean {info.metric} is {mean:.4f}, the results say {told:.4f}"


# --- of the whole log ---------------------------------------------------------------------------


def _engine(results: Results) -> dict[str, Any]:
    said = {
        "version": results.lm_eval_version,
        "backend": results.model_source or results.config.model,
        "dtype": results.dtype,
    }
    return {name: value for name, value in said.items() if value}


def _template(results: Results) -> str | None:
    if results.chat_template_sha:
        return results.chat_template_sha
    return digest(results.chat_template) if results.chat_template else None


def _created(evaluation: Evaluation) -> str | None:
    if evaluation.results.date is None:
        return None
    try:
        return datetime.fromtimestamp(evaluation.results.date, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return None
