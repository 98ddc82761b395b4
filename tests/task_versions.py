"""The version of every embedded task and suite, and what is wrong where what it asks changed without it.

    python tests/task_versions.py            say what differs from the table
    python tests/task_versions.py --write    write the table, tests/data/task_versions.json, and tasks/items.json

A score of one version is compared with no score of another, so what is asked may not change under a version. A suite
changes where its file does, and where a task of its goes up.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forgetbench.lm_eval_bridge.task_yaml import TaskDeclaration, read_declaration
from forgetbench.suites.loading import embedded_task_files, load_tasks
from forgetbench.suites.suite import load_suite, suite_names, suite_of_tasks, tasks_folder

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "tests" / "data" / "task_versions.json"
ITEMS = tasks_folder() / "items.json"
_FIELD = ("metadata.version", "version")
"""Of a task, and of a suite."""
COMMAND = "python tests/task_versions.py --write"
Row = dict[str, Any]


def current() -> dict[str, Row]:
    """For each embedded task its version, and the sha256 of its documents and of its YAML but for `metadata`; then for
    each suite."""
    from lm_eval.tasks import TaskManager

    files = embedded_task_files()
    declared = {name: declaration for name, path in files.items() if (declaration := read_declaration(path))}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        manager = TaskManager(include_path=str(ROOT / "tasks"), include_defaults=False)
        tasks = {
            name: {"version": declaration.metadata.get("version"), "sha256": _sha256(declaration, manager)}
            for name, declaration in sorted(declared.items())
        }
    return tasks | {f"suite {name}": _suite(name, tasks) for name in suite_names()}


def _suite(name: str, tasks: Mapping[str, Row]) -> Row:
    suite, _ = load_suite(name)
    entries = [entry.task for members in suite.domains.values() for entry in members]
    asked = [
        # How much must be kept is told by every comparison itself, and asks for no other answers.
        suite.model_dump(mode="json", exclude={"version", "description", "bits_margin", "preserve"}),
        {task: tasks[task]["version"] for task in entries if task in tasks},
    ]
    return {"version": suite.version, "sha256": hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()}


def _sha256(declaration: TaskDeclaration, manager: Any) -> str:
    """Of a task whose documents are no file of ours, the YAML is all that is ours."""
    config = {key: value for key, value in declaration.config.items() if key != "metadata"}
    digest = hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode())
    if "custom_dataset" in config:
        task = manager.load([declaration.name])["tasks"][declaration.name]
        for split, rows in sorted(task.dataset.items()):
            digest.update(split.encode())
            for row in rows:
                digest.update(json.dumps(row, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def item_counts() -> dict[str, int]:
    """How many items each embedded task has, by its documents; `forgetbench tasks list` has them from a table."""
    loaded = load_tasks(suite_of_tasks(sorted(embedded_task_files()), None), any_documents=True)
    return {task.info.name: len(task.task.eval_docs) for task in loaded}


def mistakes(now: Mapping[str, Row], table: Mapping[str, Row], files: Mapping[str, Path]) -> list[str]:
    """One line for every task that the table is wrong about, with the way out."""
    found = []
    for name in sorted({*now, *table}):
        row, written = now.get(name), table.get(name)
        if row == written:
            continue
        if row is None:
            found.append(f"{name}: is no task any more: run {COMMAND}")
        elif written is None:
            found.append(f"{name}: is not in {TABLE.name}: run {COMMAND}")
        elif not _raised(row, written):
            found.append(
                f"{name}: its documents or settings changed under version {written['version']}: "
                f"raise {_FIELD[name.startswith('suite ')]} in {files[name]} and run {COMMAND}"
            )
        else:
            found.append(f"{name}: version {row['version']} is not in {TABLE.name}: run {COMMAND}")
    return found


def _raised(row: Row, written: Row) -> bool:
    return bool(row["version"] > written["version"])


def refused(now: Mapping[str, Row], table: Mapping[str, Row]) -> list[str]:
    """The tasks that may not be written: their documents changed and their version did not go up."""
    both = ((name, now[name], table[name]) for name in sorted({*now} & {*table}))
    return [name for name, row, written in both if row != written and not _raised(row, written)]


def read_table() -> dict[str, Row]:
    """The committed table; empty before it is first written."""
    table: dict[str, Row] = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.is_file() else {}
    return table


def relative_files() -> dict[str, Path]:
    """The YAML file of each embedded task and suite, from the repository's root."""
    suites = {f"suite {name}": tasks_folder() / "suites" / f"{name}.yaml" for name in suite_names()}
    return {name: path.resolve().relative_to(ROOT) for name, path in (embedded_task_files() | suites).items()}


def main(arguments: list[str]) -> int:
    """Say what differs, or write the table."""
    now, table = current(), read_table()
    stale = refused(now, table)
    if "--write" in arguments and not stale:
        lines = (f"{json.dumps(name)}: {json.dumps(row)}" for name, row in now.items())
        TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        ITEMS.write_text(json.dumps(item_counts(), indent=2, sort_keys=True) + "\n", encoding="utf-8")
        print(f"{TABLE.relative_to(ROOT)}: {len(now)} tasks and suites")
        return 0
    shown = {name: now[name] for name in stale} if "--write" in arguments else now
    rows = {name: table[name] for name in stale} if "--write" in arguments else table
    lines_of = mistakes(shown, rows, relative_files())
    print("\n".join(lines_of) or f"{TABLE.relative_to(ROOT)}: as it is")
    return int(bool(lines_of))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
