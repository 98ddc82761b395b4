"""The smallest true drop that a comparison of so many items can be expected to show."""

from __future__ import annotations

from math import sqrt

from forgetbench.stats.clustered import ClusterEffects
from forgetbench.stats.quantiles import student_quantile


def minimum_detectable_effect(effects: ClusterEffects, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The minimum detectable effect: the true drop, at most 1, that a two-sided test at `alpha` finds with `power`.

    Where much varies it is Bloom's (z(1 - alpha/2) + z(power)) * se, about 2.8 standard errors. This one holds as well
    where few clusters changed, where they are few, and where scores are right or wrong. What changed is counted in
    equal units of size u = se^2 / (loss + gain), which for independent right-or-wrong items are the items: L lost,
    G gained, N = L + G. A sign test rejects where L - G - t sqrt(N) - step > 0: t is Student's quantile, step the
    distance between a count and the next, since an exact test needs a whole item more than a normal one. A drop x is
    found with probability `power` where the mean of that exceeds t(power) times its standard deviation,
    sqrt(L (1 - h)^2 + G (1 + h)^2) with h = t / (2 sqrt N). N is what was observed, or x where that is more: then
    everything that changes is lost. Six losses are the fewest that a two-sided sign test calls significant, so no fewer
    than about eight expected ones are ever promised.

    Source: Bloom 1995, Evaluation Review 19:547, for t; Connor 1987, Biometrics 43:207, for discordant pairs; Miller
    2024, arXiv 2411.00640, for paired, clustered evaluations; the rest is ours, held to 80 % in docs/calibration.md.

    >>> import numpy as np
    >>> from forgetbench.stats.clustered import cluster_effects
    >>> differences = np.repeat([-1.0, 1.0, 0.0], [50, 50, 900])
    >>> effects = cluster_effects([differences], [np.arange(1000)])
    >>> round(minimum_detectable_effect(effects), 3), round(2.8 * effects.se, 3)
    (0.029, 0.028)
    """
    if effects.n_effective < 2.0:
        return 1.0
    changed = effects.loss + effects.gain
    variance = effects.corrected_se**2
    unit = variance / changed if variance > 0.0 else max(effects.weight.max(), 1.0 / effects.n_effective)
    step = _smallest_change(effects) / unit
    t_alpha, t_power = (student_quantile(p, effects.dof_by_weight) for p in (1 - alpha / 2, power))

    def is_detectable(drop: float) -> bool:
        x = drop / unit
        total = max(changed / unit, x)
        lost, gained = (total + x) / 2, (total - x) / 2
        h = t_alpha / (2 * sqrt(total))
        spread = sqrt(lost * (1 - h) ** 2 + gained * (1 + h) ** 2)
        return x - t_alpha * sqrt(total) - step > t_power * spread

    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if is_detectable(middle) else (middle, high)
    return high


def _smallest_change(effects: ClusterEffects) -> float:
    """The smallest change of one cluster: what lies between a count and the next, where scores are counts."""
    changes = effects.contribution[effects.contribution != 0.0]
    return float(abs(changes).min()) if len(changes) else float(effects.weight.min())
