"""The items of several comparisons side by side, and which of them are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forgetbench.report.flips.changes import CHANGES, OUTCOMES, RANK, UNMEASURED, changes, falls

if TYPE_CHECKING:
    import pandas as pd

_RANKS = np.array([RANK[change] for change in CHANGES])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are asked for; None asks for all."""

    task: str | None = None
    domain: str | None = None
    outcome: str | None = None
    """A name of `OUTCOMES`, of any candidate."""


@dataclass(frozen=True, slots=True)
class JoinedItems:
    """The union of the rows of several items tables; arrays have a row per item and a column per table."""

    items: tuple[pd.DataFrame, ...]
    at: NDArray[np.intp]
    """Position in the table, -1 where it does not have the row."""
    change: NDArray[np.intp]
    fall: NDArray[np.float64]

    @classmethod
    def of(cls, tables: Sequence[pd.DataFrame]) -> JoinedItems:
        import pandas as pd

        row: NDArray[np.intp] = np.arange(len(tables[0]), dtype=np.intp)
        if len(tables) > 1:
            keys = pd.concat([items[["task", "item_id"]] for items in tables], ignore_index=True)
            row = np.asarray(keys.groupby(["task", "item_id"], sort=False, dropna=False).ngroup(), dtype=np.intp)
        shape = (int(row.max(initial=-1)) + 1, len(tables))
        at, fall = np.full(shape, -1, dtype=np.intp), np.full(shape, -np.inf)
        change = np.full(shape, UNMEASURED, dtype=np.intp)
        start = 0
        for column, items in enumerate(tables):
            mine = row[start : start + len(items)]
            start += len(items)
            at[mine, column] = np.arange(len(items))
            change[mine, column] = changes(items)
            fall[mine, column] = np.nan_to_num(falls(items), nan=-np.inf)
        return cls(tuple(tables), at, change, fall)

    def asked(self, wanted: Wanted) -> NDArray[np.intp]:
        """Rows that are wanted, the worst first; equals in the order of their tables."""
        there = self.at >= 0
        matching = there.copy()
        if wanted.outcome is not None:
            matching &= np.isin(self.change, [CHANGES.index(change) for change in OUTCOMES[wanted.outcome]])
        for name, value in (("task", wanted.task), ("domain", wanted.domain)):
            if value is not None:
                for column, items in enumerate(self.items):
                    matching[:, column] &= (items[name] == value).to_numpy()[self.at[:, column]]
        rows = np.flatnonzero(matching.any(axis=1))
        rank = np.where(there, _RANKS[self.change], len(CHANGES)).min(axis=1)
        order: NDArray[np.intp] = rows[np.lexsort((-self.fall.max(axis=1)[rows], rank[rows]))]
        return order

    def records(self, rows: NDArray[np.intp], column: int) -> list[dict[str, Any] | None]:
        """The rows of one table as mappings, None where it lacks one; missing values are None."""
        at = self.at[rows, column]
        found = self.items[column].iloc[at[at >= 0]]
        records = iter(found.astype(object).where(found.notna(), None).to_dict("records"))
        return [None if place < 0 else {str(key): value for key, value in next(records).items()} for place in at]
