"""No task's documents change under a version: what a score is a score of is told by the task's name and version."""

from __future__ import annotations

from pathlib import Path

from task_versions import COMMAND, current, item_counts, mistakes, read_table, refused, relative_files

from forgetbench.suites.loading import embedded_item_counts

FILES = {"capitals": Path("tasks/tiny/capitals.yaml")}
WRITTEN = {"capitals": {"version": 1, "sha256": "a"}}


def test_every_task_is_in_the_table_as_it_is_asked() -> None:
    found = mistakes(current(), read_table(), relative_files())
    assert not found, "\n" + "\n".join(found)


def test_tasks_are_listed_with_as_many_items_as_they_have() -> None:
    assert embedded_item_counts() == item_counts(), f"run {COMMAND}"


def test_documents_that_changed_under_their_version_are_refused() -> None:
    changed = {"capitals": {"version": 1, "sha256": "b"}}
    (line,) = mistakes(changed, WRITTEN, FILES)
    assert "raise metadata.version in tasks/tiny/capitals.yaml" in line
    assert "python tests/task_versions.py --write" in line
    assert refused(changed, WRITTEN) == ["capitals"]


def test_a_suite_is_refused_as_a_task_is() -> None:
    files = {"suite tiny": Path("tasks/suites/tiny.yaml")}
    now, table = {"suite tiny": {"version": 1, "sha256": "b"}}, {"suite tiny": {"version": 1, "sha256": "a"}}
    (line,) = mistakes(now, table, files)
    assert "raise version in tasks/suites/tiny.yaml" in line


def test_a_lower_version_is_refused() -> None:
    assert refused({"capitals": {"version": 0, "sha256": "b"}}, WRITTEN) == ["capitals"]


def test_a_raised_version_is_written_and_until_then_the_way_is_said() -> None:
    raised = {"capitals": {"version": 2, "sha256": "b"}}
    assert refused(raised, WRITTEN) == []
    assert mistakes(raised, WRITTEN, FILES) == [
        "capitals: version 2 is not in task_versions.json: run python tests/task_versions.py --write"
    ]


def test_a_new_task_and_one_that_went_are_written() -> None:
    for now, table in ((WRITTEN, {}), ({}, WRITTEN)):
        (line,) = mistakes(now, table, FILES)
        assert line.endswith("run python tests/task_versions.py --write")
        assert refused(now, table) == []


def test_what_is_as_written_is_no_mistake() -> None:
    assert mistakes(WRITTEN, WRITTEN, FILES) == []
