from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from paired_runs import task

from forgetbench.gate.sequential.blocks import random_blocks
from forgetbench.lm_eval_bridge import PlannedTask


def planned(name: str, clusters: list[str], strata: list[str] | None = None, levels: int = 1) -> PlannedTask:
    items = [
        SimpleNamespace(
            item_id=f"{name}-{number}", cluster=cluster, stratum="" if strata is None else strata[number],
            document={} if levels == 1 else {"level": number % levels},
        )
        for number, cluster in enumerate(clusters)
    ]  # fmt: skip
    return cast("PlannedTask", SimpleNamespace(loaded=SimpleNamespace(info=task(name)), items=items))


def own(name: str, n: int) -> list[str]:
    return [f"{name}-{number}" for number in range(n)]


Clusters = st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=40)


@given(Clusters, Clusters, st.integers(1, 25), st.text(max_size=4))
def test_every_item_stands_in_one_block_and_a_cluster_is_never_torn(
    first: list[str], second: list[str], n_blocks: int, key: str
) -> None:
    tasks = [planned("one", first), planned("two", second)]
    blocks = random_blocks(tasks, n_blocks, key)
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
    for block in random_blocks(tasks, 20, key="3"):
        assert (len(block["large"]), len(block["small"])) == (50, 2)


def test_the_order_is_random_and_the_same_for_the_same_key() -> None:
    tasks = [planned("large", own("large", 100))]
    first = random_blocks(tasks, 10, key="1")
    assert first == random_blocks(tasks, 10, key="1")
    assert first != random_blocks(tasks, 10, key="2")
    assert first[0]["large"] != {f"large-{number}" for number in range(10)}


def test_strata_and_levels_are_spread_evenly_too() -> None:
    """Of 60 head, 30 torso and 10 tail items in 10 blocks: 6, 3 and 1 in each, give or take one; sizes are equal."""
    strata = ["head"] * 60 + ["torso"] * 30 + ["tail"] * 10
    for key in "abc":
        for block in random_blocks([planned("facts", own("facts", 100), strata)], 10, key):
            found = Counter(strata[int(item.removeprefix("facts-"))] for item in block["facts"])
            assert len(block["facts"]) == 10
            assert all(abs(found[name] - n / 10) <= 1 for name, n in Counter(strata).items())
        for block in random_blocks([planned("sums", own("sums", 100), levels=4)], 10, key):
            levels = Counter(int(item.removeprefix("sums-")) % 4 for item in block["sums"])
            assert all(1 <= levels[level] <= 4 for level in range(4))


def test_more_items_leave_the_order_of_the_others_much_as_it_was() -> None:
    """Whoever asks again with a larger limit sees the same items first, not other ones."""
    few, many = (random_blocks([planned("facts", own("facts", n))], 2, "key") for n in (400, 800))
    stay = few[0]["facts"] & many[0]["facts"]
    assert len(stay) > 0.9 * 200
