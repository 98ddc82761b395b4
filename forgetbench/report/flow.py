"""What became of all right-or-wrong answers: how many went which way."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Final

from forgetbench.messages import N_, items
from forgetbench.messages import translated as _
from forgetbench.records import Comparison, DeltaRow
from forgetbench.report.numbers import share

BEFORE: Final = {
    "right": (N_("right before"), ("kept", "locked", "erased", "never_known", "unsplit")),
    "wrong": (N_("wrong before"), ("gained", "never")),
    "missing": (N_("no answer to compare"), ("missing",)),
}
"""Where answers come from, and what becomes of each of the three, from top to bottom."""
AFTER: Final = {
    "kept": N_("kept"),
    "locked": N_("forgotten: locked"),
    "erased": N_("forgotten: erased"),
    "never_known": N_("forgotten: never known by likelihood"),
    "unsplit": N_("forgotten: no choice view to tell by"),
    "gained": N_("gained"),
    "never": N_("wrong in both"),
    "missing": N_("cut by the token limit, or not measured"),
}


def flow_counts(comparison: Comparison) -> Mapping[str, float]:
    """How many answers went each way, over the tasks whose items are right or wrong; empty where there are none.

    A question counts once in each of its views.
    """
    refused = {row.task: sum(row.refused.values()) for row in comparison.pairing}
    counts = dict.fromkeys(AFTER, 0.0)
    for row in comparison.tasks:
        rates = task_rates(row)
        if rates is not None:
            for key, rate in rates.items():
                counts[key] += row.n_items * rate
            counts["missing"] += refused.get(row.name, row.n_unmeasured)
    return counts if any(counts.values()) else {}


def flow_told(comparison: Comparison) -> str:
    """The same in words; '' where there is nothing to tell."""
    counts = flow_counts(comparison)
    total = sum(counts.values())
    told = _("{what} {n} ({share})")
    parts = [told.format(what=_(AFTER[key]), n=f"{n:,.0f}", share=share(n / total)) for key, n in counts.items() if n]
    return _("Of {n} answers: {parts}.").format(n=f"{total:,.0f}", parts=items(parts)) if parts else ""


def task_rates(row: DeltaRow) -> Mapping[str, float] | None:
    """Shares of a task's outcomes, which sum to 1; None where items are not right or wrong.

    `unsplit` are forgotten without a choice view to tell by, `never` is right for neither.
    """
    if row.estimate is None or row.outcomes is None:
        return None
    gained, forgotten = row.outcomes.gained, row.outcomes.forgotten
    known = (row.outcomes.locked, row.outcomes.erased, row.outcomes.never_known)
    locked, erased, never_known = (0.0 if isnan(rate) else rate for rate in known)
    kept = max(0.0, row.estimate.base - forgotten)
    unsplit = max(0.0, forgotten - locked - erased - never_known)
    never = max(0.0, 1.0 - kept - gained - locked - erased - never_known - unsplit)
    return {
        "kept": kept, "gained": gained, "locked": locked, "erased": erased, "never_known": never_known,
        "unsplit": unsplit, "never": never,
    }  # fmt: skip
