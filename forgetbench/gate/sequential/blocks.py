"""The items of an evaluation in random blocks, for evidence that is looked at after each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from forgetbench.lm_eval_bridge import PlannedItem, PlannedTask
from forgetbench.stats.dealing import deal

Items = dict[str, set[str]]
"""By task, the item_ids of a block."""


def random_blocks(tasks: Sequence[PlannedTask], n_blocks: int, key: str) -> list[Items]:
    """Every item in one of `n_blocks` blocks, each with about the same share of every task, stratum and level.

    Whole clusters are dealt, in an order drawn from `key`: items of one cluster, whatever their tasks, come in the
    same block, since they are one piece of evidence. Clusters that stand in the same tasks are dealt evenly over the
    blocks, and of them those of one stratum and level, so that each block is a small picture of the suite.
    """
    blocks: list[Items] = [{} for _ in range(n_blocks)]
    for domain in dict.fromkeys(task.loaded.info.domain for task in tasks):
        clusters = _clusters(task for task in tasks if task.loaded.info.domain == domain)
        of_tasks = [frozenset(task for task, _ in members) for members in clusters.values()]
        kinds = [frozenset((task, *_kind(item)) for task, item in members) for members in clusters.values()]
        numbers = deal(list(clusters), of_tasks, kinds, n_blocks, f"{key}/{domain}")
        for number, members in zip(numbers.tolist(), clusters.values(), strict=True):
            for name, item in members:
                blocks[number].setdefault(name, set()).add(item.item_id)
    return blocks


def _clusters(tasks: Iterable[PlannedTask]) -> Mapping[str, list[tuple[str, PlannedItem]]]:
    """The clusters of a domain: in which tasks they have which items."""
    clusters: dict[str, list[tuple[str, PlannedItem]]] = {}
    for task in tasks:
        for item in task.items:
            clusters.setdefault(item.cluster, []).append((task.loaded.info.name, item))
    return clusters


def _kind(item: PlannedItem) -> tuple[str, str]:
    """Of what stratum and level of difficulty an item is; '' where it says nothing."""
    return item.stratum, str(item.document.get("level", ""))
