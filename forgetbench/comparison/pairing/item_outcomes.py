"""Item outcomes: kept, forgotten, gained or never right; and whether what was forgotten is locked or erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from forgetbench.comparison.pairing.columns import TEXT, Bools, Codes, Floats
from forgetbench.comparison.pairing.join import JoinedRows

_OUTCOMES = ("kept", "forgotten", "gained", "never")
_FORGOTTEN = ("locked", "erased")


@dataclass(frozen=True, slots=True)
class ItemOutcomes:
    """One entry per row in every array."""

    outcome: Codes
    """Position in 'kept', 'forgotten', 'gained', 'never' for measured right-or-wrong items, else -1."""
    has_choice_view: Bools
    """The item's `choice` view was measured, so a forgotten item is known to be locked or erased."""
    locked: Bools
    """Forgotten, and the candidate still ranks the right answer first in the `choice` view."""
    erased: Bools
    """Forgotten, and wrong in the `choice` view too."""

    def outcome_column(self) -> pa.Array:
        """The outcome as text, null where there is none."""
        return _texts(_OUTCOMES, self.outcome)

    def fate_column(self) -> pa.Array:
        """'locked' or 'erased', null elsewhere: the column `fate` of items.parquet."""
        return _texts(_FORGOTTEN, np.where(self.locked, 0, np.where(self.erased, 1, -1)))


def item_outcomes(rows: JoinedRows, base: Floats, candidate: Floats) -> ItemOutcomes:
    """Outcomes by the paired scores; a forgotten item is looked up among the `choice` views of its domain.

    Where several tasks put one item in the `choice` view, being right in any of them keeps it from being erased.
    """
    outcome = _outcomes(rows, base, candidate)
    choice = rows.of_task((task.view == "choice" and task.binary for task in rows.tasks), np.bool_)
    ranked = choice & ~np.isnan(candidate)
    item, n_items = rows.domain_items()
    has_choice, right_by_choice = np.zeros(n_items, dtype=np.bool_), np.zeros(n_items, dtype=np.bool_)
    has_choice[item[ranked]] = True
    right_by_choice[item[ranked & (candidate == 1.0)]] = True

    forgotten = outcome == _OUTCOMES.index("forgotten")
    locked = forgotten & ~choice & right_by_choice[item]
    return ItemOutcomes(outcome, has_choice[item], locked, forgotten & has_choice[item] & ~locked)


def _outcomes(rows: JoinedRows, base: Floats, candidate: Floats) -> Codes:
    binary = rows.of_task((task.binary for task in rows.tasks), np.bool_)
    was, now = base == 1.0, candidate == 1.0
    outcome = np.where(was, np.where(now, 0, 1), np.where(now, 2, 3))
    return np.where(binary & ~np.isnan(base), outcome, -1)


def _texts(names: Sequence[str], code: Codes) -> pa.Array:
    return pa.array(names, TEXT).take(pa.array(code, mask=code < 0))
