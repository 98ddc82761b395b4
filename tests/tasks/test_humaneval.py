"""HumanEval: replies become programs, programs are run against the tests, and the scores are those published."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from math import prod
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from forgetbench import sandbox
from forgetbench.errors import InputError
from forgetbench.sandbox import ProgramOutcome
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import suite_of_tasks

FOLDER = Path(__file__).parents[2] / "tasks" / "reasoning"


def load_utils() -> ModuleType:
    spec = spec_from_file_location("humaneval_utils", FOLDER / "humaneval_utils.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


UTILS = load_utils()
ROWS = read_jsonl(FOLDER / "humaneval.jsonl")
BY_ID = {row["item_id"]: row for row in ROWS}
ADD = BY_ID["HumanEval/53"]  # def add(x: int, y: int)
POLY = BY_ID["HumanEval/32"]  # its prompt has an import and a helper, `poly`, above the function


@pytest.fixture(autouse=True)
def consent() -> Iterator[None]:
    with sandbox.allowed():
        yield


def scores(row: dict[str, Any], *replies: str) -> list[dict[str, float]]:
    """The scores of several replies to one problem."""
    outcomes = UTILS.execute([[reply] for reply in replies], [row] * len(replies))
    return [UTILS.score(row, [outcome]) for outcome in outcomes]


PASS, WRONG, UNREADABLE = ({"pass": a, "parsed": b} for a, b in ((1.0, 1.0), (0.0, 1.0), (0.0, 0.0)))


# --- the published solutions ------------------------------------------------------------------


def test_every_published_solution_passes() -> None:
    outcomes = UTILS.execute([[row["canonical_solution"]] for row in ROWS], ROWS)
    assert [row["item_id"] for row, (outcome,) in zip(ROWS, outcomes, strict=True) if not outcome.passed] == []


def test_restated_in_a_code_block_a_published_solution_passes_too() -> None:
    rows = [*ROWS[:6], POLY, BY_ID["HumanEval/38"], BY_ID["HumanEval/10"]]
    replies = [f"Here it is:\n\n```python\n{row['prompt']}{row['canonical_solution']}```\nIt works." for row in rows]
    outcomes = UTILS.execute([[reply] for reply in replies], rows)
    assert all(outcome.passed for (outcome,) in outcomes)


# --- replies ----------------------------------------------------------------------------------


def test_completions() -> None:
    right = [
        "    return x + y\n",
        "    return x + y\n\n\ndef sub(x, y):\n    return x - ",  # went on, and was cut
        "    return x + y\n\nprint(add(1, 2))\nassert add(1, 2) == 4",
        "    return x + y\n```\nThis adds the numbers.",
        "\n    return x + y",
        "   return x + y",  # a decoder took a space
        "return x + y",
    ]
    assert scores(ADD, *right) == [PASS] * len(right)


def test_chat_replies() -> None:
    function = "def add(x: int, y: int):\n    return x + y"
    right = [
        function,
        f"```python\n{function}\n```",
        f"```\n{function}",
        f"Sure! Here it is:\n\n```python\n{function}\n```\n\nYou can call it like this:\n```python\nadd(2, 3)\n```",
        f" Here is the function:\n```python\n{function}\n```",
        f"Sure:\n\n{function}\n\nThis returns the sum.",
        f"```python\nimport math\n\n{function}\n\n# Example usage\nprint(add(1, 2))\nassert add(1, 1) == 3\n```",
        f"```python\n{ADD['prompt']}    return x + y\n```",
        "The body is:\n```python\nreturn x + y\n```",
        "```python\n    total = x + y\n    return total\n```",
        f"1. Use plus\n\n  ```python\n  {function.replace(chr(10), chr(10) + '  ')}\n  ```",
    ]
    assert scores(ADD, *right) == [PASS] * len(right)


def test_the_prompts_imports_and_helpers_stay_when_the_function_is_restated() -> None:
    solution = POLY["canonical_solution"]
    reply = f"```python\ndef find_zero(xs: list):\n{solution}\n```"
    assert scores(POLY, reply) == [PASS]


def test_wrong_answers_fail() -> None:
    wrong = [
        "    return x - y\n",
        "    pass\n",
        "```python\ndef add(x, y):\n    return 5\n```",
        "    while True: pass\n",
    ]
    assert scores(ADD, *wrong) == [WRONG] * len(wrong)


def test_leaving_early_is_no_pass() -> None:
    early = ["    return x - y\n\nimport sys; sys.exit(0)\n", "    import os; os._exit(0)\n"]
    assert scores(ADD, *early) == [WRONG] * len(early)


def test_what_is_no_program_is_not_parsed() -> None:
    refusals = [
        "",
        " \n\n",
        "I'm sorry, I cannot help with that.",
        "1. x\n2. y",
        "    return (x +",
    ]
    assert scores(ADD, *refusals) == [UNREADABLE] * len(refusals)


@pytest.mark.parametrize("text", ["\0" * 999, "\ud800" * 999, "(" * 10**6, "```" * 10**5, "def add(" * 10**5])
def test_hostile_replies_score_zero(text: str) -> None:
    assert scores(ADD, text, "    " + text)[0]["pass"] == 0.0


def test_completions_are_cut_where_lm_eval_cuts_them() -> None:
    folder = Path(__import__("lm_eval").__file__).parent / "tasks" / "humaneval"
    listed = [line.strip() for line in (folder / "humaneval.yaml").read_text().splitlines() if '- "\\n' in line]
    assert listed == [f'- "\\n{stop[1:]}"' for stop in UTILS.STOPS]
    for stop in UTILS.STOPS:
        body = "    return 1\n"
        assert UTILS.solution(f"{body}{stop} rest", "def f():\n    '''x'''\n", "f").endswith(body)


# --- scores -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "c", "k", "expected"),
    [
        (1, 0, 1, 0.0),
        (1, 1, 1, 1.0),
        (10, 3, 1, 0.3),
        (5, 2, 2, 0.7),  # 1 - C(3, 2) / C(5, 2)
        (10, 1, 5, 0.5),
        (4, 3, 2, 1.0),  # fewer failing ones than are drawn
        (200, 10, 100, 1 - prod(1 - 100 / i for i in range(191, 201))),  # as the paper's own code computes it
    ],
)
def test_pass_at_k(n: int, c: int, k: int, expected: float) -> None:
    assert UTILS.pass_at_k(n, c, k) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("n", "c", "k"), [(1, 2, 1), (1, 0, 2), (1, 0, 0), (3, -1, 1)])
def test_pass_at_k_is_not_defined_elsewhere(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="is not defined"):
        UTILS.pass_at_k(n, c, k)


def test_several_samples_are_averaged() -> None:
    passed, failed = ProgramOutcome("passed", 0, ""), ProgramOutcome("failed", 1, "AssertionError")
    broken = ProgramOutcome("failed", 1, "  File 'program.py'\nSyntaxError: invalid syntax\n")
    assert UTILS.score(ADD, [[passed, failed, broken, None]]) == {"pass": 0.25, "parsed": 0.5}


# --- the task ---------------------------------------------------------------------------------


def test_documents() -> None:
    assert set(BY_ID) == {f"HumanEval/{number}" for number in range(164)}
    assert all(row["cluster"] == row["item_id"] for row in ROWS)
    assert all(f"def {row['entry_point']}(" in row["prompt"] for row in ROWS)
    # A prompt ends inside its function, so its last line shows how a body is indented.
    assert all(re.match(r" +\S", row["prompt"].rstrip().rpartition("\n")[2]) for row in ROWS)
    assert Counter(row["stratum"] for row in ROWS) == {"short": 55, "medium": 55, "long": 54}
    # Shuffled: the first half is no easier than the rest.
    assert Counter(row["stratum"] for row in ROWS[:82])["long"] in range(18, 37)


def test_through_lm_eval() -> None:
    (loaded,) = load_tasks(suite_of_tasks(["humaneval"], None), limit=3)
    task = loaded.task
    assert (loaded.info.domain, loaded.info.view, loaded.info.metric, loaded.info.binary) == (
        "reasoning", "open", "pass", True,
    )  # fmt: skip
    task.build_all_requests(limit=3)
    replies = [ROWS[0]["canonical_solution"], "I'm sorry.", f"```python\n{ROWS[2]['prompt']}    return None\n```"]
    for instance, reply in zip(task.instances, replies, strict=True):
        assert instance.args[0] == instance.doc["prompt"]
        instance.resps.append(reply)
    task.apply_filters()
    scores = [task.process_results(one.doc, [one.filtered_resps["executed"]]) for one in task.instances]
    assert scores == [PASS, UNREADABLE, WRONG]


def test_without_consent_nothing_is_executed() -> None:
    with sandbox.allowed(False), pytest.raises(InputError, match="--run-code"):
        UTILS.execute([["    return x + y"]], [ADD])


def test_the_file_is_rebuilt_bit_for_bit() -> None:
    script = FOLDER / "build_humaneval.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
