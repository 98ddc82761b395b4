"""Estimates that borrow strength from one another: the normal hierarchical model.

    y_j ~ N(theta_j, s_j^2),   theta_j ~ N(mu, tau^2)

mu has a flat prior and tau a uniform one on [0, 1], the range of a score; both are integrated over, tau on a grid, so
that what is not known of the spread between rows widens every posterior. With a plugged-in tau of 0 all rows would be
said to have changed alike.

Source: Gelman et al. 2013, "Bayesian Data Analysis", 3rd edition, section 5.4 (equations 5.16 to 5.21) and 5.5 (eight
schools); Efron and Morris 1975, JASA 70:311; Gelman 2006, Bayesian Analysis 1:515, for the uniform prior: of fewer
than five rows it shrinks too little rather than too much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

_GRID = 200
"""Values of tau."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """The posterior of every theta, a mixture of normal distributions over the grid of tau; arrays (grid, rows)."""

    weights: Floats
    """Of the grid's values, shape (grid,); sums to 1."""
    means: Floats
    sds: Floats

    @property
    def mean(self) -> Floats:
        """Posterior means, shape (rows,)."""
        mean: Floats = self.weights @ self.means
        return mean

    @property
    def sd(self) -> Floats:
        """Posterior standard deviations, shape (rows,)."""
        sd: Floats = np.sqrt(self.weights @ (self.sds**2 + (self.means - self.mean) ** 2))
        return sd

    def below(self, limits: Floats) -> Floats:
        """The posterior probability that each theta is below its limit, shape (rows,)."""
        probability: Floats = self.weights @ special.ndtr((limits - self.means) / self.sds)
        return probability


def shrink(estimates: Floats, se: Floats, correlation: float = 0.0) -> Posterior:
    """The posterior of the true values behind `estimates` with standard errors `se`, both of shape (rows,).

    Every two estimates' errors have the `correlation`, for instance since the same questions were asked: then they are
    less evidence about mu. One estimate alone stays as it is. Given tau all is in closed form (Sherman and Morrison).

    >>> schools = shrink(np.array([28, 8, -3, 7, -1, 1, 18, 12]) / 100, np.array([15, 10, 16, 11, 9, 11, 10, 18]) / 100)
    >>> (100 * schools.mean).round(1).tolist()
    [11.4, 7.9, 6.1, 7.6, 5.1, 6.1, 10.7, 8.5]

    Raises ValueError unless every standard error is above 0 and the correlation within [0, 1).
    """
    if not len(estimates) or not np.all(se > 0.0) or not 0.0 <= correlation < 1.0:
        raise ValueError(f"need standard errors above 0 and a correlation in [0, 1), not {se} and {correlation}")
    tau = np.concatenate([[0.0], np.geomspace(se.min() / 100.0, 1.0, _GRID - 1)])
    between = tau[:, None] ** 2
    # The covariance of the estimates given mu, at every tau: a diagonal, and what the errors have in common.
    errors = _Covariance((1.0 - correlation) * se**2 + between, np.sqrt(correlation) * se)
    precision = errors.solve(np.ones_like(se))
    mu_variance = 1.0 / precision.sum(axis=1)
    mu = mu_variance * (precision @ estimates)
    centred = estimates - mu[:, None]
    solved = errors.solve(centred)
    log_density = (np.log(mu_variance) - errors.log_determinant - np.sum(centred * solved, axis=1)) / 2.0
    weights = np.exp(log_density - log_density.max()) * _widths(tau)
    unexplained = 1.0 - between * precision
    variances = between - between**2 * errors.inverse_diagonal + unexplained**2 * mu_variance[:, None]
    return Posterior(weights / weights.sum(), mu[:, None] + between * solved, np.sqrt(np.maximum(variances, 1e-18)))


@dataclass(frozen=True, slots=True)
class _Covariance:
    """A diagonal plus the outer product of `common` with itself, one matrix per value of tau."""

    diagonal: Floats
    """Shape (grid, rows)."""
    common: Floats
    """Shape (rows,)."""

    @property
    def _excess(self) -> Floats:
        excess: Floats = 1.0 + np.sum(self.common**2 / self.diagonal, axis=1)
        return excess

    @property
    def log_determinant(self) -> Floats:
        log_determinant: Floats = np.sum(np.log(self.diagonal), axis=1) + np.log(self._excess)
        return log_determinant

    @property
    def inverse_diagonal(self) -> Floats:
        return 1.0 / self.diagonal - (self.common / self.diagonal) ** 2 / self._excess[:, None]

    def solve(self, right: Floats) -> Floats:
        """The inverse times `right`, shape (grid, rows) or (rows,)."""
        scaled = right / self.diagonal
        along: Floats = np.sum(scaled * self.common, axis=1) / self._excess
        return scaled - along[:, None] * self.common / self.diagonal


def _widths(places: Floats) -> Floats:
    """Weights of the trapezoidal rule."""
    steps = np.diff(places)
    return np.concatenate([[0.0], steps]) / 2.0 + np.concatenate([steps, [0.0]]) / 2.0
