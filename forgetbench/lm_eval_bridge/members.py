"""The tasks that a name stands for: one for a task, several for a group or a tag, through groups within groups."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forgetbench.errors import SuiteError
from forgetbench.lm_eval_bridge.task_yaml import OwnTasks, TaskDeclaration, found, read_definition


@dataclass(frozen=True, slots=True)
class Member:
    """One task, and what the groups around it set over its own fields."""

    name: str
    config: Mapping[str, Any] | None
    """Its resolved configuration; None for what lm-eval itself has under that name: a task, group or tag."""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    declaration: TaskDeclaration | None = None
    """The file that declares it, where it has one of its own."""

    def where(self, field: str) -> str:
        """file:line of a field, where it has a file."""
        return self.declaration.where(field) if self.declaration else ""

    @property
    def fields(self) -> dict[str, Any]:
        """Its configuration under the overrides."""
        return {**(self.config or {}), **self.overrides}


def members(name: str, own: OwnTasks, path: Path | None = None) -> list[Member]:
    """The tasks behind a name, as lm-eval expands it; `path` is the file that declares it, where that is known.

    Raises SuiteError for a file that is broken and for a group that holds itself.
    """
    path = path or own.files.get(name)
    if path is not None:
        return list(_of_file(path, own, {}, ()))
    return list(_named(name, own, {}, ()))


def _named(name: str, own: OwnTasks, overrides: Mapping[str, Any], inside: Sequence[str]) -> Iterator[Member]:
    if name in own.files:
        yield from _of_file(own.files[name], own, overrides, inside)
    elif name in own.tags:
        for member in own.tags[name]:
            yield from _named(member, own, overrides, inside)
    else:
        yield Member(name, None, overrides)


def _of_file(path: Path, own: OwnTasks, overrides: Mapping[str, Any], inside: Sequence[str]) -> Iterator[Member]:
    declaration = read_definition(path)
    if declaration is None:
        raise SuiteError(f"{path}: declares no task; a task has a field 'task:'")
    if declaration.broken:
        raise SuiteError(f"{declaration.where('')}: {declaration.broken}")
    if not declaration.is_group:
        yield Member(declaration.name, declaration.resolved, overrides, declaration)
        return
    if declaration.name in inside:
        raise SuiteError(f"{path}: group '{declaration.name}' holds itself ({' > '.join([*inside, declaration.name])})")
    yield from _of_group(declaration.name, declaration.resolved, path, own, overrides, (*inside, declaration.name))


def _of_group(
    name: str,
    config: Mapping[str, Any],
    path: Path,
    own: OwnTasks,
    overrides: Mapping[str, Any],
    inside: Sequence[str],
) -> Iterator[Member]:
    """Fields that are none of a group's own are set over those of its tasks, and the caller's over these."""
    if not config.get("task"):
        raise SuiteError(f"{path}: group '{name}' lists no tasks")
    of_groups = {*importlib.import_module("lm_eval.config.group").GroupConfig.__dataclass_fields__, "include", "tag"}
    passed_on = {**{key: value for key, value in config.items() if key not in of_groups}, **overrides}
    for entry in config.get("task") or ():
        if isinstance(entry, str):
            yield from _named(entry, own, passed_on, inside)
            continue
        if not isinstance(entry, Mapping) or not isinstance(entry.get("group", entry.get("task")), (str, list)):
            raise SuiteError(
                f"{path}: group '{name}': its members are names of tasks and groups, not {str(entry)[:60]!r}"
            )
        item = {key: found(value, key, [path.parent, Path()]) for key, value in entry.items()}
        if isinstance(item.get("group"), str):
            inner = str(item["group"])
            if inner in own.files or not isinstance(item.get("task"), list):
                settings = {key: value for key, value in item.items() if key not in ("group", "task")}
                yield from _named(inner, own, {**passed_on, **settings}, inside)
            else:
                yield from _of_group(f"{name}::{inner}", item, path, own, passed_on, inside)
            continue
        inner, settings = str(item["task"]), {key: value for key, value in item.items() if key != "task"}
        if "dataset_path" in settings and inner not in own.files:  # a task of its own, written into the group
            yield Member(f"{name}::{inner}", {**passed_on, **settings})
        else:
            yield from _named(inner, own, {**passed_on, **settings}, inside)
