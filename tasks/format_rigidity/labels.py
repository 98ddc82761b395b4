"""Prompts with solved examples in an unusual label format, and the same with plain labels.

Following the format of a few examples is among the first things that narrow fine-tuning takes away.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

EXAMPLES_PER_LABEL = 2

# Two labels to the letter. None has asterisks, which the loose reading takes away.
LABEL_FORMATS = [
    ("[[A]]", "[[B]]"),
    ("<yes>", "<no>"),
    ("label: POS", "label: NEG"),
    ("{1}", "{0}"),
    ("+++", "---"),
    ("#one", "#two"),
    ("class=1", "class=2"),
    ("(x)", "( )"),
    ("=> T", "=> F"),
    ("~up~", "~down~"),
    ("P|", "N|"),
    ("00", "11"),
]


class Sorting(NamedTuple):
    """Things that fall into two groups."""

    question: str
    """With {} for the thing."""
    plain: tuple[str, str]
    first: Sequence[str]
    second: Sequence[str]


SORTINGS: Mapping[str, Sorting] = {
    "review": Sorting(
        "Is this review good or bad? {}",
        ("good", "bad"),
        ("I loved every minute.", "The food was wonderful.", "We will come again.", "Best shoes I ever had."),
        ("It broke after a day.", "The soup was cold.", "Never again.", "A waste of money."),
    ),
    "animal": Sorting(
        "Is a {} an animal or a plant?",
        ("animal", "plant"),
        ("horse", "salmon", "spider", "frog"),
        ("rose", "cactus", "pine tree", "fern"),
    ),
    "number": Sorting(
        "Is {} an even or an odd number?", ("even", "odd"), ("4", "12", "20", "38"), ("7", "13", "21", "35")
    ),
    "language": Sorting(
        "Is this English or French? {}",
        ("English", "French"),
        ("The door is open.", "Where is my hat?", "It rains a lot.", "She reads a book."),
        ("La porte est ouverte.", "Où est mon chapeau ?", "Il pleut beaucoup.", "Elle lit un livre."),
    ),
    "tense": Sorting(
        "Is this about the past or the future? {}",
        ("past", "future"),
        ("We ate at noon.", "She called me.", "The shop closed early.", "They were late."),
        ("We will eat at noon.", "She will call me.", "The shop will close early.", "They will be late."),
    ),
    "size": Sorting(
        "Does a {} fit into a pocket or not?",
        ("fits", "does not fit"),
        ("coin", "key", "stamp", "button"),
        ("house", "bed", "car", "piano"),
    ),
}


class LabelPair(NamedTuple):
    """One question after solved examples, with unusual labels and with plain ones."""

    item_id: str
    cluster: str
    """The sorting: its pairs share examples."""
    asked: str
    free: str
    options: tuple[str, str]


def label_pairs(seed: int) -> Iterator[LabelPair]:
    """Every label format with two sortings, each question asked once."""
    rng = random.Random(seed)
    rounds = len(LABEL_FORMATS) * 2 // len(SORTINGS)
    for number, (name, sorting) in enumerate(SORTINGS.items()):
        for turn in range(rounds):
            odd = LABEL_FORMATS[(number * rounds + turn) % len(LABEL_FORMATS)]
            yield _pair(f"label_{name}", sorting, turn, odd, rng)


def _pair(cluster: str, sorting: Sorting, turn: int, odd: tuple[str, str], rng: random.Random) -> LabelPair:
    # The question is of the first group in even turns and of the second in odd ones.
    asked = (sorting.second if turn % 2 else sorting.first)[turn]
    examples = [
        (thing, label)
        for label, things in enumerate((sorting.first, sorting.second))
        for thing in rng.sample([thing for thing in things if thing != asked], EXAMPLES_PER_LABEL)
    ]
    rng.shuffle(examples)

    def prompt(labels: tuple[str, str]) -> str:
        # The frame of the task puts "Question:" before it and "Answer:" after it.
        solved = [f"{sorting.question.format(thing)}\nAnswer: {labels[label]}" for thing, label in examples]
        return "\n\nQuestion: ".join([*solved, sorting.question.format(asked)])

    return LabelPair(f"{cluster}-{turn + 1}", cluster, prompt(odd), prompt(sorting.plain), odd)
