"""A shifted power law fitted by least squares, with intervals, and whether it foretells what it did not see.

    y = shift + scale * x_1^b_1 * ... * x_k^b_k

is written about the centre c of the data (the geometric means) as

    y = level + (exp(curvature * z) - 1) / curvature,    z = sum_j slope_j * log(x_j / c_j)

so that b_j = curvature * slope_j and shift = level - 1 / curvature. All of it stays well determined where the curvature
is near 0, which is a straight line over the logarithms, and where shift and scale alone would run off to infinity.
A negative curvature levels off towards the shift, a positive one grows without bound. Source: the laws of forgetting by
Kalajdzievski 2024 (arXiv 2401.05605), shifted powers of the steps and of the parameters that are trained, which join
the two by a sum of powers; a product takes one number less for each and is what few checkpoints determine. Bates and
Watts 1988, "Nonlinear Regression Analysis and Its Applications", for the intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from forgetbench.stats.quantiles import student_quantile

Floats = NDArray[np.float64]

FEWEST_LEFT = 3
"""Degrees of freedom that a fit must leave: with fewer its intervals say next to nothing."""
FEWEST_VALUES = 3
"""Different values of the first predictor: two do not show how it bends."""
_STARTS = (-2.0, -0.7, 0.05, 0.7, 2.0)
"""Curvatures that are tried first, in units of one standard deviation of y."""
_STEEPEST = 30.0
_FLAT = 1e-4
_SAME = 0.999
"""Share of a predictor's variance, in logarithms, that others explain: from here on it tells nothing of its own."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """A number and its two-sided interval; infinite where the data do not bound it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """A fitted law."""

    predictors: tuple[str, ...]
    centre: tuple[float, ...]
    """Geometric mean of each predictor."""
    level: Bounded
    """y at the centre."""
    slopes: tuple[Bounded, ...]
    """What y grows by there for each factor of e in one predictor."""
    exponents: tuple[Bounded, ...]
    """Of the powers, in the order of the predictors."""
    curvature: Bounded
    shift: float
    """What y would level off to, or started from; NaN where the curvature's interval holds 0."""
    sigma: float
    """Standard deviation of what is left over."""
    r_squared: float
    n: int
    dof: int
    alpha: float
    parameters: tuple[float, ...]
    """level, curvature, slopes."""
    covariance: tuple[tuple[float, ...], ...]
    """Of those, by the linear approximation."""

    def at(self, x: Mapping[str, float]) -> Bounded:
        """y at one place, with the interval of another measurement there (not only of the curve)."""
        u = np.log([x[name] / centre for name, centre in zip(self.predictors, self.centre, strict=True)])[None]
        parameters = np.array(self.parameters)
        gradient = _jacobian(parameters, u)[0]
        variance = float(gradient @ np.array(self.covariance) @ gradient)
        return _bounded(float(_curve(parameters, u)[0]), variance + self.sigma**2, self.dof, self.alpha)


@dataclass(frozen=True, slots=True)
class Foretold:
    """One measurement that a fit did not see."""

    at: int
    """Its place among all points."""
    measured: float
    foretold: Bounded
    carried: float
    """What the last point of its group that was seen would have foretold: that nothing changes any more."""

    @property
    def holds(self) -> bool:
        """Whether the interval holds it."""
        return self.foretold.low <= self.measured <= self.foretold.high


class TooFewError(ValueError):
    """The points do not determine a law; the message says why."""


def usable(predictors: Mapping[str, Sequence[float | None]]) -> tuple[dict[str, list[float]], dict[str, str]]:
    """The predictors that a law can have, in the order given, and why each of the others cannot.

    Left out is what is unknown or not above 0 somewhere, the same everywhere, or given by those before it.
    """
    kept: dict[str, list[float]] = {}
    left_out: dict[str, str] = {}
    for name, values in predictors.items():
        known = [value for value in values if value is not None and isfinite(value) and value > 0.0]
        if len(known) < len(values) or not known:
            left_out[name] = "unknown"
        elif max(known) <= min(known) * (1.0 + 1e-9):
            left_out[name] = "same"
        elif kept and _explained(np.log(known), np.log(list(kept.values()))) > _SAME:
            left_out[name] = "given"
        else:
            kept[name] = known
    return kept, left_out


def fit_power_law(y: Sequence[float], predictors: Mapping[str, Sequence[float]], alpha: float = 0.05) -> PowerLaw:
    """Fit the law to points y, shape (n,), by ordinary least squares; every predictor is positive, of shape (n,).

    Intervals have level 1 - `alpha`, Student's with n minus the number of parameters as degrees of freedom. They take
    the points as independent: checkpoints of one training are less so, and `foretell` shows what that comes to. Raises
    TooFewError where fewer than `FEWEST_LEFT` degrees of freedom are left, or the first predictor has fewer than
    `FEWEST_VALUES` values.
    """
    values = np.asarray(y, dtype=np.float64)
    n, size = len(values), 2 + len(predictors)
    if not predictors:
        raise TooFewError("nothing varies that forgetting could follow")
    name, first = next(iter(predictors.items()))
    if n - size < FEWEST_LEFT:
        raise TooFewError(f"{n} checkpoints; {size} numbers are to be found, which takes {size + FEWEST_LEFT}")
    if len(set(first)) < FEWEST_VALUES:
        raise TooFewError(f"{len(set(first))} different values of {name}; it takes {FEWEST_VALUES}")
    logs = np.log(np.array(list(predictors.values()), dtype=np.float64)).T
    centre = logs.mean(axis=0)
    spread = float(values.std())
    if np.ptp(values) == 0.0:
        raise TooFewError("forgetting is the same at every checkpoint")
    found = _least_squares(values / spread, logs - centre)
    # Back to the units of y.
    parameters = np.array([found[0] * spread, found[1] / spread, *(found[2:] * spread)])
    return _law(parameters, values, logs - centre, tuple(predictors), np.exp(centre), alpha)


def foretell(
    y: Sequence[float], predictors: Mapping[str, Sequence[float]], groups: Sequence[str], alpha: float = 0.05
) -> tuple[Foretold, ...]:
    """The last point of every group, foretold by a law that is fitted to all the others without those.

    Points of a group stand in order. A group of one point is left whole to the fit. Raises TooFewError.
    """
    last = {group: at for at, group in enumerate(groups)}
    held = [at for group, at in last.items() if groups.count(group) > 1]
    seen = [at for at in range(len(y)) if at not in held]
    law = fit_power_law(
        [y[at] for at in seen], {name: [each[at] for at in seen] for name, each in predictors.items()}, alpha
    )
    return tuple(
        Foretold(
            at,
            y[at],
            law.at({name: each[at] for name, each in predictors.items()}),
            y[max(other for other in seen if groups[other] == groups[at])],
        )
        for at in held
    )


# --- the curve --------------------------------------------------------------------------------


def _curve(parameters: Floats, u: Floats) -> Floats:
    level, curvature, slopes = parameters[0], parameters[1], parameters[2:]
    z = u @ slopes
    if abs(curvature) < _FLAT:
        return np.asarray(level + z + curvature * z**2 / 2.0)
    return np.asarray(level + np.expm1(np.clip(curvature * z, None, _STEEPEST)) / curvature)


def _jacobian(parameters: Floats, u: Floats) -> Floats:
    """Derivatives of the curve by level, curvature and slopes; shape (n, 2 + k)."""
    curvature, slopes = parameters[1], parameters[2:]
    z = u @ slopes
    power = np.exp(np.clip(curvature * z, None, _STEEPEST))
    if abs(curvature) < _FLAT:
        by_curvature = z**2 / 2.0 + curvature * z**3 / 3.0
    else:
        by_curvature = (power * (curvature * z - 1.0) + 1.0) / curvature**2
    return np.column_stack([np.ones(len(u)), by_curvature, power[:, None] * u])


def _least_squares(y: Floats, u: Floats) -> Floats:
    """Level, curvature and slopes of the best curve, from several starts."""
    from scipy.optimize import least_squares

    line = np.linalg.lstsq(np.column_stack([np.ones(len(u)), u]), y, rcond=None)[0]
    tried = [
        least_squares(
            lambda p: _curve(p, u) - y, [line[0], start, *line[1:]], jac=lambda p: _jacobian(p, u), method="lm"
        )
        for start in _STARTS
    ]
    return np.asarray(min(tried, key=lambda result: result.cost).x)


def _law(parameters: Floats, y: Floats, u: Floats, names: tuple[str, ...], centre: Floats, alpha: float) -> PowerLaw:
    n, dof = len(y), len(y) - len(parameters)
    left = y - _curve(parameters, u)
    sigma = sqrt(float(left @ left) / dof)
    jacobian = _jacobian(parameters, u)
    covariance = sigma**2 * _inverse(jacobian.T @ jacobian)
    curvature = _bounded(parameters[1], covariance[1, 1], dof, alpha)
    exponents = []
    for at in range(2, len(parameters)):
        gradient = np.zeros(len(parameters))
        gradient[1], gradient[at] = parameters[at], parameters[1]
        exponents.append(_bounded(parameters[1] * parameters[at], float(gradient @ covariance @ gradient), dof, alpha))
    return PowerLaw(
        predictors=names,
        centre=tuple(centre.tolist()),
        level=_bounded(parameters[0], covariance[0, 0], dof, alpha),
        slopes=tuple(_bounded(parameters[at], covariance[at, at], dof, alpha) for at in range(2, len(parameters))),
        exponents=tuple(exponents),
        curvature=curvature,
        shift=nan if curvature.low <= 0.0 <= curvature.high else float(parameters[0] - 1.0 / parameters[1]),
        sigma=sigma,
        r_squared=1.0 - float(left @ left) / float(((y - y.mean()) ** 2).sum()),
        n=n,
        dof=dof,
        alpha=alpha,
        parameters=tuple(parameters.tolist()),
        covariance=tuple(map(tuple, covariance.tolist())),
    )


def _inverse(information: Floats) -> Floats:
    """The inverse; infinite variances where the points leave a number open."""
    scale = np.sqrt(np.diag(information))
    if not (np.isfinite(scale).all() and (scale > 0.0).all()):
        return np.diag(np.full(len(information), np.inf))
    scaled = information / np.outer(scale, scale)
    if np.linalg.cond(scaled) > 1e12:
        return np.diag(np.full(len(information), np.inf))
    return np.asarray(np.linalg.inv(scaled) / np.outer(scale, scale))


def _bounded(value: float, variance: float, dof: int, alpha: float) -> Bounded:
    if not variance >= 0.0:
        variance = np.inf
    reach = student_quantile(1.0 - alpha / 2.0, dof) * sqrt(variance)
    return Bounded(float(value), float(value - reach), float(value + reach))


def _explained(one: Floats, others: Floats) -> float:
    """Share of the variance of `one` that a line over `others`, shape (k, n), explains."""
    design = np.column_stack([np.ones(len(one)), *others])
    left = one - design @ np.linalg.lstsq(design, one, rcond=None)[0]
    return 1.0 - float(left @ left) / float(((one - one.mean()) ** 2).sum())
