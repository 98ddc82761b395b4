"""What `tasks show` prints of one's own files."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_tasks import sound_rows, write

from forgetbench.cli.listing import show
from forgetbench.errors import InputError, SuiteError


def test_a_file_is_shown_as_its_item_is_asked(tmp_path: Path) -> None:
    folder = write(tmp_path / "toy", sound_rows(40))
    shown = show(str(folder / "toy_open.yaml"))
    assert shown.startswith((folder / "toy_open.yaml").read_text().rstrip())
    assert "--- first item (" in shown and "--- right answer\n" in shown


def test_a_suite_s_file_is_shown_and_read(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text("name: mine\ndomains: {knowledge: [units]}\n")
    assert show(str(path)) == path.read_text().rstrip()
    path.write_text("name: mine\ndomain: {}\ndomains: {knowledge: [units]}\n")
    with pytest.raises(SuiteError, match=r"suite\.yaml:2: field 'domain'"):
        show(str(path))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere.yaml", "no such file or folder: nowhere.yaml"),
        ("qqqqqqqq", r"unknown task 'qqqqqqqq'; forgetbench tasks list has them all \(or give a \.yaml file\)"),
        ("knowledge_opne", r"did you mean 'knowledge_open'\? \(or give a \.yaml file\)"),
    ],
)
def test_what_cannot_be_shown_is_told_in_a_line(name: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        show(name)


def test_a_file_that_declares_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: 1\n")
    with pytest.raises(InputError, match="no task here"):
        show(str(tmp_path / "x.yaml"))
