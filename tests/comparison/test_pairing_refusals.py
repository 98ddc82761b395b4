"""Runs that were not asked the same are refused as a whole, with all that differs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from paired_runs import item, run, scored, task

from forgetbench.comparison.pairing import pair
from forgetbench.errors import IncomparableError
from forgetbench.records import TaskInfo

OPEN = task("capitals_open", view="open")
STRICT = task("capitals_strict", view="strict")


def test_runs_that_were_made_unlike_are_refused_with_all_that_differs() -> None:
    base = scored("base", {OPEN: [1.0]})
    candidate = scored(
        "sft", {OPEN: [1.0]}, protocol="chat", seed=1, limit=10, suite_fingerprint="suite-2",
        engine={"name": "vllm", "dtype": "bfloat16", "deterministic": True},
    )  # fmt: skip
    with pytest.raises(IncomparableError) as refusal:
        pair(base, candidate)
    text = str(refusal.value)
    assert "\n" not in text
    for part in (
        "run-base", "run-sft", "suite fingerprint suite-1 vs suite-2", "protocol native vs chat", "seed 0 vs 1",
        "engine name scripted vs vllm", "engine dtype float32 vs bfloat16", "deterministic False vs True",
        "limit None vs 10",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (replace(OPEN, version="2"), "capitals_open version 1 vs 2"),
        (replace(OPEN, fingerprint="other"), "capitals_open fingerprint fingerprint-"),
        (STRICT, "tasks only in the base: capitals_open; tasks only in the candidate: capitals_strict"),
    ],
)
def test_other_tasks_or_versions_are_refused(changed: TaskInfo, message: str) -> None:
    with pytest.raises(IncomparableError, match=message):
        pair(scored("base", {OPEN: [1.0]}), scored("sft", {changed: [1.0]}))


def test_a_long_list_of_differences_is_cut() -> None:
    tasks = [task(f"task-{i}") for i in range(9)]
    with pytest.raises(IncomparableError, match=r"task-4 and 4 more"):
        pair(scored("base", {info: [1.0] for info in tasks}), scored("sft", {}))


def test_an_item_twice_is_refused() -> None:
    twice = run("base", [OPEN], [item(OPEN, 1, 1.0), item(OPEN, 1, 0.0)])
    with pytest.raises(IncomparableError, match="'item-1' of task capitals_open"):
        pair(twice, scored("sft", {OPEN: [1.0]}))


def test_items_of_an_undeclared_task_are_refused() -> None:
    with pytest.raises(IncomparableError, match="capitals_strict"):
        pair(run("base", [OPEN], [item(STRICT, 1, 1.0)]), scored("sft", {OPEN: [1.0]}))


def test_other_tokenizers_and_templates_are_warnings() -> None:
    candidate = scored("sft", {OPEN: [1.0]}, tokenizer="tokenizer-2", chat_template=True)
    warnings = pair(scored("base", {OPEN: [1.0]}), candidate).warnings
    assert any("tokenizers" in text for text in warnings)
    assert any("only sft was prompted with a chat template" in text for text in warnings)
