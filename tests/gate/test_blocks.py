from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from paired_runs import task

from forgetbench.gate.sequential.blocks import random_blocks
from forgetbench.lm_eval_bridge import PlannedTask


def planned(name: str, clusters: list[str], domain: str = "knowledge") -> PlannedTask:
    items = [SimpleNamespace(item_id=f"{name}-{number}", cluster=cluster) for number, cluster in enumerate(clusters)]
    return cast("PlannedTask", SimpleNamespace(loaded=SimpleNamespace(info=task(name, domain)), items=items))


def own(name: str, n: int) -> list[str]:
    return [f"{name}-{number}" for number in range(n)]


Clusters = st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=40)


@given(Clusters, Clusters, st.integers(1, 25), st.integers(0, 2**31))
def test_every_item_stands_in_one_block_and_a_cluster_is_never_torn(
    first: list[str], second: list[str], n_blocks: int, seed: int
) -> None:
    tasks = [planned("one", first), planned("two", second)]
    blocks = random_blocks(tasks, n_blocks, seed)
    assert len(blocks) == n_blocks
    dealt = Counter(item for block in blocks for ids in block.values() for item in ids)
    assert dealt == Counter(item.item_id for task in tasks for item in task.items)
    home: dict[str, set[int]] = {}
    cluster: dict[str, Any] = {item.item_id: item.cluster for task in tasks for item in task.items}
    for number, block in enumerate(blocks):
        for ids in block.values():
            for item in ids:
                home.setdefault(cluster[item], set()).add(number)
    assert all(len(numbers) == 1 for numbers in home.values())


def test_each_block_is_a_small_picture_of_the_suite() -> None:
    tasks = [planned("large", own("large", 1000)), planned("small", own("small", 40))]
    for block in random_blocks(tasks, 20, seed=3):
        assert (len(block["large"]), len(block["small"])) == (50, 2)


def test_the_order_is_random_and_the_same_for_the_same_seed() -> None:
    tasks = [planned("large", own("large", 100))]
    first = random_blocks(tasks, 10, seed=1)
    assert first == random_blocks(tasks, 10, seed=1)
    assert first != random_blocks(tasks, 10, seed=2)
    assert first[0]["large"] != {f"large-{number}" for number in range(10)}
