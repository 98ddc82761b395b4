"""Near-duplicates: questions with one answer whose wording is all but the same.

Generated items share their wording ("What is the capital of ..."), so wording alone is no sign. Two items are
near-duplicates if their answers are the same and either their words are (in order; case, punctuation and articles left
out), or both are long and their word 3-grams overlap by a Jaccard index of at least `SIMILAR`. Items of one cluster are
declared as no independent evidence, so pairs within one are left out.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence

from forgetbench.metrics.text import UNSPACED
from forgetbench.suites.validation.reading import RenderedItem

SIMILAR = 0.9
"""Jaccard index of word 3-grams; one word changed in 60 gives .90, in 30 gives .82."""
LONG = 20
"""Words from which overlap is measured: in a shorter question one other word makes another question."""

_SHINGLE = 3
# A character of a script without spaces is a word; signs of arithmetic and code tell questions apart, commas do not.
_TOKEN = re.compile(rf"[{UNSPACED}]|[^\W_]+|[-+*/%=<>^&|~@#$\\\[\]{{}}_]")
_ARTICLES = frozenset({"a", "an", "the"})


def plain(text: str) -> tuple[str, ...]:
    """The words and signs of `text` without case, sentence marks and articles."""
    tokens = _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())
    return tuple(token for token in tokens if token not in _ARTICLES)


def near_duplicates(items: Sequence[RenderedItem]) -> list[tuple[RenderedItem, RenderedItem]]:
    """Pairs of near-duplicates: each item that repeats an earlier one, once, with that one.

    Items that are the same word for word are no near-duplicates. Time is linear in the items where few are similar.
    """
    worded = {item: plain(item.question) for item in items}
    answers_to: dict[tuple[str, ...], set[Hashable]] = defaultdict(set)
    for item, words in worded.items():
        answers_to[words].add(_answer(item))
    groups: dict[Hashable, list[RenderedItem]] = defaultdict(list)
    for item, words in worded.items():
        # A question with several answers ("Which is the odd one out?") needs its options to be one question.
        stem_only = len(answers_to[words]) > 1
        groups[_answer(item), tuple(sorted(item.choices)) if stem_only else ()].append(item)
    pairs = [pair for group in groups.values() if len(group) > 1 for pair in _pairs(group, worded)]
    return [(first, second) for first, second in pairs if _apart(first, second)]


def _answer(item: RenderedItem) -> Hashable:
    return frozenset(plain(answer) for answer in item.answers)


def _apart(first: RenderedItem, second: RenderedItem) -> bool:
    """Whether a pair is reported: neither of one cluster nor the same word for word."""
    one_cluster = bool(first.cluster) and first.cluster == second.cluster
    return not one_cluster and (first.question, first.choices) != (second.question, second.choices)


def _pairs(
    group: Sequence[RenderedItem], worded: dict[RenderedItem, tuple[str, ...]]
) -> Iterator[tuple[RenderedItem, RenderedItem]]:
    first_with: dict[tuple[str, ...], RenderedItem] = {}
    distinct: list[RenderedItem] = []
    for item in group:
        first = first_with.setdefault(worded[item], item)
        if first is not item:
            yield first, item
        elif len(worded[item]) >= LONG:
            distinct.append(item)
    shingles = [frozenset(_shingles(worded[item])) for item in distinct]
    for first_place, second_place in _overlapping(shingles):
        yield distinct[first_place], distinct[second_place]


def _shingles(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[start : start + _SHINGLE]) for start in range(len(words) - _SHINGLE + 1))


def _overlapping(sets: Sequence[frozenset[tuple[str, ...]]]) -> Iterator[tuple[int, int]]:
    """Places of pairs of sets with a Jaccard index of at least SIMILAR, each set at most once as the second.

    Prefix filtering: sets that overlap so much share one of the few rarest members of each (Chaudhuri, Ganti and
    Kaushik, "A primitive operator for similarity joins in data cleaning", ICDE 2006).
    """
    frequency = Counter(member for members in sets for member in members)
    index: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, members in enumerate(sets):
        rarest = sorted(members, key=lambda member: (frequency[member], member))
        prefix = rarest[: len(rarest) - math.ceil(SIMILAR * len(rarest)) + 1]
        candidates = sorted({other for member in prefix for other in index[member]})
        earlier = next((other for other in candidates if _jaccard(sets[other], members) >= SIMILAR), None)
        if earlier is not None:
            yield earlier, place
            continue
        for member in prefix:
            index[member].append(place)


def _jaccard(a: frozenset[tuple[str, ...]], b: frozenset[tuple[str, ...]]) -> float:
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if shared else 0.0
