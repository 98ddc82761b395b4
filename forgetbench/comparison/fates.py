"""What became of the knowledge behind forgotten answers: locked, erased or never known, less what guessing explains.

Of a forgotten item let b and c say whether base and candidate rank the right answer first in its one `choice` view,
where guessing scores g. Then locked = (c - g) / (1 - g), erased = (b - c) / (1 - g) and never known = (1 - b) / (1 - g)
sum to 1, and their means over items estimate how many know, knew, and never knew, since who does not know ranks the
right answer first with probability g (Abbott 1925, Journal of Economic Entomology 18:265).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray

from forgetbench.comparison.pairing import PairedTask
from forgetbench.records import Fates
from forgetbench.stats.clustered import FEW, ClusterEffects, combine
from forgetbench.stats.item_clusters import ItemClusters, effects_by
from forgetbench.stats.proportions import Interval, wilson_interval
from forgetbench.stats.quantiles import normal_quantile, student_quantile

Floats = NDArray[np.float64]

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class TaskFates:
    """The items of one task that has `choice` views; one entry per item in every array."""

    forgotten: Floats
    """1 for a forgotten item with a `choice` view, else 0."""
    locked: Floats
    """0 for items that were not forgotten, in all three."""
    erased: Floats
    never_known: Floats
    span: float
    """How far apart two values of one kind may lie."""
    clusters: ItemClusters


def task_fates(task: PairedTask, clusters: ItemClusters) -> TaskFates | None:
    """The values of a task's items; None where none has a `choice` view."""
    choice = task.choice
    if not task.info.binary or not choice.known.any():
        return None
    forgotten = (task.base > task.candidate) & choice.known
    scale = np.zeros(len(forgotten))
    scale[forgotten] = 1.0 / (1.0 - choice.chance[forgotten])
    differences = (choice.candidate - choice.chance, choice.base - choice.candidate, 1.0 - choice.base)
    locked, erased, never_known = (np.where(forgotten, scale * difference, 0.0) for difference in differences)
    span = float(scale.max(initial=1.0))
    return TaskFates(forgotten.astype(np.float64), locked, erased, never_known, span, clusters)


def row_fates(domains: Sequence[Sequence[TaskFates]], alpha: float) -> Fates | None:
    """The fates of a row, from its tasks by domain; None where no task has a `choice` view.

    Shares are macro means over the tasks, and of several domains the mean of theirs; intervals have level 1 - `alpha`.
    Shares of the forgotten items are ratios of two such means, with the linearised clustered standard error.
    """
    present = [domain for domain in domains if domain]
    if not present:
        return None
    lost = _effects(present, lambda task: task.forgotten)
    locked, erased = (_effects(present, kind) for kind in (_locked, _erased))
    n_fates = int(sum(task.forgotten.sum() for domain in present for task in domain))
    shares = Fates(
        n_fates=n_fates,
        locked_corrected=locked.estimate,
        locked_corrected_se=locked.conservative_se,
        erased_corrected=erased.estimate,
        erased_corrected_se=erased.conservative_se,
        # Where few items were forgotten the standard error is what so many may be at worst, by the number of all items.
        fates_reach=student_quantile(1 - alpha / 2, lost.dof_by_weight if lost.is_sparse else lost.dof),
    )
    return _with_shares_of_forgotten(shares, present, lost, alpha) if n_fates else shares


def share_bounds(share: float, se: float, reach: float, *, alpha: float, interval_alpha: float) -> Interval:
    """One-sided bounds of a share at level 1 - `alpha` each, within [0, 1].

    `reach` is that of a two-sided interval at level 1 - `interval_alpha`, scaled by normal quantiles.
    """
    arm = se * reach * normal_quantile(1 - alpha) / normal_quantile(1 - interval_alpha / 2)
    return Interval(min(max(share - arm, 0.0), 1.0), min(max(share + arm, 0.0), 1.0))


def _locked(task: TaskFates) -> Floats:
    return task.locked


def _erased(task: TaskFates) -> Floats:
    return task.erased


def _never_known(task: TaskFates) -> Floats:
    return task.never_known


def _effects(domains: Sequence[Sequence[TaskFates]], values: Callable[[TaskFates], Floats]) -> ClusterEffects:
    return combine(
        [effects_by([values(task) for task in tasks], [task.clusters for task in tasks]) for tasks in domains]
    )


# --- shares of the forgotten items ------------------------------------------------------------


def _with_shares_of_forgotten(
    fates: Fates, domains: Sequence[Sequence[TaskFates]], lost: ClusterEffects, alpha: float
) -> Fates:
    """Clusters without a forgotten item tell nothing here: the sample is of those that hold some."""
    n, dof = _evidence(lost)
    span = max(task.span for tasks in domains for task in tasks)

    def se(values: Callable[[TaskFates], Floats], share: float) -> float:
        if n < 2.0 - _ROUNDING:
            return nan
        errors = _effects(domains, lambda task: values(task) - share * task.forgotten)
        own = errors.corrected_se / lost.estimate * sqrt(n / (n - 1.0))
        # That (nearly) all agree is no proof that others would: as many may not as none of n can rule out.
        floor = span * sqrt(wilson_interval(0.0, n, alpha).high / n) if _nearly_all_agree(domains, values) else 0.0
        return max(own, floor)

    locked, erased = fates.locked_corrected / lost.estimate, fates.erased_corrected / lost.estimate
    never_known = 1.0 - locked - erased
    return replace(
        fates,
        locked_of_forgotten=locked,
        locked_of_forgotten_se=se(_locked, locked),
        erased_of_forgotten=erased,
        erased_of_forgotten_se=se(_erased, erased),
        never_known_of_forgotten=never_known,
        never_known_of_forgotten_se=se(_never_known, never_known),
        of_forgotten_reach=student_quantile(1 - alpha / 2, dof),
    )


def _evidence(lost: ClusterEffects) -> tuple[float, float]:
    """How many clusters of equal weight hold the forgotten items, and degrees of freedom: of the key with fewer."""
    squares = [(key.contribution / lost.estimate) ** 2 for key in lost.keys]
    n = min(1.0 / float(np.sum(weights)) for weights in squares)
    dof = min(float(np.sum(weights)) ** 2 / float(np.sum(weights**2)) - 1.0 for weights in squares)
    return n, max(1.0, dof)


def _nearly_all_agree(domains: Sequence[Sequence[TaskFates]], values: Callable[[TaskFates], Floats]) -> bool:
    """Whether forgotten items with another value than most have lie in fewer than `FEW` clusters, and not in all."""
    tasks = [(place, task) for place, tasks in enumerate(domains) for task in tasks]
    forgotten = [task.forgotten > 0 for _, task in tasks]
    found = np.concatenate([values(task)[rows] for (_, task), rows in zip(tasks, forgotten, strict=True)])
    distinct, counts = np.unique(found, return_counts=True)
    differs = found != distinct[np.argmax(counts)]
    domain = np.repeat([place for place, _ in tasks], [int(rows.sum()) for rows in forgotten])
    for key in ("first", "second"):
        codes = np.concatenate(
            [getattr(task.clusters, key)[rows] for (_, task), rows in zip(tasks, forgotten, strict=True)]
        )
        clusters = domain * (int(codes.max()) + 1) + codes
        if len(np.unique(clusters[differs])) < min(FEW, len(np.unique(clusters))):
            return True
    return False
