"""The tasks of a suite, loaded: a user's files, embedded tasks, those beside the suite file, else lm-eval's by name."""

from __future__ import annotations

import json
from pathlib import Path

from forgetbench import lm_eval_bridge
from forgetbench.errors import SuiteError
from forgetbench.lm_eval_bridge import LoadedTask, TaskEntry
from forgetbench.lm_eval_bridge.task_yaml import OwnTasks, own_tasks, task_files
from forgetbench.suites.domains import domain_mistake
from forgetbench.suites.foreign_code import tell_of_foreign_code
from forgetbench.suites.suite import Suite, SuiteTask, tasks_folder
from forgetbench.suites.target import target_tasks


def load_tasks(
    suite: Suite, folder: Path | None = None, limit: int | None = None, *, any_documents: bool = False
) -> list[LoadedTask]:
    """Load a suite's tasks; those that it does not embed are looked for under `folder`, then among lm-eval's own.

    `limit` is the most documents of a task. A user's file with choices is two tasks. Raises SuiteError for unknown
    names, broken YAML, settings that cannot be honoured, documents that cannot be scored (unless `any_documents`),
    empty tasks and data that cannot be had, InputError for a user's file with a mistake and for tasks that run a
    model's code where that may not be done.
    """
    own = own_tasks([tasks_folder(), *([folder] if folder else [])])
    entries = [_entry(task, domain, suite, own, folder) for domain, tasks in suite.domains.items() for task in tasks]
    tell_of_foreign_code(entries, own, tasks_folder())
    loaded = lm_eval_bridge.load(entries, limit, own, any_documents=any_documents)
    for task in loaded:
        # A task's own metadata may name another domain than the suite does.
        if mistake := domain_mistake(task.info.domain):
            raise SuiteError(f"task '{task.info.name}': field 'metadata.domain': {mistake}")
    return loaded


def embedded_task_files() -> dict[str, Path]:
    """Names of the embedded tasks and their YAML files."""
    return task_files([tasks_folder()])


def embedded_item_counts() -> dict[str, int]:
    """How many items each embedded task has, from a table: no document is read (`tests/task_versions.py` writes it)."""
    counts: dict[str, int] = json.loads((tasks_folder() / "items.json").read_text(encoding="utf-8"))
    return counts


def check_names(suite: Suite, folder: Path | None = None) -> None:
    """Raise SuiteError for a task that nobody has, before anything is loaded: a name that stands in no task file."""
    own = own_tasks([tasks_folder(), *([folder] if folder else [])])
    named = (task.task for tasks in suite.domains.values() for task in tasks if task.file is None)
    lm_eval_bridge.check_mentioned([name for name in named if name not in own.names], own.names)


def _entry(task: SuiteTask, domain: str, suite: Suite, own: OwnTasks, folder: Path | None) -> TaskEntry:
    settings = task.model_dump(exclude={"task", "file", "level"})
    settings |= {"levels": task.levels, "share": suite.share}
    settings["max_gen_toks"] = task.max_gen_toks or suite.max_gen_toks
    if task.file is None:
        return TaskEntry(task.task, domain, own.files.get(task.task), **settings)
    path = (folder or Path()) / task.file
    return TaskEntry(task.task, domain, path, tuple(target_tasks(path, task.task)), **settings)
