"""Every check over every task of a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from forgetbench.errors import ForgetbenchError, InputError, SuiteError, first_line
from forgetbench.lm_eval_bridge.settings import SettingError
from forgetbench.lm_eval_bridge.task_yaml import TaskDeclaration, read_declaration, task_files
from forgetbench.suites.suite import SuiteTask, is_suite, load_suite, tasks_folder
from forgetbench.suites.target import read_items
from forgetbench.suites.validation.debris import check_debris
from forgetbench.suites.validation.declared import check_chance, check_decoding, check_metadata, check_metric
from forgetbench.suites.validation.findings import Finding, TaskFindings, Validation, fail, warn
from forgetbench.suites.validation.items import (
    check_clusters,
    check_duplicates,
    check_examples,
    check_fields,
    check_near_duplicates,
    check_order,
)
from forgetbench.suites.validation.keys import ChoiceItems, check_answers, check_choices, check_questions
from forgetbench.suites.validation.leaks import check_leaks
from forgetbench.suites.validation.reading import ReadTask, declarations, read_task
from forgetbench.suites.validation.scoring import check_scoring

OF_THE_FILE = (check_metadata, check_metric, check_decoding)
OF_THE_ITEMS = (
    check_chance,
    check_fields,
    check_duplicates,
    check_near_duplicates,
    check_examples,
    check_clusters,
    check_order,
    check_choices,
    check_answers,
    check_leaks,
    check_debris,
)
WITH_OTHER_VIEWS = (check_questions, check_scoring)


def validate_tasks(path: Path | str) -> Validation:
    """Check the tasks under a folder, or that of one YAML file, with its documents as a run would ask them.

    Of a suite's file it is the tasks that the suite names. Raises InputError when there is no task, or a file is no
    UTF-8 text.
    """
    path = Path(path)
    if path.is_file() and is_suite(path):
        return _validate_suite(path)
    return Validation(_checked(declarations(path), path if path.is_dir() else path.parent))


def _validate_suite(path: Path) -> Validation:
    suite, folder = load_suite(str(path))
    entries = [entry for tasks in suite.domains.values() for entry in tasks]
    files = task_files([tasks_folder(), folder])
    found = {
        entry.task: declared
        for entry in entries
        if entry.file is None and entry.task in files and (declared := read_declaration(files[entry.task]))
    }
    checked = _checked([found[name] for name in sorted(found)], folder)
    others = [_not_declared(entry, folder, str(path)) for entry in entries if entry.task not in found]
    return Validation(tuple(sorted((*checked, *others), key=lambda each: each.task)))


def _not_declared(entry: SuiteTask, folder: Path, suite: str) -> TaskFindings:
    """Rows of a user's file, which reading checks; or what is no single task of these files."""
    if entry.file is None:
        why = "no task of the suite's folder or of forgetbench has this name, so it was not checked"
        hint = "leave it if it is one of lm-eval's own, or a group"
        return TaskFindings(entry.task, 0, (warn(why, suite, hint),))
    try:
        return TaskFindings(entry.task, len(read_items(folder / entry.file)), ())
    except InputError as error:
        hint = "a task that cannot be loaded is not checked further"
        return TaskFindings(entry.task, 0, (fail(str(error), suite, hint),))


def _checked(declared: Sequence[TaskDeclaration], folder: Path) -> tuple[TaskFindings, ...]:
    """Every check over these tasks, which are in the order of their names."""
    read = [_read(one, folder) for one in declared]
    choice_items = _choice_items([task for task in read if isinstance(task, ReadTask)])
    repeated = {one.name for one, after in pairwise(declared) if one.name == after.name}
    return tuple(
        TaskFindings(
            task=one.name,
            n_items=len(task.items) if isinstance(task, ReadTask) else 0,
            findings=tuple(chain(_once(one, repeated), _findings(one, task, choice_items))),
        )
        for one, task in zip(declared, read, strict=True)
    )


def _read(declaration: TaskDeclaration, folder: Path) -> ReadTask | Finding:
    if declaration.broken:
        return fail(declaration.broken, declaration.where(""), "correct the file")
    try:
        return read_task(declaration, folder)
    except SettingError as error:
        return fail(f"field '{error.field}': {error.why}", error.place, "correct it; nothing else could be checked")
    except SuiteError as error:
        return fail(str(error), str(declaration.path), "a task that cannot be loaded is not checked further")


def _choice_items(tasks: Iterable[ReadTask]) -> ChoiceItems:
    views = [task for task in tasks if task.loaded.info.view == "choice" and task.by_choice]
    return {(task.loaded.info.domain, item.item_id): item for task in views for item in task.items}


def _once(declaration: TaskDeclaration, repeated: set[str]) -> Iterator[Finding]:
    if declaration.name in repeated:
        yield fail("two files declare this name", declaration.where("task"), "give each task a name of its own")


def _findings(declaration: TaskDeclaration, task: ReadTask | Finding, choice_items: ChoiceItems) -> Iterator[Finding]:
    for of_file in () if declaration.broken else OF_THE_FILE:
        yield from _tried(of_file, declaration)
    if isinstance(task, Finding):
        yield task
        return
    for of_items in OF_THE_ITEMS:
        yield from _tried(of_items, task)
    for with_views in WITH_OTHER_VIEWS:
        yield from _tried(with_views, task, choice_items)


def _tried(check: Callable[..., Iterator[Finding]], *given: Any) -> list[Finding]:
    """What a check finds; that it fails itself, on what no task should hold, is a finding too."""
    try:
        return list(check(*given))
    except ForgetbenchError as error:
        return [fail(str(error), check.__name__, "correct it; this was not checked")]
    except Exception as error:  # a wrong value can be of any type, and every check reads others
        why = f"it cannot be checked: {type(error).__name__}: {first_line(error)}"
        return [fail(why, check.__name__, "correct what the others say first")]
