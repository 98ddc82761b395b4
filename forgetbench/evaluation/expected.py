"""What the rows of a comparison will rest on, before it is made: items, clusters, and how much is assumed to change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import isnan, sqrt

import numpy as np
import pandas as pd

from forgetbench.evaluation.assumptions import Assumptions
from forgetbench.lm_eval_bridge import PlannedItem, PlannedTask
from forgetbench.records import MACRO_MEAN, Comparison, DeltaRow
from forgetbench.stats.clustered import Codes
from forgetbench.stats.planning import Design, design


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """One domain or task, asked of two checkpoints of equal ability."""

    name: str
    domain: str
    metric: str
    n_items: int
    """Different ones that can be asked: an item counts once for all views of it."""
    n_clusters: int
    n_second_clusters: int | None
    """None where clusters have one key."""
    design: Design
    discordance: float
    """Mean squared difference of an item: of right-or-wrong ones the share that changes."""
    base: float
    base_se: float
    chance: float
    """All three on the scale of the scores."""
    missing_cost: float = 0.0
    """How far items that will not be measured may push the bound down."""
    at_chance: bool = False
    """The base has nothing to lose here."""
    observed: bool = False
    """The earlier comparison has shown what is expected; else it is assumed."""


def expected_rows(
    tasks: Sequence[PlannedTask], assumptions: Assumptions, like: Comparison | None = None
) -> tuple[list[ExpectedRow], list[ExpectedRow]]:
    """Domains, without their supporting tasks, and tasks, each in the order of `tasks`.

    A row that the comparison `like` measured, of the same tasks, changes as it did there; another as `assumptions` say.
    A domain of which no item can be asked has no row.
    """
    domains: dict[str, list[PlannedTask]] = {}
    for task in tasks:
        if not task.loaded.info.supporting:
            domains.setdefault(task.loaded.info.domain, []).append(task)
    of_domains = {row.name: row for row in like.domains} if like else {}
    of_tasks = {row.name: row for row in like.tasks} if like else {}
    same = {name for name, members in domains.items() if _tasks_of(name, of_tasks.values()) == set(map(_name, members))}
    rows_of_domains = [
        _expected(name, MACRO_MEAN, members, assumptions, of_domains.get(name) if name in same else None)
        for name, members in domains.items()
    ]
    rows_of_tasks = [
        _expected(_name(task), task.loaded.info.metric, [task], assumptions, of_tasks.get(_name(task)))
        for task in tasks
    ]
    return [row for row in rows_of_domains if row is not None], [row for row in rows_of_tasks if row is not None]


def _name(task: PlannedTask) -> str:
    return task.loaded.info.name


def _tasks_of(domain: str, rows: Iterable[DeltaRow]) -> set[str]:
    return {row.name for row in rows if row.domain == domain and not row.supporting and row.estimate is not None}


def _expected(
    name: str, metric: str, tasks: Sequence[PlannedTask], assumptions: Assumptions, earlier: DeltaRow | None
) -> ExpectedRow | None:
    asked = [items for task in tasks if (items := [item for item in task.items if not item.refusal])]
    if not asked:
        return None
    clusters = _codes(asked, lambda item: item.cluster)
    second = _codes(asked, lambda item: item.second_cluster) if _has_second_key(asked) else None
    planned = design(clusters, second, correlation=assumptions.correlation)
    base = assumptions.base_score
    row = ExpectedRow(
        name=name,
        domain=tasks[0].loaded.info.domain,
        metric=metric,
        n_items=len({item.item_id for items in asked for item in items}),
        n_clusters=_count(clusters),
        n_second_clusters=None if second is None else _count(second),
        design=planned,
        discordance=assumptions.discordance,
        base=base,
        base_se=sqrt(base * (1.0 - base) / planned.units),
        chance=float(np.mean([task.loaded.info.chance for task in tasks])),
    )
    return row if earlier is None else _as_observed(row, earlier)


def _has_second_key(asked: Sequence[Sequence[PlannedItem]]) -> bool:
    return any(item.second_cluster for items in asked for item in items)


def _codes(asked: Sequence[Sequence[PlannedItem]], key: Callable[[PlannedItem], str]) -> list[Codes]:
    """Per task its items' clusters as codes, the same in all tasks of a domain; of an item that has none by this key
    one for its first cluster."""
    names = [(key(item), "" if key(item) else item.cluster) for items in asked for item in items]
    codes = pd.factorize(pd.Index(names, tupleize_cols=False))[0]
    return np.split(codes.astype(np.intp), np.cumsum([len(items) for items in asked])[:-1])


def _count(codes: Sequence[Codes]) -> int:
    return len(np.unique(np.concatenate(codes)))


def _as_observed(row: ExpectedRow, earlier: DeltaRow) -> ExpectedRow:
    """`row`, changing as the earlier one did around its mean: d = 2 loss + delta, units = (d - delta^2) / se^2, and as
    many times as many as there are now times the items."""
    estimate = earlier.estimate
    if estimate is None or isnan(estimate.loss):
        return row
    discordance = max(0.0, 2 * estimate.loss + estimate.delta)
    chance = row.chance if earlier.chance is None else earlier.chance
    times = row.n_items / earlier.n_items
    planned = row.design
    if estimate.se > 0.0:
        planned = Design(times * (discordance - estimate.delta**2) / estimate.se**2, planned.dof)
    base_se = earlier.kept.base_corrected_se * (1.0 - chance) / sqrt(times)
    return replace(
        row,
        design=planned,
        discordance=discordance,
        base=estimate.base,
        base_se=sqrt(estimate.base * (1.0 - estimate.base) / planned.units) if isnan(base_se) else base_se,
        chance=chance,
        missing_cost=_missing_cost(earlier),
        at_chance=earlier.judgement.at_chance,
        observed=True,
    )


def _missing_cost(row: DeltaRow) -> float:
    worst = row.missing.missing_worst
    return 0.0 if row.estimate is None or isnan(worst) else max(0.0, row.estimate.delta - worst)
