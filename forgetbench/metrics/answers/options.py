"""Which of several candidates a reply names as its answer.

A candidate is named where its normalised words stand in the text as whole words, unless the word before is "not" ("not
Lyon", "不是里昂"). Of several the first named counts: "Lyon, or maybe Paris" is Lyon. Naming a wrong one at once after
it, with at most a number or "and"/"or" between, is a list and not an answer ("Paris, London, Rome").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import lru_cache

from forgetbench.metrics.answers.normalisation import normalised_words

Words = tuple[str, ...]

_NEGATIONS = (("not",), ("不", "是"), ("并", "非"))
_LIST_GLUE = frozenset({"and", "or", "either", "also", *"和或与與及跟者以"})


class Named(Enum):
    """What a text names as its answer."""

    NOTHING = "nothing"
    RIGHT = "right"
    WRONG = "wrong"
    LIST = "list"
    """A candidate, and at once after it another that is wrong."""


def contains_answer(text: str, aliases: Iterable[str], rivals: Iterable[str] = (), *, keep_case: bool = False) -> bool:
    """Whether `text` gives one of `aliases` as its answer; see `named_option`."""
    return named_option(text, aliases, rivals, keep_case=keep_case) is Named.RIGHT


def named_option(text: str, aliases: Iterable[str], rivals: Iterable[str] = (), *, keep_case: bool = False) -> Named:
    """What `text` names as its answer, among the right ones, `aliases`, and the wrong ones, `rivals`.

    The text must not name a rival first, nor list one right after. Where one name contains another, the longer one is
    the one named: 'Guinea-Bissau' does not name Guinea. An alias among the rivals is right. Without rivals
    this is normalised containment.
    """
    right = {_words_of(alias, keep_case) for alias in aliases} - {()}
    wrong = {_words_of(rival, keep_case) for rival in rivals} - {()} - right
    tokens = normalised_words(text, keep_case=keep_case)
    by_first_word: dict[str, list[Words]] = {}
    for candidate in right | wrong:
        by_first_word.setdefault(candidate[0], []).append(candidate)

    place = 0
    while place < len(tokens):
        candidate = _candidate_at(tokens, place, by_first_word)
        if not candidate or _negated(tokens, place):
            place += max(len(candidate), 1)
        elif _lists_another(tokens, place + len(candidate), by_first_word, wrong):
            return Named.LIST
        else:
            return Named.RIGHT if candidate in right else Named.WRONG
    return Named.NOTHING


@lru_cache(maxsize=1 << 14)
def _words_of(answer: str, keep_case: bool) -> Words:
    return tuple(normalised_words(answer, keep_case=keep_case))


def _candidate_at(tokens: Sequence[str], place: int, by_first_word: Mapping[str, Sequence[Words]]) -> Words:
    """The longest candidate that stands in `tokens` at `place`, or the empty tuple."""
    candidates = by_first_word.get(tokens[place], ())
    here = [words for words in candidates if tuple(tokens[place : place + len(words)]) == words]
    return max(here, key=len, default=())


def _negated(tokens: Sequence[str], place: int) -> bool:
    before = [token.lower() for token in tokens[max(place - 2, 0) : place]]
    return any(tuple(before[-len(negation) :]) == negation for negation in _NEGATIONS)


def _lists_another(
    tokens: Sequence[str], place: int, by_first_word: Mapping[str, Sequence[Words]], wrong: set[Words]
) -> bool:
    """Whether the next thing named from `place` on is wrong, numbers and 'and'/'or' before it ignored."""
    while place < len(tokens):
        if _candidate_at(tokens, place, by_first_word) in wrong:
            return True
        if tokens[place].lower() not in _LIST_GLUE and not tokens[place].isdigit():
            return False
        place += 1
    return False
