"""A task as a suite asks for it, before lm-eval has loaded it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from forgetbench.lm_eval_bridge.selection import Levels
from forgetbench.records import View

ClusterBy = Literal["subtask", "document"]


@dataclass(frozen=True, slots=True)
class TaskEntry:
    """Where a task is defined, and the settings that differ from its own; None leaves a setting as it is."""

    name: str
    domain: str
    """Of a task that declares none itself."""
    file: Path | None = None
    """What defines it; None for one of lm-eval's own tasks, groups and tags."""
    configurations: tuple[Mapping[str, Any], ...] = ()
    """lm-eval configurations made from `file` where it is no YAML; each becomes a task under its own name."""
    limit: int | None = None
    """Only the first so many documents."""
    levels: Levels | None = None
    """Only documents of these levels, of a task whose documents have levels."""
    share: float | None = None
    """Only so much of each stratum."""
    num_fewshot: int | None = None
    max_gen_toks: int | None = None
    metric: str | None = None
    """Which of the task's metrics is the item's score."""
    filter: str | None = None
    """Which of the task's filters gives the score."""
    chance: float | None = None
    view: View | None = None
    binary: bool | None = None
    """Item scores are 0 or 1."""
    subtasks: str | None = None
    """Of a group, only the tasks whose names match this shell pattern."""
    cluster: ClusterBy | None = None
    """What the items of a group share; see `groups.Subtasks`."""

    @property
    def yaml(self) -> Path | None:
        """The task's own YAML file, where it has one."""
        return None if self.configurations else self.file

    @property
    def where(self) -> str:
        """Its file, as the beginning of what is wrong with it; empty for lm-eval's own."""
        return f"{self.file}: " if self.file else ""
