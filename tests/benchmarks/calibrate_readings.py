"""What is read off a comparison: of versions from before a field was there, what stood in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from calibrate_compared import Codes
from calibrate_sequential import LOOKS

from forgetbench.gate.decide import decide
from forgetbench.gate.policy import Policy
from forgetbench.records import ALPHA, Comparison, DeltaRow


def domain(comparison: Comparison) -> DeltaRow:
    return comparison.domains[0]


def says(word: str, comparison: Comparison) -> bool:
    return domain(comparison).judgement.verdict == word


def within_margin(comparison: Comparison) -> bool:
    """Whether a loss of the margin is taken to be ruled out."""
    judgement = domain(comparison).judgement
    known: bool | None = getattr(judgement, "within_margin", None)
    return judgement.verdict in ("retained", "improved") if known is None else known


def gate_passes(comparison: Comparison) -> bool:
    return decide(comparison, Policy(), today=date(2025, 1, 1)).outcome == "passed"


def covers(delta: float, comparison: Comparison) -> bool:
    estimate = domain(comparison).estimate
    return estimate is not None and estimate.ci_low <= delta <= estimate.ci_high


def found(comparison: Comparison | None) -> bool | None:
    """Regressed, as one row among no others; None where there was no comparison."""
    return None if comparison is None else says("regressed", comparison)


def detectable(comparison: Comparison, uneven: bool) -> float:
    """The drop that the row promises to find; where whole clusters collapse, the one for that, if it has one."""
    estimate = domain(comparison).estimate
    assert estimate is not None
    own: float = getattr(estimate, "mde_uneven", np.nan)
    return own if uneven and not np.isnan(own) else estimate.mde


def forgotten_corrected(comparison: Comparison) -> float:
    outcomes = domain(comparison).outcomes
    assert outcomes is not None
    return outcomes.forgotten_corrected


def fate(name: str, truth: float | str, comparison: Comparison) -> float | bool | None:
    """The share `locked` or `erased` of the first task's forgotten items ('estimate'), or whether its interval holds
    `truth`; of versions without intervals the raw share, which holds nothing."""
    row = comparison.tasks[0]
    known: Any = getattr(row, "fates", None)
    if known is None:
        if row.outcomes is None or not row.outcomes.forgotten or hasattr(row, "fates"):
            return None
        return getattr(row.outcomes, name) / row.outcomes.forgotten if truth == "estimate" else None
    estimate, se = getattr(known, f"{name}_of_forgotten"), getattr(known, f"{name}_of_forgotten_se")
    if np.isnan(estimate):
        return None
    if isinstance(truth, str):
        return float(estimate)
    return bool(np.isfinite(se)) and abs(estimate - truth) <= known.fates_reach * se + 1e-9


def noise_floor(replicate: Comparison) -> Mapping[str, Any]:
    """What the base loses against itself, as a comparison with another candidate is told of it."""
    estimates = {row.name: row.estimate for row in (*replicate.domains, *replicate.tasks)}
    return {
        name: {"delta": estimate.delta, "se": estimate.se, "loss": estimate.loss}
        for name, estimate in estimates.items()
        if estimate is not None
    }


def judged_together(comparisons: Sequence[Comparison]) -> Sequence[Comparison]:
    """The comparisons of one command's candidates, as the command judges them."""
    try:
        from forgetbench.comparison.family import judged_together as judged
    except ModuleNotFoundError:
        return comparisons
    return judged(comparisons)


def any_regressed(candidates: Sequence[tuple[Comparison, pd.DataFrame]]) -> bool:
    """Whether any candidate of one command is called regressed."""
    return any(says("regressed", comparison) for comparison, _ in candidates)


def best_within_margin(candidates: Sequence[tuple[Comparison, pd.DataFrame]]) -> bool:
    """Whether the candidate that looks best is said to have kept within the margin: on items that did not choose it."""
    try:
        from forgetbench.comparison.chosen import choose, judged_on_half
    except ModuleNotFoundError:
        return within_margin(max((comparison for comparison, _ in candidates), key=_delta))
    choice = choose(candidates, [domain(candidates[0][0]).name], by="overall", seed=candidates[0][0].seed)
    return within_margin(judged_on_half(*candidates[choice.number], choice)[0])


def order_of_items(shuffled: Codes, limit: int, checkpoints: str) -> Codes:
    """In which order a sequential gate asks `limit` items: one that the checkpoints decide, once it was `shuffled`."""
    try:
        from forgetbench.stats.dealing import deal
    except ModuleNotFoundError:
        return shuffled[:limit]
    same = [""] * limit
    return np.argsort(deal([str(item) for item in range(limit)], same, same, LOOKS, checkpoints), kind="stable")


def alpha_of_try(number: int) -> float:
    """The level that the gate tests its `number`-th different try at one candidate at, from 1."""
    try:
        from forgetbench.gate.sequential.tries import alpha_share
    except ModuleNotFoundError:
        return ALPHA
    return ALPHA * alpha_share(number)


def _delta(comparison: Comparison) -> float:
    estimate = domain(comparison).estimate
    return -1.0 if estimate is None else estimate.delta
