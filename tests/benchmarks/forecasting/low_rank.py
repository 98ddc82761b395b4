"""Logistic matrix factorisation: what candidates forget together, beyond what the baseline explains.

The log-odds that candidate c is right about item i are those of the baseline plus u_c . v_i, of few dimensions. The
known candidates give the items' factors v; the asked items of a new candidate its u, together with its level, so that
rank 0 is the baseline itself.

Source: Jin and Ren 2024, "Demystifying Language Model Forgetting with Low-rank Example Associations", arXiv 2406.14026;
Salakhutdinov and Mnih 2007, NIPS (normal priors on the factors); Collins, Dasgupta and Schapire 2001, NIPS (factors of
log-odds).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from forecasting.baseline import Baseline
from forecasting.logistic import ridge_logistic, sigmoid
from forecasting.matrix import Candidates
from forgetbench.stats.clustered import Floats

_ROUNDS = 20
_PRECISION = 4.0
"""Of an item's factors; a candidate's have 1."""


@dataclass(frozen=True, slots=True)
class LowRank:
    """The baseline, and factors of the items."""

    baseline: Baseline
    factors: Floats
    """Shape (items, rank)."""

    def predict(self, asked: Floats) -> Floats:
        """As `Model.predict`."""
        base, rank = self.baseline, self.factors.shape[1]
        design = np.column_stack([base.halves, self.factors])
        precision = np.concatenate([base.precision, np.ones(rank)])
        own = ridge_logistic(design, asked, base.expected[None], precision)
        return sigmoid(base.expected + own @ design.T)


def fit_low_rank(baseline: Baseline, known: Candidates, rank: int) -> LowRank:
    """Factors of candidates and of items in turn, given the others', from the singular vectors of the residuals on."""
    residuals = np.nan_to_num(known.right - sigmoid(baseline.logits))
    rank = min(rank, *residuals.shape)
    items = np.zeros((residuals.shape[1], rank))
    candidates = np.linalg.svd(residuals, full_matrices=False)[0][:, :rank] * sqrt(len(known))
    for _ in range(_ROUNDS if rank else 0):
        of_items, of_candidates = np.full(rank, _PRECISION), np.ones(rank)
        items = ridge_logistic(candidates, known.right.T, baseline.logits.T, of_items, start=items)
        candidates = ridge_logistic(items, known.right, baseline.logits, of_candidates, start=candidates)
    return LowRank(baseline, items)
