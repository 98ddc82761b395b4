"""The smallest true drop that a comparison of so many items can be expected to show."""

from __future__ import annotations

from collections.abc import Callable
from math import hypot, sqrt

import numpy as np

from forgetbench.stats.clustered import ClusterEffects, Floats
from forgetbench.stats.paired_tests import LEAST_DOF
from forgetbench.stats.quantiles import student_quantile


def minimum_detectable_effect(effects: ClusterEffects, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The minimum detectable effect: the true drop, at most 1, that a two-sided test at `alpha` finds with `power`.

    That is if the loss is spread evenly, the same share of every cluster; see `minimum_detectable_collapse`.
    Where much varies it is Bloom's (z(1 - alpha/2) + z(power)) * se, about 2.8 standard errors. This one holds as well
    where few clusters changed, where they are few, and where scores are right or wrong. What changed is counted in
    equal units of size u = se^2 / (loss + gain), which for independent right-or-wrong items are the items: L lost,
    G gained, N = L + G. A sign test rejects where L - G - t sqrt(N) - step > 0: t is Student's quantile, step the
    distance between a count and the next, since an exact test needs a whole item more than a normal one. A drop x is
    found with probability `power` where the mean of that exceeds t(power) times its standard deviation,
    sqrt(L (1 - h)^2 + G (1 + h)^2) with h = t / (2 sqrt N). The x lost ones come on top of what was observed, half of
    it lost and half gained; of graded scores in changes of the size that makes their variance, see
    `ClusterEffects.size_ratio`. Six losses are the fewest that a two-sided sign test calls significant, so no fewer
    than about eight expected ones are ever promised. What tasks without any variance may hide counts as it does in the
    test, see `ClusterEffects.guarded_se`.

    Source: Bloom 1995, Evaluation Review 19:547, for t; Connor 1987, Biometrics 43:207, for discordant pairs; Miller
    2024, arXiv 2411.00640, for paired, clustered evaluations; the rest is ours, held to 80 % in docs/calibration.md.

    >>> import numpy as np
    >>> from forgetbench.stats.clustered import cluster_effects
    >>> differences = np.repeat([-1.0, 1.0, 0.0], [50, 50, 900])
    >>> effects = cluster_effects([differences], [np.arange(1000)])
    >>> round(minimum_detectable_effect(effects), 3), round(2.8 * effects.se, 3)
    (0.033, 0.028)
    """
    changed = effects.loss + effects.gain
    variance = effects.corrected_se**2
    unit = variance / changed if variance > 0.0 else max(effects.weight.max(), 1.0 / effects.n_effective)
    step = _smallest_change(effects) / unit
    # What a task without any variance would add to it, if it lost as much as the others.
    more = sum(task.share**2 / task.n_effective for task in effects.silent) / unit if variance > 0.0 else 0.0
    larger = effects.size_ratio + more
    t_alpha, t_power = _quantiles(effects, alpha, power)

    def is_detectable(drop: float) -> bool:
        x = drop / unit
        gained = changed / unit / 2
        hidden = _hidden(effects, drop) / unit**2
        return finds_drop(x, gained + x * larger, gained, t_alpha, t_power, step=step, hidden=hidden)

    return _smallest(is_detectable, effects, alpha)


def finds_drop(
    drop: float, lost: float, gained: float, t_alpha: float, t_power: float, *, step: float = 1.0, hidden: float = 0.0
) -> bool:
    """Whether a test by signs finds a `drop` among `lost` and `gained` with the probability that `t_power` stands for.

    All in units of one change, as in `minimum_detectable_effect`; `hidden` is a variance that nothing has shown yet.
    """
    total = lost + gained
    h = t_alpha / (2 * sqrt(total))
    spread = sqrt(lost * (1 - h) ** 2 + gained * (1 + h) ** 2)
    return drop - t_alpha * sqrt(hypot(total, hidden)) - step > t_power * spread


def minimum_detectable_collapse(
    effects: ClusterEffects, scores: Floats, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The minimum detectable effect where each cluster loses all that it has or nothing; at most 1.

    `scores` is what each cluster of the drawn key has to lose: its share of the base's score, shape (n_clusters,).
    Of scores b that sum to B, a drop x means that each collapses with probability x / B. Its variance is
    x w (1 - x / B), w = sum b^2 / sum b, and comes on top of what was observed, V. A test by uncentred variance rejects
    where the drop exceeds t sqrt(V + x w) and a step; that is so with probability `power` where the mean exceeds it by
    t(power) standard deviations, sqrt(V + x w (1 - x / B) (1 - h)^2) with h = t w / (2 sqrt(V + x w)): a collapse adds
    to the variance as well. Ours, held to 80 % in docs/calibration.md.
    """
    what_there_is = np.maximum(scores, 0.0)
    most = float(what_there_is.sum())
    if most == 0.0:
        return 1.0
    size = float(np.sum(what_there_is**2)) / most
    variance = effects.corrected_se**2
    step = min(_smallest_change(effects), size) if effects.n_changed else size
    t_alpha, t_power = _quantiles(effects, alpha, power)

    def is_detectable(drop: float) -> bool:
        if drop > most:
            return False
        total = variance + drop * size
        h = min(1.0, t_alpha * size / (2 * sqrt(total)))
        spread = sqrt(variance + drop * size * (1 - drop / most) * (1 - h) ** 2)
        return drop - t_alpha * sqrt(hypot(total, _hidden(effects, drop / most))) - step > t_power * spread

    return _smallest(is_detectable, effects, alpha, most)


def _quantiles(effects: ClusterEffects, alpha: float, power: float) -> tuple[float, float]:
    """Student's, of the level and of the power, at three degrees of freedom fewer than the clusters' weights leave.

    The standard error that a comparison will show is not the one that was seen, and its test is the stricter of two.
    """
    dof = max(LEAST_DOF if len(effects.keys) == 1 else 1.0, effects.dof_by_weight - 3.0)
    return student_quantile(1.0 - alpha / 2, dof), student_quantile(power, dof)


def _hidden(effects: ClusterEffects, drop: float) -> float:
    """The variance that silent tasks may hide, as far as they stay silent if `drop` of each is lost."""
    return max((task.unseen_variance * (1.0 - drop) ** task.n_effective for task in effects.silent), default=0.0)


def _smallest(
    is_detectable: Callable[[float], bool], effects: ClusterEffects, alpha: float, most: float = 1.0
) -> float:
    """The smallest drop that is detectable, by bisection; 1 where none up to `most` is.

    None is where so few clusters agree by chance more often than in `alpha` of comparisons, all of them.
    """
    if 2.0 ** (1 - len(effects.weight)) > alpha or not is_detectable(most):
        return 1.0
    low, high = 0.0, most
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if is_detectable(middle) else (middle, high)
    return high


def _smallest_change(effects: ClusterEffects) -> float:
    """The smallest change of one cluster: what lies between a count and the next, where scores are counts."""
    changes = effects.contribution[effects.contribution != 0.0]
    return float(abs(changes).min()) if len(changes) else float(effects.weight.min())
