"""What every importer makes of a log: tasks and scored items, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from forgetbench.errors import InputError, listed
from forgetbench.records import ItemScore, TaskInfo

T = TypeVar("T")


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


class LeftOutError(Exception):
    """A task that cannot be imported; the text says why."""


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


def of_one_model(logs: Sequence[T], name: Callable[[T], str], chosen: str | None, where: Path) -> list[T]:
    """The logs of the chosen model, or of the only one; `/` in its name may be `__`, as names of folders have it.

    Raises InputError where it is left open, or there is none.
    """
    names = sorted({name(one) for one in logs})
    if chosen is None and len(names) > 1:
        raise InputError(f"{where}: logs of {len(names)} models: {listed(names)}; choose one with --model")
    wanted = names[0] if chosen is None and names else chosen
    found = [one for one in logs if wanted in (name(one), name(one).replace("/", "__"))]
    if not found:
        raise InputError(f"{where}: no logs of model '{wanted}'; it has those of {listed(names)}")
    return found
