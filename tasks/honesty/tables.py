"""Short lists in the question, asked for an entry that they do not have, and for one that they have."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from invented import Pair

NUMBERS = tuple(map(str, range(2, 60)))
FRIENDS = (
    "Ada",
    "Boris",
    "Chen",
    "Dora",
    "Emre",
    "Fatima",
    "Gil",
    "Hana",
    "Igor",
    "June",
    "Kofi",
    "Lucia",
    "Milan",
    "Noor",
)
COLOURS = ("red", "blue", "green", "yellow", "black", "white", "brown", "purple", "orange", "pink", "grey", "silver")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Table(NamedTuple):
    """What a list says of its entries, and what is asked of one."""

    title: str
    entry: str
    asked: str
    keys: Sequence[str]
    values: Sequence[str]


PLAIN = (
    Table("Price list", "{} {} dollars", "How many dollars does the {} cost?",
          ("tea", "cake", "soup", "juice", "salad", "bread", "cheese", "coffee", "omelette", "pie", "rice"), NUMBERS),
    Table("Rooms", "{} in room {}", "In which room is {}?", FRIENDS, NUMBERS),
    Table("Pets", "{} has a {}", "Which animal does {} have?", FRIENDS,
          ("cat", "dog", "rabbit", "parrot", "tortoise", "goldfish", "hamster", "pony", "goat", "duck")),
    Table("Favourite colours", "{}: {}", "What is the favourite colour of {}?", FRIENDS, COLOURS),
    Table("Trains", "to {} from platform {}", "From which platform does the train to {} leave?",
          ("Lyon", "Turin", "Basel", "Ghent", "Porto", "Graz", "Malmo", "Brno", "Leeds", "Cork", "Bergen"), NUMBERS),
    Table("Shelves", "{} on shelf {}", "On which shelf are the {}?",
          ("maps", "novels", "comics", "cookbooks", "dictionaries", "poems", "plays", "diaries", "letters"),
          NUMBERS),
    Table("Lessons", "{} on {}", "On which day is the lesson in {}?",
          ("maths", "music", "chemistry", "drawing", "history", "Latin", "biology", "sports"), DAYS),
)  # fmt: skip
# The entry that is asked for is like one that is there in one word.
LIKE = (
    Table("Price list", "{} {} dollars", "How many dollars does the {} cost?",
          ("black tea", "green tea", "mint tea", "apple cake", "carrot cake", "plum cake", "apple juice",
           "orange juice"), NUMBERS),
    Table("Keys", "{} on hook {}", "On which hook is the {}?",
          ("front door key", "back door key", "garage key", "cellar key", "garden door key", "attic key",
           "car key"), NUMBERS),
    Table("Staff", "{}, extension {}", "What is the extension of {}?",
          ("Dr Anna Berg", "Dr Otto Berg", "Ms Anna Holm", "Mr Otto Holm", "Dr Ida Berg", "Ms Ida Lund",
           "Mr Otto Lund"), NUMBERS),
)  # fmt: skip
SIZES = {1: 3, 2: 6}
"""Entries of a list by level."""


def no_such_row(seed: int) -> Iterator[Pair]:
    """Every table at levels 1 and 2, twice, and those with entries alike at level 3, four times."""
    rng = random.Random(seed)
    for _ in range(2):
        for level, size in SIZES.items():
            for table in PLAIN:
                yield pair(table, level, size, rng)
    for _ in range(4):
        for table in LIKE:
            yield pair(table, 3, 5, rng)


def pair(table: Table, level: int, size: int, rng: random.Random) -> Pair:
    """One list with its two questions."""
    absent, *present = rng.sample(table.keys, size + 1)
    values = rng.sample(table.values, size)
    asked = rng.randrange(size)
    listed = "; ".join(table.entry.format(*row) for row in zip(present, values, strict=True))
    text = f"{table.title}: {listed}."
    unanswerable, answerable = (f"{text} {table.asked.format(key)}" for key in (absent, present[asked]))
    rivals = tuple(value for value in values if value != values[asked])
    return Pair("no_such_row", level, unanswerable, answerable, (values[asked],), rivals)
