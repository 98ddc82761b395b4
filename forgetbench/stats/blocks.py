"""The difference between two groups of items, taken within blocks that hold both."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from forgetbench.stats.clustered import Codes, Floats
from forgetbench.stats.proportions import Interval
from forgetbench.stats.quantiles import student_quantile

FEWEST = 6
"""Blocks of equal weight below which an interval would rest on too little."""


@dataclass(frozen=True, slots=True)
class BlockDifference:
    """The second group's mean less the first's."""

    value: float
    interval: Interval
    n_blocks: int


def block_difference(
    values: Floats, second: NDArray[np.bool_], blocks: Codes, alpha: float = 0.05
) -> BlockDifference | None:
    """Mean of the second group less that of the first within blocks, which whatever a block's items share cancels from.

    `values`, `second` (of which group) and `blocks` have one entry per item. A block with n and m items of the two has
    weight n m / (n + m), as in Mantel and Haenszel 1959 (JNCI 22:719); blocks with one group alone say nothing. The
    interval is Student's over blocks: variance sum w^2 (d - mean)^2 / (sum w)^2 times B / (B - 1), B - 1 degrees of
    freedom, with B = (sum w)^2 / sum w^2. None where B < `FEWEST`.
    """
    n_blocks = int(blocks.max(initial=-1)) + 1
    counts, sums = np.zeros((2, n_blocks)), np.zeros((2, n_blocks))
    np.add.at(counts, (second.astype(int), blocks), 1.0)
    np.add.at(sums, (second.astype(int), blocks), values)
    both = (counts > 0).all(axis=0)
    counts, sums = counts[:, both], sums[:, both]
    weights = counts.prod(axis=0) / counts.sum(axis=0)
    effective = weights.sum() ** 2 / (weights**2).sum() if both.any() else 0.0
    if effective < FEWEST:
        return None
    differences = sums[1] / counts[1] - sums[0] / counts[0]
    value = float(weights @ differences / weights.sum())
    variance = float((weights**2 @ (differences - value) ** 2) / weights.sum() ** 2) * effective / (effective - 1)
    half = student_quantile(1 - alpha / 2, effective - 1) * sqrt(variance)
    return BlockDifference(value, Interval(value - half, value + half), int(both.sum()))
