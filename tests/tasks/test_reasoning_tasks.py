"""The reasoning questions: every key worked out again from the question's text alone, and no cue but the solution."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import reasoning_deep_solvers
import reasoning_solvers
import reasoning_story_solvers
import reasoning_text_solvers
from hypothesis import given
from hypothesis import strategies as st
from time_limit import within

from forgetbench.metrics.answers.normalisation import normalised_words
from forgetbench.storage.jsonl import read_jsonl

FOLDER = Path(__file__).parents[2] / "tasks" / "reasoning"
ROWS = read_jsonl(FOLDER / "items.jsonl")
TEST = [row for row in ROWS if row["split"] == "test"]
SHOTS = [row for row in ROWS if row["split"] != "test"]
NUMERIC = [row for row in TEST if row["numeric"] and not row["listed"]]
LISTED = [row for row in TEST if row["listed"]]
BY_KIND: dict[str, list[dict[str, Any]]] = defaultdict(list)
for _row in TEST:
    BY_KIND[_row["kind"]].append(_row)
SOLVERS = {
    **reasoning_solvers.SOLVERS, **reasoning_text_solvers.SOLVERS, **reasoning_story_solvers.SOLVERS,
    **reasoning_deep_solvers.SOLVERS,
}  # fmt: skip
LEVELS = [f"level-{level}" for level in range(1, 8)]


def theme(kind: str) -> str:
    """A kind without its depth."""
    return re.sub(r"_\d+$", "", kind)


def load_utils() -> ModuleType:
    """utils.py of the task folder."""
    spec = importlib.util.spec_from_file_location("reasoning_utils", FOLDER / "utils.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


UTILS = load_utils()

# --- keys ---


@pytest.mark.parametrize("kind", sorted(SOLVERS))
def test_every_key_is_what_a_second_solver_finds(kind: str) -> None:
    rows = [row for row in ROWS if theme(row["kind"]) == kind]
    assert rows
    for row in rows:
        assert SOLVERS[kind](row["question"]) == row["answer"], row["question"]


def test_the_second_solver_knows_every_kind() -> None:
    assert {theme(row["kind"]) for row in ROWS} == set(SOLVERS)


def test_zeller_agrees_with_the_calendar() -> None:
    # The Gregorian reform and the Moon landing.
    assert reasoning_solvers.zeller(15, 10, 1582) == "Friday"
    assert reasoning_solvers.zeller(20, 7, 1969) == "Sunday"


# --- counts and cues ---


def test_there_are_enough_items_of_every_level_and_a_quarter_at_most_is_easy() -> None:
    assert len(TEST) >= 2500
    levels = Counter(row["level"] for row in TEST)
    assert sorted(levels) == list(range(1, 8))
    assert all(row["stratum"] == f"level-{row['level']}" for row in ROWS)
    assert 0.2 < (levels[1] + levels[2]) / len(TEST) <= 0.25
    assert levels[5] > 0.1 * len(TEST)
    assert levels[6] + levels[7] >= 500
    assert all(10 <= len(rows) <= 40 for rows in BY_KIND.values())


def test_every_kind_of_the_hard_levels_is_asked_at_two_depths() -> None:
    depths: dict[str, dict[int, int]] = defaultdict(dict)
    for row in TEST:
        if row["level"] > 5:
            depths[theme(row["kind"])][row["level"]] = int(row["kind"].rpartition("_")[2])
    assert len(depths) >= 16
    assert all(depth[6] < depth[7] for depth in depths.values())


@pytest.mark.parametrize("n_rows", [100, 300, 600])
def test_the_first_rows_are_a_fair_sample_of_the_levels(n_rows: int) -> None:
    for level in range(1, 8):
        share_of_all = sum(row["level"] == level for row in TEST) / len(TEST)
        share_of_first = sum(row["level"] == level for row in TEST[:n_rows]) / n_rows
        assert share_of_first == pytest.approx(share_of_all, abs=3 * (share_of_all / n_rows) ** 0.5)


def test_ids_and_questions_are_unique_and_rows_have_one_shape() -> None:
    assert len({row["item_id"] for row in ROWS}) == len(ROWS)
    assert len({row["question"] for row in ROWS}) == len(ROWS)
    assert len({tuple((key, type(value).__name__) for key, value in row.items()) for row in ROWS}) == 1


def test_a_sum_and_its_mirror_are_never_both_asked() -> None:
    seen = Counter(
        (row["kind"], *sorted(reasoning_solvers.numbers(row["question"])))
        for row in ROWS
        if row["kind"].startswith(("add", "multiply", "long_product"))
    )
    assert max(seen.values()) == 1


def test_options_are_four_different_ones_and_the_right_one_is_marked() -> None:
    for row in ROWS:
        assert len(set(row["choices"])) == 4
        assert row["choices"][row["gold"]] == row["answer"] == row["aliases"][0]
        assert row["numeric"] == all(choice.isdigit() for choice in row["choices"])


def test_the_question_names_all_options_or_none() -> None:
    for row in ROWS:
        asked = f" {' '.join(normalised_words(row['question'], keep_case=True))} "
        named = [f" {' '.join(normalised_words(choice, keep_case=True))} " in asked for choice in row["choices"]]
        assert all(named) if row["listed"] else not any(named), row["question"]


def test_the_right_position_is_balanced() -> None:
    positions = Counter(row["gold"] for row in TEST)
    assert max(positions.values()) - min(positions.values()) < 0.05 * len(TEST)
    for kind, rows in BY_KIND.items():
        for place in range(4):
            assert sum(row["gold"] == place for row in rows) / len(rows) == pytest.approx(0.25, abs=0.1), kind


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("rank", range(4))
def test_the_size_of_a_number_does_not_mark_it(level: str, rank: int) -> None:
    rows = [row for row in NUMERIC if row["stratum"] == level]
    assert share(rows, lambda row: sorted(row["choices"], key=int)[rank]) == pytest.approx(0.25, abs=0.05)


HEURISTICS: dict[str, Callable[[dict[str, Any]], str]] = {
    "longest": lambda row: max(row["choices"], key=len),
    "shortest": lambda row: min(row["choices"], key=len),
    "first in the alphabet": lambda row: min(row["choices"]),
    "last in the alphabet": lambda row: max(row["choices"]),
    "most letters in common with the question": lambda row: max(row["choices"], key=lambda c: overlap(c, row)),
}


def share(rows: list[dict[str, Any]], pick: Callable[[dict[str, Any]], str]) -> float:
    """How often a rule picks the right option."""
    return sum(pick(row) == row["answer"] for row in rows) / len(rows)


def overlap(choice: str, row: dict[str, Any]) -> int:
    """How often the pairs of letters of an option stand in the question."""
    return sum(row["question"].count(choice[place : place + 2]) for place in range(len(choice) - 1))


@pytest.mark.parametrize("name", HEURISTICS)
def test_form_does_not_mark_the_right_option(name: str) -> None:
    rows = [row for row in TEST if not row["numeric"] and (row["listed"] or "letters in common" not in name)]
    assert share(rows, HEURISTICS[name]) == pytest.approx(0.25, abs=0.05)


def test_the_place_in_the_question_does_not_mark_the_right_option() -> None:
    # Where things move, what was said last is likelier by the question's nature.
    rows = [row for row in LISTED if row["kind"] not in ("pick_pattern", "where_now", "carry")]
    for place in range(4):
        hits = share(rows, lambda row, place=place: by_place(row)[place])
        assert hits == pytest.approx(0.25, abs=0.05), place


def by_place(row: dict[str, Any]) -> list[str]:
    """The options in the order in which the question names them first."""
    asked = f" {' '.join(normalised_words(row['question'], keep_case=True))} "
    return sorted(
        row["choices"], key=lambda choice: asked.index(f" {' '.join(normalised_words(choice, keep_case=True))} ")
    )


def test_how_often_the_question_names_an_option_does_not_mark_it() -> None:
    # What two lists share is said twice: that is the question.
    rows = [row for row in LISTED if row["kind"] not in ("in_common", "pick_pattern", "carry", "where_now")]
    for pick in (max, min):
        hits = share(rows, lambda row, pick=pick: pick(row["choices"], key=row["question"].count))
        assert hits == pytest.approx(0.25, abs=0.07)


def last_place(choice: str, row: dict[str, Any]) -> int:
    """Where the question names an option for the last time."""
    return [match.start() for match in re.finditer(rf"\b{re.escape(choice)}\b", row["question"])][-1]


def distance(choice: str, row: dict[str, Any], goal: Callable[[list[int]], int]) -> int:
    """How far an option is from a number of the question."""
    return abs(int(choice) - goal(reasoning_solvers.numbers(row["question"]) or [0]))


HARD_HEURISTICS: dict[str, Callable[[dict[str, Any]], str]] = {
    "mentioned last": lambda row: max(row["choices"], key=lambda c: last_place(c, row)),
    "mentioned last the longest ago": lambda row: min(row["choices"], key=lambda c: last_place(c, row)),
    "mentioned most": lambda row: max(row["choices"], key=lambda c: len(re.findall(rf"\b{c}\b", row["question"]))),
    "mentioned least": lambda row: min(row["choices"], key=lambda c: len(re.findall(rf"\b{c}\b", row["question"]))),
    "largest": lambda row: max(row["choices"], key=int),
    "smallest": lambda row: min(row["choices"], key=int),
    "in the middle": lambda row: sorted(row["choices"], key=int)[1],
    "nearest to the last number": lambda row: min(row["choices"], key=lambda c: distance(c, row, lambda n: n[-1])),
    "nearest to the largest number": lambda row: min(row["choices"], key=lambda c: distance(c, row, max)),
}


@pytest.mark.parametrize("name", HARD_HEURISTICS)
def test_no_short_way_answers_the_hard_questions(name: str) -> None:
    hard = [row for row in TEST if row["level"] > 5]
    rows = [row for row in hard if (row["listed"] if "mentioned" in name else row["numeric"] and not row["listed"])]
    assert len(rows) > 200
    assert share(rows, HARD_HEURISTICS[name]) == pytest.approx(0.25, abs=0.05)


def test_who_is_called_a_liar_most_often_is_none_the_more() -> None:
    def accused(row: dict[str, Any]) -> str:
        claims = re.findall(r"says that ([^.]+)\.", row["question"])
        called = {name: sum(("lie" in text) - ("truth" in text) for text in claims if name in text)
                  for name in row["choices"]}  # fmt: skip
        return (max if "Who lies" in row["question"] else min)(row["choices"], key=lambda name: called[name])

    assert share([row for row in TEST if theme(row["kind"]) == "truth_tellers"], accused) <= 0.35


def test_what_was_so_at_first_is_so_again_one_time_in_four() -> None:
    for kind, listing in (("list_steps", r"list: ([^.]+)\."), ("code_moves", r"words = \[([^]]+)\]")):
        rows = [row for row in TEST if theme(row["kind"]) == kind]
        same = 0
        for row in rows:
            words = re.findall(listing, row["question"])[0].replace("'", "").split(", ")
            asked = re.findall(r"is (\w+) now|print\(words\[(\d)\]\)", row["question"])[0]
            place = int(asked[1]) if asked[1] else reasoning_deep_solvers.ORDINAL[asked[0]]
            same += words[place] == row["answer"]
        assert same / len(rows) == 0.25


def test_names_are_mentioned_equally_often_in_comparisons() -> None:
    for row in BY_KIND["transitive"] + BY_KIND["third_of_four"]:
        assert {row["question"].count(name) for name in row["choices"]} == {2}


def test_neither_length_nor_the_alphabet_picks_another_word_than_the_right_one() -> None:
    features: tuple[Callable[[str], Any], ...] = (len, str)
    for row in BY_KIND["pick_pattern"]:
        *examples, asked = row["question"].removeprefix("Complete the pattern: ").split(", ")
        picks = [tuple(example.split(" -> ")) for example in examples] + [(asked.removesuffix(" ->"), row["answer"])]
        pairs = [(pick, *({*both.split()} - {pick})) for both, pick in picks]
        for feature in features:
            higher = [feature(pick) > feature(other) for pick, other in pairs]
            lower = [feature(pick) < feature(other) for pick, other in pairs]
            assert [higher, lower] not in ([[1, 1, 0], [0, 0, 1]], [[0, 0, 1], [1, 1, 0]]), row["question"]


def test_three_pairs_of_numbers_tell_what_each_number_does() -> None:
    for row in BY_KIND["pair_rule"] + BY_KIND["hard_pair_rule"]:
        a, b, _, c, d, _, e, f, *_ = reasoning_solvers.numbers(row["question"])
        assert (c - a) * (f - b) != (e - a) * (d - b), row["question"]


# --- views ---


def test_few_shot_examples_are_held_out() -> None:
    assert [(row["kind"], row["split"]) for row in SHOTS] == [
        ("add_digits", "fewshot"), ("weekday_next", "fewshot"), ("recall_color", "fewshot"),
        ("three_changes", "fewshot_worked"), ("three_swaps", "fewshot_worked"), ("two_relations", "fewshot_worked"),
    ]  # fmt: skip
    assert not {row["question"] for row in SHOTS} & {row["question"] for row in TEST}
    for row in SHOTS:
        assert UTILS.score_worked(row, [row["solution"]]) == {
            "correct": 1.0,
            "exact": float(not row["worked"]),
            "parsed": 1.0,
            "conflict": 0.0,
        }


def test_only_the_right_option_scores_when_written() -> None:
    for row in TEST:
        for score in (UTILS.score_open, UTILS.score_worked):
            for place, choice in enumerate(row["choices"]):
                right = float(place == row["gold"])
                assert score(row, [choice]) == {"correct": right, "exact": right, "parsed": 1.0, "conflict": 0.0}, row[
                    "item_id"
                ]
                said = score(row, [f" The answer is {choice}.\n"])
                assert said["correct"] == right and said["parsed"] == 1.0, row["item_id"]
            assert score(row, [""]) == {"correct": 0.0, "exact": 0.0, "parsed": 0.0, "conflict": 0.0}


def written(answer: str, choices: list[str], aliases: tuple[str, ...] = ()) -> dict[str, Any]:
    """An item as the scoring functions see it."""
    return {
        "answer": answer, "aliases": [answer, *aliases], "choices": choices, "numeric": answer.isdigit(),
    }  # fmt: skip


NUMBER = written("14", ["12", "13", "14", "15"])
WORD = written("red", ["blue", "red", "green", "pink"])
DATE = written("May 3", ["May 3", "May 2", "May 4", "May 5"], ("3 May", "3 of May"))


@pytest.mark.parametrize(
    ("item", "reply", "correct", "exact", "parsed"),
    [
        (NUMBER, "14", 1, 1, 1),
        (NUMBER, "14.\nThat is because 7 and 7 make 14.", 1, 1, 1),
        (NUMBER, "7 + 7 = 14", 1, 0, 1),
        (NUMBER, "13", 0, 0, 1),
        (NUMBER, "I cannot say.", 0, 0, 0),
        (WORD, "Red.", 1, 1, 1),
        (WORD, "**Red**", 1, 0, 1),
        (WORD, "It is red.", 1, 0, 1),
        (WORD, "orange", 0, 0, 1),  # no option, but an answer
        (WORD, "red, blue, green", 0, 0, 0),
        (WORD, "Sorry", 0, 0, 0),
        (WORD, "As an assistant, I have no way to see it.", 0, 0, 0),
        (DATE, "3 May", 1, 1, 1),
        (DATE, "It is the 3rd", 0, 0, 0),
    ],
)
def test_short_answers(item: dict[str, Any], reply: str, correct: int, exact: int, parsed: int) -> None:
    assert UTILS.score_open(item, [reply]) == {"correct": correct, "exact": exact, "parsed": parsed, "conflict": 0.0}


@pytest.mark.parametrize(
    ("item", "reply", "correct", "exact", "parsed"),
    [
        (NUMBER, "14", 1, 1, 1),
        (NUMBER, "2 * 5 = 10. 10 + 4 = 14. The answer is 14.", 1, 0, 1),
        (NUMBER, "2 * 5 = 10\n10 + 4 = 14\nThe answer is 14.", 1, 1, 1),
        (NUMBER, "First 2 * 5 = 10, then 10 + 4 = 14 apples.", 1, 0, 1),
        (NUMBER, "He has 10 and gets 4.\n#### 14", 1, 0, 1),
        (NUMBER, "So it is \\boxed{14}, after 3 days.", 1, 0, 1),
        (NUMBER, "The answer is 10 + 4 = 14.", 1, 0, 1),
        (NUMBER, "The answer is **$14.00**.", 1, 0, 1),
        (NUMBER, "14 - 2 = 12", 0, 0, 1),
        (NUMBER, "14 is close, but the answer is 13.", 0, 0, 1),
        (NUMBER, "Let us think step by step.", 0, 0, 0),
        (WORD, "Tom has blue, Ben has red. Then they swap. So Tom has red.", 1, 0, 1),
        (WORD, "Tom has blue. The answer is red.", 1, 0, 1),
        (WORD, "Tom has red. The answer is blue.", 0, 0, 1),
        (WORD, "Tom has red, blue and green.", 0, 0, 0),
        (WORD, "They swap.", 0, 0, 0),
    ],
)
def test_worked_answers(item: dict[str, Any], reply: str, correct: int, exact: int, parsed: int) -> None:
    assert UTILS.score_worked(item, [reply]) == {"correct": correct, "exact": exact, "parsed": parsed, "conflict": 0.0}


@given(st.text(max_size=200))
def test_hostile_text_is_scored_without_an_error(text: str) -> None:
    for item in (NUMBER, WORD, DATE):
        for score in (UTILS.score_open, UTILS.score_worked):
            for reply in (text, f"The answer is {text}", f"{text}\n\x00\ud800 {text}"):
                scores = score(item, [reply])
                assert scores["exact"] <= scores["correct"] <= scores["parsed"]


@pytest.mark.parametrize("unit", ["answer is ", "#", "1,", "1. ", "red ", "\n", "-", "\\boxed{"])
def test_endless_replies_are_read_in_linear_time(unit: str) -> None:
    for item in (NUMBER, WORD):
        with within(2):
            UTILS.score_open(item, [unit * 200_000])
            UTILS.score_worked(item, [unit * 200_000])


def test_lm_eval_reads_the_tasks() -> None:
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    ids = {}
    for name in ("choice", "open", "steps"):
        task = manager.load([f"reasoning_{name}"])["tasks"][f"reasoning_{name}"]
        task.set_config("num_fewshot", 3)
        task.set_fewshot_seed(0)
        task.build_all_requests(limit=2)
        ids[name] = [doc["item_id"] for doc in task.test_docs()]
        assert task.instances[0].args[0].count("Question: ") == 4
        assert ("The answer is " in task.instances[0].args[0]) == (name == "steps")
        metadata = task.config.metadata
        assert (metadata["view"], metadata["domain"]) == ("choice" if name == "choice" else "open", "reasoning")
        assert (metadata["licence"], metadata["language"]) == ("Apache-2.0", ["en"])
        assert metadata.get("completion_fewshot") == (None if name == "choice" else 3)
    assert ids["choice"] == [row["item_id"] for row in TEST]
    assert ids["open"] == [row["item_id"] for row in TEST if not row["worked"]]
    assert ids["steps"] == [row["item_id"] for row in TEST if row["worked"]]


def test_the_file_is_rebuilt_bit_for_bit() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "build.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
