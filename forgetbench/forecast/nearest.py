"""The known candidates that answer the asked items most like a new one, and what they are right about.

Source: Jin and Ren 2024, arXiv 2406.14026 (nearest neighbours beside matrix factorisation); Sarwar et al. 2001, WWW.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forgetbench.forecast.baseline import Baseline
from forgetbench.forecast.matrix import Candidates
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
        """The probability that a new candidate is right; shape (items,). `asked` is NaN where it was not asked."""
        expected = self.baseline.predict(asked)
        differs = np.abs(self.known.right - asked)
        compared = np.maximum((~np.isnan(differs)).sum(axis=1), 1)
        distance = np.nansum(differs, axis=1) / compared
        nearest = self.known.right[np.argsort(distance, kind="stable")[: self.n]]
        there = (~np.isnan(nearest)).sum(axis=0)
        chances: Floats = (np.nansum(nearest, axis=0) + _SHRINKAGE * expected) / (there + _SHRINKAGE)
        return chances
