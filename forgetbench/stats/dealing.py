"""Clusters dealt over blocks, each a small picture of all, in an order that their names and a key decide.

The order knows nothing of any answer, so a block is a random sample of the clusters; and it moves little where clusters
are added or taken away, so that whoever looks again at more of them looks at much the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from forgetbench.stats.clustered import Codes, Floats


def deal(
    names: Sequence[str], groups: Sequence[Hashable], strata: Sequence[Hashable], n_blocks: int, key: str
) -> Codes:
    """Which of `n_blocks` blocks, from 0, each of `names` is dealt to; all sequences have shape (n,).

    Names of one group (clusters that stand in the same tasks) are spread evenly over the blocks, to within one; those
    of one stratum of a group as evenly as the group allows. Their order is that of a hash of `key` and the name.

    >>> deal(["a", "b", "c", "d"], ["g"] * 4, ["easy", "easy", "hard", "hard"], 2, "key").tolist()
    [0, 1, 0, 1]

    Systematic sampling by implicit stratification: Cochran 1977, "Sampling Techniques", chapter 8.
    """
    group = _codes(list(groups))
    order = np.array([_fraction(key, name) for name in names])
    of_stratum = _places(_codes(list(zip(groups, strata, strict=True))), order, order)
    places = _places(group, of_stratum, order)
    return np.minimum((places * n_blocks).astype(np.intp), n_blocks - 1)


def _fraction(key: str, name: str) -> float:
    """A number in [0, 1) that looks drawn from a uniform distribution."""
    hashed = hashlib.blake2b(f"{key}\x00{name}".encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(hashed.digest()) / 2.0**64


def _places(groups: Codes, values: Floats, order: Floats) -> Floats:
    """Evenly spaced places in [0, 1) for the members of each group, by `values`; where the first lies is drawn too."""
    by_value = np.lexsort((values, groups))
    sizes = np.bincount(groups)
    rank = np.empty(len(groups))
    rank[by_value] = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    start = np.bincount(groups, order) % 1.0
    places: Floats = (rank + start[groups]) / sizes[groups]
    return places


def _codes(values: Sequence[Hashable]) -> NDArray[np.intp]:
    found: dict[Hashable, int] = {}
    return np.array([found.setdefault(value, len(found)) for value in values], dtype=np.intp)
