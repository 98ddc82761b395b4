"""Records of Every Eval Ever: what its schema and the gate of its data store ask for."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from forgetbench.errors import InputError
from forgetbench.interop.eee_format import check_record, check_sample
from forgetbench.interop.exporters import ExportOptions, Source, export

PLACE = re.compile(
    r"data/forgetbench-core/(org|unknown)/[\w.-]+/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    r"(\.json|_samples\.jsonl)"
)


def written(source: Source, out: Path) -> dict[str, dict[str, Any]]:
    """The records by their models' names."""
    export(source, "eee", ExportOptions(out, model_id="org/tuned"))
    records = [json.loads(path.read_text()) for path in sorted(out.rglob("*.json"))]
    return {record["model_info"]["name"]: record for record in records}


def test_changes_are_read_back_with_n_error_and_direction(source: Source, tmp_path: Path) -> None:
    records = written(source, tmp_path)
    results = {result["evaluation_result_id"]: result for result in records["tuned_1"]["evaluation_results"]}
    for row in source.comparison.tasks:
        assert row.estimate is not None
        change, score = results[f"tasks/{row.name}/delta"], results[f"tasks/{row.name}/score"]
        uncertainty = change["score_details"]["uncertainty"]
        assert change["score_details"]["score"] == row.estimate.delta
        assert uncertainty["standard_error"]["value"] == row.estimate.se
        assert uncertainty["num_samples"] == score["score_details"]["uncertainty"]["num_samples"] == row.n_items
        assert uncertainty["confidence_interval"]["confidence_level"] == 0.95
        assert score["score_details"]["score"] == row.estimate.candidate
    assert {result["metric_config"]["lower_is_better"] for result in results.values()} == {False}
    of_base = {result["evaluation_result_id"] for result in records["org base"]["evaluation_results"]}
    assert of_base == {name for name in results if name.endswith("/score")}


def test_records_and_samples_are_what_the_data_store_takes(source: Source, tmp_path: Path) -> None:
    records = written(source, tmp_path)
    assert all(PLACE.fullmatch(path.relative_to(tmp_path).as_posix()) for path in tmp_path.rglob("*.json*"))
    for record in records.values():
        check_record(record, "record")
        for result in record["evaluation_results"]:
            config, score = result["metric_config"], result["score_details"]["score"]
            assert config["min_score"] <= score <= config["max_score"]
        details = record["detailed_evaluation_results"]
        content = (tmp_path / details["file_path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == details["checksum"]
        lines = [json.loads(line) for line in content.splitlines()]
        assert len(lines) == details["total_rows"]
        for line in lines:
            check_sample(line, "sample")
            assert (line["evaluation_id"], line["model_id"]) == (record["evaluation_id"], record["model_info"]["id"])
    assert records["tuned_1"]["detailed_evaluation_results"]["total_rows"] == 23  # one of 24 was not measured


def test_the_same_comparison_gives_the_same_files(source: Source, tmp_path: Path) -> None:
    written(source, tmp_path / "once")
    written(source, tmp_path / "again")
    files = [{path.name: path.read_bytes() for path in (tmp_path / at).rglob("*.json*")} for at in ("once", "again")]
    assert files[0] == files[1]


def test_what_is_no_record_is_told_by_its_field() -> None:
    with pytest.raises(InputError, match=r"x\.json: the whole: not as .*: 'schema_version' is a required property"):
        check_record({}, "x.json")


def test_a_comparison_without_its_items_is_a_record_without_lines(source: Source, tmp_path: Path) -> None:
    records = written(Source(source.comparison, tmp_path / "elsewhere"), tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.jsonl"))
    assert all("detailed_evaluation_results" not in record for record in records.values())
