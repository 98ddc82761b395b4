"""How much alike two answers to different prompts are on average: U-statistics of order 2, and one value per answer.

The mean m of s(i, j) over all pairs of rows of different clusters is a U-statistic: each row stands in many pairs, so
the rows' own means u_i (whose mean is m as well) have only half the spread that m has under resampling of rows. The
jackknife pseudo-value n m - (n - 1) m_without_i mends that. It equals

    m + 2 (n - 1) / (n - 2) * (u_i - m),

(Arvesen, "Jackknifing U-statistics", Ann. Math. Statist. 40(6), 1969), and with the pairs inside a cluster left out,
s_i the similarities of row i summed over its p_i pairs, n rows in G clusters,

    m + 2 (G - 1) / (G - 2) * n (s_i - m p_i) / sum(p),

which is the same when every row is its own cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_BLOCK = 512
"""So many rows at a time are compared with all: memory grows with the rows, not with the pairs."""


@dataclass(frozen=True, slots=True)
class PairSums:
    """The similarities of each row, summed over the rows of other clusters."""

    similarity: FloatArray
    """Shape (rows,)."""
    pairs: FloatArray
    """How many rows there are in other clusters, shape (rows,)."""
    n_clusters: int

    def mean(self) -> float:
        """Mean similarity of all pairs; NaN with fewer than two clusters."""
        total = self.pairs.sum()
        return float(self.similarity.sum() / total) if total else float("nan")

    def pseudovalues(self) -> FloatArray:
        """One value per row whose mean is exactly `mean()` and whose variance is right for it.

        Values may lie outside [0, 1] by design: do not clip them. Shape (rows,), NaN with fewer than two clusters; with
        exactly two, all are the mean.
        """
        total = self.pairs.sum()
        if not total:
            return np.full(len(self.pairs), np.nan)
        mean = self.similarity.sum() / total
        factor = 2 * (self.n_clusters - 1) / (self.n_clusters - 2) if self.n_clusters > 2 else 0.0
        deviations = len(self.pairs) * (self.similarity - mean * self.pairs) / total
        return np.asarray(mean + factor * deviations, dtype=np.float64)


def equal_pairs(labels: Sequence[Hashable], clusters: Sequence[str] | None = None) -> PairSums:
    """Similarity 1 where two labels are equal, else 0. Without clusters every label is its own."""
    own: Sequence[Hashable] = range(len(labels)) if clusters is None else clusters
    both = list(zip(labels, own, strict=True))
    with_label, with_cluster, with_both = Counter(labels), Counter(own), Counter(both)
    equal = np.array([with_label[label] - with_both[label, c] for label, c in both], dtype=np.float64)
    other = np.array([len(labels) - with_cluster[c] for _, c in both], dtype=np.float64)
    return PairSums(equal, other, len(with_cluster))


def similar_pairs(similarities: Callable[[slice], FloatArray], clusters: Sequence[str]) -> PairSums:
    """Any similarity: `similarities(rows)` are those of these rows with all, shape (rows, all)."""
    _, cluster = np.unique(np.asarray(clusters, dtype=object), return_inverse=True) if len(clusters) else ([], [])
    codes = np.asarray(cluster, dtype=np.intp)
    sums, pairs = np.zeros(len(codes)), np.zeros(len(codes))
    for start in range(0, len(codes), _BLOCK):
        rows = slice(start, start + _BLOCK)
        apart = codes[rows, None] != codes
        sums[rows] = (similarities(rows) * apart).sum(axis=1)
        pairs[rows] = apart.sum(axis=1)
    return PairSums(sums, pairs, len(set(clusters)))


def collision_rate(labels: Sequence[Hashable], clusters: Sequence[str] | None = None) -> float:
    """Probability that two labels of different clusters are equal; NaN with fewer than two clusters.

    Without clusters it is the unbiased estimate of Simpson's index ("Measurement of Diversity", Nature 163, 1949),
    sum_s n_s (n_s - 1) / (n (n - 1)): aaab -> .5, aaaa -> 1, abcd -> 0.
    """
    return equal_pairs(labels, clusters).mean()
