"""Ideas are counted as a careful reader counts them: labelled sets of answers, and the kinds that words once misled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from time_limit import within

from forgetbench.metrics.ideas import idea_classes

SETS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "creativity" / "ideas.jsonl").read_text("utf-8").splitlines()
]
CITY = "Pick a random city."
TEXTS = st.lists(st.text(alphabet="abc d.北京", max_size=30), min_size=1, max_size=8)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_counts_follow_those_of_a_reader(language: str) -> None:
    rows = [row for row in SETS if row["language"] == language]
    counted = [len(set(idea_classes(row["answers"], row["prompt"], row["kind"]))) for row in rows]
    read = [row["n_ideas"] for row in rows]
    assert len(rows) >= 20
    assert spearmanr(counted, read).statistic >= 0.8
    assert sum(abs(a - b) for a, b in zip(counted, read, strict=True)) <= 0.5 * len(rows)


def test_names_in_one_chatty_sentence_are_as_many_ideas() -> None:
    cities = ["Lisbon", "Nairobi", "Quebec", "Osaka", "Lima", "Gdansk", "Tunis", "Perth"]
    answers = [f"Sure! A random city for you would be {city}. Let me know if you want another!" for city in cities]
    assert idea_classes(answers, CITY, "pick") == list(range(8))


def test_one_name_in_several_wordings_is_one_idea() -> None:
    answers = ["Paris", "I'd go with Paris.", "How about Paris, the city of light?", "My pick: **Paris**!"]
    assert idea_classes(answers, CITY, "pick") == [0] * 4


def test_a_number_in_front_of_a_name_is_no_name() -> None:
    assert idea_classes(["1. Lisbon\n2. Porto", "1. Oslo", "1) Quito", "- Lima", "Oslo"], CITY, "pick") == [
        0,
        1,
        2,
        3,
        1,
    ]
    assert idea_classes(["42", "7.", "I pick 42."], "Pick a random number between 1 and 100.", "pick") == [0, 1, 0]


def test_chinese_names_that_share_characters_are_two() -> None:
    """As a red rose and a white rose are."""
    assert idea_classes(["红玫瑰", "白玫瑰", "我会选红玫瑰。"], "说出一种花。", "pick") == [0, 1, 0]


def test_a_lone_answer_and_none() -> None:
    assert idea_classes(["Paris"], CITY, "pick") == [0]
    assert idea_classes([], CITY, "pick") == []


@given(TEXTS, st.sampled_from(["pick", "story", ""]))
def test_classes_are_numbered_by_first_appearance_and_equal_texts_are_one(texts: list[str], kind: str) -> None:
    classes = idea_classes([*texts, texts[0]], CITY, kind)
    assert classes[0] == classes[-1] == 0
    assert list(dict.fromkeys(classes)) == list(range(len(set(classes))))


def test_hostile_texts_take_no_time() -> None:
    with within(5):
        idea_classes(["**" * 50_000, "「" * 50_000, "a " * 50_000, "\ud800" * 1000, "北" * 50_000], CITY, "pick")
