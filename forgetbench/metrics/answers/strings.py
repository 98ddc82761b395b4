"""A right answer given to the letter: the reply is it, or contains it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forgetbench.errors import first_line
from forgetbench.metrics.answers.normalisation import plain
from forgetbench.metrics.answers.reading import Reading
from forgetbench.metrics.text import HAN, KANA, answered

_CHARACTER = re.compile(f"[{KANA}{HAN}]")


def read_string(text: str, accepted: Sequence[str], rivals: Sequence[str] = ()) -> Reading:
    """Strict: the reply or its first line is an accepted answer. Lenient: one stands in it, and no rival does."""
    right = {plain(answer) for answer in accepted}
    wrong = {plain(rival) for rival in rivals} - right
    whole = plain(text)
    names_rival = any(_stands_in(rival, whole, right) for rival in wrong)
    return Reading(
        exact=not right.isdisjoint((whole, plain(first_line(text)))),
        correct=not names_rival and any(_stands_in(answer, whole, wrong) for answer in right),
        parsed=answered(text),
    )


def string_mistake(answer: str) -> str | None:
    """What keeps an accepted answer from being matched, with a hint; None when nothing does."""
    return None if plain(answer) else "nothing is left of it without quotes and full stops; use match 'regex'"


def _stands_in(phrase: str, text: str, longer: set[str]) -> bool:
    """Whether `phrase` stands in `text` as whole words, elsewhere than inside one of the `longer` phrases that hold
    it."""
    for name in longer:
        if phrase in name:
            text = text.replace(name, "\0")
    start = text.find(phrase)
    while start >= 0:
        end = start + len(phrase)
        if _is_edge(text[start - 1 : start + 1] if start else "") and _is_edge(text[end - 1 : end + 1]):
            return True
        start = text.find(phrase, start + 1)
    return False


def _is_edge(pair: str) -> bool:
    """Whether a word may end between two characters; a Chinese or Japanese character is a word of its own."""
    return len(pair) < 2 or not pair[0].isalnum() or not pair[1].isalnum() or _CHARACTER.search(pair) is not None
