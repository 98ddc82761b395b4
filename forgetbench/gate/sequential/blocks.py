"""The items of an evaluation in random blocks, for evidence that is looked at after each."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from forgetbench.lm_eval_bridge import PlannedTask

Items = dict[str, set[str]]
"""By task, the item_ids of a block."""


def random_blocks(tasks: Sequence[PlannedTask], n_blocks: int, seed: int) -> list[Items]:
    """Every item in one of `n_blocks` blocks, each with about the same share of every task.

    Whole clusters are dealt, in an order drawn from `seed`: items of one cluster, whatever their tasks, come in the
    same block, since they are one piece of evidence. Clusters that stand in the same tasks are dealt evenly over the
    blocks, so that each block is a small picture of the suite.
    """
    blocks: list[Items] = [{} for _ in range(n_blocks)]
    for domain in dict.fromkeys(task.loaded.info.domain for task in tasks):
        of_domain = [task for task in tasks if task.loaded.info.domain == domain]
        rng = np.random.default_rng([seed, zlib.crc32(domain.encode())])
        for number, members in _dealt(_clusters(of_domain), n_blocks, rng):
            for name, item_id in members:
                blocks[number].setdefault(name, set()).add(item_id)
    return blocks


_Members = list[tuple[str, str]]


def _clusters(tasks: Iterable[PlannedTask]) -> Mapping[str, _Members]:
    """The clusters of a domain: in which tasks they have which items."""
    clusters: dict[str, _Members] = {}
    for task in tasks:
        for item in task.items:
            clusters.setdefault(item.cluster, []).append((task.loaded.info.name, item.item_id))
    return clusters


def _dealt(clusters: Mapping[str, _Members], n_blocks: int, rng: np.random.Generator) -> Iterator[tuple[int, _Members]]:
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, members in clusters.items():
        alike.setdefault(tuple(sorted({task for task, _ in members})), []).append(name)
    for names in alike.values():
        places = (rng.permutation(len(names)) + rng.random()) / len(names)
        for name, place in zip(names, places.tolist(), strict=True):
            yield min(int(place * n_blocks), n_blocks - 1), clusters[name]
