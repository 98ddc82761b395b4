"""A task's YAML as it is written: its name, fields, includes and lines, and no code run."""

from __future__ import annotations

from pathlib import Path

import pytest

from forgetbench.errors import InputError, SuiteError
from forgetbench.lm_eval_bridge.task_yaml import TaskDeclaration, read_declaration, task_files


def declared(folder: Path, text: str, name: str = "mine.yaml") -> TaskDeclaration | None:
    (folder / name).write_text(text)
    return read_declaration(folder / name)


def test_fields_and_the_lines_they_stand_in(tmp_path: Path) -> None:
    task = declared(tmp_path, "task: mine\nprocess_results: !function utils.run\nmetadata:\n  language: zh\n")
    assert task is not None and task.name == "mine" and task.broken is None
    assert task.config["process_results"] == "utils.run", "as text: there is no utils.py"
    assert task.languages == ("zh",)
    assert task.where("metadata.language") == f"{tmp_path / 'mine.yaml'}:4"
    assert task.where("metadata.domain") == f"{tmp_path / 'mine.yaml'}:3", "the mapping that lacks it"


def test_its_own_fields_go_before_included_ones(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("num_fewshot: 5\ntest_split: test\n")
    task = declared(tmp_path, "include: shared.yaml\ntask: mine\nnum_fewshot: 0\n")
    assert task is not None and task.config == {"task": "mine", "num_fewshot": 0, "test_split": "test"}


@pytest.mark.parametrize("name", ["mine.yaml", "nothing.yaml"])
def test_what_cannot_be_included(tmp_path: Path, name: str) -> None:
    with pytest.raises(SuiteError, match=rf"mine\.yaml: cannot include '{name}'"):
        declared(tmp_path, f"task: mine\ninclude: {name}\n")


@pytest.mark.parametrize(
    "text", ["name: suite\n", "group: several\ntask:\n  - a\n  - b\n", "group: g\ntask: [a]\n", ""]
)
def test_suites_and_groups_are_no_tasks(tmp_path: Path, text: str) -> None:
    assert declared(tmp_path, text) is None


def test_no_yaml_has_a_name_still(tmp_path: Path) -> None:
    task = declared(tmp_path, "task: 'mine'  # ours\ndoc_to_text: @question\n")
    assert task is not None and (task.name, dict(task.config)) == ("mine", {})
    assert (task.broken or "").startswith("not valid YAML (found character that cannot start")
    assert task.where("doc_to_text").endswith("mine.yaml:2")


def test_no_text(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_bytes(b"task: \xff\xfe")
    with pytest.raises(InputError, match="cannot be read as UTF-8 text"):
        read_declaration(tmp_path / "mine.yaml")


def test_names_and_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    declared(tmp_path, "task: one\n", "a.yaml")
    declared(tmp_path / "below", "doc_to_text: [\ntask: two\n", "b.yaml")
    declared(tmp_path, "name: suite\n", "c.yaml")
    (tmp_path / "d.yaml").write_bytes(b"task: \xff\xfe")
    assert task_files([tmp_path]) == {"one": tmp_path / "a.yaml", "two": tmp_path / "below" / "b.yaml"}
