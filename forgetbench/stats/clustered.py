"""Paired differences in clusters: macro mean, standard error and degrees of freedom.

The estimate is always a macro mean: the mean over tasks of the mean over a task's items. One task is the macro mean of
one. Items of one cluster (a subject, a template, a prompt, in all tasks that ask about it) move together and are one
piece of evidence: all that is random here is which clusters were sampled. A cluster's influence on the estimate is
summed over tasks before anything is squared; where tasks share no cluster that is sqrt(sum se_t^2) / T.

Source: Miller 2024, "Adding Error Bars to Evals", arXiv 2411.00640 (clustered standard errors, paired
differences); Cameron and Miller 2015, Journal of Human Resources 50:317.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from forgetbench.stats.proportions import Interval, rate_difference_interval, wilson_interval

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

FEW = 10
"""Below this number of clusters, or of clusters where anything changed, resampling alone is not trusted."""

FEW_FOR_A_TASK = 100
"""Below this number of clusters a task beside far larger ones is named."""

_DOMINATES = 0.8


@dataclass(frozen=True, slots=True)
class ClusterKey:
    """A macro mean decomposed by the clusters of one key. All arrays have shape (n_clusters,)."""

    contribution: Floats
    """What the cluster adds to the estimate; sums to it."""
    influence: Floats
    """What the cluster adds to the estimate's error; sums to 0."""
    weight: Floats
    """The cluster's share of the macro mean; sums to 1."""
    n_changed: int
    """Clusters in which at least one item's difference is not 0."""

    @property
    def variance(self) -> float:
        """The summed squared influences: the clustered variance of the estimate."""
        return float(np.sum(self.influence**2))

    @property
    def n_effective(self) -> float:
        """Kish's effective sample size in clusters, 1 / sum weight^2: their number when all weigh the same."""
        return 1.0 / float(np.sum(self.weight**2))

    @property
    def dof(self) -> float:
        """Degrees of freedom of the standard error, at least 1 and at most the number of clusters less 1.

        The smaller of two of Satterthwaite's approximations, less 1. By weight, (sum w^2)^2 / sum w^4: where one
        cluster holds a third of all items, most of the error is one draw (Bell and McCaffrey 2002, Survey Methodology
        28:169, for clusters whose items move as one, the worst case). By contribution, over n clusters,
        2 / (sum c^4 / (sum c^2)^2 - 1 / n): where few of them changed much, the error is known from those few.
        """
        if not np.any(self.influence):
            return self.dof_by_weight
        spread = 1.0 / _squared_sum_over_fourth(self.contribution) - 1.0 / len(self.contribution)
        return max(1.0, min(self.dof_by_weight, 2.0 / max(spread, 1e-9) - 1.0))

    @property
    def dof_by_weight(self) -> float:
        """The first of the two, which does not depend on what changed."""
        return max(1.0, _squared_sum_over_fourth(self.weight) - 1.0)


@dataclass(frozen=True, slots=True)
class SilentTask:
    """A task that shows no variance: all of its differences are equal, or all its items are one cluster."""

    difference: float
    n_effective: float
    share: float
    """Its share of the macro mean."""

    @property
    def unseen_variance(self) -> float:
        """What it may add to the estimate's: share^2 u / n, u Wilson's upper limit of the rate 0 among n clusters."""
        return self.share**2 * wilson_interval(0.0, self.n_effective).high / self.n_effective

    def interval(self, alpha: float) -> Interval:
        """Of what it adds to the estimate."""
        loss, gain = max(-self.difference, 0.0), max(self.difference, 0.0)
        whole = rate_difference_interval(loss, gain, self.n_effective, alpha)
        return Interval(self.share * whole.low, self.share * whole.high)


@dataclass(frozen=True, slots=True)
class ClusterEffects:
    """A macro mean of paired differences, decomposed by the clusters of one key or of two that cross.

    With two keys the variance is two-way, V = V_first + V_second - V_both (both: the clusters of items that share the
    two), each bias-reduced by itself, and never below the larger of the one-way variances. What needs clusters to draw
    or to flip takes those of the key with the larger variance, and what needs their number takes the smaller.
    Source: Cameron, Gelbach and Miller 2011, Journal of Business and Economic Statistics 29:238.
    """

    estimate: float
    keys: tuple[ClusterKey, ...]
    """One, or two that say different things."""
    max_item_weight: float
    """The largest share that one item has."""
    se: float
    """Clustered standard error of the estimate, without small-sample correction."""
    corrected_se: float
    """The standard error, bias-reduced (CR2): a cluster drags its task's mean towards itself, which hides a part of its
    error; in a task of which it makes up a share w, that part is divided by sqrt(1 - w)."""
    loss: float
    """Macro mean of what items lost; estimate = gain - loss."""
    gain: float
    size_ratio: float = 1.0
    """Sum |d|^3 sum |d| / (sum d^2)^2 over the items' differences d: by how much a change that makes variance is larger
    than the average one; 1 where all are of one size, as those of right-or-wrong items."""
    silent: tuple[SilentTask, ...] = ()

    @property
    def n_clusters(self) -> int:
        """Different clusters of the first key."""
        return len(self.keys[0].weight)

    @property
    def n_second_clusters(self) -> int | None:
        """Those of the second; None where there is none, or all items of each of its clusters share a first one."""
        return len(self.keys[1].weight) if len(self.keys) > 1 else None

    @property
    def drawn_at(self) -> int:
        """Which key the estimate varies more by."""
        return int(np.argmax([key.variance for key in self.keys]))

    @property
    def drawn(self) -> ClusterKey:
        return self.keys[self.drawn_at]

    @property
    def contribution(self) -> Floats:
        """By cluster of the drawn key."""
        return self.drawn.contribution

    @property
    def weight(self) -> Floats:
        """By cluster of the drawn key."""
        return self.drawn.weight

    @property
    def influence(self) -> Floats:
        """By cluster of the drawn key, scaled so that the squares sum to the two-way variance."""
        drawn = self.drawn
        return (
            drawn.influence
            if len(self.keys) == 1 or not self.se
            else drawn.influence * (self.se / sqrt(drawn.variance))
        )

    @property
    def n_changed(self) -> int:
        """Clusters in which something changed, by the key that leaves fewer."""
        return min(key.n_changed for key in self.keys)

    @property
    def n_effective(self) -> float:
        """Clusters of equal weight that would tell as much (Kish), by the key that leaves fewer."""
        return min(key.n_effective for key in self.keys)

    @property
    def dof(self) -> float:
        """Degrees of freedom of the standard error, by the key that leaves fewer."""
        return min(key.dof for key in self.keys)

    @property
    def dof_by_weight(self) -> float:
        """Those that do not depend on what changed."""
        return min(key.dof_by_weight for key in self.keys)

    @property
    def skewness(self) -> float:
        """Skewness of the estimate, sum influence^3 / se^3; 0 where nothing varies."""
        drawn = self.drawn
        cubes = drawn.influence * drawn.influence * drawn.influence
        return float(np.sum(cubes)) / drawn.variance**1.5 if self.se > 0.0 else 0.0

    @property
    def is_sparse(self) -> bool:
        """Too little varies for a standard error or a resample to show what might have happened.

        Some clusters did not change and fewer than `FEW` did, or all differences are equal.
        """
        return self.se == 0.0 or any(key.n_changed < min(FEW, len(key.weight)) for key in self.keys)

    @property
    def guarded_se(self) -> float:
        """The corrected standard error, and in it what the tasks that show no variance may hide.

        Of a macro mean a small task is as much as a large one, and most of the error may be that of five items that
        happened not to change. What such tasks may hide is at most what one of them may alone: Wilson's limit is about
        four changes expected, and four in each of two tasks would hardly leave both without any. It joins what was
        seen as limits of independent variances do, by the root of the squares (Zou and Donner 2008), so that among
        many tasks a silent one weighs little.
        """
        unseen = max((task.unseen_variance for task in self.silent), default=0.0)
        return sqrt(hypot(self.corrected_se**2, unseen))

    @property
    def conservative_se(self) -> float:
        """The guarded standard error, where data are sparse not below what the rate of change may be at worst.

        The floor is sqrt(u / n), u the upper Wilson limit of the rate of change among n clusters: the
        standard error that so many changes would give. So no change at all is not infinite precision.
        """
        if not self.is_sparse:
            return self.guarded_se
        n = self.n_effective
        worst = wilson_interval(min(self.loss + self.gain, 1.0) * n, n).high
        return max(self.guarded_se, sqrt(worst / n))


def cluster_effects(
    differences: Sequence[Floats], clusters: Sequence[Codes], second: Sequence[Codes] | None = None
) -> ClusterEffects:
    """The macro mean of `differences`, decomposed by cluster.

    `differences[t]` holds one number per item of task t, in [-1, 1] where they are score differences,
    `clusters[t]` the item's cluster as a code >= 0; equal codes are the same cluster in every task. `second[t]` is its
    cluster by a second key that crosses the first or holds several of its clusters, with codes of its own.

    >>> effects = cluster_effects([np.array([-1.0, 0.0, 0.0, 0.0])], [np.array([0, 0, 1, 2])])
    >>> effects.estimate, effects.contribution.tolist(), round(effects.n_effective, 2)
    (-0.25, [-0.25, 0.0, 0.0], 2.67)

    Raises ValueError when there is no task, or a task without items.
    """
    n_tasks = len(differences)
    if not n_tasks or any(not len(task) for task in differences):
        raise ValueError("need at least one task, and items in every task")
    sizes = [len(task) for task in differences]
    values = np.concatenate(differences)
    share = np.repeat([1.0 / (size * n_tasks) for size in sizes], sizes)
    means = [float(task.mean()) for task in differences]
    errors = (values - np.repeat(means, sizes)) * share
    partitions = _partitions(_codes(clusters), None if second is None else _codes(second))
    weights = [_sums(codes, share) for codes in partitions]
    influences = [_influence(codes, errors, weight) for codes, weight in zip(partitions, weights, strict=True)]
    corrected = [
        _influence(codes, errors * _leverage(codes, sizes), weight)
        for codes, weight in zip(partitions, weights, strict=True)
    ]
    parts = zip(partitions[:2], influences, weights, strict=False)
    return ClusterEffects(
        estimate=float(np.mean(means)),
        keys=tuple(
            ClusterKey(_sums(codes, values * share), influence, weight, _number_of_changed(codes, values))
            for codes, influence, weight in parts
        ),
        max_item_weight=float(share.max()),
        se=_standard_error(influences),
        corrected_se=_standard_error(corrected),
        loss=float(np.mean([np.maximum(-task, 0.0).mean() for task in differences])),
        gain=float(np.mean([np.maximum(task, 0.0).mean() for task in differences])),
        size_ratio=_size_ratio(values, share),
        silent=_silent_tasks(differences, [clusters] if second is None else [clusters, second]),
    )


def _size_ratio(values: Floats, share: Floats) -> float:
    sizes = np.abs(values)
    # Cubes by multiplication: numpy's power takes ten times as long.
    once = share * sizes
    twice = once * sizes
    squares = float(np.sum(twice))
    return float(np.sum(twice * sizes)) * float(np.sum(once)) / squares**2 if squares > 0.0 else 1.0


def _silent_tasks(differences: Sequence[Floats], keys: Sequence[Sequence[Codes]]) -> tuple[SilentTask, ...]:
    silent = []
    for number, task in enumerate(differences):
        of_task = [clusters[number] for clusters in keys]
        if np.ptp(task) <= 1e-12 or any(np.ptp(codes) == 0 for codes in of_task):
            n = min(_effective_number(codes) for codes in of_task)
            silent.append(SilentTask(float(task.mean()), n, 1.0 / len(differences)))
    return tuple(silent)


def _effective_number(codes: Codes) -> float:
    return float(len(codes) ** 2 / np.sum(np.bincount(codes).astype(np.float64) ** 2))


def _codes(clusters: Sequence[Codes]) -> Codes:
    """The items' clusters in all tasks, numbered without gaps."""
    codes = np.concatenate(clusters)
    present = np.bincount(codes) > 0
    return codes if present.all() else (np.cumsum(present) - 1)[codes]


def _partitions(first: Codes, second: Codes | None) -> list[Codes]:
    """The clusters by the first key; by the second, where it says more; and by both, where they cross."""
    if second is None or _is_nested(second, first):
        return [first]
    if _is_nested(first, second):
        return [first, second]
    return [first, second, np.unique(first * (int(second.max()) + 1) + second, return_inverse=True)[1]]


def _is_nested(fine: Codes, coarse: Codes) -> bool:
    """Whether every cluster of `fine` lies within one of `coarse`."""
    container = np.zeros(int(fine.max()) + 1, dtype=np.intp)
    container[fine] = coarse
    return bool(np.array_equal(container[fine], coarse))


def _number_of_changed(codes: Codes, values: Floats) -> int:
    """Clusters in which at least one value is not 0."""
    return int(np.count_nonzero(np.bincount(codes[values != 0.0])))


def _influence(codes: Codes, errors: Floats, weight: Floats) -> Floats:
    sums = _sums(codes, errors)
    # A mean of equal numbers may differ from them in the last digit; that is no spread.
    sums[np.abs(sums) <= 1e-12 * weight] = 0.0
    return sums


def _standard_error(influences: Sequence[Floats]) -> float:
    """From the influences by the first key, by the second, and by both where they cross."""
    variances = [float(np.sum(influence**2)) for influence in influences]
    two_way = variances[0] + variances[1] - variances[2] if len(variances) == 3 else 0.0
    return sqrt(max(*variances[:2], two_way))


def _squared_sum_over_fourth(values: Floats) -> float:
    """(sum v^2)^2 / sum v^4: the effective number of terms in the sum of squares."""
    squares = (values / np.max(np.abs(values))) ** 2
    return float(np.sum(squares)) ** 2 / float(np.sum(squares**2))


def _leverage(codes: Codes, sizes: Sequence[int]) -> Floats:
    """Per item 1 / sqrt(1 - w), w its cluster's share of its task, at most 1/2: of a lone cluster nothing is known."""
    factors = []
    for task_codes in np.split(codes, np.cumsum(sizes)[:-1]):
        shares = np.bincount(task_codes) / len(task_codes)
        factors.append((1.0 / np.sqrt(1.0 - np.minimum(shares, 0.5)))[task_codes])
    return np.concatenate(factors)


def _sums(codes: Codes, values: Floats) -> Floats:
    """Sum of `values` per code."""
    return np.bincount(codes, values).astype(np.float64, copy=False)


def combine(effects: Sequence[ClusterEffects]) -> ClusterEffects:
    """The plain mean of several macro means that share no cluster: that of the domains, for example."""
    n = len(effects)
    n_keys = max(len(part.keys) for part in effects)
    return ClusterEffects(
        estimate=sum(part.estimate for part in effects) / n,
        # Where one has a single key, that is its second as well.
        keys=tuple(_joined([part.keys[min(i, len(part.keys) - 1)] for part in effects]) for i in range(n_keys)),
        max_item_weight=max(part.max_item_weight for part in effects) / n,
        se=sqrt(sum(part.se**2 for part in effects)) / n,
        corrected_se=sqrt(sum(part.corrected_se**2 for part in effects)) / n,
        loss=sum(part.loss for part in effects) / n,
        gain=sum(part.gain for part in effects) / n,
        size_ratio=sum(part.size_ratio for part in effects) / n,
        silent=tuple(replace(task, share=task.share / n) for part in effects for task in part.silent),
    )


def _joined(keys: Sequence[ClusterKey]) -> ClusterKey:
    """The plain mean of several, decomposed by the clusters of all of them."""
    n = len(keys)
    return ClusterKey(
        contribution=np.concatenate([key.contribution for key in keys]) / n,
        influence=np.concatenate([key.influence for key in keys]) / n,
        weight=np.concatenate([key.weight for key in keys]) / n,
        n_changed=sum(key.n_changed for key in keys),
    )


def dominating_task(n_effective: Sequence[float]) -> tuple[int, float] | None:
    """Which of tasks with so many clusters makes nearly all of their mean's error, and its share of the variance.

    A macro mean counts all tasks alike, so that at the same rate of change the variance of each goes as 1 / n. One that
    makes four fifths of the whole and has fewer than `FEW_FOR_A_TASK` clusters is the weak point, however large the
    others are. None where there is none.
    """
    variances = [1.0 / n for n in n_effective]
    largest = max(range(len(variances)), key=variances.__getitem__, default=0)
    if len(variances) < 2 or n_effective[largest] >= FEW_FOR_A_TASK:
        return None
    share = variances[largest] / sum(variances)
    return (largest, share) if share >= _DOMINATES else None
