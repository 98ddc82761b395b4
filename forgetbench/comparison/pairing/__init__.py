"""Two runs, joined item by item: what became of every answer of the base.

Items are joined on task and item_id. Whatever cannot be paired stays in the table, with the reason, and counts as
missing data; nothing is imputed.

    two Runs -> comparable -> join -> missing, scores -> item_outcomes, guesses -> paired: Pairing

Columns stay in Arrow throughout, and nothing walks over items one by one: a run may hold a million.
"""

from __future__ import annotations

from forgetbench.comparison.pairing.comparable import check_comparable
from forgetbench.comparison.pairing.cut import any_cut, cut_answers, mean_cut, with_bounds
from forgetbench.comparison.pairing.item_outcomes import ChoiceViews, ItemOutcomes, item_outcomes
from forgetbench.comparison.pairing.missing import NO_MISSING_DATA
from forgetbench.comparison.pairing.paired import MissingItems, PairedTask, Pairing, pair

__all__ = [
    "NO_MISSING_DATA", "ChoiceViews", "ItemOutcomes", "MissingItems", "PairedTask", "Pairing", "any_cut",
    "check_comparable", "cut_answers", "item_outcomes", "mean_cut", "pair", "with_bounds",
]  # fmt: skip
