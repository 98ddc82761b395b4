"""The reasoning questions: every key worked out again from the question's text alone, and no cue but the solution."""

from __future__ import annotations

import importlib.util
import itertools
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from forgetbench.metrics.extraction import words
from forgetbench.task_data import read_jsonl

FOLDER = Path(__file__).parent.parent / "tasks" / "reasoning"
ROWS = read_jsonl(FOLDER / "items.jsonl")
TEST = [row for row in ROWS if row["split"] == "test"]
SHOTS = [row for row in ROWS if row["split"] == "fewshot"]
BY_KIND: dict[str, list[dict[str, Any]]] = defaultdict(list)
for _row in TEST:
    BY_KIND[_row["kind"]].append(_row)


def load_utils() -> ModuleType:
    """utils.py of the task folder."""
    spec = importlib.util.spec_from_file_location("reasoning_utils", FOLDER / "utils.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


UTILS = load_utils()

# --- a second solver for each kind, which reads nothing but the question ---

WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
YEAR = [datetime(2000, month, 1).strftime("%B") for month in range(1, 13)]
KIND_OF_WORD = {
    word: group
    for group, listed in {
        "fruit": "apple banana pear grape peach lemon cherry",
        "animal": "dog cat horse cow lion tiger rabbit sheep",
        "color": "red blue green yellow purple black white",
        "vehicle": "car bus train truck bicycle boat plane",
        "clothing": "shirt shoe hat coat sock dress jacket",
        "body": "hand foot nose ear knee elbow shoulder",
        "furniture": "table chair sofa bed desk shelf",
        "family": "mother father sister brother uncle aunt",
    }.items()
    for word in listed.split()
}
OPPOSITE = {
    "hot": "cold", "big": "small", "up": "down", "fast": "slow", "day": "night", "good": "bad", "open": "closed",
    "old": "young", "happy": "sad", "left": "right", "hard": "soft", "rich": "poor",
}  # fmt: skip


def listing(question: str) -> list[str]:
    return question.split(": ")[1].rstrip("?").split(", ")


def numbers(question: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", question)]


def pattern(question: str) -> list[tuple[str, str]]:
    parts = question.removeprefix("Complete the pattern: ").split(", ")
    return [(part.split(" ->")[0], part.split(" ->")[1].strip()) for part in parts]


def sum_of_terms(question: str) -> str:
    total = 0
    for sign, term in re.findall(r"([+-]?) ?(\d+)", question):
        total += -int(term) if sign == "-" else int(term)
    return str(total)


def product(question: str) -> str:
    first, second = numbers(question)
    return str(sum(first for _ in range(second)))


def story(question: str) -> str:
    first, second = numbers(question)
    if "boxes" in question:
        return str(first * second)
    return str(first - second if "gives away" in question else first + second)


def extreme(question: str) -> str:
    ordered = sorted(numbers(question))
    return str(ordered[-1] if "largest" in question else ordered[0])


def next_term(question: str) -> str:
    terms = numbers(question)
    assert len({later - sooner for sooner, later in itertools.pairwise(terms)}) == 1
    return str(2 * terms[-1] - terms[-2])


def next_letter(question: str) -> str:
    terms = [ord(letter) for letter in listing(question)]
    return chr(2 * terms[-1] - terms[-2])


def odd_one_out(question: str) -> str:
    groups = Counter(KIND_OF_WORD[word] for word in listing(question))
    (odd,) = [word for word in listing(question) if groups[KIND_OF_WORD[word]] == 1]
    return odd


def alphabetical(question: str) -> str:
    ordered = sorted(listing(question))
    return ordered[0] if "comes first" in question else ordered[-1]


def nth_word(question: str) -> str:
    place = {"first": 0, "second": 1, "third": 2, "last": -1}[question.split()[3]]
    return listing(question)[place]


def neighbour(cycle: list[str]) -> Callable[[str], str]:
    def solve(question: str) -> str:
        step, name = question.rstrip("?").split()[-2:]
        return cycle[(cycle.index(name) + {"after": 1, "before": -1}[step]) % len(cycle)]

    return solve


def in_days(question: str) -> str:
    (days,) = numbers(question)
    return WEEK[(WEEK.index(question.split()[2].rstrip(".")) + days) % 7]


def zeller(day: int, month: int, year: int) -> str:
    """Zeller's congruence: 0 is Saturday."""
    if month < 3:
        month, year = month + 12, year - 1
    code = (day + 13 * (month + 1) // 5 + year % 100 + year % 100 // 4 + year // 100 // 4 + 5 * (year // 100)) % 7
    return WEEK[(code + 5) % 7]


def weekday_of_date(question: str) -> str:
    found = re.findall(r"([A-Z][a-z]+) (\d+), (\d{4})", question)
    (first, second) = [zeller(int(day), YEAR.index(month) + 1, int(year)) for month, day, year in found]
    assert f"was a {first}." in question
    return second


def transitive(question: str) -> str:
    above: dict[str, set[str]] = defaultdict(set)
    for one, relation, other in re.findall(r"(\w+) is (\w+) than (\w+)\.", question):
        upper, lower = (one, other) if relation in ("taller", "older", "faster") else (other, one)
        above[lower].add(upper)
        above.setdefault(upper, set())
    asked = question.rstrip("?").split()[-1]
    if asked in ("tallest", "oldest", "fastest"):
        (answer,) = [name for name in above if not above[name]]
    else:
        mentioned_above = set().union(*above.values())
        (answer,) = [name for name in above if name not in mentioned_above]
    return answer


def oldest(question: str) -> str:
    ages = {name: int(age) for name, age in re.findall(r"(\w+) is (\d+)", question)}
    return (max if "oldest" in question else min)(ages, key=lambda name: ages[name])


def recall(relation: str, asked: str, key_first: bool) -> Callable[[str], str]:
    def solve(question: str) -> str:
        pairs = re.findall(relation, question)
        (key,) = re.findall(asked, question)
        return dict(pairs if key_first else [(thing, who) for who, thing in pairs])[key]

    return solve


def where_now(question: str) -> str:
    (person,) = re.findall(r"Where is (\w+) now", question)
    return re.findall(rf"{person} (?:is in|goes to) the (\w+)", question)[-1]


def deduction(question: str) -> str:
    rules = dict(re.findall(r"Every (\w+) eats (\w+)", question))
    (animal,) = re.findall(r"is a (\w+)\.", question)
    return rules[animal]


def category_pattern(question: str) -> str:
    *examples, (asked, _) = pattern(question)
    assert all(KIND_OF_WORD[word] == group for word, group in examples)
    return KIND_OF_WORD[asked]


def form_pattern(question: str) -> str:
    (word, form), _, (asked, _) = pattern(question)
    return asked + form.removeprefix(word)


def number_pattern(question: str) -> str:
    (a, b), (c, d), (asked, _) = pattern(question)
    assert int(b) - int(a) == int(d) - int(c)
    return str(int(asked) + int(b) - int(a))


def double_pattern(question: str) -> str:
    *examples, (asked, _) = pattern(question)
    assert all(int(double) == 2 * int(single) for single, double in examples)
    return str(2 * int(asked))


def pick_pattern(question: str) -> str:
    *examples, (asked, _) = pattern(question)
    (place,) = {pair.split().index(picked) for pair, picked in examples}
    return asked.split()[place]


SOLVERS: dict[str, Callable[[str], str]] = {
    "add_digits": sum_of_terms,
    "add_tens": sum_of_terms,
    "add_two_digits": sum_of_terms,
    "subtract_small": sum_of_terms,
    "subtract_two_digits": sum_of_terms,
    "chain": sum_of_terms,
    "multiply_table": product,
    "multiply_two_digits": product,
    "word_problem": story,
    "extreme_small": extreme,
    "extreme_large": extreme,
    "next_number": next_term,
    "next_letter": next_letter,
    "count_list": lambda question: str(len(listing(question))),
    "odd_one_out": odd_one_out,
    "alphabetical": alphabetical,
    "nth_word": nth_word,
    "weekday_next": neighbour(WEEK),
    "month_next": neighbour(YEAR),
    "in_days": in_days,
    "weekday_of_date": weekday_of_date,
    "transitive": transitive,
    "oldest": oldest,
    "recall_color": recall(r"The (\w+) is (\w+)\.", r"is the (\w+)\?", True),
    "recall_owner": recall(r"(\w+) has the (\w+)\.", r"Who has the (\w+)\?", False),
    "where_now": where_now,
    "deduction": deduction,
    "category_pattern": category_pattern,
    "opposite_pattern": lambda question: OPPOSITE[pattern(question)[-1][0]],
    "plural_pattern": form_pattern,
    "past_pattern": form_pattern,
    "more_pattern": form_pattern,
    "number_pattern": number_pattern,
    "double_pattern": double_pattern,
    "pick_pattern": pick_pattern,
}


@pytest.mark.parametrize("kind", sorted(SOLVERS))
def test_every_key_is_what_a_second_solver_finds(kind: str) -> None:
    rows = [row for row in ROWS if row["kind"] == kind]
    assert rows
    for row in rows:
        assert SOLVERS[kind](row["question"]) == row["answer"], row["question"]


def test_the_second_solver_knows_every_kind() -> None:
    assert {row["kind"] for row in ROWS} == set(SOLVERS)


def test_zeller_agrees_with_the_calendar() -> None:
    # The Gregorian reform and the Moon landing.
    assert zeller(15, 10, 1582) == "Friday"
    assert zeller(20, 7, 1969) == "Sunday"


# --- counts, cues, views ---


def test_there_are_enough_items_and_most_are_easy() -> None:
    assert len(TEST) >= 400
    levels = Counter(row["stratum"] for row in TEST)
    assert set(levels) == {"level-1", "level-2", "level-3", "level-4"}
    assert levels["level-1"] + levels["level-2"] > 0.7 * len(TEST)


def test_ids_and_questions_are_unique_and_rows_have_one_shape() -> None:
    assert len({row["item_id"] for row in ROWS}) == len(ROWS)
    assert len({row["question"] for row in ROWS}) == len(ROWS)
    assert len({tuple((key, type(value).__name__) for key, value in row.items()) for row in ROWS}) == 1


def test_a_sum_and_its_mirror_are_never_both_asked() -> None:
    seen = Counter(
        (row["kind"], *sorted(numbers(row["question"]))) for row in ROWS if row["kind"].startswith(("add", "multiply"))
    )
    assert max(seen.values()) == 1


def test_options_are_four_different_ones_and_the_right_one_is_marked() -> None:
    for row in ROWS:
        assert len(set(row["choices"])) == 4
        assert row["choices"][row["gold"]] == row["answer"]
        assert row["numeric"] == all(choice.isdigit() for choice in row["choices"])


def test_the_question_names_all_options_or_none() -> None:
    for row in ROWS:
        asked = set(words(row["question"], keep_case=True))
        named = [choice in asked for choice in row["choices"]]
        assert all(named) if row["listed"] else not any(named), row["question"]


def test_the_right_position_is_balanced() -> None:
    positions = Counter(row["gold"] for row in TEST)
    assert max(positions.values()) - min(positions.values()) < 0.05 * len(TEST)
    for kind, rows in BY_KIND.items():
        for place in range(4):
            assert sum(row["gold"] == place for row in rows) / len(rows) == pytest.approx(0.25, abs=0.1), kind


def test_size_length_and_order_do_not_mark_the_right_option() -> None:
    not_listed = [row for row in TEST if row["numeric"] and not row["listed"]]
    for rank in range(4):
        hits = [sorted(row["choices"], key=int)[rank] == row["answer"] for row in not_listed]
        assert sum(hits) / len(hits) == pytest.approx(0.25, abs=0.05)
    in_words = [row for row in TEST if not row["numeric"]]
    for pick in (
        lambda row: max(row["choices"], key=len),
        lambda row: min(row["choices"], key=len),
        lambda row: min(row["choices"]),
    ):
        hits = [pick(row) == row["answer"] for row in in_words]
        assert sum(hits) / len(hits) == pytest.approx(0.25, abs=0.08)


def test_the_place_in_the_question_does_not_mark_the_right_option() -> None:
    listed = [row for row in TEST if row["listed"] and row["kind"] not in ("pick_pattern", "where_now")]
    order = Counter(
        sorted(row["choices"], key=lambda choice, row=row: f" {row['question']}".index(f" {choice}")).index(
            row["answer"]
        )
        for row in listed
    )
    assert all(order[place] / len(listed) == pytest.approx(0.25, abs=0.08) for place in range(4))


def test_names_are_mentioned_equally_often_in_comparisons() -> None:
    for row in BY_KIND["transitive"]:
        assert {row["question"].count(name) for name in row["choices"]} == {2}


def test_few_shot_examples_are_held_out() -> None:
    assert [row["kind"] for row in SHOTS] == ["add_digits", "weekday_next", "recall_color"]
    assert not {row["question"] for row in SHOTS} & {row["question"] for row in TEST}


def test_only_the_right_option_scores_when_written() -> None:
    for row in TEST:
        for place, choice in enumerate(row["choices"]):
            right = {"correct": float(place == row["gold"])}
            assert UTILS.score_open(row, [choice]) == right, row["item_id"]
            assert UTILS.score_open(row, [f" The answer is {choice}.\n"]) == right, row["item_id"]
        assert UTILS.score_open(row, [""]) == {"correct": 0.0}


def test_lm_eval_reads_the_tasks() -> None:
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    ids = {}
    for view in ("choice", "open"):
        task = manager.load([f"reasoning_{view}"])["tasks"][f"reasoning_{view}"]
        task.set_config("num_fewshot", 3)
        task.set_fewshot_seed(0)
        task.build_all_requests(limit=2)
        ids[view] = [doc["item_id"] for doc in task.test_docs()]
        assert task.instances[0].args[0].count("Question: ") == 4
        assert task.config.metadata["view"] == view
        assert task.config.metadata["domain"] == "reasoning"
    assert ids["choice"] == ids["open"] == [row["item_id"] for row in TEST]


def test_the_file_is_rebuilt_bit_for_bit() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "build.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
