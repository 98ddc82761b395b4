"""Logistic regressions with a ridge, many at once: what every part of the forecast is fitted by."""

from __future__ import annotations

import numpy as np

from forgetbench.stats.clustered import Floats

_STEPS = 30
_LONGEST_STEP = 4.0


def ridge_logistic(
    design: Floats, outcomes: Floats, offset: Floats, precision: Floats, *, start: Floats | None = None
) -> Floats:
    """The coefficients of several regressions on one design, by Newton's method; shape (regressions, columns).

    `design` has shape (rows, columns); `outcomes`, in [0, 1] and NaN where not known, and `offset`, in log-odds, have
    (regressions, rows), or one row for all. `precision`, shape (columns,), is that of a normal prior around 0: a
    regression without any outcome has coefficients 0. From a `start`, of the result's shape, one step is taken.
    """
    known = ~np.isnan(outcomes)
    right = np.where(known, outcomes, 0.0)
    n_columns = design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    coefficients = np.zeros((len(outcomes), n_columns)) if start is None else start.copy()
    for _ in range(_STEPS if start is None else 1):
        chance = sigmoid(offset + coefficients @ design.T)
        gradient = np.where(known, right - chance, 0.0) @ design - precision * coefficients
        curvature = np.where(known, chance * (1.0 - chance), 0.0) @ products
        hessian = curvature.reshape(-1, n_columns, n_columns) + np.diag(precision)
        step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        coefficients += np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        if not step.size or np.max(np.abs(step)) < 1e-4:
            break
    return coefficients


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    values: Floats = 0.5 * (1.0 + np.tanh(0.5 * logits))
    return values


def logit(chances: Floats) -> Floats:
    """The inverse of `sigmoid`, for chances strictly between 0 and 1."""
    values: Floats = np.log(chances) - np.log1p(-chances)
    return values
