"""A pattern to complete ("shoe -> boot, sock ->"): what a reply puts after the arrow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from forgetbench.metrics.answers.markup import unmarked
from forgetbench.metrics.answers.normalisation import normalise

_ASKED = re.compile(r"->\s*$")
_BREAK = re.compile(
    r"\s*(?:[,;\n()\[\]\u3002\uff0c]|[.!?](?=\s|$)|\b(?:so|and|as|in|since|because|like|with|where|compare|that)\b)\s*",
    re.IGNORECASE,
)
_ANSWER_FIRST = re.compile(
    r"\W*(?:(?:it|that) is |answer: )?[^\W_]+\s?(?=\(|\[|,?\s?(?:as|since|because|like)\b)", re.IGNORECASE
)
"""'48 (as 4 -> 40)'"""
_MOST_PAIRS = 200


@dataclass(frozen=True, slots=True)
class Completion:
    """What a reply makes of a pattern."""

    said: bool
    """It has arrows at all."""
    answer: str | None = None
    """What it puts after the arrow; None where that is nothing, or where it only repeats the question's examples."""
    last: bool = False
    """The answer is the end of the reply."""


def is_pattern(question: str) -> bool:
    """Whether a question ends in an arrow."""
    return _ASKED.search(unmarked(question)) is not None


def completion(question: str, reply: str) -> Completion:
    """Read what follows the question's own left side, else what follows the last arrow that is no example's."""
    left, examples = _pattern(question)
    pairs = _pairs(unmarked(reply))
    repeated = 0
    while repeated < min(len(pairs), len(examples)) and _same(pairs[repeated], examples[repeated]):
        repeated += 1
    fresh = pairs[repeated:] if repeated > 1 or not pairs or pairs[0][0] != left else pairs
    own = [right for before, right in fresh if before == left or before.endswith(f" {left}")]
    answered = [right for right in own if right]
    others = [
        right for before, right in fresh if right and not any(_same((before, right), example) for example in examples)
    ]
    candidates = answered or ([] if own else others)
    if not candidates:
        first = _ANSWER_FIRST.match(unmarked(reply).partition("->")[0])
        return Completion(bool(pairs), first.group().strip() if first and not own else None)
    return Completion(True, candidates[-1], unmarked(reply).rstrip().endswith(candidates[-1]))


def _pattern(question: str) -> tuple[str, list[tuple[str, str]]]:
    """The left side to be completed, and the examples, normalised."""
    *examples, (left, _) = _pairs(unmarked(question).rpartition(":")[2]) or [("", "")]
    return left, examples


def _same(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return (one[0] == other[0] or one[0].endswith(f" {other[0]}")) and normalise(one[1]) == normalise(other[1])


def _pairs(plain: str) -> list[tuple[str, str]]:
    """Left and right sides of the arrows of a text, normalised."""
    pieces = plain.split("->")[:_MOST_PAIRS]
    pairs = []
    for before, after in pairwise(pieces):
        left = next((part for part in reversed(_BREAK.split(before)) if part.strip(" :'\"")), "")
        right = _BREAK.split(after.strip(" "))[0] if after.strip() else ""
        pairs.append((normalise(left.rpartition(":")[2]), right.strip()))
    return pairs
