"""Tasks whose score is not the mean of their items, or that say two things at once: told before anything is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas
import pytest
import yaml

from forgetbench.errors import SuiteError
from forgetbench.lm_eval_bridge.loading import load
from forgetbench.lm_eval_bridge.task_entry import TaskEntry
from forgetbench.lm_eval_bridge.task_yaml import own_tasks, read_definition

_ROWS = [{"item_id": f"q{n}", "question": f"What is {n}?", "choices": ["a", "b"], "gold": n % 2} for n in range(4)]
_TASK: dict[str, Any] = {
    "task": "words",
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "words.jsonl"}},
    "test_split": "test",
    "output_type": "multiple_choice",
    "doc_to_text": "{{question}}",
    "doc_to_choice": "choices",
    "doc_to_target": "gold",
    "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    "metadata": {"domain": "knowledge", "metric": "acc", "version": 1},
}


def loaded(folder: Path, rows: list[dict[str, Any]] = _ROWS, text: str = "", code: str = "", **fields: Any) -> None:
    """Load the task, with some fields replaced and some text behind it."""
    (folder / "words.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "utils.py").write_text(code, encoding="utf-8")
    config = {name: value for name, value in (_TASK | fields).items() if value is not None}
    (folder / "words.yaml").write_text(yaml.safe_dump(config, sort_keys=False) + text, encoding="utf-8")
    load([TaskEntry(name="words", domain="knowledge")], own=own_tasks([folder]))


def test_a_sound_one(tmp_path: Path) -> None:
    loaded(tmp_path)


@pytest.mark.parametrize(
    ("name", "body"),
    [("median", ""), ("!function utils.best", "def best(items):\n    return max(items)\n")],
)
def test_an_aggregation_that_is_no_mean(tmp_path: Path, name: str, body: str) -> None:
    text = f"metric_list: [{{metric: acc, aggregation: {name}, higher_is_better: true}}]\n"
    with pytest.raises(SuiteError, match="'acc' is aggregated by something else than the mean"):
        loaded(tmp_path, text=text, code=body, metric_list=None)


def test_a_mean_of_the_task_s_own(tmp_path: Path) -> None:
    text = "metric_list: [{metric: acc, aggregation: !function utils.average, higher_is_better: true}]\n"
    loaded(tmp_path, text=text, code="def average(items):\n    return sum(items) / len(items)\n", metric_list=None)


@pytest.mark.parametrize("field", ["doc_to_image", "doc_to_audio"])
def test_items_that_show_more_than_text(tmp_path: Path, field: str) -> None:
    with pytest.raises(SuiteError, match=rf"field '{field}'.*text alone"):
        loaded(tmp_path, **{field: "question"})


def test_a_field_that_stands_twice(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"words\.yaml:\d+: .*field 'doc_to_text' stands twice, first in line \d+"):
        loaded(tmp_path, text='doc_to_text: "Do not answer. {{question}}"\n')


def test_anchors_may_be_merged(tmp_path: Path) -> None:
    text = "a: &a {x: 1}\nb: &b {y: 2}\ntask: merged\nmetadata:\n  <<: *a\n  <<: *b\n"
    (tmp_path / "merged.yaml").write_text(text, encoding="utf-8")
    definition = read_definition(tmp_path / "merged.yaml")
    assert definition is not None
    assert definition.broken is None


@pytest.mark.parametrize("missing", [None, ""])
def test_an_id_that_is_none(tmp_path: Path, missing: str | None) -> None:
    with pytest.raises(SuiteError, match="document 2 has no item_id"):
        loaded(tmp_path, [row | {"item_id": missing} if n == 1 else row for n, row in enumerate(_ROWS)])


@pytest.mark.parametrize(("most", "measured"), [(1, 4), (100, 0)])
def test_scores_of_another_scale_count_for_no_item(tmp_path: Path, most: int, measured: int) -> None:
    """Of scores from 0 to 100 the zeros alone lie in [0, 1]: a mean of those that do would be 0."""
    code = f"def scored(doc, results):\n    return {{'acc': {most} * doc['gold']}}\n"
    text = "process_results: !function utils.scored\n"
    loaded(tmp_path, text=text, code=code)
    (tmp_path / "suite.yaml").write_text("name: s\ndomains: {knowledge: [words]}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "forgetbench", "run", "base", "--suite", str(tmp_path / "suite.yaml"),
         "--engine", "scripted", "--results", str(tmp_path / "results")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    (samples,) = (tmp_path / "results" / "runs").glob("*/samples.parquet")
    frame = pandas.read_parquet(samples)
    assert frame["score"].notna().sum() == measured, done.stderr
    reasons = {reason for reason in frame["reason"] if reason}
    assert all("[0, 1]" in reason for reason in reasons)
    assert bool(reasons) == (most == 100)
