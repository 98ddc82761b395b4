"""What a run costs and what it can show, before it is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

from forgetbench.cli.listing import Listing
from forgetbench.errors import InputError
from forgetbench.gate.power import ENOUGH, PolicyPower, RowPower
from forgetbench.messages import items as listed
from forgetbench.messages import translated as _
from forgetbench.records import SCHEMA_VERSION
from forgetbench.storage.json_files import plain_data, to_json

if TYPE_CHECKING:
    from forgetbench.evaluation.assumptions import Assumptions
    from forgetbench.evaluation.cost import Cost, Costs
    from forgetbench.pipeline import Plan


def planned_costs(costs: Costs, rates: tuple[float, float] | None) -> Listing:
    """What an evaluation costs by domain and task; with `rates`, tokens computed and generated a second, in minutes.

    Raises InputError for rates that are none.
    """
    if rates is not None and not min(rates) > 0:
        raise InputError(f"--rates {rates[0]:g} {rates[1]:g}: must be above 0")
    rows: list[tuple[str, ...]] = []
    for domain in costs.domains:
        rows.append(_cost_cells(domain, "", rates))
        rows += [_cost_cells(task, "  ", rates) for task in costs.tasks if task.domain == domain.domain]
    rows.append(_cost_cells(costs.total, "", rates))
    columns = (_("domain / task"), _("items"), _("requests"), _("in"), _("new"), _("out"))
    if costs.total.refused:
        title = _(
            "{checkpoint}, in tokens. in: of all prompts; new: to compute, with what prompts share once; out: to "
            "generate at most; {n:,} items cannot be asked"
        )
    else:
        title = _(
            "{checkpoint}, in tokens. in: of all prompts; new: to compute, with what prompts share once; out: to "
            "generate at most"
        )
    title = title.format(checkpoint=costs.checkpoint, n=costs.total.refused)
    return Listing(title, (*columns, _("min")) if rates else columns, tuple(rows))


def _cost_cells(cost: Cost, indent: str, rates: tuple[float, float] | None) -> tuple[str, ...]:
    tokens = (cost.prompt_tokens, cost.computed_tokens, cost.generated_tokens)
    cells = (f"{indent}{cost.name}", f"{cost.items:,}", f"{cost.requests:,}", *map(_thousands, tokens))
    return (*cells, f"{cost.minutes(*rates):.1f}") if rates else cells


def _thousands(count: int) -> str:
    return f"{count:,}" if count < 10_000 else f"{count / 1000:,.0f}k"


def planned_power(power: PolicyPower) -> Listing:
    """What each domain can be expected to show; changes in points of 100."""
    share = f"{100 * ENOUGH:.0f} %"
    title = _(
        "what it can show, in points of 100. drop: minimum detectable effect; passes: the chance where nothing was "
        "lost; for {share}: items or margin with which all of them together pass in {share}"
    )
    columns = (
        _("domain / task"),
        _("items"),
        _("clusters"),
        _("drop"),
        _("margin"),
        _("passes"),
        _("for {share}").format(share=share),
        _("or margin"),
    )
    return Listing(title.format(share=share), columns, tuple(_power_cells(row) for row in power.rows))


def _power_cells(power: RowPower) -> tuple[str, ...]:
    row = power.row
    indent = "" if row.name == row.domain else "  "
    second = f" x {row.n_second_clusters:,}" if row.n_second_clusters is not None else ""
    cells = (f"{indent}{row.name}", f"{row.n_items:,}", f"{row.n_clusters:,}{second}", _points(power.mde))
    if not power.gates:
        return (*cells, _points(power.margin), _("not gated"), "", "")
    items = "-" if power.items_needed is None else f"{_rounded_up(power.items_needed):,}"
    margin = "-" if power.margin_needed is None else _points(_points_up(power.margin_needed))
    return (*cells, _points(power.margin), _per_cent(power.passes), items, margin)


def power_lines(power: PolicyPower, assumptions: Assumptions) -> Iterator[str]:
    """The chance in one sentence with what would make it `ENOUGH`, what was assumed, and what is left out."""
    yield _chance(power)
    unobserved = [each.row.name for each in power.rows if not each.row.observed]
    if len(unobserved) == len(power.rows):
        told = _("Assumed: {assumed}. --like COMPARISON takes it from an earlier one.")
    elif unobserved:
        told = _("Changes as in {earlier}. Assumed of {rows}: {assumed}.")
    else:
        told = _("Changes as in {earlier}.")
    assumed = _(
        "{share} of the items change, those of one cluster with a correlation of {correlation:g}, and the base scores "
        "{score}"
    ).format(
        share=_per_cent(assumptions.discordance),
        correlation=assumptions.correlation,
        score=_points(assumptions.base_score),
    )
    yield told.format(earlier=assumptions.like, rows=listed(unobserved), assumed=assumed)
    for note in power.notes:
        yield _("Note: {note}.").format(note=note)


def _chance(power: PolicyPower) -> str:
    """The chance, and what would make it `ENOUGH`: a way that is open to all rows alone."""
    items = [each.items_needed for each in power.gating if each.items_needed is not None]
    margins = [each.margin_needed for each in power.gating if each.margin_needed is not None]
    asking = bool(power.gating) and power.passes < ENOUGH
    by_items, by_margins = (asking and len(way) == len(power.gating) for way in (items, margins))
    if by_items and by_margins:
        told = _(
            "A model that lost nothing passes this policy with a chance of {chance}; {enough} takes about {items} "
            "items per domain, or margins of {margins} points."
        )
    elif by_items:
        told = _(
            "A model that lost nothing passes this policy with a chance of {chance}; {enough} takes about {items} "
            "items per domain."
        )
    elif by_margins:
        told = _(
            "A model that lost nothing passes this policy with a chance of {chance}; {enough} takes margins of "
            "{margins} points."
        )
    else:
        told = _("A model that lost nothing passes this policy with a chance of {chance}.")
    return told.format(
        chance=_per_cent(power.passes),
        enough=_per_cent(ENOUGH),
        items=_range([f"{_rounded_up(count):,}" for count in sorted(items)]),
        margins=_range([_points(_points_up(margin)) for margin in sorted(margins)]),
    )


def _range(sorted_texts: Sequence[str]) -> str:
    ends = list(dict.fromkeys([*sorted_texts[:1], *sorted_texts[-1:]]))
    return _("{low} to {high}").format(low=ends[0], high=ends[1]) if len(ends) > 1 else "".join(ends)


def _points(score: float) -> str:
    return f"{100 * score:.1f}"


def _points_up(score: float) -> float:
    return ceil(1000 * score - 1e-6) / 1000


def _per_cent(share: float) -> str:
    """0 and 1 only where they are that."""
    if 0.0 < share < 0.01:
        return _("under 1 %")
    return _("over 99 %") if 0.99 < share < 1.0 else f"{100 * share:.0f} %"


def _rounded_up(count: int) -> int:
    """To two digits."""
    unit = 10.0 ** max(0, floor(log10(max(count, 1))) - 1)
    return int(ceil(count / unit) * unit)


def plan_json(plan: Plan) -> str:
    """The plan as JSON, see docs/output_formats.md."""
    like = plan.assumptions.like
    assumptions = {**plain_data(replace(plan.assumptions, like=None)), "like": None if like is None else str(like)}
    return to_json(
        {
            "schema_version": SCHEMA_VERSION,
            "suite": plan.suite,
            "passes": plan.power.passes,
            "rows": [{**plain_data(each.row), **_judged(each)} for each in plan.power.rows],
            "notes": plan.power.notes,
            "assumptions": assumptions,
            "costs": plan.costs,
        }
    )


def _judged(power: RowPower) -> dict[str, Any]:
    return {field.name: getattr(power, field.name) for field in fields(power) if field.name != "row"}
