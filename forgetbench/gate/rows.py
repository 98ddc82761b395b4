"""The gated rows of a comparison, judged at the policy's margins and levels from their stored numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

from forgetbench.comparison.fates import share_bounds
from forgetbench.comparison.margins import domain_margin, preserve, task_margin
from forgetbench.comparison.preserved import preserved_bound
from forgetbench.comparison.verdict import Bounds, Opposed, bounds_at, opposed_tasks, with_opposed_tasks, with_verdict
from forgetbench.gate.policy import Policy, RowPolicy
from forgetbench.gate.result import title
from forgetbench.gate.scope import RowNames, in_scope
from forgetbench.records import PER_BYTE_METRICS, Comparison, DeltaRow, Estimate, Margins
from forgetbench.stats.multiplicity import benjamini_hochberg, holm
from forgetbench.stats.proportions import Interval


@dataclass(frozen=True, slots=True)
class GatedRow:
    """A measured row with its margin and verdict, and the numbers that these came from; all in score units."""

    row: DeltaRow
    estimate: Estimate
    """The row's own."""
    policy: RowPolicy
    interval_alpha: float
    """The row's own numbers are of level 1 - this."""
    bounds: Bounds
    """At the policy's alpha, items that were not measured at their worst."""
    family: int
    """How many rows Holm's adjustment was made over, those of other candidates of the same command among them."""
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
    def low(self) -> float:
        """Lower end of the two-sided interval."""
        return self.bounds.low

    @property
    def high(self) -> float:
        """Upper end of it, over the measured items."""
        return self.bounds.high

    @property
    def bound(self) -> float:
        """One-sided lower bound."""
        return self.bounds.lower

    @property
    def worst(self) -> float:
        """The delta with what was not measured at its worst; the delta itself where nothing is missing."""
        return self.delta if isnan(self.row.missing.missing_worst) else self.row.missing.missing_worst

    @property
    def best(self) -> float:
        """The same at its best."""
        return self.delta if isnan(self.row.missing.missing_best) else self.row.missing.missing_best

    @property
    def margin(self) -> float:
        """The policy's non-inferiority margin, or the comparison's where the policy has none."""
        return self.row.judgement.margin

    def share_bounds(self, share: float, se: float) -> Interval:
        """One-sided bounds of a share of the row's fates, at the policy's alpha."""
        reach = nan if self.row.fates is None else self.row.fates.fates_reach
        return share_bounds(share, se, reach, alpha=self.policy.alpha, interval_alpha=self.interval_alpha)

    @property
    def passes_within_margin(self) -> bool:
        """Whether a loss is shown that is shown to be no larger than what the policy allows."""
        judgement = self.row.judgement
        return judgement.verdict == "regressed" and bool(judgement.within_margin) and self.policy.required != "no_loss"

    @property
    def kept_bound(self) -> float:
        """Lower bound of what is kept beyond the fraction that is asked for, chance-corrected; above 0 it is shown."""
        return preserved_bound(
            self.row.kept,
            self.row.judgement.preserve,
            alpha=self.policy.alpha,
            interval_alpha=self.interval_alpha,
        )

    @property
    def title(self) -> str:
        """The name in running text."""
        return title(self.row.name, is_domain=self.is_domain)


def rows_by_name(comparison: Comparison) -> dict[str, DeltaRow]:
    """Domains and tasks; where a domain's only task bears its name, the name is the domain's."""
    return {row.name: row for row in (*comparison.tasks, *comparison.domains)}


def gated_rows(comparison: Comparison, policy: Policy) -> tuple[GatedRow, ...]:
    """The rows in scope that were measured; Holm's adjustment is made over all of them, and over all candidates'."""
    if comparison.looks is not None:
        policy = policy.at_share(comparison.looks.alpha_share)
    rows = rows_by_name(comparison)
    names = RowNames.of(comparison)
    scope = in_scope(names, policy)
    in_order = [rows[name] for name in scope if name in rows]
    measured = [(row, row.estimate) for row in in_order if row.estimate is not None]
    others = [p for of_run in comparison.family.values() for name, p in of_run.items() if name in scope]
    adjusted = holm([*(_p_value(row) for row, _ in measured), *others])
    tasks = _judged_tasks(comparison, policy)
    return tuple(
        _gated_row(row, estimate, float(p), len(adjusted), comparison, policy, tasks)
        for (row, estimate), p in zip(measured, adjusted, strict=False)
    )


def _p_value(row: DeltaRow) -> float:
    """A p-value that is not there is no evidence."""
    return 1.0 if row.estimate is None or isnan(row.estimate.p_value) else row.estimate.p_value


def _judged_tasks(comparison: Comparison, policy: Policy) -> list[DeltaRow]:
    """All tasks at the policy's levels and margins, as exploratory rows: what moved both ways within a domain."""
    measured = [row for row in comparison.tasks if row.estimate is not None]
    adjusted = benjamini_hochberg([_p_value(row) for row in measured]).tolist()
    allowed = policy.allowed(comparison.margins)
    judged = {}
    for row, p in zip(measured, adjusted, strict=True):
        alpha = policy.for_row(row.name).alpha
        margin, kept = _task_margin(row, policy, allowed), preserve(row.domain, allowed)
        judged[row.name] = with_verdict(row, p, margin, kept, alpha=alpha, interval_alpha=comparison.alpha)
    return [judged.get(row.name, row) for row in comparison.tasks]


def _gated_row(
    row: DeltaRow,
    estimate: Estimate,
    p_adjusted: float,
    family: int,
    comparison: Comparison,
    policy: Policy,
    tasks: Sequence[DeltaRow],
) -> GatedRow:
    names = RowNames.of(comparison)
    own = policy.for_row(row.name)
    of_domain = [task for task in tasks if task.domain == row.name and not task.supporting]
    is_domain = any(row is domain for domain in comparison.domains)
    margin = _margin(row, policy, policy.allowed(comparison.margins), of_domain if is_domain else None)
    kept = preserve(row.domain, comparison.margins) if own.preserve is None else own.preserve
    judged_row = with_verdict(row, p_adjusted, margin, kept, alpha=own.alpha, interval_alpha=comparison.alpha)
    if is_domain:
        judged_row = with_opposed_tasks(judged_row, of_domain)
    named = row.name in policy.gates or row.name in policy.require or row.name in (policy.domains or ())
    return GatedRow(
        row=judged_row,
        estimate=estimate,
        policy=own,
        interval_alpha=comparison.alpha,
        bounds=bounds_at(row, alpha=own.alpha, interval_alpha=comparison.alpha),
        family=family,
        opposed=opposed_tasks(row.name, of_domain) if is_domain else Opposed(),
        is_domain=names.is_domain(row.name),
        decides=named or judged_row.judgement.verdict != "not_measured",
    )


def _margin(row: DeltaRow, policy: Policy, allowed: Margins, tasks: Sequence[DeltaRow] | None) -> float:
    """The gate's own margin for the row; else what policy and suite allow the task, or the domain of `tasks`."""
    own = policy.for_row(row.name).margin
    if own is not None:
        return own
    if tasks is None:
        return _task_margin(row, policy, allowed)
    if policy.bits_margin is None and row.name not in policy.margins:
        return row.judgement.margin
    return domain_margin(tasks, allowed)


def _task_margin(row: DeltaRow, policy: Policy, allowed: Margins) -> float:
    """The margin that was declared stays, where the policy says nothing of the task's kind."""
    told = policy.bits_margin is not None if row.metric in PER_BYTE_METRICS else row.domain in policy.margins
    return task_margin(row, allowed) if told or isnan(row.judgement.margin) else row.judgement.margin
