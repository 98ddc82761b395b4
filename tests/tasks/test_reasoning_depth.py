"""Reasoning questions of a chosen depth: the same everywhere, sound keys, no short way, and a task in three lines."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from test_reasoning_tasks import FOLDER, SOLVERS, TEST, UTILS, theme

PINNED = "71d9eef0cef684970096ca554fcd9c35d321a4ef12e25361a28e6ab951b940cb"
"""SHA-256 of the default questions: whoever changes a kind must see that runs of before cannot be paired."""
PRINT = (
    "import hashlib, json, sys; sys.path.insert(0, sys.argv[1]); import utils; "
    "rows = utils._deep().rows_of_depth(8, 200, 1); "
    "print(hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest())"
)


def rows_of(depth: int) -> list[dict[str, Any]]:
    return list(UTILS.documents_of_depth(depth=depth)["test"])


def test_the_default_questions_are_pinned() -> None:
    rows = rows_of(8)
    assert len(rows) == 200
    assert hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest() == PINNED


def test_they_are_the_same_whatever_the_order_of_sets() -> None:
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", PRINT, str(FOLDER)], capture_output=True, text=True, check=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(FOLDER.parents[1])},
        )  # fmt: skip
        assert done.stdout.strip() == PINNED


@pytest.mark.parametrize("depth", [2, 3, 5, 8, 12, 16])
def test_keys_are_what_a_second_solver_finds_at_every_depth(depth: int) -> None:
    rows = rows_of(depth)
    assert len(rows) == len({row["item_id"] for row in rows}) == len({row["question"] for row in rows}) == 200
    for row in rows:
        assert row["kind"].endswith(f"_{depth}") and row["level"] == depth and row["stratum"] == theme(row["kind"])
        assert SOLVERS[row["stratum"]](row["question"]) == row["answer"], row["question"]
        assert row["choices"][row["gold"]] == row["answer"] and len(set(row["choices"])) == 4


@pytest.mark.parametrize("depth", [4, 8, 12])
def test_size_and_place_do_not_mark_the_answer(depth: int) -> None:
    rows = rows_of(depth)
    numeric = [row for row in rows if row["numeric"] and not row["listed"]]
    for pick in (max, min):
        assert sum(pick(row["choices"], key=int) == row["answer"] for row in numeric) <= 0.32 * len(numeric)
    assert max(Counter(row["gold"] for row in rows).values()) <= 0.32 * len(rows)


@pytest.mark.parametrize("depth", [2, 5, 8, 10])
def test_every_step_changes_something(depth: int) -> None:
    for row in [*rows_of(depth), *TEST]:
        if row["kind"].startswith("repeated_rule"):
            assert re.search(r"odd, \d*[13579] is added", row["question"]), "an even number leaves odd ones odd"
        if row["kind"].startswith("code_moves"):
            lines = row["question"].splitlines()
            assert all(one != other for one, other in itertools.pairwise(lines)), "a line undoes the one before it"


def test_a_depth_that_no_kind_has_is_told() -> None:
    with pytest.raises(ValueError, match="from 2 to 16"):
        rows_of(40)


def test_the_questions_are_not_those_of_the_embedded_file() -> None:
    assert not {row["question"] for row in rows_of(8)} & {row["question"] for row in TEST}


def test_a_user_has_another_depth_in_three_lines(tmp_path: Path) -> None:
    from lm_eval.tasks import TaskManager

    text = f"include: {FOLDER / 'reasoning_depth.yaml'}\ntask: reasoning_depth_12\ndataset_kwargs: {{depth: 12}}\n"
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    manager = TaskManager(include_path=str(tmp_path), include_defaults=False)
    task = manager.load(["reasoning_depth_12"])["tasks"]["reasoning_depth_12"]
    docs = list(task.test_docs())
    assert [doc["question"] for doc in docs] == [row["question"] for row in rows_of(12)]
    assert all(task.process_results(doc, [f"The answer is {doc['answer']}."])["correct"] == 1.0 for doc in docs)
    wrong = [task.process_results(doc, [doc["choices"][doc["gold"] - 1]])["correct"] for doc in docs]
    assert sum(wrong) == 0


def test_lm_eval_reads_both_views() -> None:
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    ids = []
    for name in ("reasoning_depth", "reasoning_depth_choice"):
        task = manager.load([name])["tasks"][name]
        task.set_config("num_fewshot", 3)
        task.set_fewshot_seed(0)
        task.build_all_requests(limit=2)
        assert task.instances[0].args[0].count("Question: ") == 4
        ids.append([doc["item_id"] for doc in task.test_docs()])
    assert ids[0] == ids[1]
