"""Which items count as one piece of evidence, by one key and by two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from paired_runs import item, run, task

from forgetbench.comparison.pairing import PairedTask, Pairing, pair
from forgetbench.records import ItemScore, TaskInfo

OPEN, STRICT, CHOICE = (task(f"capitals_{view}", view=view) for view in ("open", "strict", "choice"))
SUMS = task("sums", "reasoning")


def paired(*views: tuple[TaskInfo, Sequence[tuple[str, str]]]) -> Pairing:
    """Both runs have item i of each view in the i-th clusters, first and second."""
    items = [
        item(info, i, 1.0, cluster=first, second_cluster=second)
        for info, clusters in views
        for i, (first, second) in enumerate(clusters)
    ]
    return both(items, [info for info, _ in views])


def both(items: Sequence[ItemScore], tasks: Sequence[TaskInfo]) -> Pairing:
    return pair(run("base", tasks, items), run("sft", tasks, items))


def names(pairing: Pairing, column: str) -> list[str | None]:
    return [None if pd.isna(name) else name for name in pairing.items[column]]


def partition(tasks: Sequence[PairedTask], field: str) -> list[int]:
    """Each item's cluster in all tasks, numbered as they are met."""
    return pd.factorize(np.concatenate([getattr(task, field) for task in tasks]))[0].tolist()


def test_views_of_one_item_in_two_clusters_join_them() -> None:
    pairing = paired(
        (OPEN, [("France", ""), ("Peru", ""), ("Chad", "")]), (STRICT, [("FR", ""), ("Peru", ""), ("Chad", "")])
    )
    assert names(pairing, "cluster") == ["France", "Peru", "Chad"] * 2
    assert partition(pairing.tasks, "cluster_codes") == [0, 1, 2] * 2


def test_what_shares_a_joined_cluster_moves_along() -> None:
    """Item 1 is in B in both views; item 0 links A and B."""
    pairing = paired((OPEN, [("A", ""), ("B", "")]), (STRICT, [("B", ""), ("B", "")]))
    assert names(pairing, "cluster") == ["A"] * 4


def test_a_chain_of_three_tasks_joins() -> None:
    """A-B by item 0, B-C by item 1; item 2 stands alone in D."""
    pairing = paired(
        (OPEN, [("A", ""), ("B", ""), ("D", "")]),
        (STRICT, [("B", ""), ("B", ""), ("D", "")]),
        (CHOICE, [("A", ""), ("C", ""), ("D", "")]),
    )
    assert names(pairing, "cluster") == ["A", "A", "D"] * 3


def test_clusters_of_another_domain_stay_as_they_are() -> None:
    pairing = paired(
        (OPEN, [("A", "")]), (STRICT, [("B", "")]), (SUMS, [("B", "")]),
    )  # fmt: skip
    assert names(pairing, "cluster") == ["A", "A", "B"]


def test_without_a_second_key_it_says_what_the_first_says() -> None:
    pairing = paired((OPEN, [("A", ""), ("A", ""), ("B", "")]))
    assert names(pairing, "second_cluster") == [None] * 3
    (only,) = pairing.tasks
    assert only.second_codes.tolist() == only.cluster_codes.tolist()


def test_the_second_key_joins_by_itself() -> None:
    pairing = paired(
        (OPEN, [("France", "capital"), ("Peru", "capital"), ("Peru", "money")]),
        (STRICT, [("France", "seat"), ("Peru", "capital"), ("Peru", "money")]),
    )
    assert names(pairing, "cluster") == ["France", "Peru", "Peru"] * 2
    assert names(pairing, "second_cluster") == ["capital", "capital", "money"] * 2
    assert partition(pairing.tasks, "second_codes") == [0, 0, 1] * 2


def test_a_view_without_a_second_cluster_is_in_that_of_another_view() -> None:
    pairing = paired((CHOICE, [("A", ""), ("B", "")]), (OPEN, [("A", "capital"), ("B", "money")]))
    assert names(pairing, "second_cluster") == ["capital", "money"] * 2


def test_items_of_a_task_with_one_key_share_nothing_by_the_second() -> None:
    """Sums 0 and 1 share their first cluster, which is therefore what they share by the second as well."""
    other = task("rivers")
    items = [item(OPEN, i, 1.0, cluster=f"c{i}", second_cluster="capital") for i in range(2)]
    items += [item(other, i, 1.0, cluster="capital" if i < 4 else "c0") for i in range(2, 5)]
    pairing = both(items, [OPEN, other])
    assert names(pairing, "second_cluster") == ["capital"] * 2 + [None] * 3
    assert partition(pairing.tasks, "second_codes") == [0, 0, 1, 1, 2], "a name of the first key is not the second's"


def test_an_item_without_a_cluster_is_its_own() -> None:
    items = [item(OPEN, i, 1.0, cluster=None) for i in range(2)]
    assert names(both(items, [OPEN]), "cluster") == ["item-0", "item-1"]
