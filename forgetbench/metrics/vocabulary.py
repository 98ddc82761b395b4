"""Which words are English: `english_words.txt`, and what is inflected from them.

The list is what begins with a blank in the vocabulary of SmolLM2's tokenizer (Apache-2.0), in small letters: the twenty
thousand words that English texts of the web have most often, regular inflections left out, with some pieces of words
among them. That is enough to tell prose from letters; it is no dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

SHORTEST = 3
"""Shorter words are known in any spelling: "ly", "eb" may be of any language."""
_ENDINGS = (
    ("ies", "y"), ("ied", "y"), ("ily", "y"), ("es", ""), ("s", ""), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"),
    ("ly", ""), ("er", ""), ("er", "e"), ("est", ""), ("est", "e"),
)  # fmt: skip
_DOUBLED = re.compile(r"([b-df-hj-np-tv-z])\1(?:ed|ing|er|est)$")


def known_share(words: Sequence[str]) -> float | None:
    """The share of words in small letters that are English; None where none is long enough to tell."""
    told = [word for word in words if len(word) >= SHORTEST]
    return sum(map(is_english, told)) / len(told) if told else None


def is_english(word: str) -> bool:
    """Whether a word in small letters is a frequent English one or a regular inflection of one."""
    bare = word.removesuffix("'s")
    return bare in _words() or any(base in _words() for base in bases(bare))


def bases(word: str) -> list[str]:
    """What a word may be a regular inflection of: 'stopping' -> stopp, stoppe, stop."""
    made = [word.removesuffix(end) + put for end, put in _ENDINGS if word.endswith(end) and len(word) - len(end) > 1]
    return [*made, _DOUBLED.sub(r"\1", word)] if _DOUBLED.search(word) else made


@cache
def _words() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("english_words.txt").read_text(encoding="utf-8").split())
