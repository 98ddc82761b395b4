"""Tables beside the deltas: each domain's strata, and the tasks' other metrics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forgetbench.comparison.pairing import PairedTask, Pairing
from forgetbench.records import DOMAINS, MetricRow, StratumRow
from forgetbench.stats.item_clusters import ItemClusters, effects_by
from forgetbench.stats.quantiles import student_quantile


def by_domain(tasks: Sequence[PairedTask]) -> dict[str, list[PairedTask]]:
    """Tasks per domain, domains in the contract's order and others after."""
    names = {task.info.domain for task in tasks}
    order = [name for name in DOMAINS if name in names] + sorted(names.difference(DOMAINS))
    return {name: [task for task in tasks if task.info.domain == name] for name in order}


def stratum_rows(pairing: Pairing, alpha: float) -> tuple[StratumRow, ...]:
    """The strata of each domain that has several, in order of name; exploratory, so without tests and verdicts.

    Deltas are macro means over the domain's tasks, in score units; intervals are Student's over clusters, at level
    1 - `alpha`, by the conservative standard error of `stats.clustered`.
    """
    rows = []
    for domain, tasks in by_domain([task for task in pairing.tasks if not task.info.supporting]).items():
        present = np.unique(np.concatenate([task.stratum_codes for task in tasks]))
        named = sorted((pairing.strata[code], int(code)) for code in present if code >= 0)
        for name, code in named if len(named) > 1 else ():
            rows.append(_stratum(domain, name, [(task, task.stratum_codes == code) for task in tasks], alpha))
    return tuple(rows)


def _stratum(domain: str, name: str, parts: Sequence[tuple[PairedTask, NDArray[np.bool_]]], alpha: float) -> StratumRow:
    """The interval is Student's, by the clusters: there are too many strata to resample each."""
    parts = [(task, which) for task, which in parts if which.any()]
    base, candidate = ([getattr(task, side)[which] for task, which in parts] for side in ("base", "candidate"))
    clusters = [ItemClusters(task.cluster_codes, task.second_codes).at(which) for task, which in parts]
    if len(np.unique(np.concatenate([task.second for task in clusters]))) == 1:
        # By the second key the stratum is one cluster, a kind of request for instance: its delta is that one's.
        clusters = [ItemClusters(task.first, task.first) for task in clusters]
    effects = effects_by([after - before for before, after in zip(base, candidate, strict=True)], clusters)
    half = student_quantile(1.0 - alpha / 2, effects.dof) * effects.conservative_se
    items = np.unique(np.concatenate([task.item_codes[which] for task, which in parts]))
    return StratumRow(
        domain=domain,
        stratum=name,
        n_items=len(items),
        base=float(np.mean([scores.mean() for scores in base])),
        candidate=float(np.mean([scores.mean() for scores in candidate])),
        delta=effects.estimate,
        ci_low=max(effects.estimate - half, -1.0),
        ci_high=min(effects.estimate + half, 1.0),
    )


def metric_rows(pairing: Pairing) -> tuple[MetricRow, ...]:
    """Means of the metrics that are not a task's score, by task, in the order in which the runs have them."""
    rows = []
    for task in pairing.tasks:
        base, candidate = (run.metrics.get(task.info.name, {}) for run in (pairing.base, pairing.candidate))
        names = [name for name in dict.fromkeys([*base, *candidate]) if name != task.info.metric]
        rows += [MetricRow(task.info.name, name, base.get(name), candidate.get(name)) for name in names]
        if task.info.name in pairing.novelty:
            rows.append(MetricRow(task.info.name, "novelty_against_sft_data", *pairing.novelty[task.info.name]))
    return tuple(rows)
