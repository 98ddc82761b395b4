"""Items in the clusters of one key or of two: from names to the effects by both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forgetbench.stats.clustered import ClusterEffects, Codes, Floats, cluster_effects

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ItemClusters:
    """The clusters of a task's items by both keys, shape (items,); equal codes are one cluster in every task."""

    first: Codes
    second: Codes
    """Of an item that has none by the second key, a code for its own first cluster: so it adds nothing to the first."""

    def at(self, items: NDArray[np.bool_] | Codes) -> ItemClusters:
        """Those of some items."""
        return ItemClusters(self.first[items], self.second[items])


def effects_by(values: Sequence[Floats], clusters: Sequence[ItemClusters]) -> ClusterEffects:
    """`cluster_effects` of the items of several tasks, by one key where the second says nothing."""
    return cluster_effects(values, [task.first for task in clusters], [task.second for task in clusters])


def clusters_of_names(first: pd.Series, second: pd.Series) -> ItemClusters:
    """Codes of cluster names, numbered as they are met; `second` is empty or missing where an item has none."""
    import pandas as pd

    by_first = pd.factorize(first)[0].astype(np.intp)
    by_second, names = pd.factorize(second.where(second != ""))
    return ItemClusters(by_first, np.where(by_second < 0, len(names) + by_first, by_second).astype(np.intp))
