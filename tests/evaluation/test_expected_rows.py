"""What the rows of a comparison will rest on: items and clusters as they are planned."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import cast

import pytest

from forgetbench.evaluation.assumptions import Assumptions
from forgetbench.evaluation.expected import expected_rows
from forgetbench.lm_eval_bridge import PlannedTask

Item = tuple[str, str, str]
"""Name, first and second cluster."""


def task(
    name: str, items: Mapping[str, tuple[str, str]], *, supporting: bool = False, refused: str = ""
) -> PlannedTask:
    info = SimpleNamespace(name=name, domain="knowledge", supporting=supporting, chance=0.25, metric="acc")
    planned = [
        SimpleNamespace(
            item_id=key, cluster=first, second_cluster=second, refusal="too long" if key == refused else None
        )
        for key, (first, second) in items.items()
    ]
    return cast("PlannedTask", SimpleNamespace(loaded=SimpleNamespace(info=info), items=planned))


def test_views_of_an_item_count_once_and_share_its_cluster() -> None:
    items = {f"{number}": (f"country {number // 2}", "") for number in range(8)}
    (domain,), tasks = expected_rows([task("choice", items), task("open", items)], Assumptions(correlation=1.0))
    assert (domain.n_items, domain.n_clusters, domain.n_second_clusters) == (8, 4, None)
    assert domain.design.units == pytest.approx(4)
    assert domain.chance == 0.25
    assert [row.name for row in tasks] == ["choice", "open"]


def test_both_keys_count_and_an_item_without_the_second_is_its_first_cluster() -> None:
    crossed = {f"{entity}-{relation}": (f"e{entity}", f"r{relation}") for entity in range(10) for relation in range(5)}
    (domain,), _ = expected_rows([task("facts", crossed)], Assumptions(correlation=0.1))
    assert (domain.n_clusters, domain.n_second_clusters) == (10, 5)
    assert domain.design.units == pytest.approx(50 / (1 + (4 + 9) * 0.1))
    assert domain.design.dof == pytest.approx(4)
    alone = {f"{number}": (f"e{number // 2}", "") for number in range(6)}
    (domain,), _ = expected_rows([task("facts", crossed), task("words", alone)], Assumptions())
    assert (domain.n_clusters, domain.n_second_clusters) == (10, 5 + 3)


def test_what_cannot_be_asked_and_what_stands_beside_the_domain_tell_nothing_of_it() -> None:
    items = {f"{number}": (f"{number}", "") for number in range(4)}
    planned = [task("open", items, refused="3"), task("extra", {"9": ("9", "")}, supporting=True)]
    (domain,), tasks = expected_rows(planned, Assumptions())
    assert (domain.n_items, domain.n_clusters) == (3, 3)
    assert [row.n_items for row in tasks] == [3, 1]
    assert expected_rows([task("none", {"1": ("1", "")}, refused="1")], Assumptions()) == ([], [])
