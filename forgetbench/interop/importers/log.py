"""What every importer makes of a log: tasks and scored items, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from forgetbench.errors import InputError
from forgetbench.records import ItemScore, TaskInfo


@dataclass(frozen=True, slots=True)
class ByTask:
    """Values for tasks by name, the first pattern that fits before the others: `NAME` for all or `PATTERN=NAME`."""

    rules: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, texts: tuple[str, ...], option: str, *, named: bool = False) -> ByTask:
        """Read an option's texts; `named` ones need their pattern. Raises InputError."""
        rules = []
        for text in texts:
            pattern, separator, value = text.rpartition("=")
            if not value or (separator and not pattern) or (named and not separator):
                form = "TASK=NAME" if named else "NAME or TASK=NAME"
                raise InputError(f"{option} '{text}': write {form}, where TASK may have * in it")
            rules.append((pattern if separator else "*", value))
        return cls(tuple(rules))

    def get(self, task: str) -> str | None:
        """The value for a task; None where nothing was said of it."""
        return next((value for pattern, value in self.rules if fnmatchcase(task, pattern)), None)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user chose of a log."""

    model: str | None = None
    """Which of its models."""
    tasks: tuple[str, ...] = ()
    """Which of its tasks, as patterns; all where none is given."""
    filters: ByTask = ByTask()
    """Which way of reading an answer gives the score: a filter of lm-eval, a scorer of Inspect."""
    metrics: ByTask = ByTask()
    """Which metric is the score."""
    domains: ByTask = ByTask()

    def wants(self, task: str) -> bool:
        """Whether a task is to be imported."""
        return not self.tasks or any(fnmatchcase(task, pattern) for pattern in self.tasks)


@dataclass(frozen=True, slots=True)
class ImportedTask:
    """One task of a log, with an item per document."""

    info: TaskInfo
    items: tuple[ItemScore, ...]


@dataclass(frozen=True, slots=True)
class ImportedLog:
    """What another harness wrote about one model."""

    harness: str
    model: str
    """As the log calls it."""
    tasks: tuple[ImportedTask, ...]
    left_out: tuple[str, ...] = ()
    """What is not imported, and why, a line each."""
    notes: tuple[str, ...] = ()
    """What a reader must know of what is."""
    engine: Mapping[str, Any] = field(default_factory=dict)
    """The harness's version, and what it says of the backend: `backend`, `dtype`."""
    chat_template: str | None = None
    """Fingerprint of the template that prompts were rendered with; None where there was none."""
    prompt_settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    limit: int | None = None
    created: str | None = None
    """UTC, from the log."""
