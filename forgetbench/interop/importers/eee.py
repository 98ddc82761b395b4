"""Records of Every Eval Ever, with their lines of samples: <record>.json and <record>_samples.jsonl.

A record's scores are means, of which no two can be paired item by item: only results with lines become tasks. A score
on another scale than [0, 1], or of which less is better, is put on ours by what its metric declares.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forgetbench.errors import InputError, first_line, listed
from forgetbench.fingerprint import digest, file_digest
from forgetbench.interop import eee_format
from forgetbench.interop.importers.domains import domain_name, domain_of
from forgetbench.interop.importers.files import files_in
from forgetbench.interop.importers.log import Choices, ImportedLog, ImportedTask, LeftOutError, of_one_model
from forgetbench.interop.importers.values import chance_of, fault_of, mapping
from forgetbench.interop.whole_scores import whole_score_fault
from forgetbench.records import ItemScore, TaskInfo
from forgetbench.storage.json_files import parse_json
from forgetbench.storage.jsonl import iter_jsonl

_Json = Mapping[str, Any]
_MOST_BYTES = 256 << 20
_OURS = "tasks/"
"""What stands before a task's name in records that this package exported."""
_UNKNOWN_LEVEL = -1.0


@dataclass(frozen=True, slots=True)
class _Record:
    """One record, and its lines by the result that they are of."""

    path: Path
    content: _Json

    @property
    def model(self) -> str:
        return str(self.content["model_info"]["id"])

    @property
    def library(self) -> str:
        return str(self.content["eval_library"]["name"])

    @property
    def created(self) -> str | None:
        """When it was evaluated, where it says so."""
        said = self.content.get("evaluation_timestamp")
        if said is None:
            return None
        text = str(said)
        try:
            seconds = float(text)
        except ValueError:
            return text[:40]
        try:
            return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
        except (ValueError, OverflowError, OSError):
            return None

    def samples(self) -> tuple[Path | None, str | None]:
        """Its file of lines, None where it has none; and what is doubtful of that.

        The name in a record is anybody's: only a file beside the record is read.
        """
        detailed = self.content.get("detailed_evaluation_results") or {}
        names = [Path(str(detailed.get("file_path", ""))).name, f"{self.path.stem}{eee_format.SAMPLES_SUFFIX}"]
        path = next((found for name in names if name and (found := self.path.with_name(name)).is_file()), None)
        if path is None or detailed.get("hash_algorithm") != "sha256" or not detailed.get("checksum"):
            return path, None
        same = file_digest(path) == detailed["checksum"]
        return path, None if same else f"{path.name} is not the file that its record is of (checksums differ)"


def read_log(path: Path, choices: Choices) -> ImportedLog:
    """The records of one model in a file or a folder; of a task in several the newest.

    Raises InputError where a record or a line is not of the format, or several models are there and none is chosen.
    """
    records = of_one_model(_records(path), lambda one: one.model, choices.model, path)
    tasks: dict[str, ImportedTask] = {}
    left_out, notes = [], []
    for record in records:
        file, doubt = record.samples()
        lines = {} if file is None else _lines(file)
        notes += [doubt] if doubt else []
        for name, results in _by_task(record).items():
            if not choices.wants(name):
                continue
            try:
                task, of_task = _task(name, record, results, lines, choices)
            except LeftOutError as reason:
                left_out.append(f"{name}: {reason}")
            else:
                notes += [f"{name}: is in several records in {path}; the newest is taken"] if name in tasks else []
                tasks[name] = task
                notes += of_task
    last = records[-1]
    return ImportedLog(
        harness="eee",
        model=last.model,
        tasks=tuple(tasks.values()),
        left_out=tuple(left_out),
        notes=tuple(dict.fromkeys(notes)),
        engine={"version": last.content["schema_version"], "backend": last.library},
        created=last.created,
    )


# --- files --------------------------------------------------------------------------------------


def _records(path: Path) -> list[_Record]:
    files = [path] if path.is_file() else list(files_in(path, "*.json"))
    if not files:
        raise InputError(f"{path}: no record (*.json) in it; give a record, or a folder of records")
    found = []
    for file in files:
        content = parse_json(file, _MOST_BYTES)
        if not isinstance(content, dict):
            raise InputError(f"{file}: an object is expected, not {type(content).__name__}")
        eee_format.check_record(content, str(file))
        found.append(_Record(file, content))
    return sorted(found, key=lambda one: (str(one.content["retrieved_timestamp"]), str(one.path)))


def _lines(path: Path) -> dict[str, list[_Json]]:
    """A file's lines by the result, or where they do not say, by the evaluation that they are of."""
    found: dict[str, list[_Json]] = defaultdict(list)
    for number, line in iter_jsonl(path):
        eee_format.check_sample(line, f"{path}:{number}")
        found[str(line.get("evaluation_result_id") or line["evaluation_name"])].append(line)
    return found


def _by_task(record: _Record) -> dict[str, list[_Json]]:
    """A record's results by the name of what they are of."""
    found: dict[str, list[_Json]] = defaultdict(list)
    for result in record.content["evaluation_results"]:
        found[str(result["evaluation_name"]).removeprefix(_OURS)].append(result)
    return found


# --- one task -----------------------------------------------------------------------------------


def _task(
    name: str, record: _Record, results: Sequence[_Json], lines: Mapping[str, Sequence[_Json]], choices: Choices
) -> tuple[ImportedTask, list[str]]:
    result, notes = _result(name, results, lines, choices.metrics.get(name))
    config = result["metric_config"]
    if fault := whole_score_fault(mapping(config.get("additional_details"))):
        raise LeftOutError(fault)
    samples: dict[str, list[_Json]] = defaultdict(list)
    for line in _lines_of(result, lines):
        samples[str(line["sample_id"])].append(line)
    if fault := fault_of(_score(line, config) for of_sample in samples.values() for line in of_sample):
        raise LeftOutError(f"'{_metric_name(result)}' {fault}")
    info = _info(name, record, result, list(samples.values()), choices.domains.get(name))
    return ImportedTask(info, tuple(_item(info, config, of_sample) for of_sample in samples.values())), notes


def _result(
    name: str, results: Sequence[_Json], lines: Mapping[str, Sequence[_Json]], chosen: str | None
) -> tuple[_Json, list[str]]:
    """The result that is a task's score: of the chosen metric, or the first that has lines."""
    with_lines = {_metric_name(one): one for one in reversed(results) if _lines_of(one, lines)}
    names = list(reversed(with_lines))
    if not names:
        raise LeftOutError("its record has no lines of samples, and means alone cannot be paired")
    if chosen is not None and chosen not in with_lines:
        raise LeftOutError(f"no metric '{chosen}'; it has {listed(names)}")
    note = f"{name}: '{names[0]}' is its score, of {listed(names)}; --metric chooses"
    return with_lines[chosen or names[0]], [] if chosen or len(names) == 1 else [note]


def _info(
    name: str, record: _Record, result: _Json, samples: Sequence[Sequence[_Json]], domain: str | None
) -> TaskInfo:
    config, data = result["metric_config"], result["source_data"]
    repeats = max(map(len, samples))
    binary = config.get("score_type") == "binary" and repeats == 1
    said = domain or mapping(data.get("additional_details")).get("domain")
    return TaskInfo(
        name=name,
        domain=domain_name(said) if said else domain_of(name, [str(data["dataset_name"])]),
        metric=_metric_name(result),
        chance=chance_of([len(lines[0]["input"].get("choices") or ()) for lines in samples]) if binary else 0.0,
        view=None,
        version="",
        binary=binary,
        corpus_metric=None,
        repeats=repeats,
        num_fewshot=0,
        fingerprint=digest(["eee", record.library, result.get("generation_config"), config, repeats]),
        filter=_metric_name(result),
    )


def _lines_of(result: _Json, lines: Mapping[str, Sequence[_Json]]) -> Sequence[_Json]:
    return lines.get(str(result.get("evaluation_result_id"))) or lines.get(str(result["evaluation_name"])) or ()


def _metric_name(result: _Json) -> str:
    config = result["metric_config"]
    return str(config.get("metric_name") or config.get("metric_id") or config.get("metric_kind") or "score")


def _score(line: _Json, config: _Json) -> float | None:
    """A line's score in [0, 1], higher is better; None where its level is not known."""
    score = float(line["evaluation"]["score"])
    low, high = float(config.get("min_score", 0.0)), float(config.get("max_score", 1.0))
    if config.get("score_type") == "levels":
        if score == _UNKNOWN_LEVEL and config.get("has_unknown_level"):
            return None
        low, high = 0.0, float(max(len(config.get("level_names") or ()) - 1, 1))
    if high > low and math.isfinite(high - low):
        score = (score - low) / (high - low)
    return 1.0 - score if config["lower_is_better"] else score


def _item(info: TaskInfo, config: _Json, samples: Sequence[_Json]) -> ItemScore:
    first = samples[0]
    asked, options = str(first["input"]["raw"]), tuple(first["input"].get("choices") or ())
    gold = "; ".join(first["input"]["reference"])
    scores = [_score(line, config) for line in samples]
    failed = next((line["error"] for line in samples if line.get("error")), None)
    known = [score for score in scores if score is not None and math.isfinite(score)]
    reason = None
    if failed is not None:
        reason = f"the evaluation failed: {first_line(failed)[:200]}"
    elif len(known) < len(scores):
        reason = f"the record has no number for '{info.metric}'"
    content = digest([asked, options, gold])[:16]
    metadata = first.get("metadata") or {}
    return ItemScore(
        task=info.name,
        domain=info.domain,
        view=info.view,
        item_id=f"{info.name}/{first['sample_id']}",
        cluster=metadata.get("cluster") or content,
        second_cluster=metadata.get("second_cluster", ""),
        stratum=metadata.get("stratum", ""),
        doc_hash=content,
        prompt_hash=digest(first["input"].get("formatted") or asked)[:16],
        score=None if reason else math.fsum(known) / len(known),
        reason=reason,
        prompt=str(first["input"].get("formatted") or asked),
        question=asked,
        gold=gold,
        responses=tuple(text for line in samples for text in _answers(line)),
        metrics={},
    )


def _answers(line: _Json) -> list[str]:
    """What was answered: a text, or the last that the model said in a conversation."""
    output = line.get("output")
    if output:
        return list(map(str, output["raw"]))
    said = [turn.get("content") for turn in line.get("messages") or () if turn.get("role") == "assistant"]
    return [said[-1]] if said and said[-1] else []
