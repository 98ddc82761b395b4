"""Records of Every Eval Ever, among them those that this package exports."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lm_eval_logs import example
from lm_eval_logs import imported as imported_from_lm_eval

from forgetbench.comparison.delta import compare
from forgetbench.errors import InputError
from forgetbench.interop.exporters import ExportOptions, Source, export
from forgetbench.interop.importers.kinds import read_log
from forgetbench.interop.importers.log import ByTask, Choices
from forgetbench.interop.importers.run import as_run
from forgetbench.records import DeltaRow
from forgetbench.storage.comparisons import save_comparison
from forgetbench.storage.runs import Run

Json = dict[str, Any]


def imported(path: Path, choices: Choices = Choices()) -> Run:
    return as_run(read_log("eee", path, choices), "model")


def record(results: list[Json], **fields: Any) -> Json:
    return {
        "schema_version": "0.2.2", "evaluation_id": "e", "retrieved_timestamp": "1767607200",
        "source_metadata": {
            "source_type": "evaluation_run", "source_organization_name": "x", "evaluator_relationship": "other"
        },
        "eval_library": {"name": "helm", "version": "1"}, "model_info": {"name": "m", "id": "org/m"},
        "evaluation_results": results, **fields,
    }  # fmt: skip


def result(name: str, identity: str, **config: Any) -> Json:
    return {
        "evaluation_result_id": identity, "evaluation_name": name, "score_details": {"score": 0.5},
        "source_data": {"dataset_name": name, "source_type": "other"},
        "metric_config": {"lower_is_better": False, "metric_name": identity, **config},
    }  # fmt: skip


def line(identity: str, sample: str, score: float, **fields: Any) -> Json:
    return {
        "schema_version": "instance_level_eval_0.2.2", "evaluation_id": "e", "model_id": "org/m",
        "evaluation_name": "t", "evaluation_result_id": identity, "sample_id": sample,
        "interaction_type": "single_turn",
        "input": {"raw": f"question {sample}", "reference": ["a"], "choices": ["a", "b"]}, "output": {"raw": ["a"]},
        "answer_attribution": [], "evaluation": {"score": score, "is_correct": score > 0}, **fields,
    }  # fmt: skip


def write(folder: Path, content: Json, lines: list[Json], name: str = "record") -> Path:
    (folder / f"{name}.json").write_text(json.dumps(content))
    (folder / f"{name}_samples.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    return folder


def test_what_is_exported_is_imported_with_the_same_deltas(tmp_path: Path) -> None:
    comparison, items = compare(
        imported_from_lm_eval(example("base"), "org/base"),
        imported_from_lm_eval(example("tuned"), "org/tuned"),
        resamples=100,
    )
    save_comparison(tmp_path / "comparison", comparison, items)
    export(Source(comparison, tmp_path / "comparison"), "eee", ExportOptions(tmp_path / "eee"))
    base, tuned = (imported(tmp_path / "eee", Choices(model=f"org/{name}")) for name in ("base", "tuned"))
    again, _ = compare(base, tuned, resamples=100)
    assert rows(again.tasks) == pytest.approx(rows(comparison.tasks))
    assert {row.name: row.domain for row in again.tasks} == {row.name: row.domain for row in comparison.tasks}


def rows(tasks: tuple[DeltaRow, ...]) -> dict[str, float]:
    found = {}
    for row in tasks:
        assert row.estimate is not None
        found |= {row.name: row.estimate.delta, f"{row.name} se": row.estimate.se, f"{row.name} n": float(row.n_items)}
    return found


def test_scores_are_put_on_our_scale(tmp_path: Path) -> None:
    results = [
        result("t", "points", score_type="continuous", min_score=0, max_score=100),
        result("errors", "rate", lower_is_better=True),
        result("grades", "level", score_type="levels", level_names=["poor", "fair", "good"], has_unknown_level=True),
    ]
    lines = [line("points", "1", 25), line("rate", "1", 0.25), line("level", "1", 1), line("level", "2", -1)]
    samples = imported(write(tmp_path, record(results), lines)).samples
    assert samples["score"].iloc[:3].tolist() == [0.25, 0.75, 0.5]
    assert samples["reason"].tolist()[3] == "the record has no number for 'level'"


def test_right_or_wrong_results_have_a_chance_and_repeats_are_averaged(tmp_path: Path) -> None:
    lines = [line("acc", "1", 1), line("acc", "2", 0), line("f1", "1", 0.5), line("f1", "1", 0.7)]
    folder = write(tmp_path, record([result("t", "acc", score_type="binary"), result("t", "f1")]), lines)
    (info,) = imported(folder).manifest.tasks
    assert (info.metric, info.binary, info.chance) == ("acc", True, 0.5)
    assert any(
        "'acc' is its score, of acc, f1; --metric chooses" in text for text in imported(folder).manifest.warnings
    )
    chosen = imported(folder, Choices(metrics=ByTask((("t", "f1"),))))
    assert chosen.samples["score"].tolist() == [pytest.approx(0.6)]


def test_means_alone_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(json.dumps(record([result("t", "acc")])))
    with pytest.raises(InputError, match="t: its record has no lines of samples, and means alone cannot be paired"):
        imported(tmp_path)


def test_a_record_names_no_file_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere_samples.jsonl"
    elsewhere.write_text(json.dumps(line("acc", "1", 1)) + "\n")
    (tmp_path / "records").mkdir()
    detailed = {"format": "jsonl", "file_path": "../elsewhere_samples.jsonl"}
    content = record([result("t", "acc")], detailed_evaluation_results=detailed)
    (tmp_path / "records" / "record.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="no lines of samples"):
        imported(tmp_path / "records")


def test_lines_that_are_not_the_record_s_are_told(tmp_path: Path) -> None:
    detailed = {"format": "jsonl", "hash_algorithm": "sha256", "checksum": "0" * 64}
    content = record([result("t", "acc")], detailed_evaluation_results=detailed)
    warnings = imported(write(tmp_path, content, [line("acc", "1", 1)])).manifest.warnings
    assert "record_samples.jsonl is not the file that its record is of (checksums differ)" in warnings


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda content, lines: content.pop("model_info"), "record.json: the whole"),
        (lambda content, lines: lines[0].pop("sample_id"), "record_samples.jsonl:1: the whole"),
        (
            lambda content, lines: lines[0]["evaluation"].update(score="high"),
            "record_samples.jsonl:1: evaluation.score",
        ),
        (lambda content, lines: lines[0]["evaluation"].update(score=10**400), "'acc' is no number of one item"),
    ],
)
def test_what_is_not_of_the_format_is_one_line(
    spoil: Callable[[Json, list[Json]], object], says: str, tmp_path: Path
) -> None:
    content, lines = record([result("t", "acc")]), [line("acc", "1", 1)]
    spoil(content, lines)
    with pytest.raises(InputError) as raised:
        imported(write(tmp_path, content, lines))
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
