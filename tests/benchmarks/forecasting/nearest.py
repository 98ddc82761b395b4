"""The known candidates that answer the asked items most like a new one, and what they are right about.

Source: Jin and Ren 2024, arXiv 2406.14026 (nearest neighbours beside matrix factorisation); Sarwar et al. 2001, WWW.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasting.baseline import Baseline
from forecasting.matrix import Candidates
from forgetbench.stats.clustered import Floats

_SHRINKAGE = 2.0
"""How many neighbours the baseline's prediction counts for."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The mean of the `n` candidates most alike, shrunk to the baseline's prediction."""

    baseline: Baseline
    known: Candidates
    n: int

    def predict(self, asked: Floats) -> Floats:
        """As `Model.predict`."""
        expected = self.baseline.predict(asked)
        nearest = self.known.right[np.argsort(self._distance(asked), axis=1, kind="stable")[:, : self.n]]
        there = (~np.isnan(nearest)).sum(axis=1)
        chances: Floats = (np.nansum(nearest, axis=1) + _SHRINKAGE * expected) / (there + _SHRINKAGE)
        return chances

    def _distance(self, asked: Floats) -> Floats:
        """The share of the asked items that a known candidate answers otherwise; shape (new candidates, known)."""
        differs = np.zeros((len(asked), len(self.known)))
        compared = np.zeros_like(differs)
        for value in (0.0, 1.0):
            own = (asked == value).astype(np.float64)
            differs += own @ (self.known.right == 1.0 - value).T
            compared += own @ (~np.isnan(self.known.right)).T
        return differs / np.maximum(compared, 1.0)
