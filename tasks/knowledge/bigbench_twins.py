"""Which statements of BIG-bench are one statement and its counter-statement: they stand or fall together.

Two statements are twins where they share most of their words, rare words weighing more than frequent ones, or where
one follows from the other in words that `IN_OTHER_WORDS` lists. Twins of twins are of one cluster.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping

ALIKE = 0.3  # share of the weight of the words of both
STEM = 5  # letters by which a word is compared: 'originated', 'origin'
# Pairs that share too few words, by a word or two of each.
IN_OTHER_WORDS = (
    ("from the LA police", "from the time a group"),
    ("Bats are blind", "All bats have eyes"),
    ("Cinco de Mayo is Mexico", "Cinco de Mayo is the celebration"),
    ("Rice causes birds", "Rice does not cause"),
    ("An earthworm becomes", "an earthworm is bisected"),
    ("favorite food is cheese", "eat cheese for lack"),
    ("There are seasons because", "Seasons are due"),
    ("Edelweiss is the national", "Edelweiss is an original"),
    ("Sunflowers always", "Flowering sunflowers"),
    ("common cold is caused", "common cold is directly caused"),
    ("Twinkies are edible", "Twinkies have"),
    ("If bees disappeared", "without bees"),
    ("a tattoo means", "have a tattoo"),
    ("generally the phenotype", "aspects of human behaviour"),
    ("Frogs will stay", "Frogs will attempt"),
    ("Stegosaurus is known for its large dorsal", "Stegosaurus is known for its large leathery"),
    ("Eisenhower was a General", "Eisenhower was a Chief"),
    ("Vivaldi streamed", "performance of Vivaldi"),
    ("T. rex was running toward the herd", "T. rex was running toward the triceratops"),
    ("Hammurabi's Code", "Visual Studio Code"),
)
_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> frozenset[str]:
    """The beginnings of a statement's words."""
    return frozenset(word[:STEM] for word in _WORD.findall(text.lower()))


def alikeness(one: Collection[str], other: Collection[str], weight: Mapping[str, float]) -> float:
    """The weight of the common words of two statements over that of all words of both."""
    common, either = set(one) & set(other), set(one) | set(other)
    return sum(weight[word] for word in common) / sum(weight[word] for word in either)


def twins(statements: Mapping[str, str]) -> dict[str, str]:
    """The first key of the cluster that each statement is of, from the statements by key."""
    words = {key: words_of(text) for key, text in sorted(statements.items())}
    frequency = Counter(word for each in words.values() for word in each)
    weight = {word: math.log(1 + len(words) / count) for word, count in frequency.items()}
    first = {key: key for key in words}
    for key, text in sorted(statements.items()):
        for other, told in sorted(statements.items()):
            listed = any(one in text and two in told for one, two in IN_OTHER_WORDS)
            if key != other and (listed or alikeness(words[key], words[other], weight) >= ALIKE):
                joined, kept = max(first[key], first[other]), min(first[key], first[other])
                first = {each: kept if cluster == joined else cluster for each, cluster in first.items()}
    return first
