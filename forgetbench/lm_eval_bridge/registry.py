"""lm-eval's own tasks by name: where they are defined, and which tasks a group or a tag stands for.

Nothing here loads data or runs a task's code.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import importlib.util
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from forgetbench.errors import SuiteError

_DEFINED = re.compile(rb"""^"?(?:task|group)"?\s*:\s*["']?([\w.+/-]+)["']?\s*(?:#.*)?$""", re.MULTILINE)


def task_manager(names: Collection[str], suggestions: Iterable[str] = ()) -> Any:
    """An lm-eval TaskManager that knows these tasks, groups and tags of lm-eval's own.

    lm-eval parses 14,000 files to know everything it has; here only the folders that mention one of `names` are read.
    Raises SuiteError for a name that lm-eval does not have, with the nearest of its own names and `suggestions`.
    """
    check_mentioned(names, suggestions)
    tasks = importlib.import_module("lm_eval.tasks")
    # Where two folders define a name lm-eval takes the first; of several include paths it takes the last.
    folders = [str(folder) for folder in reversed(_folders_with(names))]
    manager = tasks.TaskManager(include_defaults=False, include_path=folders)
    _refuse(set(names) - set(manager.all_tasks), suggestions)
    try:
        for name in names:
            configurations(manager, name)
    except KeyError:
        # A group may hold tasks of folders that do not mention it.
        manager = tasks.TaskManager()
    return manager


def check_mentioned(names: Collection[str], suggestions: Iterable[str] = ()) -> None:
    """Raise SuiteError, as `task_manager`, for a name that no file of lm-eval's mentions; lm-eval is not imported."""
    _refuse({name for name in names if not _folders_with([name])}, suggestions)


def _refuse(unknown: Collection[str], suggestions: Iterable[str]) -> None:
    for name in sorted(unknown):
        raise SuiteError(f"unknown task '{name}'; {_suggestion(name, [*suggestions, *_defined_names()])}")


def configurations(manager: Any, name: str) -> dict[str, Mapping[str, Any]]:
    """The tasks that a name stands for, and the configuration of each with the names of functions instead of code.

    One for a task; all that belong to it for a group or a tag, in lm-eval's order. Raises KeyError for a name that the
    manager does not know.
    """
    return dict(_leaves(manager.task_index, name, {}))


def _leaves(index: Mapping[str, Any], name: str, overrides: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    entry = index[name]
    config = entry.cfg or {}
    kind = entry.kind.name
    if kind == "TAG":
        for member in sorted(entry.tags):
            yield from _leaves(index, member, overrides)
    elif kind == "GROUP":
        for member in config["task"]:
            item = {"task": member} if isinstance(member, str) else dict(member)
            inner = str(item.pop("group", None) or item.pop("task"))
            if isinstance(item.get("task"), list) or "dataset_path" in item:
                raise SuiteError(f"group '{name}' defines tasks of its own ('{inner}'); name its tasks one by one")
            yield from _leaves(index, inner, {**overrides, **item})
    else:
        yield name, {**config, **overrides}


def _suggestion(name: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else "`forgetbench tasks list` and `lm-eval ls tasks` list all"


@functools.cache
def _files() -> tuple[tuple[Path, bytes], ...]:
    """lm-eval's task files, with those that others include, and the folder of each."""
    spec = importlib.util.find_spec("lm_eval")
    root = Path(str(spec.origin if spec else "")).parent / "tasks"
    return tuple(
        (root / path.relative_to(root).parts[0], path.read_bytes())
        for path in sorted(root.rglob("*yaml"))
        if path.is_file()
    )


def _folders_with(names: Collection[str]) -> list[Path]:
    if not names:
        return []
    texts = [(name.encode(), re.compile(rb"(?<![\w-])" + re.escape(name.encode()) + rb"(?![\w-])")) for name in names]
    mentioned = (folder for folder, text in _files() if any(name in text and word.search(text) for name, word in texts))
    return list(dict.fromkeys(mentioned))


def _defined_names() -> set[str]:
    return {name.decode() for _, text in _files() for name in _DEFINED.findall(text)}
