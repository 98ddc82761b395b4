"""The gated rows of a comparison, judged again at the policy's margins and levels from their stored numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from forgetbench.comparison.verdict import judged, lower_bound, unmeasured_share
from forgetbench.errors import shown
from forgetbench.gate.policy import Policy, Settings, nearest
from forgetbench.records import DEFAULT_MARGIN, DOMAINS, TARGET, Comparison, DeltaRow
from forgetbench.stats.multiplicity import holm
from forgetbench.stats.quantiles import normal_quantile

RIGIDITY = "format_rigidity"


@dataclass(frozen=True, slots=True)
class GatedRow:
    """A measured row with its margin and verdict, and the numbers that these came from; all in score units."""

    row: DeltaRow
    settings: Settings
    delta: float
    low: float
    high: float
    """Two-sided interval at the settings' alpha."""
    bound: float
    """One-sided lower bound, items that were not measured taken as lost entirely."""
    unmeasured: float
    """Their share."""
    family: int
    """How many rows Holm's adjustment was made over."""
    noise: float | None
    """What the base loses against itself, where that is why a loss is not called one."""
    gated: bool
    """False for a row that nobody named and that has nothing to forget: it is shown, and decides nothing."""

    @property
    def margin(self) -> float:
        return self.row.margin or 0.0


def check_names(comparison: Comparison, policy: Policy) -> None:
    """Raise InputError for a gate or waiver of a row that is not there, or of a limit that the row cannot have."""
    rows = by_name(comparison)
    known = {*rows, *DOMAINS}
    for name, gate in policy.gates.items():
        if name not in known:
            policy.refuse(("gates", name), f"no domain or task of the comparison; {nearest(name, known)}")
        if gate.max_rigidity is not None and (rows[name].domain if name in rows else name) != RIGIDITY:
            why = f"only {RIGIDITY} and its tasks have a rigidity index; take this limit out"
            policy.refuse(("gates", name, "max_rigidity"), why)
    gated = {*in_scope(comparison, policy), *policy.require}
    for number, waiver in enumerate(policy.waivers):
        if waiver.row not in gated:
            why = f"'{shown(waiver.row)}' is no gated row of the comparison; {nearest(waiver.row, gated)}"
            policy.refuse(("waivers", number, "row"), why)


def by_name(comparison: Comparison) -> dict[str, DeltaRow]:
    """Domains and tasks; where a domain's only task bears its name, the name is the domain's."""
    return {row.name: row for row in (*comparison.tasks, *comparison.domains)}


def in_scope(comparison: Comparison, policy: Policy) -> dict[str, None]:
    """Names of the rows that gate, measured or not, in the comparison's order and then the policy's."""
    named = {*(policy.domains or ()), *policy.gates}
    default = policy.domains is None
    domains = [row.name for row in comparison.domains if row.name in named or (default and row.name != TARGET)]
    tasks = [row.name for row in comparison.tasks if row.name in policy.gates]
    return dict.fromkeys([*domains, *tasks, *(policy.domains or ()), *policy.gates])


def gated_rows(comparison: Comparison, policy: Policy) -> tuple[GatedRow, ...]:
    """The rows in scope that were measured; Holm's adjustment is made over all of them."""
    rows = by_name(comparison)
    measured = [rows[name] for name in in_scope(comparison, policy) if name in rows and is_measured(rows[name])]
    # A p-value that is not there is no evidence.
    adjusted = holm([1.0 if row.p_value is None else row.p_value for row in measured])
    return tuple(
        _judged(row, float(p), len(measured), comparison, policy) for row, p in zip(measured, adjusted, strict=True)
    )


def is_measured(row: DeltaRow) -> bool:
    return row.delta is not None and row.ci_low is not None and row.ci_high is not None


def _judged(row: DeltaRow, p_adjusted: float, family: int, comparison: Comparison, policy: Policy) -> GatedRow:
    settings = policy.settings(row.name)
    margin = settings.margin
    if margin is None:
        margin = DEFAULT_MARGIN if row.margin is None else row.margin
    unmeasured = unmeasured_share(_tasks(row, comparison))
    floor = comparison.noise_floor

    def under(noise_floor: Mapping[str, Any] | None) -> DeltaRow:
        return judged(
            row,
            p_adjusted,
            margin,
            unmeasured=unmeasured,
            noise_floor=noise_floor,
            alpha=settings.alpha,
            interval_alpha=comparison.alpha,
        )

    found = under(floor)
    hidden = found.verdict != "regressed" and under(None).verdict == "regressed"
    bound = lower_bound(row, unmeasured=unmeasured, alpha=settings.alpha, interval_alpha=comparison.alpha)
    if row.delta is None or row.ci_low is None or row.ci_high is None or bound is None:
        raise AssertionError(f"{row.name} has no interval")  # only measured rows come here
    scale = normal_quantile(1 - settings.alpha / 2) / normal_quantile(1 - comparison.alpha / 2)
    named = row.name in policy.gates or row.name in policy.require or row.name in (policy.domains or ())
    return GatedRow(
        row=found,
        settings=settings,
        delta=row.delta,
        low=row.delta + scale * (row.ci_low - row.delta),
        high=row.delta + scale * (row.ci_high - row.delta),
        bound=bound,
        unmeasured=unmeasured,
        family=family,
        noise=floor[row.name]["loss"] if hidden and floor is not None else None,
        gated=named or found.verdict != "not_measured",
    )


def _tasks(row: DeltaRow, comparison: Comparison) -> Iterable[DeltaRow]:
    """The task rows that make up a row: a task is its own."""
    if all(row is not domain for domain in comparison.domains):
        return [row]
    return [task for task in comparison.tasks if task.domain == row.name and not task.supporting]
