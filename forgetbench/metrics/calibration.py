"""Whether probabilities mean what they say: Brier score and expected calibration error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, softmax

FloatArray = npt.NDArray[np.float64]
BINS = 5
"""Guo et al. 2017 (arXiv 1706.04599) take 15. With those, what noise adds to the error of some hundred items is as
large as its standard error, and intervals miss too often."""


def probabilities(loglikelihoods: Sequence[float]) -> FloatArray:
    """The options' probabilities given that one of them is said: the softmax of their log-likelihoods, in nats.

    NaN where no option is finite, or one is no number.
    """
    rated = np.asarray(loglikelihoods, dtype=np.float64)
    if not np.isfinite(rated).any() or np.isnan(rated).any() or np.isposinf(rated).any():
        return np.full(rated.shape, np.nan)
    return np.asarray(softmax(rated), dtype=np.float64)


def brier_score(probability: FloatArray, right: int) -> float:
    """1 - half the squared distance between the options' probabilities and the truth, in [0, 1], higher is better.

    The Brier score (1950) over all options, turned round. 1 where the right option has all the probability, 0 where a
    wrong one has; equal probabilities of k options get 1 - (1 - 1/k)/2, 0.625 for four.
    """
    truth = np.zeros_like(probability)
    truth[right] = 1.0
    return float(1.0 - ((probability - truth) ** 2).sum() / 2.0)


def calibration_shares(confidence: FloatArray, right: FloatArray, n_bins: int = BINS) -> FloatArray:
    """Each item's share in the expected calibration error: their mean is the debiased error. Shape (items,) each.

    `confidence` is in [0, 1], `right` 0 or 1. Items are binned by confidence, as many to a bin (Roelofs et al. 2022,
    arXiv 2012.08668), equal confidences together. The error is the mean over items of the gap of their bin,
    |mean confidence - accuracy|. Noise alone opens gaps, so what it adds is taken off (Kumar et al. 2019, arXiv
    1909.10155): see `_added_by_noise`.

    An item's share is sign(gap) * (confidence - right) less what noise adds in its bin. It may be negative, and so may
    the mean be where a predictor is calibrated. A standard error of the shares takes bins and signs as given.
    """
    shares = np.zeros(len(confidence))
    excess = confidence - right
    for members in _bins(confidence, n_bins):
        n = len(members)
        gap = float(excess[members].mean())
        sd = float(excess[members].std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0
        shares[members] = np.sign(gap) * excess[members] - _added_by_noise(gap, sd)
    return shares


def plain_calibration_error(confidence: FloatArray, right: FloatArray, n_bins: int = BINS) -> float:
    """The expected calibration error in the same bins, nothing taken off. NaN without items."""
    if not len(confidence):
        return float("nan")
    excess = confidence - right
    gaps = [abs(float(excess[members].sum())) for members in _bins(confidence, n_bins)]
    return sum(gaps) / len(confidence)


def _bins(confidence: FloatArray, n_bins: int) -> list[npt.NDArray[np.intp]]:
    """The items of each bin, none of them empty."""
    if not len(confidence):
        return []
    edges = np.unique(np.quantile(confidence, np.linspace(0.0, 1.0, n_bins + 1)[1:-1]))
    of_item = np.searchsorted(edges, confidence, side="left")
    return [np.flatnonzero(of_item == which) for which in np.unique(of_item)]


def _added_by_noise(gap: float, sd: float) -> float:
    """How far E|X| is above |mean| for a normal X: the mean of a folded normal distribution less the one it came from.

    The mean is not known, and the observed gap too large an estimate of its size: gap^2 - sd^2 is right on average.
    """
    if sd == 0.0:
        return 0.0
    mean = float(np.sqrt(max(0.0, gap**2 - sd**2)))
    folded = sd * np.sqrt(2.0 / np.pi) * np.exp(-(mean**2) / (2.0 * sd**2)) + mean * (1.0 - 2.0 * ndtr(-mean / sd))
    return float(folded) - mean
