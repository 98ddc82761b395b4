"""Logs of Inspect (`.eval`, or its JSON), read by inspect-ai's own reader.

A sample that was asked in several epochs is one item, its score the mean over them. Of several scorers one gives the
score, and the others stand beside it.
"""

from __future__ import annotations

import math
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.errors import InputError, first_line, listed
from forgetbench.fingerprint import digest
from forgetbench.interop.importers.domains import domain_name, domain_of
from forgetbench.interop.importers.files import files_in
from forgetbench.interop.importers.log import Choices, ImportedLog, ImportedTask, LeftOutError, of_one_model
from forgetbench.interop.importers.values import chance_of, fault_of, number, numbers_of
from forgetbench.interop.whole_scores import whole_score_fault
from forgetbench.records import ItemScore, TaskInfo
from forgetbench.storage.admission import NOT_FINITE
from forgetbench.storage.files import open_regular, read_bytes
from forgetbench.storage.json_files import json_of_others

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample

_MOST_BYTES = 4 << 30
"""Of a log, unpacked."""
_MOST_TEXT = 256 << 20
"""Of one JSON text in it, which takes some ten times as much memory when it is read."""
_NO_LOGS = ("logs.json", "eval-set.json")
"""What Inspect writes beside its logs."""
_GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
"""Inspect's letters: correct, partly, incorrect, no answer (`inspect_ai.scorer.value_to_float`)."""
_RIGHT_OR_WRONG = ("C", "I", "N")


def read_log(path: Path, choices: Choices) -> ImportedLog:
    """The logs of one model in a file or a folder, a task in each; of a task that ran several times the newest.

    Raises InputError where a log cannot be read, several models are there and none is chosen, or the extra `inspect`
    is not installed.
    """
    headers = [(_read(file, header_only=True), file) for file in _files(path)]
    chosen = of_one_model(headers, lambda one: str(one[0].eval.model), choices.model, path)
    chosen.sort(key=lambda one: str(one[0].eval.created))
    newest = {header.eval.task: (header, file) for header, file in chosen if choices.wants(header.eval.task)}
    tasks, left_out, notes = [], [], []
    for name, (header, file) in newest.items():
        older = sum(other.eval.task == name for other, _ in chosen) - 1
        if older:
            notes.append(f"{name}: {older} older logs of it are in {path}; the newest is taken")
        if header.status != "success":
            notes.append(f"{name}: its evaluation ended with status '{header.status}'")
        try:
            task, of_task = _task(_read(file), choices)
        except LeftOutError as reason:
            left_out.append(f"{name}: {reason}")
        else:
            tasks.append(task)
            notes += of_task
    last = chosen[-1][0]
    return ImportedLog(
        harness="inspect",
        model=last.eval.model,
        tasks=tuple(tasks),
        left_out=tuple(left_out),
        notes=tuple(notes),
        engine={
            "version": last.eval.packages.get("inspect_ai", ""),
            "backend": last.eval.model.partition("/")[0],
            **({"dtype": str(last.eval.model_args["dtype"])} if last.eval.model_args.get("dtype") else {}),
        },
        seed=last.eval.model_generate_config.seed or last.plan.config.seed or 0,
        limit=last.eval.config.limit if isinstance(last.eval.config.limit, int) else None,
        created=str(last.eval.created),
    )


# --- files --------------------------------------------------------------------------------------


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = [file for file in files_in(path, "*.eval", "*.json") if file.name not in _NO_LOGS]
    if not found:
        raise InputError(f"{path}: no .eval file in it; give Inspect's --log-dir, or a log")
    return found


def _read(path: Path, *, header_only: bool = False) -> EvalLog:
    try:
        from inspect_ai.log import read_eval_log
    except ImportError as error:
        raise InputError(
            "logs of Inspect are read by its own package, which is not installed: pip install 'forgetbench[inspect]'"
        ) from error
    try:
        _check(path)
        return read_eval_log(
            str(path),
            header_only=header_only,
            resolve_attachments=False if header_only else "core",
            exclude_fields=None if header_only else {"events", "store", "messages"},
        )
    except InputError:
        raise
    except Exception as error:  # whatever the readers of its formats raise
        raise InputError(f"{path}: no log of Inspect ({type(error).__name__}: {first_line(error)[:200]})") from error


def _check(path: Path) -> None:
    """Refuse what Inspect's reader, which believes what it reads, would take all memory and an hour for.

    InputError where a log or a part of it stands for too much; ValueError and zipfile's errors where it is no log.
    """
    with open_regular(path, most=_MOST_BYTES) as stream:
        if not zipfile.is_zipfile(stream):
            json_of_others(read_bytes(path, most=_MOST_TEXT))
            return
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            largest = max(entries, key=lambda entry: entry.file_size, default=None)
            if unpacked > _MOST_BYTES:
                raise InputError(f"{path}: unpacks to {unpacked >> 20:,} MiB, more than is read of a log")
            if largest is not None and largest.file_size > _MOST_TEXT:
                raise InputError(
                    f"{path}: its part {largest.filename[:60]} unpacks to {largest.file_size >> 20:,} MiB, more than "
                    "is read of one"
                )
            for entry in entries:
                if entry.filename.endswith(".json"):
                    with archive.open(entry) as part:
                        # A part may hold more than it declares.
                        json_of_others(part.read(_MOST_TEXT))


# --- one task -----------------------------------------------------------------------------------


def _task(log: EvalLog, choices: Choices) -> tuple[ImportedTask, list[str]]:
    name, samples = str(log.eval.task), log.samples or []
    epochs: dict[str, list[EvalSample]] = defaultdict(list)
    for sample in samples:
        epochs[str(sample.id)].append(sample)
    if not epochs:
        raise LeftOutError("its log has no samples; evaluate with --log-samples")
    if fault := whole_score_fault(log.eval.metadata or {}):
        raise LeftOutError(fault)
    scorer, notes = _scorer(name, samples, choices.filters.get(name))
    part = _part(samples, scorer, choices.metrics.get(name))
    if fault := fault_of(_score(_value(sample, scorer, part)) for sample in samples):
        raise LeftOutError(f"'{part or scorer}' {fault}")
    info = _info(log, list(epochs.values()), scorer, part, choices.domains.get(name))
    items = tuple(_item(info, of_id, part) for of_id in epochs.values())
    return ImportedTask(info, items), [*notes, *_doubts(log, len(epochs))]


def _info(
    log: EvalLog, epochs: Sequence[Sequence[EvalSample]], scorer: str, part: str | None, domain: str | None
) -> TaskInfo:
    name, version = str(log.eval.task), str(log.eval.task_version)
    repeats = max(map(len, epochs))
    values = [_value(sample, scorer, part) for samples in epochs for sample in samples]
    binary = repeats == 1 and all(
        value is None or isinstance(value, bool) or value in _RIGHT_OR_WRONG for value in values
    )
    steps = [(step.solver, step.params) for step in log.plan.steps]
    settings = [version, steps, log.plan.config.model_dump(exclude_none=True), scorer, part, repeats]
    return TaskInfo(
        name=name,
        domain=domain_name(domain) if domain else domain_of(name.rpartition("/")[2], ()),
        metric=part or scorer,
        chance=chance_of([len(samples[0].choices or ()) for samples in epochs]) if binary else 0.0,
        view="open",
        version=version,
        binary=binary,
        corpus_metric=None,
        repeats=repeats,
        num_fewshot=0,
        fingerprint=digest(["inspect", *settings]),
        filter=scorer,
    )


def _doubts(log: EvalLog, n_samples: int) -> Iterator[str]:
    """What of a log is not as it was asked for."""
    name, config, asked = log.eval.task, log.eval.config, log.eval.dataset.samples
    if reducers := [reducer for reducer in config.epochs_reducer or () if reducer != "mean"]:
        yield f"{name}: epochs are averaged, whatever its reducer ({listed(reducers)}) makes of them"
    if asked and config.limit is None and asked != n_samples:
        yield f"{name}: {n_samples} samples are logged, its data set has {asked}"


def _scorer(name: str, samples: Sequence[EvalSample], chosen: str | None) -> tuple[str, list[str]]:
    names = list(dict.fromkeys(scorer for sample in samples for scorer in sample.scores or {}))
    if not names:
        raise LeftOutError("none of its samples has a score")
    if chosen is not None:
        if chosen not in names:
            raise LeftOutError(f"no scorer '{chosen}'; it has {listed(names)}")
        return chosen, []
    note = f"{name}: {len(names)} scorers; '{names[0]}' gives the score, of {listed(names)}; --filter chooses"
    return names[0], [note] if len(names) > 1 else []


def _part(samples: Sequence[EvalSample], scorer: str, chosen: str | None) -> str | None:
    """Which entry of a scorer's value is the score, where that has several by name; None for one value."""
    found = (sample.scores[scorer].value for sample in samples if sample.scores and scorer in sample.scores)
    names = list(dict.fromkeys(str(key) for value in found if isinstance(value, dict) for key in value))
    if not names:
        return None
    if chosen is None and len(names) > 1:
        raise LeftOutError(f"'{scorer}' scores {listed(names)}; choose one with --metric")
    part = chosen or names[0]
    if part not in names:
        raise LeftOutError(f"'{scorer}' scores no '{part}'; it scores {listed(names)}")
    return part


def _value(sample: EvalSample, scorer: str, part: str | None) -> Any:
    score = (sample.scores or {}).get(scorer)
    value = None if score is None else score.value
    return value.get(part) if part is not None and isinstance(value, dict) else value


def _score(value: Any) -> float | None:
    return _GRADES.get(value) if isinstance(value, str) else number(value)


def _item(info: TaskInfo, samples: Sequence[EvalSample], part: str | None) -> ItemScore:
    first, name = samples[0], info.name
    reasons = [reason for sample in samples if (reason := _no_score(sample, info.filter, part))]
    scores = [] if reasons else [_score(_value(sample, info.filter, part)) or 0.0 for sample in samples]
    asked, gold = _text(first.input), _text(first.target)
    content = digest([asked, first.choices, gold])[:16]
    shared = {name: text for name, text in first.metadata.items() if isinstance(text, str)}
    metrics: Mapping[str, Any] = {
        scorer: _score(score.value)
        for scorer, score in (first.scores or {}).items()
        if isinstance(score.value, str | int | float)
    }
    return ItemScore(
        task=name,
        domain=info.domain,
        view=info.view,
        item_id=f"{name}/{first.id}",
        cluster=shared.get("cluster") or content,
        second_cluster=shared.get("second_cluster", ""),
        stratum=shared.get("stratum", ""),
        doc_hash=content,
        prompt_hash=content,
        score=math.fsum(scores) / len(scores) if scores else None,
        reason=reasons[0] if reasons else None,
        prompt="\n".join([asked, *(f"{letter}) {text}" for letter, text in _lettered(first.choices or ()))]),
        question=asked,
        gold=gold,
        responses=tuple(sample.output.completion for sample in samples),
        finish_reasons=tuple("length" if sample.output.stop_reason == "max_tokens" else "stop" for sample in samples),
        token_counts=tuple(sample.output.usage.output_tokens if sample.output.usage else 0 for sample in samples),
        metrics=numbers_of(metrics),
    )


def _no_score(sample: EvalSample, scorer: str, part: str | None) -> str | None:
    if sample.error is not None:
        return f"the evaluation failed: {first_line(sample.error.message)[:200]}"
    score = _score(_value(sample, scorer, part))
    if score is None:
        return f"the log has no number for '{part or scorer}'"
    return None if math.isfinite(score) else NOT_FINITE if math.isinf(score) else "the scorer left it unscored"


def _lettered(choices: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip((chr(ord("A") + place) for place in range(len(choices))), choices, strict=True)


def _text(value: Any) -> str:
    """An input or a target: a text, several, or messages."""
    if isinstance(value, list):
        return "\n".join(part if isinstance(part, str) else f"{part.role}: {part.text}" for part in value)
    return str(value)
