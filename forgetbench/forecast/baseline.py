"""What needs no structure between candidates: how hard an item is, how sure the base was, and the asked share's mean.

The log-odds that a candidate is right are linear in columns of the item, separately where the base is right and where
it is wrong: an intercept, the item's difficulty (the share of the other candidates that are right, shrunk to that of
its task), the base's margin, and an intercept of the task. All candidates share mean coefficients; each deviates from
them by normal effects, whose variances the known candidates show. Of a new one, the asked items fit its deviations.

Source: Jin and Ren 2024, "Demystifying Language Model Forgetting with Low-rank Example Associations", arXiv 2406.14026
(additive effects of candidate and item are what low rank has to beat); Gelman and Hill 2007, chapter 14.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forgetbench.forecast.logistic import logit, ridge_logistic, sigmoid
from forgetbench.forecast.matrix import Bools, Candidates, Items
from forgetbench.stats.clustered import Floats

_SHRINKAGE = 2.0
"""How many candidates the mean of an item's task counts for in its difficulty."""
_SHARED = 3
"""Columns that all candidates have a mean of, twice each: intercept, difficulty and margin."""
_LEAST_SPREAD = 0.05
"""No effect is so alike among the known candidates that a new one may not differ by this much, in log-odds."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The fitted mean of all candidates, and how they spread around it."""

    mean: Floats
    """Shape (columns,)."""
    precision: Floats
    """Shape (columns,), of a candidate's deviations."""
    logits: Floats
    """Shape (known candidates, items): their own, with their deviations."""
    design: Floats
    """Shape (items, columns): of a candidate that is none of the known."""

    @property
    def expected(self) -> Floats:
        """The log-odds of a candidate of which nothing is known; shape (items,)."""
        return self.design @ self.mean

    def predict(self, asked: Floats) -> Floats:
        """The probability that a new candidate is right; shape (items,). `asked` is NaN where it was not asked."""
        own = ridge_logistic(self.design, asked[None], self.expected[None], self.precision)[0]
        return sigmoid(self.expected + self.design @ own)


def fit_baseline(items: Items, known: Candidates) -> Baseline:
    """The baseline that the known candidates teach. A candidate's own family never counts in its items' difficulty."""
    families = np.unique(known.family)
    rows = [known.family == family for family in families]
    designs = [_design(items, known.at(~own)) for own in rows]
    mean, precision = _pooled(designs, rows, known), np.ones(designs[0].shape[1])
    deviations = np.zeros((len(known), len(mean)))
    for _ in range(2):
        for design, own in zip(designs, rows, strict=True):
            right = known.right[own]
            offset = np.broadcast_to(design @ mean, right.shape)
            deviations[own] = ridge_logistic(design, right, offset, precision)
        shift = np.where(np.arange(len(mean)) < 2 * _SHARED, deviations.mean(axis=0), 0.0)
        mean, deviations = mean + shift, deviations - shift
        precision = 1.0 / np.maximum(_spread(deviations), _LEAST_SPREAD) ** 2
    logits = np.zeros(known.right.shape)
    for design, own in zip(designs, rows, strict=True):
        logits[own] = (mean + deviations[own]) @ design.T
    return Baseline(mean, precision, logits, _design(items, known))


def _pooled(designs: Sequence[Floats], rows: Sequence[Bools], known: Candidates) -> Floats:
    """Coefficients of the shared columns as if all candidates were one; shape (columns,), 0 for the others."""
    shared = 2 * _SHARED
    counts = [own.sum() for own in rows]
    stacked = np.concatenate([np.tile(design[:, :shared], (n, 1)) for design, n in zip(designs, counts, strict=True)])
    right = np.concatenate([known.right[own].ravel() for own in rows])
    mean = np.zeros(designs[0].shape[1])
    mean[:shared] = ridge_logistic(stacked, right[None], np.zeros((1, len(right))), np.ones(shared))[0]
    return mean


def _design(items: Items, others: Candidates) -> Floats:
    """Shape (items, columns): the shared columns where the base is right, those where it is wrong, then the tasks'."""
    columns = np.column_stack([np.ones(len(items)), difficulty(items, others), _scaled_margin(items)])
    halves = [half[:, None] for half in (items.base.astype(np.float64), 1.0 - items.base)]
    tasks = np.eye(int(items.task.max()) + 1)[items.task]
    return np.column_stack([block * half for block in (columns, tasks) for half in halves])


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


def _spread(deviations: Floats) -> Floats:
    """Of each column's deviations; tasks have one spread where the base is right, and one where it is wrong."""
    squares, shared = np.mean(deviations**2, axis=0), 2 * _SHARED
    n_tasks = (len(squares) - shared) // 2
    for start in (shared, shared + n_tasks):
        squares[start : start + n_tasks] = squares[start : start + n_tasks].mean()
    spread: Floats = np.sqrt(squares)
    return spread
