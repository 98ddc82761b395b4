"""The few distributions that are needed, from scipy.special.

scipy.stats gives the same numbers, but takes 0.4 s to import and 46 us for a single number where these take 0.6.
"""

from __future__ import annotations

from scipy import special


def normal_quantile(p: float) -> float:
    """The standard normal's quantile at `p`."""
    return float(special.ndtri(p))


def normal_cdf(z: float) -> float:
    """The standard normal's cumulative distribution function at `z`."""
    return float(special.ndtr(z))


def student_quantile(p: float, dof: float) -> float:
    """The quantile at `p` of Student's t with `dof` > 0 degrees of freedom."""
    return float(special.stdtrit(dof, p))


def student_cdf(t: float, dof: float) -> float:
    """The cumulative distribution function of Student's t with `dof` > 0 degrees of freedom at `t`."""
    return float(special.stdtr(dof, t))
