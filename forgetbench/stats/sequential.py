"""Evidence that may be looked at after every block of items.

An e-value is a bet against a null hypothesis: its mean is at most 1 where the null is true, and that of a process of
them stays so at every look (Ville 1939). Rejecting as soon as one reaches 1 / alpha is therefore wrong with
probability at most alpha, however often one looks and whenever one stops. 1 / e is a p-value of the same kind.
"""

from __future__ import annotations

from math import exp, inf, log, log1p

from scipy import special

from forgetbench.stats.clustered import ClusterEffects


def discordance_e_value(losses: int, gains: int) -> float:
    """The e-value against "losses and gains are equally likely": E = 2^n / ((n + 1) C(n, gains)), n = losses + gains.

    Exact for independent right-or-wrong items, of which only those that changed count. It is two-sided: read the
    direction off the counts. It is the likelihood ratio of a uniform prior on the share of gains against 1/2.
    Source: Ville 1939; Ramdas et al. 2023, Statistical Science 38:576. Raises ValueError on negative counts.
    """
    if losses < 0 or gains < 0:
        raise ValueError(f"counts cannot be negative: {losses} losses, {gains} gains")
    n = losses + gains
    # 1 / ((n + 1) C(n, k)) is the beta function B(k + 1, n - k + 1); logs hold where 2^n would not.
    return float(special.exp2(n + special.betaln(gains + 1, losses + 1) / log(2.0)))


def loss_e_value(effects: ClusterEffects, scale: float) -> float:
    """The e-value against "the true change is 0 or more": large when much was lost.

    `scale` > 0 is the size of drop that the bet is best for; see `normal_mixture_e_value`.
    """
    return normal_mixture_e_value(-effects.estimate, effects.cautious_se, scale, effects.freedom + 1.0)


def retention_e_value(effects: ClusterEffects, margin: float) -> float:
    """The e-value against "the true change is -`margin` or less": large when a loss that big is ruled out.

    The bet is best where nothing changed at all, a distance of `margin` from the null.
    """
    return normal_mixture_e_value(effects.estimate + margin, effects.cautious_se, margin, effects.freedom + 1.0)


def normal_mixture_e_value(estimate: float, se: float, scale: float, n: float = inf) -> float:
    """The one-sided e-value against "the true mean is 0 or less", from its estimate so far.

    With z = estimate / se and r = (scale / se)^2, E = 2 / sqrt(1 + r) * exp(z^2 r / (2 (1 + r))) * Phi(z sqrt(r / (1 +
    r))): the likelihood ratio of a half-normal prior of that `scale` on the mean against 0. Exact for normal
    observations of known variance; for others it holds in the limit, which is why z is first taken from Student's t
    with `n` - 1 degrees of freedom to the normal with the same tail, and why docs/calibration.md shows the error
    rates by simulation. 0 where `n` is below 2 or the standard error is 0: no evidence either way.
    Source: Robbins 1970, Ann. Math. Statist. 41:1397; Howard et al. 2021, Ann. Statist. 49:1055; Waudby-Smith et al.
    2021, arXiv 2103.06476, for the limit. Raises ValueError unless scale > 0 and se >= 0.
    """
    if not scale > 0.0 or not se >= 0.0:
        raise ValueError(f"need scale > 0 and se >= 0, not {scale} and {se}")
    if n < 2.0 or se == 0.0:
        return 0.0
    z = _as_normal(estimate / se, n - 1.0)
    r = (scale / se) ** 2
    log_e = log(2.0) - log1p(r) / 2.0 + z * z * r / (2.0 * (1.0 + r)) + _log_share(z * (r / (1.0 + r)) ** 0.5)
    return inf if log_e > 700.0 else exp(log_e)


def _log_share(z: float) -> float:
    return float(special.log_ndtr(z))


def _as_normal(t: float, freedom: float) -> float:
    """The normal quantile that leaves the same tail as `t` does under Student's distribution."""
    if freedom == inf:
        return t
    tail = float(special.stdtr(freedom, -abs(t)))
    size = abs(t) if tail <= 0.0 else -float(special.ndtri(tail))
    return min(size, abs(t)) if t > 0.0 else -min(size, abs(t))


def anytime_bounds(estimate: float, se: float, scale: float, n: float, alpha: float) -> tuple[float, float]:
    """Lower and upper bound of the true mean, each wrong at any look with probability at most `alpha`.

    They hold every mean that the one-sided e-value of `normal_mixture_e_value` does not reject at 1 / `alpha`; within
    [-1, 1]. Both together are an interval of level 1 - 2 `alpha`.
    """
    if normal_mixture_e_value(2.0, se, scale, n) * alpha < 1.0:
        return -1.0, 1.0
    short, long = 0.0, 2.0
    # Halved until the distance that is just rejected is known to a billionth.
    for _ in range(32):
        reach = (short + long) / 2.0
        short, long = (short, reach) if normal_mixture_e_value(reach, se, scale, n) * alpha >= 1.0 else (reach, long)
    return max(-1.0, estimate - long), min(1.0, estimate + long)
