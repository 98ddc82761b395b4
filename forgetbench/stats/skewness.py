"""What skewness does to a Studentized mean: Hall's cubic transformation, and the quantiles that it maps to.

Where a score is lost often and never gained, or rarely and by much, a sample with few losses shows a small standard
error as well, and its t is large. With g the skewness of the mean, t + g t^2 / 3 + g^2 t^3 / 27 + g / 6 is unskewed to
second order. Beyond |g| = 0.8 / |t| that order says nothing, and g is cut there.

Source: Hall 1992, JRSS B 54:221.
"""

from __future__ import annotations

from math import cbrt


def weakened_by_skewness(t: float, skewness: float) -> float:
    """Hall's transformation of `t`, where that makes the evidence for a positive mean weaker; else `t`."""
    if t <= 0.0:
        return t
    g = max(-0.8 / t, min(skewness, 0.8 / t))
    return min(t, t + g * t**2 / 3.0 + g**2 * t**3 / 27.0 + g / 6.0)


def unskewed_to(z: float, skewness: float, reach: float) -> float:
    """The t that the transformation maps to `z`, |z| <= `reach`, where g is cut for all of these alike."""
    g = max(-0.8 / reach, min(skewness, 0.8 / reach))
    return z if abs(g) < 1e-6 else 3.0 / g * (cbrt(1.0 + g * (z - g / 6.0)) - 1.0)
