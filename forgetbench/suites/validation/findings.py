"""What a check has to say: a finding names what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from forgetbench.errors import listed

Level = Literal["FAIL", "WARN"]

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a task: FAIL makes its scores untrue, WARN wants a person's look."""

    level: Level
    what: str
    where: str
    """file:line, or the ids of items."""
    hint: str

    @property
    def failed(self) -> bool:
        return self.level == "FAIL"


@dataclass(frozen=True, slots=True)
class TaskFindings:
    """What the checks found in one task."""

    task: str
    n_items: int
    """0 where the task could not be loaded."""
    findings: tuple[Finding, ...]

    def lines(self) -> Iterator[str]:
        """One line per finding, then the task's summary."""
        for finding in self.findings:
            yield f"{finding.level} {self.task}: {finding.what} ({finding.where}); {finding.hint}"
        failed = sum(finding.failed for finding in self.findings)
        counts = f"{failed} failed, {len(self.findings) - failed} warned" if self.findings else "nothing found"
        yield f"{'FAIL' if failed else 'ok'} {self.task}: {self.n_items} items, {counts}"


@dataclass(frozen=True, slots=True)
class Validation:
    """What was found in every task of a folder or file, in the order of their names."""

    tasks: tuple[TaskFindings, ...]

    @property
    def failed(self) -> bool:
        """Whether any finding of any task is a FAIL."""
        return any(finding.failed for task in self.tasks for finding in task.findings)

    @property
    def n_items(self) -> int:
        return sum(task.n_items for task in self.tasks)

    def lines(self) -> Iterator[str]:
        """Everything a person should read, one finding a line, the count last."""
        for task in self.tasks:
            yield from task.lines()
        failed = [finding.failed for task in self.tasks for finding in task.findings]
        counts = f"{sum(failed)} failed, {len(failed) - sum(failed)} warned"
        yield f"{len(self.tasks)} tasks, {self.n_items} items: {counts}"


def fail(what: str, where: str, hint: str) -> Finding:
    return Finding("FAIL", what, where, hint)


def warn(what: str, where: str, hint: str) -> Finding:
    return Finding("WARN", what, where, hint)


def named(item_ids: Sequence[str]) -> str:
    """The first few of `item_ids`, and how many more there are."""
    word = "item" if len(item_ids) == 1 else "items"
    return f"{word} {listed(item_ids, _EXAMPLES)}"
