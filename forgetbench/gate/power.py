"""The power of a policy: how likely a checkpoint that lost nothing passes, before anything was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, isfinite, nan, prod, sqrt

import numpy as np

from forgetbench.comparison.margins import margin_of, preserve
from forgetbench.evaluation.expected import ExpectedRow
from forgetbench.gate.policy import Policy
from forgetbench.gate.scope import RowNames, check_names, in_scope
from forgetbench.records import Margins
from forgetbench.stats.planning import (
    Design,
    both,
    detectable_drop,
    noninferiority_power,
    preservation_power,
    smallest_reaching,
)

ENOUGH = 0.8
"""The chance of passing that plans are made for."""
_MOST_TIMES = 1000.0
"""More than so many times the items nobody would ask."""
_LIMITS = ("max_locked", "max_erased", "max_rigidity", "min_score")


@dataclass(frozen=True, slots=True)
class RowPower:
    """What one domain or task can be expected to show under a policy; in score units."""

    row: ExpectedRow
    margin: float
    preserve: float
    """The fraction of the base's score above chance that must be kept; 0 asks for none."""
    mde: float
    """Minimum detectable effect: the drop that a test at the row's alpha finds with a power of 80 %."""
    gates: bool
    passes: float = nan
    """The chance that it reaches what the policy asks where nothing was lost; NaN of a row that does not gate."""
    items_needed: int | None = None
    """So many items like these, in as many more clusters, give the whole policy a chance of `ENOUGH` if every gated row
    does its part; None where no number does."""
    margin_needed: float | None = None
    """Or a margin of this size."""


@dataclass(frozen=True, slots=True)
class PolicyPower:
    """Of all rows together."""

    rows: tuple[RowPower, ...]
    """Every domain, and after it its tasks that gate."""
    passes: float
    """The chance that everything that gates passes."""
    notes: tuple[str, ...]
    """What that chance leaves out, or why there is none."""

    @property
    def gating(self) -> tuple[RowPower, ...]:
        """The rows that decide."""
        return tuple(row for row in self.rows if row.gates)


def policy_power(
    domains: Sequence[ExpectedRow],
    tasks: Sequence[ExpectedRow],
    names: RowNames,
    declared: Margins,
    policy: Policy,
) -> PolicyPower:
    """What `policy` can be expected to say of a checkpoint that lost nothing.

    `tasks` are those of `domains` and their supporting ones, `declared` is what the suite allows to be lost. Rows are
    taken to be independent, which those of different domains are, so the chance of all is the product; a domain adds
    nothing to its tasks where all of them gate.
    Raises InputError for names in the policy that the suite does not have.
    """
    check_names(names, policy)
    scope = in_scope(names, policy)
    rows = [row for domain in domains for row in (domain, *_gated_tasks(domain, tasks, names, scope))]
    # A row that nobody named decides nothing where there is nothing to forget, or nothing that can be asked.
    named = {*policy.gates, *policy.require, *(policy.domains or ())}
    gating = [row.name for row in rows if row.name in scope and (row.name in named or not row.at_chance)]
    deciding = [name for name in gating if not _is_made_of_others(name, names, gating)]
    share = ENOUGH ** (1 / max(1, len(deciding)))
    judged = []
    for row in rows:
        members = _members(row, tasks, names)
        required = _Required.of(row, members, policy, declared, len(gating))
        mde = detectable_drop(row.design, row.discordance, alpha=required.alpha)
        plain = RowPower(row, required.margin, required.preserve, mde, row.name in gating)
        judged.append(_with_needs(plain, required, share) if plain.gates else plain)
    lacking = sorted(named.difference(row.name for row in rows))
    passes = prod(each.passes for each in judged if each.row.name in deciding)
    return PolicyPower(tuple(judged), passes if gating and not lacking else 0.0, tuple(_notes(judged, lacking, policy)))


def _gated_tasks(
    domain: ExpectedRow, tasks: Sequence[ExpectedRow], names: RowNames, scope: Mapping[str, None]
) -> list[ExpectedRow]:
    """The tasks that gate beside their domain; a name that both bear is the domain's."""
    return [
        task for task in tasks if task.domain == domain.name and task.name in scope and not names.is_domain(task.name)
    ]


def _members(row: ExpectedRow, tasks: Sequence[ExpectedRow], names: RowNames) -> list[ExpectedRow]:
    """The tasks whose mean a domain is; of a task itself."""
    if not names.is_domain(row.name):
        return [row]
    return [task for task in tasks if task.domain == row.name and task.name not in names.supporting]


def _is_made_of_others(name: str, names: RowNames, gating: Sequence[str]) -> bool:
    """Whether it is a domain of which all tasks gate too: where each of them keeps to its margin, their mean does."""
    members = {task for task, domain in names.tasks.items() if domain == name and task not in names.supporting}
    return name in names.domains and name not in members and members <= set(gating)


# --- one row ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Required:
    """What a policy asks of one row."""

    margin: float
    preserve: float
    alpha: float
    test_alpha: float
    """What its p-value is held against after Holm's correction, where no other row shows a loss."""
    no_loss: bool
    """A loss that is shown fails, within the margin as well."""
    lets_inconclusive_pass: bool
    min_items: int
    min_gain: float | None

    @classmethod
    def of(
        cls, row: ExpectedRow, members: Sequence[ExpectedRow], policy: Policy, declared: Margins, family: int
    ) -> _Required:
        own, allowed = policy.for_row(row.name), policy.allowed(declared)
        margins = [margin_of(task.domain, task.metric, task.base, allowed) for task in members]
        return cls(
            margin=float(np.mean(margins)) if own.margin is None else own.margin,
            preserve=preserve(row.domain, declared) if own.preserve is None else own.preserve,
            alpha=own.alpha,
            test_alpha=own.alpha / max(1, family),
            no_loss=own.required == "no_loss",
            lets_inconclusive_pass=own.lets_inconclusive_pass,
            min_items=own.min_items or 0,
            min_gain=own.limits.min_gain,
        )


def _with_needs(power: RowPower, required: _Required, share: float) -> RowPower:
    """With the chance of passing, and what it would take for that to be `share`."""
    row = power.row

    def with_items(factor: float) -> float:
        return _passes(row, row.design.scaled(factor), row.n_items * factor, required)

    def with_margin(margin: float) -> float:
        return _passes(row, row.design, row.n_items, replace(required, margin=margin))

    times = smallest_reaching(with_items, share, 1 / row.n_items, _MOST_TIMES)
    margin = smallest_reaching(with_margin, share, 1e-4, 1.0)
    return replace(
        power,
        passes=with_items(1.0),
        items_needed=ceil(times * row.n_items) if isfinite(times) else None,
        margin_needed=margin if isfinite(margin) else None,
    )


def _passes(row: ExpectedRow, planned: Design, n_items: float, required: _Required) -> float:
    """The chance that a row that lost nothing does what is required of it."""
    if row.at_chance:
        return 0.0
    if n_items < required.min_items - 0.5:
        return 1.0 if required.lets_inconclusive_pass else 0.0
    margin = required.margin - row.missing_cost
    within = noninferiority_power(planned, row.discordance, margin, alpha=required.alpha)
    no_loss_shown = 1.0 - required.test_alpha / 2
    # Both are lower bounds of one estimate: at a given number of changes the rarer event is part of the other.
    if required.lets_inconclusive_pass:
        chance = no_loss_shown if required.no_loss else float(np.maximum(within, no_loss_shown).mean())
    else:
        chance = float((np.minimum(within, no_loss_shown) if required.no_loss else within).mean())
        if required.preserve > 0.0:
            kept, correlation = preservation_power(
                row.base - row.chance,
                row.base_se * sqrt(row.design.units / planned.units),
                sqrt(row.discordance / planned.units),
                required.preserve,
                dof=planned.dof,
                alpha=required.alpha,
            )
            chance = both(chance, kept, correlation)
    if required.min_gain is None or required.lets_inconclusive_pass:
        return chance
    gained = noninferiority_power(planned, row.discordance, -required.min_gain - row.missing_cost, alpha=required.alpha)
    return min(chance, float(gained.mean()))


def _notes(rows: Sequence[RowPower], lacking: Sequence[str], policy: Policy) -> Iterator[str]:
    if lacking:
        yield f"the policy counts on {', '.join(lacking)}, which the suite does not ask: nothing passes"
    elif not any(row.gates for row in rows):
        yield "nothing gates, and nothing passes"
    limits = [name for name in _LIMITS if any(getattr(gate, name) is not None for gate in policy.gates.values())]
    if limits:
        yield f"the chance leaves out {', '.join(limits)}: they hold the numbers themselves"
    if policy.waivers:
        yield "waivers are left out"
