"""Item outcomes: kept, forgotten, gained or never right; and what became of the knowledge behind a forgotten one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa

from forgetbench.comparison.pairing.columns import TEXT, Bools, Codes, Floats
from forgetbench.records import TaskInfo

_OUTCOMES = ("kept", "forgotten", "gained", "never")
_FATES = ("locked", "erased", "never_known")
_NONE = -1


@dataclass(frozen=True, slots=True)
class ChoiceViews:
    """The one `choice` view that tells of each item; all arrays NaN where it was not measured on both sides."""

    base: Floats
    """1 where the base ranks the right answer first, else 0."""
    candidate: Floats
    chance: Floats
    """Score of guessing in that view."""

    @property
    def known(self) -> Bools:
        """Items that have one."""
        return ~np.isnan(self.base)

    def at(self, rows: Codes) -> Self:
        """Those of some rows."""
        return type(self)(self.base[rows], self.candidate[rows], self.chance[rows])


@dataclass(frozen=True, slots=True)
class ItemOutcomes:
    """One entry per row in every array."""

    outcome: Codes
    """Position in 'kept', 'forgotten', 'gained', 'never' for measured right-or-wrong items, else -1."""
    choice: ChoiceViews

    def outcome_column(self) -> pa.Array:
        """The outcome as text, null where there is none."""
        return _texts(_OUTCOMES, self.outcome)

    def fate_column(self) -> pa.Array:
        """The column `fate` of items.parquet: null where nothing was forgotten or no `choice` view tells.

        'locked' where the candidate ranks the right answer first, 'erased' where only the base did, else 'never_known'.
        """
        forgotten = (self.outcome == _OUTCOMES.index("forgotten")) & self.choice.known
        fate = np.where(self.choice.candidate == 1.0, 0, np.where(self.choice.base == 1.0, 1, 2))
        return _texts(_FATES, np.where(forgotten, fate, _NONE))


def item_outcomes(
    tasks: Sequence[TaskInfo], members: Sequence[Codes], item: Codes, base: Floats, candidate: Floats
) -> ItemOutcomes:
    """Outcomes by paired scores, NaN in both where one is missing, with each item's `choice` view.

    `members` are the rows of each task, `item` is each row's item_id as a code, the same in every task. Which view
    tells is what a task declares as its `choice_view`; else, of a task that is none itself, the first right-or-wrong
    `choice` task of its domain that has the item.
    """
    outcome = np.full(len(item), _NONE)
    for task, rows in zip(tasks, members, strict=True):
        if task.binary:
            outcome[rows] = _outcomes(base[rows], candidate[rows])
    return ItemOutcomes(outcome, _choice_views(tasks, members, item, base, candidate))


def _outcomes(base: Floats, candidate: Floats) -> Codes:
    was, now = base == 1.0, candidate == 1.0
    outcome = np.where(was, np.where(now, 0, 1), np.where(now, 2, 3))
    return np.where(np.isnan(base), _NONE, outcome)


def _choice_views(
    tasks: Sequence[TaskInfo], members: Sequence[Codes], item: Codes, base: Floats, candidate: Floats
) -> ChoiceViews:
    row = _rows_of_choice_views(tasks, members, item)
    chance = np.full(len(item), np.nan)
    for task, rows in zip(tasks, members, strict=True):
        chance[rows] = task.chance
    values = [np.where(row >= 0, column[row], np.nan) for column in (base, candidate, chance)]
    values[2][np.isnan(values[0])] = np.nan
    return ChoiceViews(*values)


def _rows_of_choice_views(tasks: Sequence[TaskInfo], members: Sequence[Codes], item: Codes) -> Codes:
    """Which row is the `choice` view of each row's item, -1 where there is none."""
    found = np.full(len(item), _NONE)
    rows_of_items: dict[tuple[int, ...], Codes] = {}
    for task, rows in zip(tasks, members, strict=True):
        views = _views(task, tasks)
        if not task.binary or not views:
            continue
        if views not in rows_of_items:
            rows_of_items[views] = where = np.full(int(item.max(initial=_NONE)) + 1, _NONE)
            for view in reversed(views):
                where[item[members[view]]] = members[view]
        found[rows] = rows_of_items[views][item[rows]]
    return found


def _views(task: TaskInfo, tasks: Sequence[TaskInfo]) -> tuple[int, ...]:
    """Positions of the tasks whose `choice` views tell of a task's items, the first of them before the others."""
    choice = [place for place, other in enumerate(tasks) if other.view == "choice" and other.binary and other != task]
    if task.choice_view is not None:
        return tuple(place for place in choice if tasks[place].name == task.choice_view)
    if task.view == "choice":
        return ()
    return tuple(place for place in choice if tasks[place].domain == task.domain)


def _texts(names: Sequence[str], code: Codes) -> pa.Array:
    return pa.array(names, TEXT).take(pa.array(code, mask=code < 0))
