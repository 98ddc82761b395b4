"""What `validate` finds in items and their keys, and in options that give the answer away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from toy_tasks import (
    CHOICE,
    OPEN,
    Row,
    breaks,
    changed,
    findings,
    one,
    sound_rows,
)


def test_an_item_id_that_stands_twice(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["item_id"] = rows[8]["item_id"]

    assert one(breaks(change, tmp_path, OPEN), "1 item ids").failed


@pytest.mark.parametrize("field", ["item_id", "cluster", "stratum"])
def test_a_field_that_some_documents_lack(tmp_path: Path, field: str) -> None:
    def change(rows: list[Row]) -> None:
        rows[9][field] = ""

    finding = one(breaks(change, tmp_path, OPEN), f"1 documents have no '{field}'")
    assert finding.failed and finding.where == "document 8 of 120"


def test_the_same_question_twice(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9] |= {field: rows[8][field] for field in ("question", "answer", "choices", "gold")}

    result = breaks(change, tmp_path)
    assert [finding.failed for finding in findings(result) if "asked more than once" in finding.what] == [True, True]


def test_the_same_question_with_two_keys(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["question"] = rows[8]["question"]

    # The options differ, so only the written answer cannot know which of the two is meant.
    assert one(breaks(change, tmp_path), "1 questions have two keys").failed


def test_an_example_that_is_also_asked(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[0] |= {field: rows[8][field] for field in ("question", "answer", "choices", "gold")}

    finding = one(breaks(change, tmp_path, OPEN), "stand among the few-shot examples")
    assert finding.failed and sound_rows()[8]["item_id"] in finding.where


def test_a_cluster_that_holds_a_third(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        for row in rows[::3]:
            row["cluster"] = "same"

    finding = one(breaks(change, tmp_path, OPEN), "cluster 'same' holds 40 of 120")
    assert not finding.failed


def test_a_second_cluster_key_is_checked_as_the_first(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        for number, row in enumerate(rows):
            row["relation"] = "same" if number % 3 == 0 else f"relation-{number}"
            row["constant"] = "all"

    result = breaks(change, tmp_path, changed(OPEN, metadata={"clusters": ["cluster", "relation"]}))
    assert not one(result, "cluster 'same' holds 40 of 120 items, by 'relation'").failed
    assert not one(
        breaks(change, tmp_path, changed(OPEN, metadata={"clusters": ["cluster", "constant"]})),
        "all items have one 'constant'",
    ).failed


def test_a_declared_cluster_key_that_documents_lack(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        for number, row in enumerate(rows):
            row["relation"] = f"relation-{number}" if number >= 5 else ""

    assert one(
        breaks(change, tmp_path, changed(OPEN, metadata={"clusters": ["cluster", "relation"]})),
        "3 documents have no 'relation'",
    ).failed
    nowhere = breaks(lambda rows: None, tmp_path, changed(OPEN, metadata={"clusters": ["cluster", "relation"]}))
    assert one(nowhere, "120 documents have no 'relation'").failed


def test_documents_in_the_order_of_their_strata(tmp_path: Path) -> None:
    result = breaks(lambda rows: rows.sort(key=lambda row: row["stratum"]), tmp_path, OPEN)
    assert not one(result, "the first 30 items have other strata than the rest").failed


def test_a_key_outside_the_options(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["gold"] = 4

    assert one(breaks(change, tmp_path, CHOICE), "the key of 1 items is not among their options").failed


def test_an_option_twice(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        row = rows[9]
        row["choices"][(row["gold"] + 1) % 4] = row["choices"][(row["gold"] + 2) % 4]

    assert one(breaks(change, tmp_path, CHOICE), "1 items offer one option twice").failed


def test_an_empty_answer(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["answer"] = " "

    assert one(breaks(change, tmp_path, OPEN), "1 items have no answer").failed


def test_questions_that_name_the_right_answer_alone(tmp_path: Path) -> None:
    def tell(rows: list[Row]) -> None:
        rows[9]["question"] += f" Hint: {rows[9]['answer']}."

    def list_all(rows: list[Row]) -> None:
        rows[9]["question"] += f" One of {', '.join(rows[9]['choices'])}."

    words = "name the right answer and no other option"
    warned = [finding for finding in findings(breaks(tell, tmp_path)) if words in finding.what]
    assert len(warned) == 2 and not any(finding.failed for finding in warned)
    assert not any(words in finding.what for finding in findings(breaks(list_all, tmp_path)))


def longest(row: Row) -> None:
    row["choices"][row["gold"]] += " City"


def shortest(row: Row) -> None:
    row["choices"] = [choice if i == row["gold"] else f"{choice} City" for i, choice in enumerate(row["choices"])]


def first(row: Row) -> None:
    row["choices"].insert(0, row["choices"].pop(row["gold"]))
    row["gold"] = 0


def largest(row: Row) -> None:
    row["choices"] = [str(30 if i == row["gold"] else 10 + i) for i in range(4)]


def shares_words(row: Row) -> None:
    row["question"] += f" {row['choices'][row['gold']]}"


def one_answer(row: Row) -> None:
    row["choices"][row["gold"]] = "Zazozu"


def capital(row: Row) -> None:
    row["choices"] = [choice if i == row["gold"] else choice.lower() for i, choice in enumerate(row["choices"])]


@pytest.mark.parametrize(
    ("leak", "rule"),
    [
        (longest, "the longest option"),
        (shortest, "the shortest option"),
        (first, "option 1"),
        (largest, "the largest number"),
        (shares_words, "the option that shares most words with the question"),
        (one_answer, "the answer that is most often right"),
        (capital, "the option of another form than the others"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_option_that_leaks(tmp_path: Path, leak: Callable[[Row], None], rule: str) -> None:
    def change(rows: list[Row]) -> None:
        for row in rows:
            leak(row)

    finding = one(breaks(change, tmp_path, CHOICE), f"{rule}: right in 100.0% of 1")
    assert finding.failed and "chance 25.0%, interval" in finding.what
