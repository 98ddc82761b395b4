"""Right-or-wrong items that are each a cluster of their own."""

from __future__ import annotations

import numpy as np

from forgetbench.stats.clustered import ClusterEffects, cluster_effects


def losses_and_gains(losses: int, gains: int, n: int) -> np.ndarray:
    """Paired differences of `n` items; shape (n,)."""
    return np.repeat([-1.0, 1.0, 0.0], [losses, gains, n - losses - gains])


def right_or_wrong(losses: int, gains: int, n: int) -> ClusterEffects:
    return cluster_effects([losses_and_gains(losses, gains, n)], [np.arange(n)])
