"""Which items a report shows: the same as if every item were looked at one by one."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
import report_samples as samples

from forgetbench.report.examples import PER_DOMAIN, select_examples

FATES = ("locked", "erased", "never_known", None)


def table(n: int, seed: int) -> pd.DataFrame:
    """Items of knowledge in three tasks that share their questions; graded scores fall by few different steps."""
    rng = np.random.default_rng(seed)
    binary = rng.random(n) < 0.5
    forgotten = binary & (rng.random(n) < 0.3)
    return pd.DataFrame(
        {
            "task": rng.choice(["open", "choice", "stories"], n),
            "domain": rng.choice(["knowledge", "reasoning"], n, p=[0.8, 0.2]),
            "view": rng.choice(["choice", "open", None], n),
            "item_id": [f"question-{number}" for number in rng.integers(0, n // 3, n)],
            "base_score": np.where(rng.random(n) < 0.1, np.nan, 1.0),
            "candidate_score": np.round(rng.random(n), 1),
            "outcome": np.where(forgotten, "forgotten", np.where(binary, "kept", None)),
            "fate": [FATES[at] if lost else None for at, lost in zip(rng.integers(0, 4, n), forgotten, strict=True)],
            "prompt": "Question?", "gold": "answer", "base_response": "answer", "candidate_response": "other",
            "prompts_equal": True,
        }
    )  # fmt: skip


def one_by_one(items: pd.DataFrame) -> list[tuple[str, str]]:
    """(task, item_id) of knowledge's examples by the definition."""

    def chance(row: dict[str, Any]) -> str:
        first = "1" if row["view"] == "choice" else "0"
        return first + hashlib.sha256(f"{row['item_id']}\0{row['task']}".encode()).hexdigest()

    def once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return list({row["item_id"]: row for row in reversed(rows)}.values())[::-1]

    rows = [row for row in items.to_dict("records") if row["domain"] == "knowledge"]
    lost = once(sorted((row for row in rows if row["outcome"] == "forgotten"), key=chance))
    lost.sort(key=chance)
    queues = [[row for row in lost if (row["fate"] if row["fate"] in FATES[:3] else None) == fate] for fate in FATES]
    turns = [queue[turn] for turn in range(len(lost)) for queue in queues if turn < len(queue)]
    graded = [row for row in rows if row["outcome"] not in ("forgotten", "kept")]
    fell = [row for row in graded if row["candidate_score"] < row["base_score"]]
    fell.sort(key=lambda row: (row["candidate_score"] - row["base_score"], chance(row)))
    seen: dict[str, dict[str, Any]] = {}
    for row in fell:
        seen.setdefault(row["item_id"], row)
    shown = turns[:PER_DOMAIN] + list(seen.values())[: max(PER_DOMAIN - len(turns), 0)]
    return [(row["task"], row["item_id"]) for row in shown]


@pytest.mark.parametrize(("n", "seed"), [(600, 0), (600, 1), (60, 2), (30, 3), (12, 4), (6, 5)])
def test_examples_are_those_of_the_definition(n: int, seed: int) -> None:
    items = table(n, seed)
    knowledge = next(found for found in select_examples(samples.comparison(), items) if found.domain == "knowledge")
    assert [(example.task, example.item_id) for example in knowledge.examples] == one_by_one(items)


def test_the_summary_counts_what_was_measured() -> None:
    items = table(600, 0)
    inside = items[items["domain"] == "knowledge"]
    graded = inside[inside["outcome"].isna()]
    fell = graded["candidate_score"] < graded["base_score"]
    knowledge = next(found for found in select_examples(samples.comparison(), items) if found.domain == "knowledge")
    assert knowledge.summary == (
        f"{(inside['outcome'] == 'forgotten').sum()} of {inside['outcome'].notna().sum()} right-or-wrong items "
        f"forgotten; {fell.sum()} of {graded['base_score'].notna().sum()} items scored by degree fell; 5 shown."
    )
