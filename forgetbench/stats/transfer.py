"""What a sequence of training stages did to the tasks of earlier stages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def backward_transfer(scores: NDArray[np.float64]) -> float:
    """BWT: mean over the earlier tasks i < T of R[T, i] - R[i, i]; negative is forgetting.

    `scores` has shape (T, T): R[i, j] is the score on task j after training stage i. The sum is divided by T - 1 as in
    the paper (the authors' code divides by T). Raises ValueError unless it is square with T >= 2.
    Source: Lopez-Paz and Ranzato 2017, "Gradient Episodic Memory", arXiv 1706.08840.
    """
    if scores.ndim != 2 or scores.shape[0] != scores.shape[1] or scores.shape[0] < 2:
        raise ValueError(f"need a square matrix of at least two stages, not shape {scores.shape}")
    return float(np.mean(scores[-1, :-1] - np.diagonal(scores)[:-1]))
