"""Group-sequential evidence: e-values, valid at every planned look or at any look at all.

An e-value is evidence against a null hypothesis: its mean is at most 1 where the null is true, and that of an e-process
stays so at any stopping time (Ville 1939). Rejecting as soon as it reaches 1 / alpha is therefore wrong with
probability at most alpha, however often one looks and whenever one stops. 1 / e is an anytime-valid p-value. Where
the number of looks is planned, `PlannedLooks` knows how much less than 1 / alpha is enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import exp, hypot, inf, log, pi
from typing import Any

import numpy as np
from scipy import special

from forgetbench.stats.clustered import ClusterEffects, Floats
from forgetbench.stats.skewness import weakened_by_skewness


@dataclass(frozen=True, slots=True)
class NormalMixture:
    """One-sided e-values of a change, by a half-normal mixture over its size; see `normal_mixture_e_value`."""

    estimate: float
    se: float
    n: float
    """Degrees of freedom of `se`, plus 1."""
    skewness: float
    scale: float
    """Scale of the mixture: the distance from the null that it has most power for."""

    @staticmethod
    def of(effects: ClusterEffects, scale: float) -> NormalMixture:
        """With the conservative standard error, and in it one more item that changed entirely.

        A change so rare that no item has shown it yet is unknown to an early look; later the one weighs little.
        """
        se = hypot(effects.conservative_se, effects.max_item_weight)
        return NormalMixture(effects.estimate, se, effects.dof + 1.0, effects.skewness, scale)

    def above(self, null: float) -> float:
        """The e-value against "the true change is `null` or less"."""
        return normal_mixture_e_value(self.estimate - null, self.se, self.scale, self.n, self.skewness)

    def below(self, null: float) -> float:
        """The e-value against "the true change is `null` or more"."""
        return normal_mixture_e_value(null - self.estimate, self.se, self.scale, self.n, -self.skewness)

    def bounds(self, threshold: float) -> tuple[float, float]:
        """Lower and upper confidence bound: every change against which no e-value reaches `threshold`.

        Each is wrong with the probability of reaching the threshold: at most 1 / `threshold` at any look, alpha for
        `PlannedLooks.threshold(alpha)` at the planned ones. Within [-1, 1].
        """
        lower = self.estimate - _reach(lambda distance: self.above(self.estimate - distance) >= threshold)
        upper = self.estimate + _reach(lambda distance: self.below(self.estimate + distance) >= threshold)
        return max(-1.0, lower), min(1.0, upper)


def loss_e_value(effects: ClusterEffects, scale: float) -> float:
    """The e-value against "the true change is 0 or more": large when much was lost.

    `scale` > 0 is the size of drop that it has most power for; see `normal_mixture_e_value`.
    """
    return NormalMixture.of(effects, scale).below(0.0)


def _reach(rejects: Callable[[float], bool]) -> float:
    """The shortest distance that is rejected, as are all longer ones, to a billionth; 2 where none is."""
    low, high = 0.0, 2.0
    for _ in range(32):
        middle = (low + high) / 2.0
        low, high = (low, middle) if rejects(middle) else (middle, high)
    return high


def normal_mixture_e_value(estimate: float, se: float, scale: float, n: float = inf, skewness: float = 0.0) -> float:
    """The one-sided e-value against "the true mean is 0 or less", from its estimate so far.

    With z = estimate / se and r = (scale / se)^2, E = 2 / sqrt(1 + r) * exp(z^2 r / (2 (1 + r))) * Phi(z sqrt(r / (1 +
    r))): the likelihood ratio of a half-normal prior of that `scale` on the mean against 0. Exact for normal
    observations of known variance; for others it holds in the limit, which is why z is first taken from Student's t
    with `n` - 1 degrees of freedom to the normal with the same tail, and why docs/calibration.md shows the error
    rates by simulation. `skewness` is the estimate's: see `stats.skewness`. 0 where `n` is below 2 or the
    standard error is 0: no evidence either way.

    >>> round(normal_mixture_e_value(0.06, se=0.02, scale=0.03), 1)
    24.9

    Source: Robbins 1970, Ann. Math. Statist. 41:1397; Howard et al. 2021, Ann. Statist. 49:1055; Waudby-Smith et al.
    2021, arXiv 2103.06476, for the limit. Raises ValueError unless scale > 0 and se >= 0.
    """
    if not scale > 0.0 or not se >= 0.0:
        raise ValueError(f"need scale > 0 and se >= 0, not {scale} and {se}")
    if n < 2.0 or se == 0.0:
        return 0.0
    z = _as_normal(weakened_by_skewness(estimate / se, skewness), n - 1.0)
    r = (scale / se) ** 2
    log_e = float(_log_mixture(z, r, r / (1.0 + r)))
    return inf if log_e > 700.0 else exp(log_e)


def _log_mixture(z: Any, r: Any, share: Any) -> Any:
    return log(2.0) - np.log1p(r) / 2.0 + z * z * share / 2.0 + special.log_ndtr(z * np.sqrt(share))


def _as_normal(t: float, dof: float) -> float:
    """The z with the same tail probability under the standard normal as `t` has under Student's distribution."""
    if dof == inf:
        return t
    tail = float(special.stdtr(dof, -abs(t)))
    z = abs(t) if tail <= 0.0 else -float(special.ndtri(tail))
    return min(z, abs(t)) if t > 0.0 else -min(z, abs(t))


# --- planned looks ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlannedLooks:
    """The group-sequential test by a normal mixture at `looks` evenly spaced looks.

    1 / e is the p-value of an e-value if there is no end to the looks. Where there is one, the probability under the
    null that it reaches e at any of them is smaller, and is the p-value: the stopping boundary keeps the shape of the
    mixture and comes as close as the planned looks allow. Computed for a Brownian motion by recursive numerical
    integration.

    >>> round(PlannedLooks(ratio=4.0, looks=20).threshold(0.05), 1)
    6.0


    Source: Armitage, McPherson and Rowe 1969, JRSS A 132:235; Jennison and Turnbull 2000, "Group Sequential Methods",
    chapter 19, for the recursion. Raises ValueError unless ratio > 0 and looks >= 1.
    """

    ratio: float
    """(scale / standard error at the last look) squared, `normal_mixture_e_value`'s r there."""
    looks: int

    def __post_init__(self) -> None:
        if not self.ratio > 0.0 or self.looks < 1:
            raise ValueError(f"need ratio > 0 and looks >= 1, not {self.ratio} and {self.looks}")

    def p_value(self, e_value: float) -> float:
        """The probability of reaching `e_value` at any look although the true mean is 0."""
        if e_value <= 0.0:
            return 1.0
        log_e, log_p = self._table
        at = log(e_value)
        if at > log_e[-1]:
            # Far out the probability falls as 1 / e does.
            return exp(float(log_p[-1]) + float(log_e[-1]) - at)
        return exp(float(np.interp(at, log_e, log_p)))

    def threshold(self, alpha: float) -> float:
        """The e-value reached at any look with probability `alpha` if the true mean is 0; at most 1 / `alpha`."""
        log_e, log_p = self._table
        at = log(alpha)
        if at < log_p[-1]:
            return exp(float(log_e[-1]) + float(log_p[-1]) - at)
        return exp(float(np.interp(-at, -log_p, log_e)))

    @property
    def _table(self) -> tuple[Floats, Floats]:
        # A per cent of the ratio moves a threshold by a fraction of that; rounded, few tables serve all looks.
        return _boundary_crossing(round(log(self.ratio) / _RATIO_STEP), self.looks)


def planned_looks(mixture: NormalMixture, taken: int, planned: int) -> PlannedLooks:
    """The test that `mixture` belongs to, at the `taken`-th of `planned` looks.

    The standard error of the last look is foreseen: it falls with the root of what was seen.
    """
    return PlannedLooks((mixture.scale / mixture.se) ** 2 * planned / taken, planned)


_RATIO_STEP = 0.05
"""Between two tables, in the logarithm of the ratio."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_FAR = 7.0
"""Standard deviations below 0 that a path is followed to."""
_RAREST = 1e-9


@lru_cache(maxsize=4096)
def _boundary_crossing(ratio_steps: int, looks: int) -> tuple[Floats, Floats]:
    """Logarithms of e-values, and of the probabilities of reaching them at any look, which fall strictly."""
    log_e = np.linspace(-2.0, 14.0, 33)
    ratio = exp(ratio_steps * _RATIO_STEP)
    probabilities = _crossing_probabilities(log_e, ratio, looks)
    # What is rarer is lost in rounding; near 1 all of them are as good as 1.
    usable = (probabilities > _RAREST) & (probabilities < 1.0 - _RAREST)
    return log_e[usable], np.log(probabilities[usable])


def _crossing_probabilities(log_e: Floats, ratio: float, looks: int) -> Floats:
    """The probabilities, per e, that a Brownian motion's e-value is e or more at any of `looks` evenly spaced times.

    The density of the paths that have not got there is carried from look to look on Gauss and Legendre's nodes.
    """
    times = np.arange(1, looks + 1) / looks
    limits = _z_of_e(log_e[:, None], ratio * times) * np.sqrt(times)
    step = 1.0 / looks
    # One row per e: the places that paths may be at, and the probability of being there.
    places, mass, crossed = np.zeros((len(log_e), 1)), np.ones((len(log_e), 1)), np.zeros(len(log_e))
    for time, limit in zip(times, limits.T[:, :, None], strict=True):
        crossed += np.sum(mass * special.ndtr((places - limit) / step**0.5), axis=1)
        low = -_FAR * time**0.5
        half = np.maximum(limit - low, 0.0) / 2.0
        new = low + half * (_NODES + 1.0)
        distances = (new[:, :, None] - places[:, None, :]) / step**0.5
        density = np.einsum("eij,ej->ei", np.exp(-(distances**2) / 2.0), mass) / (2.0 * pi * step) ** 0.5
        places, mass = new, half * _WEIGHTS * density
    return crossed


def _z_of_e(log_e: Floats, ratios: Floats) -> Floats:
    """The z at which `normal_mixture_e_value` is e, per e and ratio; it grows with z, so bisection finds it."""
    share = ratios / (1.0 + ratios)
    low = np.full(np.broadcast_shapes(log_e.shape, ratios.shape), -20.0)
    high = low + 80.0
    for _ in range(48):
        z = (low + high) / 2.0
        above = _log_mixture(z, ratios, share) >= log_e
        low, high = np.where(above, low, z), np.where(above, z, high)
    return high
