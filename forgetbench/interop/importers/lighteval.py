"""Logs of lighteval: `results_*.json`, and the Parquet details of `--save-details`.

    results/<model>/results_<date>.json
    details/<model>/<date>/details_<task>_<date>.parquet

Since 0.9 a row holds `doc`, `model_response` and `metric`; up to 0.8 it holds the fields of
`logging/info_loggers.py`'s Detail side by side, and up to 0.6 each of them as the text of a Python literal.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.errors import InputError, listed
from forgetbench.fingerprint import digest
from forgetbench.interop.importers.domains import domain_name, domain_of
from forgetbench.interop.importers.files import files_in
from forgetbench.interop.importers.log import Choices, ImportedLog, ImportedTask, LeftOutError, of_one_model
from forgetbench.interop.importers.values import fault_of, number, numbers_of
from forgetbench.lm_eval_bridge import BINARY_METRICS, PRIMARY_METRICS
from forgetbench.records import ItemScore, TaskInfo
from forgetbench.storage.admission import NOT_FINITE
from forgetbench.storage.json_files import parse_json
from forgetbench.storage.parquet import read_table

_MOST_BYTES = 256 << 20
_DATE = re.compile(r"_(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)\.(?:json|parquet)$")
_PRIMARY = (*PRIMARY_METRICS, "em", "loglikelihood_acc", "extractive_match")
_SUITES = ("leaderboard", "lighteval", "helm", "original", "bigbench", "harness", "custom", "community", "extended")
"""What stood before a task's name up to 0.9."""


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """One results file, and the details that were saved with it."""

    path: Path
    date: str
    content: Mapping[str, Any]
    details: Mapping[str, Path]

    @property
    def general(self) -> Mapping[str, Any]:
        return _mapping(self.content.get("config_general"))

    @property
    def model(self) -> str:
        model = self.general.get("model_name") or _mapping(self.general.get("model_config")).get("model_name")
        return str(model or "unnamed")

    @property
    def tasks(self) -> list[str]:
        """What was asked, without means of several."""
        return [name for name in _mapping(self.content.get("results")) if name != "all" and ":_average" not in name]

    def config(self, task: str) -> Mapping[str, Any]:
        configs = _mapping(self.content.get("config_tasks"))
        return _mapping(configs.get(task) or configs.get(task.rpartition("|")[0]))


@dataclass(frozen=True, slots=True)
class _Row:
    """One document and what a model made of it."""

    key: str
    prompt: str
    question: str
    options: tuple[str, ...]
    gold: str
    ratings: tuple[float, ...]
    texts: tuple[str, ...]
    values: Mapping[str, Any]


def read_log(path: Path, choices: Choices) -> ImportedLog:
    """The log of one model in a results file or a folder; of a task that ran several times the newest.

    Raises InputError where files cannot be read, or several models are there and none is chosen.
    """
    chosen = of_one_model(_evaluations(path), lambda one: one.model, choices.model, path)
    newest = {name: one for one in chosen for name in one.tasks if choices.wants(name)}
    tasks, left_out = [], []
    for name, evaluation in newest.items():
        try:
            tasks.append(_task(name, evaluation, choices))
        except LeftOutError as reason:
            left_out.append(f"{name}: {reason}")
    last = chosen[-1]
    general, model_config = last.general, _mapping(last.general.get("model_config"))
    dtype = model_config.get("dtype") or general.get("model_dtype")
    limit, seed = general.get("max_samples"), model_config.get("seed")
    system = model_config.get("system_prompt")
    return ImportedLog(
        harness="lighteval",
        model=last.model,
        tasks=tuple(tasks),
        left_out=tuple(left_out),
        notes=tuple(
            f"{name}: older evaluations of it are in {path}; the newest is taken" for name in _repeated(chosen)
        ),
        engine={"dtype": str(dtype).removeprefix("torch.")} if dtype else {},
        prompt_settings={"system_prompt": str(system)} if system else {},
        seed=seed if isinstance(seed, int) else 0,
        limit=limit if isinstance(limit, int) else None,
    )


# --- files --------------------------------------------------------------------------------------


def _evaluations(path: Path) -> list[_Evaluation]:
    root = path if path.is_dir() else next((up for up in path.parents if (up / "details").is_dir()), path.parent)
    files = [path] if path.is_file() else list(files_in(path, "results_*.json"))
    if not files:
        raise InputError(f"{path}: no results_*.json in it; give lighteval's --output-dir, or a results file")
    details: dict[str, dict[str, Path]] = {}
    for file in files_in(root, "details_*.parquet"):
        if match := _DATE.search(file.name):
            details.setdefault(match.group(1), {})[file.name[: match.start()].removeprefix("details_")] = file
    found = []
    for file in files:
        content = parse_json(file, _MOST_BYTES)
        if not isinstance(content, dict) or not isinstance(content.get("results"), dict):
            raise InputError(f"{file}: not lighteval's results: a JSON object with 'results' is expected")
        date = match.group(1) if (match := _DATE.search(file.name)) else ""
        found.append(_Evaluation(file, date, content, details.get(date, {})))
    return sorted(found, key=lambda one: (one.date, str(one.path)))


def _repeated(evaluations: Iterable[_Evaluation]) -> list[str]:
    names = [name for one in evaluations for name in one.tasks]
    return sorted({name for name in names if names.count(name) > 1})


def _rows(name: str, evaluation: _Evaluation) -> list[_Row]:
    path = evaluation.details.get(name)
    if path is None:
        raise LeftOutError("no details of it were saved; evaluate with --save-details")
    rows = read_table(path).to_pylist()
    if not rows:
        raise LeftOutError(f"{path.name} is empty")
    read = _row if "doc" in rows[0] else _older_row
    return [read(row, number) for number, row in enumerate(rows)]


def _row(content: Mapping[str, Any], place: int) -> _Row:
    doc, response = _mapping(content.get("doc")), _mapping(content.get("model_response"))
    options = tuple(map(str, doc.get("choices") or ()))
    ratings = tuple(float(value) for value in response.get("logprobs") or () if isinstance(value, float | int))
    question = str(doc.get("original_query") or doc.get("query"))
    shots = [_mapping(shot).get("query") for shot in doc.get("fewshot_samples") or ()]
    rated = len(ratings) == len(options) > 1
    return _Row(
        key=str(doc.get("id") or place),
        prompt="\n\n".join(str(part) for part in (doc.get("instruction"), *shots, doc.get("query")) if part),
        question=question,
        options=options if rated else (),
        gold=_gold(options, doc.get("gold_index")),
        ratings=ratings if rated else (),
        texts=() if rated else tuple(map(str, response.get("text") or ())),
        values=_mapping(content.get("metric")),
    )


def _older_row(content: Mapping[str, Any], place: int) -> _Row:
    fields = {name: _literal(value) for name, value in content.items()}
    options = tuple(map(str, fields.get("choices") or ()))
    predictions = fields.get("predictions")
    answers = predictions if isinstance(predictions, list) else [predictions]
    ratings = tuple(
        float(value[0])
        for value in answers
        if isinstance(value, list | tuple) and value and number(value[0]) is not None
    )
    rated = len(ratings) == len(options) > 1
    prompt = str(fields.get("full_prompt") or fields.get("example") or "")
    return _Row(
        key=str(place),
        prompt=prompt,
        question=str(fields.get("example") or prompt),
        options=options if rated else (),
        gold=_gold(options, fields.get("gold_index")),
        ratings=ratings if rated else (),
        texts=() if rated else tuple(map(str, answers)),
        values=_mapping(fields.get("metrics")),
    )


def _literal(value: Any) -> Any:
    """A field up to 0.6 is the text of a literal; one that is none is a text."""
    if not isinstance(value, str) or value[:1] not in "[{(":
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return value


def _gold(options: Sequence[str], index: Any) -> str:
    places = index if isinstance(index, list) else [index]
    return "; ".join(options[place] for place in places if isinstance(place, int) and 0 <= place < len(options)).strip()


# --- one task -----------------------------------------------------------------------------------


def _task(name: str, evaluation: _Evaluation, choices: Choices) -> ImportedTask:
    rows, config = _rows(name, evaluation), evaluation.config(name)
    metric, rising = _metric(rows, config, choices.metrics.get(name))
    chosen, (bare, *groups) = choices.domains.get(name), _names(name)
    values = [row.values.get(metric) for row in rows]
    # lighteval's own functions say right or wrong in whole numbers.
    whole = all(isinstance(value, bool | int) for value in values) or metric in BINARY_METRICS
    binary = whole and all(number(value) in (0.0, 1.0, None) for value in values)
    n_options = [len(row.options) for row in rows]
    repeats, shots = config.get("num_samples") or 1, config.get("num_fewshots", config.get("num_fewshot"))
    version = str(config.get("version") or _mapping(evaluation.content.get("versions")).get(name) or "")
    settings = [config.get(field) for field in ("generation_size", "stop_sequence", "num_samples", "num_fewshots")]
    info = TaskInfo(
        name=name,
        domain=domain_name(chosen) if chosen else domain_of(bare, groups),
        metric=metric,
        chance=sum(1 / n for n in n_options) / len(n_options) if binary and all(n_options) else 0.0,
        view="choice" if all(n_options) else "open",
        version=version,
        binary=binary,
        corpus_metric=None,
        repeats=repeats if isinstance(repeats, int) else 1,
        num_fewshot=shots if isinstance(shots, int) else 0,
        fingerprint=digest([version, settings, metric, "lighteval"]),
        filter=metric,
    )
    return ImportedTask(info, tuple(_item(info, row, rising) for row in rows))


def _names(task: str) -> list[str]:
    """A task's name without suite and few-shot examples, and the group it is in: `mmlu:anatomy|5` is one of mmlu."""
    parts = task.split("|")
    name = parts[1] if parts[0] in _SUITES and len(parts) > 1 else parts[0]
    group, separator, _ = name.partition(":")
    return [name, group] if separator else [name]


def _metric(rows: Sequence[_Row], config: Mapping[str, Any], chosen: str | None) -> tuple[str, bool]:
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    if chosen is not None and chosen not in names:
        raise LeftOutError(f"no metric '{chosen}'; it has {listed(names)}")
    declared = [_mapping(entry) for entry in config.get("metrics") or config.get("metric") or ()]
    rising = {str(entry.get("metric_name")): entry.get("higher_is_better") is not False for entry in declared}
    wanted = [chosen] if chosen is not None else [*_PRIMARY, *names]
    faults = []
    for name in dict.fromkeys(name for name in wanted if name in names):
        fault = fault_of(_score(row, name, rising.get(name, True)) for row in rows)
        if fault is None:
            return name, rising.get(name, True)
        faults.append(f"'{name}' {fault}")
    raise LeftOutError(f"no metric can be its score: {listed(faults) or 'none was logged'}")


def _score(row: _Row, metric: str, rising: bool) -> float | None:
    value = number(row.values.get(metric))
    return value if value is None or rising else 1.0 - value


def _item(info: TaskInfo, row: _Row, rising: bool) -> ItemScore:
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


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
