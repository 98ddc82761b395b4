"""lm-eval's filters over a task's answers, with an end: a pattern that never ends costs its item, not the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forgetbench.errors import SuiteError, first_line
from forgetbench.sandbox.limits import limited

_SECONDS, _SECONDS_PER_ANSWER = 30.0, 0.02
"""For all answers of a task together: some thousand times what filters take."""
_SECONDS_ALONE = 1.0
"""For the answers to one item."""
_MOST_FAILURES = 20
"""Items without an end that are waited for; further ones are not tried."""
_NO_LIMIT = 1 << 42


def check_filters(name: str, where: str, task: Any) -> None:
    """Raise SuiteError, one line, for a filter that cannot be made as the task writes it, as of a wrong pattern."""
    for ensemble in getattr(task, "_filters", ()):
        for make in ensemble.filters:
            try:
                make()
            except Exception as error:  # each filter has its own
                why = f"{type(error).__name__}: {first_line(error)}"
                raise SuiteError(f"task '{name}': {where}filter '{ensemble.name}': {why}") from error


def apply_filters(task: Any, items: Sequence[Sequence[Any]]) -> None:
    """Filter the answers in the instances of each item.

    An item whose answer a filter fails on, or does not come to an end with, is left without filtered answers.
    """
    instances = [instance for item in items for instance in item]
    if instances and not _applied(task, instances, _SECONDS + _SECONDS_PER_ANSWER * len(instances)):
        failures = 0
        for item in items:
            if failures == _MOST_FAILURES or not _applied(task, item, _SECONDS_ALONE):
                failures = min(failures + 1, _MOST_FAILURES)
                for instance in item:
                    instance.filtered_resps.clear()


def _applied(task: Any, instances: Sequence[Any], seconds: float) -> bool:
    # lm-eval filters what a task holds.
    task._instances = list(instances)
    try:
        with limited(seconds, _NO_LIMIT):
            task.apply_filters()
    except Exception:  # each filter raises its own, and LimitError comes where it does not end
        return False
    return True
