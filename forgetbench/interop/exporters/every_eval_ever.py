"""Records of Every Eval Ever: one of the base, one of the candidate, and a line for each of their answers.

The candidate's record has its scores, and as results of their own its changes against the base. Both lie where the
format's data store wants them: data/<collection>/<developer>/<model>/<uuid>.json and <uuid>_samples.jsonl.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from forgetbench import __version__
from forgetbench.interop import eee_format
from forgetbench.interop.exporters.contents import (
    DIRECTION,
    Answer,
    Measured,
    Source,
    answers,
    epoch,
    measured,
    setting,
)
from forgetbench.interop.exporters.options import ExportOptions
from forgetbench.records import Comparison, Side
from forgetbench.sanitize import one_line
from forgetbench.storage.comparisons import has_items
from forgetbench.storage.files import replacing, write_atomic
from forgetbench.storage.folder import slug
from forgetbench.storage.json_files import to_json

DELTA: Final = "forgetbench.delta"
"""The metric of a change against the base."""
_GLOBAL_METRICS: Final = {"acc": "accuracy"}
"""What the format calls metrics that every tool has; ours alone are named after us."""
_UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class _Record:
    """Whose results they are, and where they go."""

    which: Literal["base", "candidate"]
    side: Side
    model_id: str
    evaluation_id: str
    folder: Path
    """Below the place that was named: data/<collection>/<developer>/<model>."""
    number: str

    @classmethod
    def of(cls, comparison: Comparison, which: Literal["base", "candidate"], model_id: str | None) -> _Record:
        side = comparison.base if which == "base" else comparison.candidate
        named = model_id or one_line(side.name)
        developer, _, name = named.rpartition("/")
        collection = slug(f"forgetbench-{comparison.suite}")
        identity = f"{comparison.comparison_id}\0{side.fingerprint}\0{which}".encode(errors="replace")
        return cls(
            which=which,
            side=side,
            model_id=named,
            evaluation_id=f"{collection}/{named}/{one_line(comparison.comparison_id)}",
            folder=Path("data", collection, slug(developer) if developer else _UNKNOWN, slug(name)),
            number=str(uuid.UUID(bytes=hashlib.sha256(identity).digest()[:16], version=4)),
        )


def write(source: Source, options: ExportOptions) -> Path:
    """Write both records below the folder that is named, each after its lines."""
    for record in (
        _Record.of(source.comparison, "base", options.base_id),
        _Record.of(source.comparison, "candidate", options.model_id),
    ):
        _write_record(source, record, options.path)
    return options.path


def _write_record(source: Source, record: _Record, root: Path) -> None:
    content = _content(source, record)
    if has_items(source.folder):
        content["detailed_evaluation_results"] = _write_samples(source, record, root)
    path = root / record.folder / f"{record.number}.json"
    eee_format.check_record(content, str(path))
    write_atomic(path, to_json(content))


def _content(source: Source, record: _Record) -> dict[str, Any]:
    comparison, side = source.comparison, record.side
    engine = comparison.engine
    return {
        "schema_version": eee_format.VERSION,
        "evaluation_id": record.evaluation_id,
        "evaluation_timestamp": one_line(comparison.created),
        "retrieved_timestamp": str(epoch(comparison)),
        "source_metadata": {
            "source_name": "forgetbench",
            "source_type": "evaluation_run",
            "source_organization_name": _UNKNOWN,
            "evaluator_relationship": "other",
            "additional_details": _texts(setting(comparison)),
        },
        "model_info": {
            "name": one_line(side.name),
            "id": record.model_id,
            "developer": record.model_id.rpartition("/")[0] or _UNKNOWN,
            "inference_engine": {name: one_line(str(engine.get(name, _UNKNOWN))) for name in ("name", "version")},
            "additional_details": {
                "fingerprint": one_line(side.fingerprint),
                "deployment_type": _UNKNOWN,
                "model_availability": _UNKNOWN,
            },
        },
        "eval_library": {"name": "forgetbench", "version": __version__},
        "evaluation_results": list(_results(source, record)),
    }


def _results(source: Source, record: _Record) -> Iterator[dict[str, Any]]:
    for line in measured(source.comparison):
        yield _score(source, line, record.which)
        if record.which == "candidate":
            yield _change(source.comparison, line)


def _score(source: Source, line: Measured, which: str) -> dict[str, Any]:
    metric = one_line(line.row.metric)
    known = _GLOBAL_METRICS.get(metric)
    details = source.details_of(line.row.name) if line.level == "task" else {}
    return _result(
        source.comparison,
        line,
        f"{line.path}/score",
        {
            "metric_id": known or f"forgetbench.{metric}",
            "metric_name": known or metric,
            "score_type": "binary" if line.level == "task" and line.row.outcomes is not None else "continuous",
            "min_score": 0.0,
            "max_score": 1.0,
            **({"additional_details": details} if details else {}),
        },
        {"score": line.values[which], "uncertainty": {"num_samples": line.row.n_items}},
    )


def _change(comparison: Comparison, line: Measured) -> dict[str, Any]:
    values = line.values
    uncertainty: dict[str, Any] = {
        "confidence_interval": {
            "lower": values["ci_low"],
            "upper": values["ci_high"],
            "confidence_level": 1 - comparison.alpha,
            "method": "paired, whole clusters",
        },
        "num_samples": line.row.n_items,
    }
    if values["se"] is not None:
        uncertainty["standard_error"] = {"value": values["se"], "method": "clustered"}
    told = {name: values[name] for name in ("base", "candidate", "p_adjusted", "margin", "verdict", "n_unmeasured")}
    furthest = max(1.0, abs(values["delta"]))
    return _result(
        comparison,
        line,
        f"{line.path}/delta",
        {
            "metric_id": DELTA,
            "metric_name": f"change against {one_line(comparison.base.name)}",
            "min_score": -furthest,
            "max_score": furthest,
        },
        {"score": values["delta"], "uncertainty": uncertainty, "details": _texts(told)},
    )


def _result(
    comparison: Comparison, line: Measured, identity: str, metric: Mapping[str, Any], score: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "evaluation_result_id": identity,
        "evaluation_name": line.path,
        "source_data": {
            "dataset_name": line.name,
            "source_type": "other",
            "additional_details": _texts({"suite": comparison.suite_label, "domain": line.row.domain}),
        },
        "metric_config": {
            "evaluation_description": f"{line.level} of a forgetbench suite; {DIRECTION}",
            "metric_unit": "proportion",
            "score_type": "continuous",
            "lower_is_better": False,
            **metric,
        },
        "score_details": dict(score),
    }


def _write_samples(source: Source, record: _Record, root: Path) -> dict[str, Any]:
    """Write a line for every answer that has a score; returns how the record refers to them."""
    name = record.folder / f"{record.number}{eee_format.SAMPLES_SUFFIX}"
    checksum, n = hashlib.sha256(), 0
    with replacing(root / name) as stream:
        for answer in answers(source, record.which):
            if answer.score is None:
                continue
            # ASCII alone: no line separator of Unicode inside a line, and half a surrogate pair has a spelling.
            line = json.dumps(_sample(answer, record), allow_nan=False).encode() + b"\n"
            stream.write(line)
            checksum.update(line)
            n += 1
    return {
        "format": "jsonl",
        "file_path": name.as_posix(),
        "hash_algorithm": "sha256",
        "checksum": checksum.hexdigest(),
        "total_rows": n,
    }


def _sample(answer: Answer, record: _Record) -> dict[str, Any]:
    asked = f"{answer.prompt}{answer.gold or ''}".encode(errors="backslashreplace")
    return {
        "schema_version": eee_format.SAMPLE_VERSION,
        "evaluation_id": record.evaluation_id,
        "model_id": record.model_id,
        "evaluation_name": f"tasks/{one_line(answer.task)}",
        "evaluation_result_id": f"tasks/{one_line(answer.task)}/score",
        "sample_id": answer.item_id,
        "sample_hash": hashlib.sha256(asked).hexdigest(),
        "interaction_type": "single_turn",
        "input": {"raw": answer.prompt, "reference": [] if answer.gold is None else [answer.gold]},
        "output": {"raw": [] if answer.response is None else [answer.response]},
        "answer_attribution": [],
        "evaluation": {"score": answer.score, "is_correct": (answer.score or 0) >= 1},
        "metadata": dict(answer.about),
    }


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    """Details must be texts there."""
    return {name: one_line(value) if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
