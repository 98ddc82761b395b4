"""Replies to questions about a long text, labelled by reading: right, wrong, or no answer that can be told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_long_context_tasks import load
from time_limit import within

UTILS = load("utils")


def item(question: str, answer: str, kind: str, *further: str, rivals: tuple[str, ...] = ()) -> dict[str, Any]:
    """An item as the scoring function sees it."""
    return {"question": question, "answer": answer, "aliases": [answer, *further], "kind": kind, "rivals": list(rivals)}


PLACES = ("blue clock", "stone jar", "copper pan", "pantry shelf")
PETS = ("jackdaw", "ferret", "otter", "badger")
KEY = item(
    "Where is the key of the dairy kept?", "under the stone jar", "phrase", "stone jar",
    rivals=tuple(place for place in PLACES if place != "stone jar"),
)  # fmt: skip
PET = item("Which tame animal does Ivo have at home?", "otter", "phrase", rivals=("jackdaw", "ferret", "badger"))
SHAPE = item("What is the weathercock shaped like?", "violet", "phrase", rivals=("candle", "comet"))
ABSENT = item("Where is the key of the smithy kept?", UTILS.NOT_SAID, "phrase", rivals=PLACES)
HOLDER = item("Things change hands. Who has the seal at the end of the text?", "Otto", "name")
KEEPER = item("What is the name of the person who takes care of the deed of the meadow?", "Greta", "name")
SACKS = item("How many sacks does the mill hold at the end of the text, by the latest report?", "42", "number")
RINGS = item("How many times in the text did the bell of the chapel ring?", "3", "number")
CHOIR = item("Which three people joined the choir?", "Ada, Bruno and Cora", "names")


@pytest.mark.parametrize(
    ("asked", "reply", "correct", "exact", "parsed"),
    [
        (KEY, " under the stone jar", 1, 1, 1),
        (KEY, "Under the stone jar.", 1, 1, 1),
        (KEY, "The stone jar", 1, 1, 1),
        (KEY, "The key of the dairy is kept under the stone jar.", 1, 0, 1),
        (KEY, "It is kept **under the stone jar**, not behind the blue clock.", 1, 0, 1),
        (KEY, "behind the blue clock", 0, 0, 1),
        (KEY, "The key of the dairy is kept inside the copper pan.", 0, 0, 1),
        (KEY, "the text does not say", 0, 0, 1),
        (KEY, "The text does not mention the dairy.", 0, 0, 1),
        (KEY, "I'm sorry, I can't help with that.", 0, 0, 0),
        (KEY, "", 0, 0, 0),
        (KEY, "under the oak", 0, 0, 1),
        (PET, "otter", 1, 1, 1),
        (PET, "An otter.", 1, 1, 1),
        (PET, "Ivo has a tame otter at home.", 1, 0, 1),
        (PET, "a badger", 0, 0, 1),
        (PET, "an otter or a badger", 0, 0, 0),
        (PET, "It is not stated.", 0, 0, 1),
        (SHAPE, "The weathercock is shaped like a violet.", 1, 0, 1),
        (SHAPE, "It is shaped like a comet.", 0, 0, 1),
        (ABSENT, "the text does not say", 1, 1, 1),
        (ABSENT, "None mentioned.", 1, 0, 1),
        (ABSENT, "I cannot find this in the text.", 1, 0, 1),
        (ABSENT, "The text gives no answer.", 1, 0, 1),
        (ABSENT, "The text does not say.", 1, 1, 1),
        (ABSENT, "The text doesn't say where the key of the smithy is kept.", 1, 0, 1),
        (ABSENT, "The text does not mention where it is.", 1, 0, 1),
        (ABSENT, "This is not stated in the text.", 1, 0, 1),
        (ABSENT, "There is no information about the key of the smithy.", 1, 0, 1),
        (ABSENT, "Unknown", 1, 0, 1),
        (ABSENT, "It cannot be determined from the text.", 1, 0, 1),
        (ABSENT, "The text does not say. The key of the dairy is under the stone jar.", 1, 0, 1),
        (ABSENT, "The key of the smithy is kept under the stone jar.", 0, 0, 1),
        (ABSENT, "behind the blue clock", 0, 0, 1),
        (ABSENT, "on a hook by the fire", 0, 0, 1),
        (ABSENT, "I'm sorry, I can't help with that.", 0, 0, 0),
        (HOLDER, "Otto", 1, 1, 1),
        (HOLDER, "Otto has the seal at the end of the text.", 1, 0, 1),
        (HOLDER, "The seal went to Otto.", 1, 0, 1),
        (HOLDER, "Greta", 0, 0, 1),
        (HOLDER, "The seal went from Ivo to Greta.", 0, 0, 1),
        (HOLDER, "I do not know.", 0, 0, 0),
        (KEEPER, "Greta, who mends the nets", 1, 0, 1),
        (KEEPER, "Her name is Greta.", 1, 0, 1),
        (KEEPER, "Ivo", 0, 0, 1),
        (SACKS, "42", 1, 1, 1),
        (SACKS, "42 sacks", 1, 0, 1),
        (SACKS, "The mill holds 42 sacks at the end of the text.", 1, 0, 1),
        (SACKS, "forty-two", 1, 0, 1),
        (SACKS, "The mill held 17 sacks at the beginning. By the latest report, it holds 42 sacks.", 1, 0, 1),
        (SACKS, "17", 0, 0, 1),
        (SACKS, "The mill holds 63 sacks.", 0, 0, 1),
        (SACKS, "The text does not say.", 0, 0, 1),
        (SACKS, "Many.", 0, 0, 0),
        (RINGS, "3", 1, 1, 1),
        (RINGS, "Three times.", 1, 0, 1),
        (RINGS, "The bell of the chapel rang three times.", 1, 0, 1),
        (RINGS, "It rang 3 times in the text.", 1, 0, 1),
        (RINGS, "The bell rang 4 times.", 0, 0, 1),
        (RINGS, "The bell of the chapel rang twice.", 0, 0, 1),
        (CHOIR, "Ada, Bruno and Cora", 1, 1, 1),
        (CHOIR, "Cora, Ada, Bruno.", 1, 1, 1),
        (CHOIR, "Ada, Bruno and Cora joined the choir.", 1, 0, 1),
        (CHOIR, "1. Ada\n2. Cora\n3. Bruno", 1, 0, 1),
        (CHOIR, "Ada and Bruno", 0, 0, 1),
        (CHOIR, "Ada, Bruno and Ivo", 0, 0, 1),
        (CHOIR, "Ada, Bruno, Cora and Ivo", 0, 0, 1),
        (CHOIR, "The text does not say.", 0, 0, 1),
        (CHOIR, "Three people joined.", 0, 0, 0),
    ],
)
def test_replies_are_read_as_a_person_reads_them(
    asked: dict[str, Any], reply: str, correct: int, exact: int, parsed: int
) -> None:
    scores = UTILS.score(asked, [reply])
    assert (scores["correct"], scores["exact"], scores["parsed"]) == (correct, exact, parsed)


@pytest.mark.parametrize(
    ("asked", "reply", "correct", "parsed"),
    [
        (CHOIR, "The three people who joined the choir were Ada and", 0, 0),
        (CHOIR, "The three people were Ada, Ivo", 0, 1),
        (CHOIR, "Ada, Bruno and Cora joined the choir when", 1, 1),
        (KEY, "According to the chronicle, the key of the dairy is", 0, 0),
        (SACKS, "At the end of the text, by the latest report, the mill", 0, 0),
        (HOLDER, "At the end of the text, the seal is held by", 0, 0),
        (SACKS, "The wind came from the west, and a thin fog lay over the fields. The wind did", 0, 1),
        (CHOIR, "Ada joined the choir. Bruno joined the choir. In the", 0, 0),
        (CHOIR, "1. The carter joined the choir.\n2. The old", 0, 1),
        (KEEPER, "The seal went up the hill. The wind came from the west, and", 0, 1),
        (PET, "Let me look for Ivo in the text. The text speaks of", 0, 0),
        (HOLDER, "Sure! To find who has the seal at the end of the text, we follow it", 0, 0),
    ],
)
def test_a_reply_that_was_cut_is_read_as_far_as_it_decides(
    asked: dict[str, Any], reply: str, correct: int, parsed: int
) -> None:
    scores = UTILS.score({**asked, "forgetbench": {"finish_reasons": ["length"]}}, [reply])
    assert (scores["correct"], scores["parsed"]) == (correct, parsed)


@given(st.text(max_size=200))
def test_hostile_text_is_scored_without_an_error(text: str) -> None:
    for asked in (KEY, ABSENT, HOLDER, SACKS, CHOIR):
        for reply in (text, f"The text does not {text}", f"{text}\n\x00\ud800 {text}"):
            scores = UTILS.score(asked, [reply])
            assert scores["exact"] <= scores["correct"] <= scores["parsed"] <= 1


@pytest.mark.parametrize("unit", ["does not ", "not", "Ada, ", "1. ", "stone ", "\n", "can", "is not x "])
def test_endless_replies_are_read_in_linear_time(unit: str) -> None:
    for asked in (KEY, ABSENT, HOLDER, SACKS, CHOIR):
        with within(2):
            UTILS.score(asked, [unit * 200_000])
