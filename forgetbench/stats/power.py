"""What a comparison could have seen, and how many items it takes to see more."""

from __future__ import annotations

from math import ceil, inf, sqrt

from forgetbench.stats.clustered import ClusterEffects
from forgetbench.stats.quantiles import normal_quantile, student_quantile


def smallest_detectable_drop(se: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The true drop that a two-sided test at `alpha` finds with probability `power`, at most 1, where much varies.

    (z(1 - alpha/2) + z(power)) * se, `se` being the paired, clustered standard error that was observed: about
    2.8 standard errors. Source: Miller 2024, arXiv 2411.00640; Bloom 1995, Evaluation Review 19:547.
    """
    return min(1.0, (normal_quantile(1 - alpha / 2) + normal_quantile(power)) * se)


def minimum_detectable_effect(effects: ClusterEffects, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The true drop that the tests of a row find with probability `power`, at most 1, from what changed in it.

    As `smallest_detectable_drop`, and true as well where few clusters changed, where they are few, and where scores are
    right or wrong. What changed is counted in equal units of size u = se^2 / (loss + gain), which for independent
    right-or-wrong items are the items: L lost, G gained, N = L + G. A test of signs rejects where
    L - G - t sqrt(N) - step > 0: t is Student's quantile, step the distance between a count and the next, since an
    exact test needs a whole item more than a normal one. A drop x is found with probability `power` where the mean of
    that exceeds t(power) times its standard deviation, sqrt(L (1 - h)^2 + G (1 + h)^2) with h = t / (2 sqrt N). N is
    what was observed, or x where that is more: then everything that changes is lost. Six losses are the fewest that
    a two-sided sign test calls significant, so no fewer than about eight expected ones are ever promised.
    Source: Bloom 1995, Evaluation Review 19:547, for t; Connor 1987, Biometrics 43:207, for discordant pairs; the rest
    is ours, held to 80 % in docs/calibration.md.
    """
    if effects.n_effective < 2.0:
        return 1.0
    changed = effects.loss + effects.gain
    variance = effects.corrected_se**2
    unit = variance / changed if variance > 0.0 else max(effects.weight.max(), 1.0 / effects.n_effective)
    step = _lattice(effects) / unit
    reject, find = (student_quantile(p, effects.freedom_by_weight) for p in (1 - alpha / 2, power))

    def is_found(drop: float) -> bool:
        x = drop / unit
        total = max(changed / unit, x)
        lost, won = (total + x) / 2, (total - x) / 2
        h = reject / (2 * sqrt(total))
        spread = sqrt(lost * (1 - h) ** 2 + won * (1 + h) ** 2)
        return x - reject * sqrt(total) - step > find * spread

    short, long = 0.0, 1.0
    for _ in range(30):
        middle = (short + long) / 2
        short, long = (short, middle) if is_found(middle) else (middle, long)
    return long


def _lattice(effects: ClusterEffects) -> float:
    """The smallest change of one cluster: what lies between a count and the next, where scores are counts."""
    changes = effects.contribution[effects.contribution != 0.0]
    return float(abs(changes).min()) if len(changes) else float(effects.weight.min())


def items_needed(
    se: float, n: int, reach: float, *, one_sided: bool = False, alpha: float = 0.05, power: float = 0.8
) -> int:
    """How many items it takes for a standard error so small that a change of `reach` is told with probability `power`.

    `se` was observed on `n` items; it shrinks with the root of their number, new items coming with new clusters in
    the same proportion: n ((z(1 - alpha/2) + z(power)) se / reach)^2, rounded up. That many detect a drop of `reach`.
    With `one_sided` z(1 - alpha) stands in it, and that many call a score that did not change retained at a margin of
    `reach`.
    For independent right-or-wrong items with discordance d, se = sqrt(d / n).
    Raises ValueError unless se > 0, n > 0 and reach > 0.
    Source: Connor 1987, Biometrics 43:207; Miller 2024, arXiv 2411.00640, section 5.
    """
    if not (0.0 < se < inf and n > 0 and reach > 0.0):
        raise ValueError(f"need se > 0, n > 0 and reach > 0, not {se}, {n} and {reach}")
    z = normal_quantile(1 - alpha / (1 if one_sided else 2)) + normal_quantile(power)
    return ceil(n * (z * se / reach) ** 2)
