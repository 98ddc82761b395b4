"""What a kind of question is made of, and the words that several kinds use."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

NAMES = ("Tom", "Anna", "Ben", "Lisa", "Mark", "Sarah", "Paul", "Emma", "David", "Kate", "James", "Laura")
CATEGORIES = {
    "fruit": ("apple", "banana", "pear", "grape", "peach", "lemon", "cherry"),
    "animal": ("dog", "cat", "horse", "cow", "lion", "tiger", "rabbit", "sheep"),
    "color": ("red", "blue", "green", "yellow", "purple", "black", "white"),
    "vehicle": ("car", "bus", "train", "truck", "bicycle", "boat", "plane"),
    "clothing": ("shirt", "shoe", "hat", "coat", "sock", "dress", "jacket"),
    "body": ("hand", "foot", "nose", "ear", "knee", "elbow", "shoulder"),
    "furniture": ("table", "chair", "sofa", "bed", "desk", "shelf"),
    "family": ("mother", "father", "sister", "brother", "uncle", "aunt"),
}
WORDS = tuple(word for group in CATEGORIES.values() for word in group)
THINGS = ("apples", "books", "stickers", "pens", "cards", "balls", "stamps", "shells", "cups", "keys")
FOODS = ("rice", "bread", "milk", "cheese", "corn", "fish", "soup", "cake")
COLORS = ("red", "blue", "green", "yellow", "black", "white", "brown", "pink")
OBJECTS = ("car", "hat", "cup", "door", "box", "ball", "chair", "book", "bag", "lamp")
PLACES = ("kitchen", "garden", "office", "school", "park", "library", "station", "hotel")
NUMBER_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MADE_UP = (
    "dax", "wug", "blick", "toma", "fep", "zorp", "kiv", "mep", "lorp", "nuv", "plim", "rask",
    "sovi", "tib", "vonk", "yib", "jof", "drel", "snaf", "gluv", "hine", "pell", "crum", "bafi",
)  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """A question and its answer. `wrong` is None where the options are numbers near the answer."""

    question: str
    answer: str
    wrong: tuple[str, ...] | None = None
    listed: bool = False
    """The options stand in the question itself."""
    cluster: str = ""
    """What it shares with other questions of its kind; empty: nothing."""
    canonical: str = ""
    """Equal for questions that are the same sum, only one of which is kept: 3 + 4 and 4 + 3."""
    near: tuple[int, ...] = ()
    """The numbers that wrong options are drawn from; empty: those within a quarter of the answer."""
    aliases: tuple[str, ...] = ()
    """Other ways to write the answer."""
    solution: str = ""
    """The answer worked out, for a few-shot example."""


REDRAW = Draft("", "", ())
"""What a generator returns where nothing fair came out: it has no options, so another question is drawn."""


Generator = Callable[[random.Random, int], Draft]
"""Draws a question. The second argument counts up, for what must be balanced over a kind."""


@dataclass(frozen=True)
class Kind:
    """A kind of question: its difficulty (1 trivially easy ... 5), how many, and how to draw one."""

    level: int
    count: int
    draw: Generator
    worked: bool = False
    """The free answer gets room to work the solution out (the task reasoning_steps)."""


def placed(others: Sequence[T], one: T, place: int) -> list[T]:
    """`others` with `one` put in at `place`."""
    return [*others[:place], one, *others[place:]]


def listed_question(question: str, answer: str, options: Sequence[str], cluster: str = "") -> Draft:
    """A draft whose options all stand in the question."""
    return Draft(question, answer, tuple(text for text in options if text != answer), listed=True, cluster=cluster)


def listed_in(words: Sequence[str]) -> str:
    """'Tom, Anna and Ben'."""
    return f"{', '.join(words[:-1])} and {words[-1]}"


def ranked(below: Sequence[T], above: Sequence[T], rank: int, rng: random.Random) -> tuple[T, ...]:
    """Three wrong options, `rank` of them from `below` the answer.

    Empty where either side has fewer than three, whatever the rank: small answers must not have ranks of their own.
    """
    if min(len(below), len(above)) < 3:
        return ()
    return tuple(rng.sample(below, rank) + rng.sample(above, 3 - rank))
