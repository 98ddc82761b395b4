"""A comparison without items.parquet is taken, and that its items were not looked at is said once."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from paired_runs import scored, task

from forgetbench.comparison.delta import compare
from forgetbench.storage.comparisons import save_comparison

Call = Callable[..., "subprocess.CompletedProcess[str]"]
WHY = "no items.parquet is there: whether the numbers follow from the items could not be checked"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A comparison as it lies in a results folder."""
    asked = task("knowledge_open")
    comparison, items = compare(
        scored("base", {asked: [1.0, 0] * 20}), scored("tuned", {asked: [1.0, 0] * 20}), margins={}
    )
    return save_comparison(tmp_path / "results" / "comparisons" / comparison.comparison_id, comparison, items)


def test_the_gate_tells_it_once_and_in_every_file(forgetbench: Call, folder: Path, tmp_path: Path) -> None:
    whole = forgetbench("gate", folder, "--json", "whole.json")
    assert whole.stderr == ""
    (folder / "items.parquet").unlink()
    done = forgetbench("gate", folder, "--json", "gate.json", "--summary", "summary.md")
    assert (done.returncode, done.stdout) == (whole.returncode, whole.stdout)
    assert done.stderr == f"{folder}: {WHY}\n"
    assert json.loads((tmp_path / "whole.json").read_text())["notes"] == []
    assert json.loads((tmp_path / "gate.json").read_text())["notes"] == [WHY]
    assert f"- {WHY}" in (tmp_path / "summary.md").read_text().replace("\\", "")


@pytest.mark.parametrize("kind", ["eee", "csv"])
def test_an_export_says_that_no_answer_is_in_it(forgetbench: Call, folder: Path, kind: str) -> None:
    assert forgetbench("export", folder, "--format", kind, "--out", "whole").stderr == ""
    (folder / "items.parquet").unlink()
    done = forgetbench("export", folder / "comparison.json", "--format", kind, "--out", "out")
    assert done.returncode == 0
    assert done.stderr == f"{folder / 'comparison.json'}: {WHY}, and no answer is written\n"


def test_a_leaderboard_names_the_comparison(forgetbench: Call, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "results" / "comparisons" / "other")
    stored = tmp_path / "results" / "comparisons" / "other" / "comparison.json"
    stored.write_text(stored.read_text().replace(folder.name, "other"))
    (folder / "items.parquet").unlink()
    done = forgetbench("leaderboard", "results", "--out", "site")
    assert (done.returncode, done.stderr) == (0, f"{folder.name}: {WHY}\n")
