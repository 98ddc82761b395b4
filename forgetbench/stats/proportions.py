"""Confidence intervals for proportions that keep their coverage at 0 % and 100 %.

A score in [0, 1] that is not right-or-wrong may stand in for a proportion: among all variables in
[0, 1] with a given mean the 0/1 variable has the largest variance, so the interval errs on the wide side.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from forgetbench.stats.quantiles import normal_quantile


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided confidence interval."""

    low: float
    high: float


def wilson_interval(successes: float, n: float, alpha: float = 0.05) -> Interval:
    """Wilson's score interval for a proportion, two-sided at level 1 - `alpha`.

    `successes` and `n` may be fractions, so that an effective sample size can be used.

    >>> round(wilson_interval(0, 50).high, 5)
    0.07135

    Raises ValueError unless 0 <= successes <= n and n > 0.
    Source: Wilson 1927, JASA 22:209; Brown, Cai and DasGupta 2001, Statistical Science 16:101.
    """
    if not 0 <= successes <= n or n <= 0:
        raise ValueError(f"need 0 <= successes <= n and n > 0, not {successes} of {n}")
    z2 = normal_quantile(1 - alpha / 2) ** 2
    rate = successes / n
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = sqrt(z2 * (rate * (1 - rate) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    # Rounding must not move a limit past the rate itself.
    return Interval(max(0.0, min(centre - half, rate)), min(1.0, max(centre + half, rate)))


def rate_difference_interval(loss: float, gain: float, n: float, alpha: float = 0.05) -> Interval:
    """Interval for gain - loss, the change of a paired score, from the Wilson limits of both rates.

    Never of width zero: without any loss or gain among n units it is plus and minus the Wilson upper
    limit of 0 in n. `loss` and `gain` are means in [0, 1] of what items lost and gained, `n` the number
    of independent units. The limits are combined as in the method of variance estimates recovery (MOVER),
    taking loss and gain as uncorrelated (their true correlation, -sqrt of the product of the odds,
    vanishes where changes are rare, which is where this interval is used).
    Source: Zou and Donner 2008, Statistics in Medicine 27:1693; Newcombe 1998, ibid. 17:2635.
    """
    of_loss = wilson_interval(min(loss, 1.0) * n, n, alpha)
    of_gain = wilson_interval(min(gain, 1.0) * n, n, alpha)
    delta = gain - loss
    low = delta - sqrt((gain - of_gain.low) ** 2 + (of_loss.high - loss) ** 2)
    high = delta + sqrt((of_gain.high - gain) ** 2 + (loss - of_loss.low) ** 2)
    return Interval(max(-1.0, low), min(1.0, high))
