"""What needs no structure between candidates: how hard an item is, how sure the base was, and the asked share's mean.

The log-odds that a candidate is right are linear in the item's difficulty (the share of the other candidates that are
right, shrunk to that of its task) and in the base's margin, with coefficients that all candidates share, and in a level
of the candidate's own, whose variance the known candidates show: the asked items fit it for a new one. All of it stands
twice, for items that the base has right and for those that it has wrong.

Source: Jin and Ren 2024, "Demystifying Language Model Forgetting with Low-rank Example Associations", arXiv 2406.14026
(additive effects of candidate and item are what low rank has to beat); Gelman and Hill 2007, chapter 14.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.logistic import logit, ridge_logistic, sigmoid
from forecasting.matrix import Candidates, Items
from forgetbench.stats.clustered import Floats

_SHRINKAGE = 2.0
"""How many candidates the mean of an item's task counts for in its difficulty."""
_LEAST_SPREAD = 0.05
"""Levels are never so alike among the known candidates that a new one may not differ by this much, in log-odds."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The mean of the known candidates, and how their levels spread around it."""

    expected: Floats
    """The log-odds of a candidate of which nothing is known; shape (items,)."""
    halves: Floats
    """1 where the base is right, and where it is wrong; shape (items, 2)."""
    precision: Floats
    """Shape (2,), of a candidate's levels."""
    logits: Floats
    """Shape (known candidates, items): their own, with their levels."""

    def predict(self, asked: Floats) -> Floats:
        """As `Model.predict`."""
        levels = ridge_logistic(self.halves, asked, self.expected[None], self.precision)
        return sigmoid(self.expected + levels @ self.halves.T)


def fit_baseline(items: Items, known: Candidates) -> Baseline:
    """The baseline that the known candidates teach. A candidate's own family never counts in its items' difficulty."""
    halves = np.column_stack([items.base, ~items.base]).astype(np.float64)
    designs = [_design(items, known.at(known.family != family), halves) for family in known.family]
    nothing = np.zeros((1, known.right.size))
    mean = ridge_logistic(np.concatenate(designs), known.right.reshape(1, -1), nothing, np.ones(designs[0].shape[1]))[0]
    logits = np.stack([design @ mean for design in designs])
    # The levels around the mean, and the mean around which they lie.
    levels = ridge_logistic(halves, known.right, logits, np.ones(2))
    precision = 1.0 / np.maximum(levels.std(axis=0), _LEAST_SPREAD) ** 2
    expected = _design(items, known, halves) @ mean + halves @ levels.mean(axis=0)
    return Baseline(expected, halves, precision, logits + levels @ halves.T)


def _design(items: Items, others: Candidates, halves: Floats) -> Floats:
    """Shape (items, columns): the intercept, difficulty and margin of either half."""
    columns = (np.ones(len(items)), difficulty(items, others), _scaled_margin(items))
    return np.column_stack([column[:, None] * halves for column in columns])


def difficulty(items: Items, others: Candidates) -> Floats:
    """The log-odds that one of the others is right, shrunk to those of its task; shape (items,)."""
    known = ~np.isnan(others.right)
    right, n = np.nansum(others.right, axis=0), known.sum(axis=0)
    stratum = 2 * items.task + items.base
    of_stratum = np.bincount(stratum, right), np.bincount(stratum, n)
    typical = ((of_stratum[0] + 0.5) / (of_stratum[1] + 1.0))[stratum]
    return logit((right + _SHRINKAGE * typical) / (n + _SHRINKAGE))


def _scaled_margin(items: Items) -> Floats:
    """In units of its spread, at most 3; 0 where there is none."""
    there = ~np.isnan(items.margin)
    spread = float(np.sqrt(np.mean(items.margin[there] ** 2))) if there.any() else 1.0
    scaled: Floats = np.clip(np.where(there, items.margin, 0.0) / (spread or 1.0), -3.0, 3.0)
    return scaled
