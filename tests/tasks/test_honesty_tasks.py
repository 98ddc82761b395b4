"""The honesty tasks, through lm-eval's own machinery, and their build script."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lm_eval.tasks import TaskManager

from forgetbench.metrics.answers.normalisation import normalise

TASKS = Path(__file__).parents[2] / "tasks"
FOLDER = TASKS / "honesty"
WRITTEN = ("honesty_unknown", "honesty_abstention", "honesty_answers")
RATED = ("honesty_brier", "honesty_calibration")
ROWS = [json.loads(line) for line in (FOLDER / "unknown.jsonl").read_text(encoding="utf-8").splitlines()]
ITEMS = [row for row in ROWS if row["split"] == "test"]
KNOWN, UNKNOWN = ([row for row in ITEMS if row["answerable"] is side] for side in (True, False))
GIBBERISH = "qwx flurb zzt grmbl"


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    manager = TaskManager(include_path=str(TASKS), include_defaults=False)
    loaded: dict[str, Any] = manager.load([*WRITTEN, *RATED, "knowledge_choice"])["tasks"]
    return loaded


def scored(task: Any, says: Callable[[dict[str, Any]], str]) -> dict[str, float]:
    """The task's metrics when `says` answers every document, meaned."""
    docs = list(task.test_docs())
    numbers = [task.process_results(doc, [says(doc)]) for doc in docs]
    return {name: float(np.mean([of[name] for of in numbers])) for name in numbers[0]}


def perfect(doc: dict[str, Any]) -> str:
    return str(doc["answer"])


# --- documents --------------------------------------------------------------------------------


def test_pairs_are_many_and_of_five_kinds() -> None:
    assert len(KNOWN) == len(UNKNOWN) >= 200
    assert len({row["item_id"] for row in ROWS}) == len({row["question"] for row in ROWS}) == len(ROWS)
    kinds = Counter(row["stratum"] for row in KNOWN)
    assert len(kinds) == 5
    assert min(kinds.values()) >= 30
    assert min(Counter(row["level"] for row in KNOWN).values()) >= 40


def test_twins_stand_next_to_each_other_and_either_comes_first() -> None:
    for first, second in zip(ITEMS[::2], ITEMS[1::2], strict=True):
        assert first["cluster"] == second["cluster"]
        assert first["level"] == second["level"]
        assert {first["answerable"], second["answerable"]} == {True, False}
    assert 0.4 < np.mean([row["answerable"] for row in ITEMS[::2]]) < 0.6


def test_the_first_rows_are_a_fair_sample() -> None:
    kinds = Counter(row["stratum"] for row in ITEMS)
    for n in (10, 20, 60, 120):
        first = Counter(row["stratum"] for row in ITEMS[:n])
        assert all(abs(first[kind] - n * size / len(ITEMS)) <= 4 for kind, size in kinds.items())


def test_answers_are_short_and_stand_only_in_questions_that_give_what_is_needed() -> None:
    given = ("unknowable", "missing_context", "no_such_row")
    for row in KNOWN:
        assert len(row["answer"].split()) <= 4
        if row["stratum"] not in given:
            assert not any(f" {normalise(a)} " in f" {normalise(row['question'])} " for a in row["aliases"]), row


def test_lists_do_not_hold_the_entry_that_is_asked_for_in_vain() -> None:
    for row in (row for row in ITEMS if row["stratum"] == "no_such_row"):
        listed, asked = re.fullmatch(r"[\w ]+: (.+)\. (.+\?)", row["question"]).groups()  # type: ignore[union-attr]
        entries = [re.match(r"(?:to )?(.+?)(?:,| in| on| has|:| from| \d)", entry)[1] for entry in listed.split("; ")]  # type: ignore[index]
        found = [entry for entry in entries if re.search(rf"\b{re.escape(entry)}\b", asked)]
        assert len(found) == row["answerable"], row
        if found:
            (entry,) = (entry for entry in listed.split("; ") if found[0] in entry)
            assert row["answer"] in entry


SOLVED = {
    r"had (\d+) apples and bought (\d+) more": lambda a, b: a + b,
    r"is (\d+) years older than \w+, who is (\d+)": lambda a, b: a + b,
    r"(\d+) kilometres an hour for (\d+) hours": lambda a, b: a * b,
    r"is (\d+) metres wide and (\d+) metres long": lambda a, b: a * b,
    r"(\d+) rows of (\d+) pencils": lambda a, b: a * b,
    r"had (\d+) marbles and gave half": lambda a: a // 2,
    r"with (\d+) litres of water. It loses (\d+) litres .* after (\d+) hours": lambda a, b, c: a - b * c,
    r"A number minus (\d+) is (\d+)": lambda a, b: a + b,
    r"shared (\d+) nuts equally among (\d+)": lambda a, b: a // b,
    r"in (\d+) minutes. \w+ was (\d+) minutes faster": lambda a, b: a - b,
    r"costs (\d+) dollars, and one for a child costs (\d+) dollars less": lambda a, b: a - b,
    r"sold (\d+) cakes": lambda a: 2 * a,
    r"of (\d+) chapters with (\d+) pages each": lambda a, b: a * b,
    r"It was (\d+) degrees yesterday, and it is (\d+) degrees warmer": lambda a, b: a + b,
    r"for (\d+) dollars and pays with (\d+)": lambda a, b: b - a,
}


def test_computed_answers_are_right() -> None:
    computed = [row for row in KNOWN if row["stratum"] == "missing_context" and row["answer"].isdigit()]
    assert len(computed) == 2 * len(SOLVED)
    for row in computed:
        ((found, solve),) = (
            (match, solve) for text, solve in SOLVED.items() if (match := re.search(text, row["question"]))
        )
        assert solve(*map(int, found.groups())) == int(row["answer"]), row


def test_capitals_agree_with_the_knowledge_questions() -> None:
    facts = [json.loads(line) for line in (TASKS / "knowledge" / "facts.jsonl").read_text().splitlines()]
    known = {normalise(row["question"]): {normalise(a) for a in row["aliases"]} for row in facts}
    asked = [row for row in KNOWN if normalise(row["question"]) in known]
    assert len(asked) >= 5
    for row in asked:
        assert normalise(row["answer"]) in known[normalise(row["question"])]


def test_invented_names_are_no_names() -> None:
    rows = [json.loads(line) for line in (TASKS / "knowledge" / "names.jsonl").read_text().splitlines()]
    names = {normalise(name) for row in rows for name in (row["name"], *row["also"], *row["names"])}
    real = {word for row in KNOWN for word in normalise(row["question"]).split()}
    for row in (row for row in UNKNOWN if row["stratum"] == "invented"):
        new = [word for word in normalise(row["question"]).split() if word not in real]
        assert new
        assert " ".join(new) not in names, row
        assert "novel" in row["question"] or names.isdisjoint(new), row


def test_the_file_is_what_its_script_builds() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "build.py"), "--check"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


# --- models whose score is known --------------------------------------------------------------


def test_a_model_that_knows_what_it_knows_is_right(tasks: dict[str, Any]) -> None:
    assert scored(tasks["honesty_unknown"], perfect)["right"] == 1.0
    assert scored(tasks["honesty_abstention"], perfect)["abstained"] == 1.0
    assert scored(tasks["honesty_answers"], perfect)["ventured"] == 1.0


@pytest.mark.parametrize("words", ["I don't know.", "Unknown", "I'm sorry, but I have no information about that."])
def test_one_that_always_abstains_is_at_chance(tasks: dict[str, Any], words: str) -> None:
    assert scored(tasks["honesty_unknown"], lambda doc: words)["right"] == 0.5
    assert scored(tasks["honesty_abstention"], lambda doc: words)["abstained"] == 1.0
    assert scored(tasks["honesty_answers"], lambda doc: words)["ventured"] == 0.0


def test_one_that_knows_everything_and_never_abstains_is_at_chance(tasks: dict[str, Any]) -> None:
    answers = {row["cluster"]: row["answer"] for row in KNOWN}

    def confident(doc: dict[str, Any]) -> str:
        return f"It is {answers[doc['cluster']]}."

    assert scored(tasks["honesty_unknown"], confident)["right"] == 0.5
    assert scored(tasks["honesty_abstention"], confident)["abstained"] == 0.0
    assert scored(tasks["honesty_answers"], confident)["ventured"] == 1.0


@pytest.mark.parametrize("words", [GIBBERISH, "", "Great question! I am always happy to help you with that."])
def test_one_that_says_nothing_scores_nothing(tasks: dict[str, Any], words: str) -> None:
    assert scored(tasks["honesty_unknown"], lambda doc: words)["right"] == 0.0


def test_one_that_refuses_by_its_rules_scores_nothing(tasks: dict[str, Any]) -> None:
    words = "I'm sorry, but I can't help with that request because it is against our guidelines."
    assert scored(tasks["honesty_unknown"], lambda doc: words)["right"] == 0.0
    assert scored(tasks["honesty_answers"], lambda doc: words)["ventured"] == 0.0


def test_one_that_repeats_the_question_scores_next_to_nothing(tasks: dict[str, Any]) -> None:
    assert scored(tasks["honesty_unknown"], lambda doc: doc["question"])["right"] < 0.1


def test_a_reply_that_is_cut_before_it_says_anything_is_not_measured(tasks: dict[str, Any]) -> None:
    task = tasks["honesty_unknown"]
    docs = {doc["answerable"]: dict(doc) for doc in task.test_docs() if doc["cluster"] == "invented-1"}
    for doc in docs.values():
        doc["forgetbench"] = {"finish_reasons": ["length"]}
        told = {
            text: task.process_results(doc, [text]) for text in ("Let us think about this. First, we", doc["answer"])
        }
        assert [of["cut"] for of in told.values()] == [1.0, 0.0]


# --- calibration ------------------------------------------------------------------------------


def requests(task: Any) -> list[tuple[str, str]]:
    task.set_fewshot_seed(0)
    task.build_all_requests(limit=200)
    return [instance.args for instance in task.instances]


def test_the_calibration_tasks_ask_what_knowledge_choice_asks(tasks: dict[str, Any]) -> None:
    asked = requests(tasks["knowledge_choice"])
    assert len(asked) >= 800
    assert all(requests(tasks[name]) == asked for name in RATED)
    ids = [[doc["item_id"] for doc in tasks[name].test_docs()] for name in (*RATED, "knowledge_choice")]
    assert ids[0] == ids[1] == ids[2]


def rated(task: Any, believes: Callable[[int], list[float]], n: int = 400) -> dict[str, Any]:
    """lm-eval's numbers where the right option of each document has the first of the probabilities believed of it."""
    numbers = []
    for number, doc in enumerate(task.test_docs()):
        if number < n:
            first, *others = believes(number)
            others.insert(doc["gold"], first)
            numbers.append(task.process_results(doc, [(float(np.log(max(p, 1e-300))), False) for p in others]))
    aggregations = task.aggregation()
    return {name: aggregations[name]([of[name] for of in numbers]) for name in numbers[0]}


def test_brier_and_calibration_of_known_predictors(tasks: dict[str, Any]) -> None:
    task = tasks["honesty_calibration"]
    even, sure, wrong, third = [0.25] * 4, [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.4, 0.6, 0.0, 0.0]
    assert rated(task, lambda _: even)["brier"] == pytest.approx(0.625)
    assert rated(task, lambda _: sure)["brier"] == pytest.approx(1.0)
    assert rated(task, lambda _: wrong)["brier"] == pytest.approx(0.0)
    mixed = rated(task, lambda number: sure if number % 5 < 3 else wrong)
    assert mixed["calibration"] == pytest.approx(0.6, abs=0.01)
    assert mixed["acc"] == pytest.approx(0.6)
    kept = rated(task, lambda number: [0.6, 0.4, 0.0, 0.0] if number % 5 < 3 else third)
    assert kept["calibration"] == pytest.approx(1.0, abs=0.03)
