"""What a reply mentions that could be its answer, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from forgetbench.metrics.answers.normalisation import normalised_words


@dataclass(frozen=True, slots=True)
class Mention:
    """A number, a time or a name at a place in a text."""

    start: int
    end: int
    values: frozenset[Hashable]
    """What it can mean: '1.234' is a thousand in one custom and a little more than one in the other."""
    weak: bool = False
    """It counts only where nothing else is mentioned: 'one' and its like are seldom meant as numbers."""

    def same(self, other: Mention) -> bool:
        """Whether both can mean the same."""
        return not self.values.isdisjoint(other.values)


_LETTER = r"[^\W_\u4e00-\u9fff]"
"""Chinese has no blanks between words, nor around those of other scripts."""

Finder = Callable[[str], Sequence[Mention]]
"""Finds what a text mentions, from left to right, nothing twice."""


def name_finder(names: Iterable[str], *, keep_case: bool = False, short: Mapping[str, str] | None = None) -> Finder:
    """Finds `names` as whole words, whatever stands between their words; the longest where one holds another.
    Chinese, which has no blanks between words, is found wherever it stands.

    A mention's value is the tuple of its normalised words. `short` has what stands for a name, if it is written with
    the same capitals: 'Tue' for 'Tuesday'. A letter that is a name is none where it is the article or
    the pronoun of a sentence.
    """
    keys = {tuple(normalised_words(name, keep_case=keep_case)): name for name in names}
    ordered = sorted((key for key in keys if key), key=lambda key: (-len(key), -len("".join(key))))
    if not ordered:
        return lambda text: ()
    spelled = "|".join(_spelled(key) for key in ordered)
    article = (
        r"(?!(?<=[AI])\s(?!is\b|comes\b|or\b|and\b|because\b|since\b|as\b|follows\b)[a-z']|(?<=I)')"
        if keep_case
        else ""
    )
    if short:
        written = "|".join(sorted(short, key=len, reverse=True))
        article += rf"|(?-i:(?<!{_LETTER})(?<![\d十](?=[\d一二]))(?:{written})(?!{_LETTER}))"
    pattern = re.compile(rf"(?:{spelled}){article}", 0 if keep_case else re.IGNORECASE)

    def find(text: str) -> list[Mention]:
        return [
            Mention(*match.span(), frozenset({_words((short or {}).get(match.group(), match.group()), keep_case)}))
            for match in pattern.finditer(text)
        ]

    return find


def _words(name: str, keep_case: bool) -> tuple[str, ...]:
    return tuple(normalised_words(name, keep_case=keep_case))


def _spelled(words: Sequence[str]) -> str:
    """A pattern for words one after the other; blanks are missing between Chinese characters alone."""
    if all("\u4e00" <= char <= "\u9fff" for word in words for char in word):
        return r"\s?".join(words)
    joined = r"[\W_]{1,3}".join(map(re.escape, words))
    return rf"(?<!{_LETTER}){joined}(?!{_LETTER})"
