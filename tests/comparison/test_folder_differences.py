"""What two folders set differently goes with their comparison, into its file and its reports."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import report_samples as samples

from forgetbench.comparison.delta import compare
from forgetbench.engines.base import EngineOptions
from forgetbench.evaluation.evaluate import evaluate
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.session import open_session
from forgetbench.records import FolderDifference, RunManifest
from forgetbench.report.html import html_report
from forgetbench.report.markdown import markdown_report
from forgetbench.storage.json_files import load_json, to_json
from forgetbench.storage.runs import Run

TITLE = "Settings that differ between the folders"


@pytest.fixture
def pair(tiny_model: Path, tiny_tasks: Path, tmp_path: Path) -> list[Run]:
    """Base and candidate with the same weights; the candidate's folder would decode otherwise, and in another type."""
    candidate = Path(shutil.copytree(tiny_model, tmp_path / "candidate"))
    for name, change in (
        ("generation_config.json", {"repetition_penalty": 5.0}),
        ("config.json", {"dtype": "bfloat16"}),
    ):
        path = candidate / name
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    suite = tiny_tasks / "open-suite.yml"
    suite.write_text("name: open\ndomains: {knowledge: [tiny_open]}\n")
    evaluation = EvaluationOptions(suite=str(suite), results=tmp_path / "results")
    options = EngineOptions("transformers", dtype="float32")
    with open_session([str(candidate)], str(tiny_model), evaluation=evaluation, engine=options) as session:
        return evaluate(session)


def test_it_is_in_manifest_and_comparison_and_changes_no_answer(pair: list[Run], tmp_path: Path) -> None:
    base, candidate = pair
    assert list(map(list, base.samples["responses"])) == list(map(list, candidate.samples["responses"]))
    assert candidate.manifest.folder["generation_config.repetition_penalty"] == 5.0
    path = tmp_path / "manifest.json"
    path.write_text(to_json(candidate.manifest))
    assert load_json(RunManifest, path).folder == candidate.manifest.folder

    comparison, _ = compare(base, candidate, margins={}, resamples=200)
    assert comparison.folder_differences == (
        FolderDifference("dtype", "float32", "bfloat16"),
        FolderDifference("generation_config.repetition_penalty", None, "5.0"),
    )
    assert not any("--dtype auto" in text for text in comparison.warnings)


def test_two_types_under_auto_are_a_warning(pair: list[Run]) -> None:
    auto = [Run(replace(run.manifest, engine={**run.manifest.engine, "dtype": "auto"}), run.table) for run in pair]
    comparison, _ = compare(*auto, margins={}, resamples=200)
    (line,) = (text for text in comparison.warnings if "--dtype auto" in text)
    assert "float32 for the base, bfloat16 for the candidate" in line


def test_the_reports_show_it_only_where_something_differs() -> None:
    rows = (FolderDifference("dtype", "float32", "bfloat16"), FolderDifference("<b>|x", None, samples.HOSTILE))
    for differences, shown in ((rows, True), ((), False)):
        comparison = samples.comparison(folder_differences=differences)
        markdown, html = markdown_report(comparison, (), {}), html_report(comparison, (), {})
        assert (f"## {TITLE}" in markdown) == shown
        assert (TITLE in html) == shown
        if shown:
            assert "| dtype | float32 | bfloat16 |" in markdown
            assert "<script>" not in html
            assert "<b>" not in markdown.partition(TITLE)[2].partition("## ")[0]
