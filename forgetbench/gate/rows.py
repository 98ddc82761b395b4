"""The gated rows of a comparison, judged at the policy's margins and levels from their stored numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan
from typing import Any

from forgetbench.comparison.fates import share_bounds
from forgetbench.comparison.missing_data import missing_share
from forgetbench.comparison.verdict import (
    Opposed,
    interval_at,
    lower_bound,
    opposed_tasks,
    with_opposed_tasks,
    with_verdict,
)
from forgetbench.gate.policy import Policy, RowPolicy
from forgetbench.gate.result import title
from forgetbench.gate.scope import RowNames, in_scope
from forgetbench.records import DEFAULT_MARGIN, Comparison, DeltaRow, Estimate
from forgetbench.stats.multiplicity import holm
from forgetbench.stats.proportions import Interval


@dataclass(frozen=True, slots=True)
class GatedRow:
    """A measured row with its margin and verdict, and the numbers that these came from; all in score units."""

    row: DeltaRow
    estimate: Estimate
    """The row's own."""
    policy: RowPolicy
    interval_alpha: float
    """Stored intervals have level 1 - interval_alpha."""
    low: float
    high: float
    """Two-sided interval at the policy's alpha."""
    bound: float
    """One-sided lower bound, items that were not measured taken as lost entirely."""
    missing: float
    """The share of items that were not measured."""
    family: int
    """How many rows Holm's adjustment was made over, those of other candidates of the same command among them."""
    noise: float | None
    """What the base loses against itself, where that is why a loss is not called one."""
    opposed: Opposed
    """Of a domain, the tasks that fell and those that rose, where both are shown."""
    is_domain: bool
    decides: bool
    """False for a row that nobody named and that has nothing to forget: it is shown, and decides nothing."""

    @property
    def delta(self) -> float:
        """Candidate - base."""
        return self.estimate.delta

    @property
    def margin(self) -> float:
        """The policy's non-inferiority margin, or the comparison's where the policy has none."""
        return self.row.judgement.margin

    def share_bounds(self, share: float, se: float) -> Interval:
        """One-sided bounds of a share of the row's fates, at the policy's alpha."""
        reach = nan if self.row.fates is None else self.row.fates.fates_reach
        return share_bounds(share, se, reach, alpha=self.policy.alpha, interval_alpha=self.interval_alpha)

    @property
    def title(self) -> str:
        """The name in running text."""
        return title(self.row.name, is_domain=self.is_domain)


def rows_by_name(comparison: Comparison) -> dict[str, DeltaRow]:
    """Domains and tasks; where a domain's only task bears its name, the name is the domain's."""
    return {row.name: row for row in (*comparison.tasks, *comparison.domains)}


def gated_rows(comparison: Comparison, policy: Policy) -> tuple[GatedRow, ...]:
    """The rows in scope that were measured; Holm's adjustment is made over all of them, and over all candidates'."""
    rows = rows_by_name(comparison)
    names = RowNames.of(comparison)
    scope = in_scope(names, policy)
    in_order = [rows[name] for name in scope if name in rows]
    measured = [(row, row.estimate) for row in in_order if row.estimate is not None]
    # A p-value that is not there is no evidence.
    own = [1.0 if isnan(estimate.p_value) else estimate.p_value for _, estimate in measured]
    others = [p for of_run in comparison.family.values() for name, p in of_run.items() if name in scope]
    adjusted = holm([*own, *others])
    return tuple(
        _gated_row(row, estimate, float(p), len(adjusted), comparison, policy, names)
        for (row, estimate), p in zip(measured, adjusted, strict=False)
    )


def _gated_row(
    row: DeltaRow,
    estimate: Estimate,
    p_adjusted: float,
    family: int,
    comparison: Comparison,
    policy: Policy,
    names: RowNames,
) -> GatedRow:
    own = policy.for_row(row.name, row.domain)
    margin = own.margin
    if margin is None:
        margin = DEFAULT_MARGIN if isnan(row.judgement.margin) else row.judgement.margin
    is_domain = _is_domain_row(row, comparison)
    tasks = _tasks_of(row, comparison) if is_domain else ()
    missing = missing_share(tasks if is_domain else [row])
    floor = comparison.noise_floor

    def judged_with(noise_floor: Mapping[str, Any] | None) -> DeltaRow:
        return with_verdict(
            row,
            p_adjusted,
            margin,
            missing=missing,
            noise_floor=noise_floor,
            alpha=own.alpha,
            interval_alpha=comparison.alpha,
        )

    judged_row = judged_with(floor)
    hidden = judged_row.judgement.verdict != "regressed" and judged_with(None).judgement.verdict == "regressed"
    if is_domain:
        judged_row = with_opposed_tasks(judged_row, tasks)
    low, high = interval_at(estimate, alpha=own.alpha, interval_alpha=comparison.alpha)
    named = row.name in policy.gates or row.name in policy.require or row.name in (policy.domains or ())
    return GatedRow(
        row=judged_row,
        estimate=estimate,
        policy=own,
        interval_alpha=comparison.alpha,
        low=low,
        high=high,
        bound=lower_bound(estimate, missing=missing, alpha=own.alpha, interval_alpha=comparison.alpha),
        missing=missing,
        family=family,
        noise=floor[row.name]["loss"] if hidden and floor is not None else None,
        opposed=opposed_tasks(row.name, tasks),
        is_domain=names.is_domain(row.name),
        decides=named or judged_row.judgement.verdict != "not_measured",
    )


def _is_domain_row(row: DeltaRow, comparison: Comparison) -> bool:
    return any(row is domain for domain in comparison.domains)


def _tasks_of(row: DeltaRow, comparison: Comparison) -> tuple[DeltaRow, ...]:
    """The task rows that make up a domain."""
    return tuple(task for task in comparison.tasks if task.domain == row.name and not task.supporting)
