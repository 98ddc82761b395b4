"""Delta rows as files hold them: flat, the fields of their groups beside their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from math import isnan
from typing import Any

from forgetbench.records import (
    CutAnswers,
    DeltaRow,
    Estimate,
    Evidence,
    Fates,
    Judgement,
    Missing,
    OutcomeRates,
    Retention,
    Shrunk,
)

COLUMNS = (
    "name", "domain", "metric", "n_items", "base", "candidate", "delta", "se", "ci_low", "ci_high", "p_value",
    "p_adjusted", "retention", "chance", "forgotten", "gained", "forgotten_corrected", "gained_corrected", "locked",
    "erased", "mde", "margin", "verdict", "view", "n_unmeasured", "reason", "supporting", "n_contaminated", "lower",
    "loss", "informative", "at_chance", "n_cut_base", "n_cut_candidate", "cut_base", "cut_candidate", "delta_worst",
    "delta_best", "n_clusters", "n_second_clusters", "n_effective", "dof", "mde_uneven", "effect", "within_margin",
    "p_noninferior", "preserve", "retention_low", "retention_high", "base_corrected", "candidate_corrected",
    "base_corrected_se", "candidate_corrected_se", "corrected_covariance", "retention_reach", "missing_worst",
    "missing_best", "missing_lower", "missing_low", "missing_high", "n_fates", "locked_corrected",
    "locked_corrected_se", "erased_corrected", "erased_corrected_se", "locked_of_forgotten", "locked_of_forgotten_se",
    "erased_of_forgotten", "erased_of_forgotten_se", "never_known_of_forgotten", "never_known_of_forgotten_se",
    "fates_reach", "of_forgotten_reach", "never_known", "by_guessing", "choice_view", "shrunk", "shrunk_sd",
    "p_beyond_margin",
)  # fmt: skip
"""Keys of a row in comparison.json and columns of deltas.csv, in this order."""

GROUPS = {
    "estimate": Estimate, "outcomes": OutcomeRates, "evidence": Evidence, "kept": Retention, "missing": Missing,
    "fates": Fates, "shrunk": Shrunk, "cut": CutAnswers, "judgement": Judgement,
}  # fmt: skip


def flat(row: DeltaRow) -> dict[str, Any]:
    """`COLUMNS` and their values; None for every number that there is not."""
    parts = [row, *(getattr(row, name) for name in GROUPS)]
    values = {item.name: getattr(part, item.name) for part in parts if part is not None for item in fields(part)}
    return {name: _none_for_nan(values.get(name)) for name in COLUMNS}


def grouped(values: Mapping[str, Any]) -> dict[str, Any]:
    """The reverse, as plain data to be validated; None for a group without the numbers that it must have."""
    groups: dict[str, Any] = {}
    for name, kind in GROUPS.items():
        present = {item.name: values[item.name] for item in fields(kind) if values.get(item.name) is not None}
        whole = all(item.name in present for item in fields(kind) if item.default is MISSING)
        groups[name] = present if whole else None
    return {**values, **groups}


def _none_for_nan(value: Any) -> Any:
    return None if isinstance(value, float) and isnan(value) else value
