"""What a comparison that has not been made yet can be expected to show.

A planned mean of paired differences is described by how many independent items would tell as much (`Design`) and by its
discordance: the mean squared difference of an item between two checkpoints of equal ability, which for right-or-wrong
items is the share that changes. Half of what changes is lost then and half is won, so the standard error is
sqrt(discordance / units).

Sources: Connor 1987, Biometrics 43:207 (power with discordant pairs); Blackwelder 1982, Controlled Clinical Trials
3:345, and Julious 2004, Statistics in Medicine 23:1921 (power of a non-inferiority test, by Student's noncentral t).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, inf, sqrt

import numpy as np
from scipy import special

from forgetbench.stats.clustered import FEW, Codes, Floats
from forgetbench.stats.paired_tests import LEAST_DOF
from forgetbench.stats.power import finds_drop
from forgetbench.stats.proportions import rate_difference_interval
from forgetbench.stats.quantiles import normal_cdf, normal_quantile, student_quantile

_NODES = (np.arange(64) + 0.5) / 64
"""Quantiles of the number of changes that stand for all of them."""
_STEPS = 40


@dataclass(frozen=True, slots=True)
class Design:
    """How much the items of a macro mean tell."""

    units: float
    """Independent items of equal weight that would tell as much: discordance / squared standard error."""
    dof: float
    """Degrees of freedom of the standard error by weight: clusters less 1, where all weigh the same."""

    def scaled(self, factor: float) -> Design:
        """With `factor` times as many items, in as many more clusters."""
        return Design(self.units * factor, max(1.0, (self.dof + 1.0) * factor - 1.0))


def design(clusters: Sequence[Codes], second: Sequence[Codes] | None = None, *, correlation: float) -> Design:
    """The design of a macro mean of tasks, from the cluster codes of their items as `cluster_effects` takes them.

    Differences of two items correlate by `correlation` if they share a cluster, of either key, and else not. With w an
    item's weight, W a cluster's and S = sum W^2, 1 / units = (1 - correlation) sum w^2 + correlation (S_first +
    S_second - S_both), the two-way variance (Cameron, Gelbach and Miller 2011); for one key and equal clusters of m
    items that is Kish's design effect, 1 + (m - 1) correlation.
    Raises ValueError when there is no task, or one without items.

    >>> planned = design([np.arange(1000) // 20], correlation=0.1)
    >>> round(planned.units), round(planned.dof)  # 1000 / 2.9
    (345, 49)
    """
    if not clusters or any(not len(task) for task in clusters):
        raise ValueError("need at least one task, and items in every task")
    weight = np.concatenate([np.full(len(task), 1.0 / (len(task) * len(clusters))) for task in clusters])
    keys = [np.concatenate(clusters)]
    shared = _squared(keys[0], weight)
    if second is not None:
        keys.append(np.concatenate(second))
        both = np.unique(np.stack(keys), axis=1, return_inverse=True)[1].ravel()
        shared += _squared(keys[1], weight) - _squared(both, weight)
    variance = (1.0 - correlation) * float(np.sum(weight**2)) + correlation * shared
    return Design(1.0 / variance, min(_dof(key, weight) for key in keys))


def _squared(codes: Codes, weight: Floats) -> float:
    return float(np.sum(np.bincount(codes, weight) ** 2))


def _dof(codes: Codes, weight: Floats) -> float:
    """By weight, see `ClusterEffects.dof_by_weight`."""
    squares = np.bincount(codes, weight) ** 2
    return max(1.0, float(np.sum(squares)) ** 2 / float(np.sum(squares**2)) - 1.0)


# --- a drop that is to be found ---------------------------------------------------------------


def pairs_to_detect(drop: float, discordance: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """How many independent pairs a two-sided test needs to find a true `drop` < `discordance` with `power`.

    (z(1 - alpha/2) sqrt(d) + z(power) sqrt(d - drop^2))^2 / drop^2, Connor 1987: the standard error is taken with
    the drop under the alternative and without it under the null. With the former for both it is 1,737 here.

    >>> pairs_to_detect(0.03, 0.2)
    1742
    """
    z_alpha, z_power = normal_quantile(1 - alpha / 2), normal_quantile(power)
    return ceil(((z_alpha * sqrt(discordance) + z_power * sqrt(discordance - drop**2)) / drop) ** 2)


def detectable_drop(planned: Design, discordance: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The minimum detectable effect: the drop, at most 1, that a two-sided test at `alpha` finds with `power`.

    What `minimum_detectable_effect` will say of a comparison in which nothing was lost: the lost ones come on top of
    what changes anyway, half of it lost and half gained, so it is somewhat more than `pairs_to_detect` promises.
    """
    n, dof = planned.units, max(LEAST_DOF, planned.dof - 3.0)
    t_alpha, t_power = (student_quantile(p, dof) for p in (1 - alpha / 2, power))
    gained = n * discordance / 2
    return _smallest(lambda drop: finds_drop(n * drop, gained + n * drop, gained, t_alpha, t_power), 0.0, 1.0)


# --- no change, which is to be shown ----------------------------------------------------------


def noninferiority_power(planned: Design, discordance: float, margin: float, *, alpha: float = 0.05) -> Floats:
    """The chance that a loss of `margin` is ruled out by the one-sided bound at `alpha` where nothing was lost.

    An array over 64 equally likely numbers of changes; its mean is the power. At each number the rarer of two
    conclusions from the same estimate implies the other. A `margin` below 0 is a gain that is to be shown.

    The number of changes N is binomial, and the bound knows it: given N the standard error is sqrt(N) / units, and the
    power is the chance that Student's noncentral t with mean margin / se exceeds Student's quantile (Julious 2004). The
    bound is the real one (`bootstrap_interval`, scaled to one side): its degrees of freedom are by what clusters
    contribute at so many changes, it is longer where more was lost than won, and made of Wilson's limits where fewer
    than `FEW` changed.
    """
    n = max(2.0, float(round(planned.units)))
    changes = (
        np.ceil(np.maximum(special.bdtrik(_NODES, n, min(discordance, 1.0)), 0.0)) if discordance else 0.0 * _NODES
    )
    lower_arm = normal_quantile(1 - alpha) / normal_quantile(1 - alpha / 2)
    counts = np.maximum(changes, 1.0)
    mean = margin * n / np.sqrt(counts)
    clusters = min(planned.dof + 1.0, n)
    reach = special.stdtrit(_dof_by_contribution(counts, n, clusters), 1 - alpha / 2)
    threshold = lower_arm * reach - mean
    # Hall's correction makes the lower arm longer where more was lost than won.
    threshold /= np.where(threshold < 0.0, 1.0 + lower_arm * (reach**2 / 3 + 1 / 6) / counts, 1.0)
    # What N does not tell about the standard error is how the changes lie in clusters.
    spread_dof = 1.0 / max(1.0 / clusters - 1.0 / n, 1e-6)
    power = 1.0 - special.nctdtr(spread_dof, mean, threshold + mean)
    few = changes < min(FEW, n)
    power[few] = [_sparse_power(int(count), n, margin, alpha, lower_arm) for count in changes[few]]
    return np.asarray(power, dtype=np.float64)


def _dof_by_contribution(changes: Floats, n: float, clusters: float) -> Floats:
    """What `ClusterEffects.dof` is to be expected: 2 / ((kurtosis - 1) / clusters) - 1 of the clusters' changes.

    One unit's change is 1, 0 or -1, of kurtosis n / N; a cluster's is a sum of m = n / clusters, of kurtosis
    3 + (n / N - 3) / m. Where every item is a cluster that makes 2 / (1 / N - 1 / n) - 1, where few are large one less
    than their number.
    """
    spread = 2.0 / clusters - 3.0 / n + 1.0 / changes
    return np.clip(2.0 / np.maximum(spread, 1e-9) - 1.0, 1.0, max(1.0, clusters - 1.0))


@lru_cache(maxsize=4096)
def _sparse_power(changes: int, n: float, margin: float, alpha: float, lower_arm: float) -> float:
    """The same where so few changed that Wilson's limits are the bound: the chance of the splits into lost and won."""

    def bound(won: int) -> float:
        loss, gain = (changes - won) / n, won / n
        low = rate_difference_interval(loss, gain, n, alpha).low
        return gain - loss - lower_arm * (gain - loss - low)

    splits = special.comb(changes, np.arange(changes + 1)) / 2.0**changes
    return float(sum(chance for won, chance in enumerate(splits) if bound(won) > -margin))


def preservation_power(
    above_chance: float, base_se: float, delta_se: float, preserve: float, *, dof: float, alpha: float = 0.05
) -> tuple[float, float]:
    """The chance that an unchanged score is shown to keep the fraction f = `preserve` of the base's, both less chance.

    That is, that the lower bound of candidate - f base is above 0. `above_chance` is the base's score less that of
    guessing, `base_se` its standard error and `delta_se` that of candidate - base. Where the two are alike,
    cov(base, candidate - base) = -delta_se^2 / 2, so the variance of candidate - f base is (1 - f)^2 base_se^2 +
    f delta_se^2, and its covariance with the plain difference (1 + f) / 2 delta_se^2. The second number is their
    correlation.
    """
    se = sqrt((1 - preserve) ** 2 * base_se**2 + preserve * delta_se**2)
    if se == 0.0:
        return float(above_chance > 0.0), 0.0
    power = normal_cdf((1 - preserve) * above_chance / se - student_quantile(1 - alpha, dof))
    return power, min(1.0, (1 + preserve) / 2 * delta_se / se)


def both(first: float, second: float, correlation: float) -> float:
    """The chance of two conclusions together whose estimates are normal and correlate (a Gaussian copula).

    >>> round(both(0.8, 0.9, 0.0), 3), round(both(0.8, 0.9, 1.0), 3)
    (0.72, 0.8)
    """
    if correlation > 0.999 or not 0.0 < first < 1.0 or not 0.0 < second < 1.0:
        return min(first, second) if correlation > 0.0 else first * second
    # Owen 1956: the bivariate normal probability as one integral over the angle of correlation.
    a, b = normal_quantile(first), normal_quantile(second)
    nodes, weights = np.polynomial.legendre.leggauss(32)
    r = np.sin((nodes + 1) / 2 * np.arcsin(correlation))
    density = np.exp(-(a * a - 2 * a * b * r + b * b) / (2 * (1 - r * r)))
    return float(first * second + np.arcsin(correlation) / 2 * np.sum(weights * density) / (2 * np.pi))


# --- what it would take -----------------------------------------------------------------------


def smallest_reaching(power: Callable[[float], float], target: float, low: float, high: float) -> float:
    """The smallest x in [low, high] with power(x) >= target, of a power that grows with x, on a logarithmic scale;
    infinite where there is none."""
    if power(high) < target:
        return inf
    return float(
        np.exp(_smallest(lambda x: power(float(np.exp(x))) >= target, float(np.log(low)), float(np.log(high))))
    )


def _smallest(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where `holds` turns true, by bisection; `high` where it never does."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
