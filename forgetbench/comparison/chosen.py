"""The checkpoint to ship, chosen on one half of the items and judged on the other.

Whoever judges the best of ten by the numbers that made it the best finds it better than it is: of ten checkpoints that
all lost 3 points, the one that looks best passes a gate at 3 points in more than a quarter of cases. Two halves of
whole clusters are independent, so the judged half knows nothing of the choice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forgetbench.comparison.pairing.missing import IN_TRAINING
from forgetbench.comparison.recomputed import recomputed_rows
from forgetbench.errors import InputError
from forgetbench.records import AuditRow, Comparison, DeltaRow, Selection
from forgetbench.stats.clustered import Codes, Floats
from forgetbench.stats.dealing import deal

_KEYS = ["domain", "task", "item_id", "cluster", "second_cluster"]
COLUMNS = (*_KEYS, "base_score", "candidate_score", "reason")
"""The columns of items.parquet that a choice is made from."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of several candidates looks best on one half of the items, and which items are left to judge it by."""

    chosen: int
    scores: Floats
    """Per candidate the mean change over domains on the choosing half; NaN where a domain was not measured."""
    chooses: NDArray[np.bool_]
    """Per item, whether it is of that half."""
    judged: NDArray[np.bool_]
    """Per item, whether it is of the other one; of items with two clusters some are of neither."""


def choose_half(
    differences: Floats,
    tasks: NDArray[Any],
    clusters: NDArray[Any],
    domains: NDArray[Any] | None = None,
    *,
    second: NDArray[Any] | None = None,
    seed: int = 0,
) -> Choice:
    """Split the clusters of each domain into two halves, and choose by the first.

    Clusters of a second key that crosses the first are split as well, and an item is of a half where both of its
    clusters are: what two items share must not stand on both sides. The others, half of them, are of neither.

    differences        (n_candidates, n_items): candidate - base, NaN where an item was not measured or does not count
    tasks, clusters    (n_items,): of what task and cluster each item is; clusters are those of a domain
    domains            (n_items,); all of one if None
    second             (n_items,): clusters by the second key, missing or '' where an item has none
    seed               another seed splits into other halves

    A score is the mean over domains of the macro mean over tasks. Of equal ones the first is chosen. Raises ValueError
    where nothing was measured of any candidate.
    Source: sample splitting, Cox 1975, Biometrika 62:441; of Andrews, Kitagawa and McCloskey 2024, QJE 139:305, for
    what it costs not to.
    """
    task = pd.factorize(tasks)[0]
    domain = np.zeros(len(task), dtype=np.intp) if domains is None else pd.factorize(domains)[0]
    chooses, judged = halves(tasks, clusters, domains, second=second, seed=seed)
    scores = _scores(np.where(chooses, differences, np.nan), task, domain)
    if np.isnan(scores).all():
        raise ValueError("no candidate was measured in all that counts")
    return Choice(int(np.nanargmax(scores)), scores, chooses, judged)


def halves(
    tasks: NDArray[Any],
    clusters: NDArray[Any],
    domains: NDArray[Any] | None = None,
    *,
    second: NDArray[Any] | None = None,
    seed: int = 0,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The items that choose and those that judge, as `choose_half` splits them; of arrays of shape (n_items,)."""
    task = pd.factorize(tasks)[0]
    domain = np.zeros(len(task), dtype=np.intp) if domains is None else pd.factorize(domains)[0]
    by_first = by_second = _judging_half(task, clusters.astype(str), domain, f"half {seed}")
    if second is not None:
        named = ~(pd.isna(second) | (second == ""))
        by_second = np.where(named, _judging_half(task, second.astype(str), domain, f"second half {seed}"), by_first)
    return ~by_first & ~by_second, by_first & by_second


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice among comparisons."""

    number: int
    """Which of them."""
    selection: Selection
    judged: pd.MultiIndex
    """Task and item_id of the items to judge it by."""


def choose(
    compared: Sequence[tuple[Comparison, pd.DataFrame]], domains: Collection[str], *, by: str, seed: int = 0
) -> Chosen:
    """Choose the best candidate by the mean change of `domains` on one half; `judged_on_half` is what comes of it.

    `compared` are comparisons of several candidates with one base, each with `COLUMNS` of its items.parquet; `by` is
    the name under which the result tells `domains`. Raises InputError where comparisons do not go together, or no
    candidate was measured in all of `domains`.
    """
    _check_together([comparison for comparison, _ in compared])
    items = pd.concat([frame[_KEYS] for _, frame in compared]).drop_duplicates(["task", "item_id"], ignore_index=True)
    differences = np.stack([_differences(*each, items, domains) for each in compared])
    task, cluster, domain, second = (
        items[name].to_numpy(object) for name in ("task", "cluster", "domain", "second_cluster")
    )
    try:
        choice = choose_half(differences, task, cluster, domain, second=second, seed=seed)
    except ValueError as error:
        raise InputError(f"nothing to choose by: no candidate was measured in all of {', '.join(domains)}") from error
    scores = {
        each.candidate.run_id: None if np.isnan(score) else float(score)
        for (each, _), score in zip(compared, choice.scores, strict=True)
    }
    n_items = int(np.sum(choice.chooses & ~np.isnan(differences[choice.chosen])))
    return Chosen(choice.chosen, Selection(scores, by, n_items, seed), index_of(items[choice.judged]))


def judged_on_half(comparison: Comparison, items: pd.DataFrame, chosen: Chosen) -> tuple[Comparison, pd.DataFrame]:
    """The chosen comparison made anew of the half that did not choose it, and that half of its items.parquet.

    What stood beside the rows of all items is left out; the noise floor stays that of all.
    """
    return on_items(comparison, items, chosen.judged, chosen.selection)


def on_items(
    comparison: Comparison, items: pd.DataFrame, some: pd.MultiIndex, selection: Selection | None = None
) -> tuple[Comparison, pd.DataFrame]:
    """A comparison made anew of `some` of its items, by task and item_id, as `judged_on_half` does; and those items."""
    part = items[index_of(items).isin(some)].reset_index(drop=True)
    by_task = dict(tuple(part.groupby("task", sort=False)))
    parts = [(row, by_task.get(row.name, part.iloc[:0])) for row in comparison.tasks]
    tasks = tuple(replace(row, n_contaminated=_n_contaminated(row, own)) for row, own in parts)
    alone = replace(comparison, tasks=tasks, family={}, selection=selection)
    rows = recomputed_rows(alone, part)
    judged = replace(
        alone,
        comparison_id=f"{comparison.comparison_id}-chosen",
        domains=rows.domains,
        tasks=rows.tasks,
        overall=rows.overall,
        pairing=tuple(_audit(row, own) for row, own in parts),
        strata=(),
        metrics=(),
        completion=(),
        chat_format_costs={},
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return judged, part


# --- halves -----------------------------------------------------------------------------------


def _judging_half(task: Codes, cluster: NDArray[np.str_], domain: Codes, key: str) -> NDArray[np.bool_]:
    """Per item, whether it is of the second half; a cluster is of one half, in whatever tasks of its domain."""
    of_item = pd.MultiIndex.from_arrays([domain, cluster])
    code, names = pd.factorize(of_item)
    tasks_of: list[set[int]] = [set() for _ in names]
    for place, number in zip(code.tolist(), task.tolist(), strict=True):
        tasks_of[place].add(number)
    groups = [tuple(sorted(tasks)) for tasks in tasks_of]
    half = deal([name for _, name in names], groups, [""] * len(groups), 2, key)
    return np.asarray(half[code] == 1)


def _scores(differences: Floats, task: Codes, domain: Codes) -> Floats:
    """Per candidate the mean over domains of the macro mean over tasks; NaN where it lacks a domain of the others'."""
    of_task = pd.DataFrame(differences.T).groupby(task).mean()
    domain_of_task = pd.Series(domain).groupby(task).first()
    of_domain = of_task.groupby(domain_of_task).mean().dropna(how="all")
    return of_domain.mean(skipna=False).to_numpy(np.float64)


# --- comparisons ------------------------------------------------------------------------------


def _check_together(comparisons: Sequence[Comparison]) -> None:
    if len(comparisons) < 2:
        raise InputError("one comparison leaves no choice; give those of two candidates or more")
    first = comparisons[0]
    seen: set[str] = set()
    for each in comparisons:
        if each.looks is not None or each.selection is not None:
            kind = "a sequential gate's" if each.looks is not None else "that of a chosen checkpoint"
            raise InputError(f"comparison {each.comparison_id} is {kind}; give those of a whole evaluation")
        if each.candidate.run_id in seen:
            raise InputError(f"candidate {each.candidate.run_id} is given twice")
        seen.add(each.candidate.run_id)
        for what, own, other in (
            ("base run", first.base.run_id, each.base.run_id),
            ("suite", first.suite_label, each.suite_label),
            ("protocol", first.protocol, each.protocol),
        ):
            if own != other:
                raise InputError(
                    f"comparisons {first.comparison_id} and {each.comparison_id} differ in {what}, {own} and {other}; "
                    "choose among candidates of one evaluation"
                )


def _differences(comparison: Comparison, frame: pd.DataFrame, items: pd.DataFrame, domains: Collection[str]) -> Floats:
    """Candidate - base of each of `items`, NaN where it was not measured or is of a task that does not count."""
    counts = {row.name for row in comparison.tasks if row.domain in domains and not row.supporting}
    change = (frame["candidate_score"] - frame["base_score"]).where(frame["reason"].isna() & frame["task"].isin(counts))
    change.index = index_of(frame)
    return change.reindex(index_of(items)).to_numpy(np.float64)


def index_of(items: pd.DataFrame) -> pd.MultiIndex:
    """What tells the items of a comparison apart."""
    return pd.MultiIndex.from_frame(items[["task", "item_id"]])


def _n_contaminated(row: DeltaRow, items: pd.DataFrame) -> int | None:
    if row.n_contaminated is None:
        return None
    return int((items["contaminated"].eq(True) & (items["reason"].isna() | items["reason"].eq(IN_TRAINING))).sum())


def _audit(row: DeltaRow, items: pd.DataFrame) -> AuditRow:
    kept = items["reason"].isna()
    refused = {str(reason): int(n) for reason, n in items["reason"].dropna().value_counts().items()}
    return AuditRow(row.name, int(kept.sum()), refused, int((kept & items["prompts_equal"]).sum()))
