"""`--target FILE` and `file:` in a suite, as a user types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from forgetbench.errors import SuiteError
from forgetbench.suites.suite import Suite, with_target

Call = Callable[..., "CompletedProcess[str]"]
ROW = {"prompt": "Which team? My parcel is late.", "answer": "delivery", "choices": ["delivery", "billing"]}


def test_target_stands_beside_the_suite(forgetbench: Call, tiny_tasks: Path, tmp_path: Path) -> None:
    (tmp_path / "skill.jsonl").write_text(json.dumps(ROW) + "\n")
    command = ("run", "--engine", "scripted", "--base", "a", "b", "--suite", tiny_tasks / "tiny-suite.yml")
    done = forgetbench(*command, "--target", "skill.jsonl")
    assert done.returncode == 0, done.stderr
    assert "tiny_choice" in done.stdout
    assert "target_skill_choice" in done.stdout
    (tmp_path / "skill.jsonl").write_text(json.dumps({**ROW, "match": "fuzzy"}) + "\n")
    wrong = forgetbench(*command, "--target", "skill.jsonl")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "skill.jsonl:1: field 'match'" in wrong.stderr


def test_a_suite_names_a_file_beside_it(forgetbench: Call, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "skill.jsonl").write_text(json.dumps(ROW) + "\n")
    suite = tmp_path / "mine" / "suite.yaml"
    suite.write_text("name: mine\ndomains:\n  target: [{task: teams, file: skill.jsonl}]\n")
    done = forgetbench("run", "--engine", "scripted", "word", "--suite", suite)
    assert done.returncode == 0, done.stderr
    assert "teams_choice" in done.stdout


def test_a_file_of_the_same_name_is_refused(tmp_path: Path) -> None:
    suite = with_target(Suite(name="s", domains={"knowledge": [{"task": "a"}]}), tmp_path / "x.jsonl")
    assert [entry.task for entry in suite.domains["target"]] == ["target_x"]
    with pytest.raises(SuiteError, match="rename the file"):
        with_target(suite, tmp_path / "x.jsonl")
