"""Few-shot examples: are there as many as the prompts show?"""

from __future__ import annotations

from typing import Any

from forgetbench.errors import SuiteError
from forgetbench.records import TaskInfo


def check_shots(info: TaskInfo, where: str, task: Any) -> None:
    """Raise SuiteError, one line, where prompts of a task (or of a group's tasks) show more examples than there are."""
    wanted = max(info.num_fewshot, info.completion_fewshot or 0)
    for one in getattr(task, "tasks", (task,)) if wanted else ():
        there = _available(one)
        if there is not None and wanted > there:
            raise SuiteError(
                f"task '{info.name}': {where}{wanted} few-shot examples are to be shown, and there are {there}; "
                "lower num_fewshot, or give more in fewshot_split"
            )


def _available(task: Any) -> int | None:
    """How many examples a prompt can show; None for a task whose own code draws them."""
    sampler = getattr(task, "sampler", None)
    if sampler is None:
        return 0 if hasattr(task, "fewshot_cfg") else None
    # Where the examples are drawn from the questions, a question is not its own example.
    from_questions = task.fewshot_cfg.split == task.config.test_split
    return max(len(sampler.df) - int(from_questions), 0)
