"""Sums in a statement: what is part of one, what the question gives for it, what is left to be found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from forgetbench.metrics.answers.mentions import Mention
from forgetbench.metrics.answers.numerals import NUMBER_WORD
from forgetbench.metrics.answers.question import Asked

EQUALS = re.compile(
    r"(?:(?<![<>!=])=(?!=)|\u2248|\bequals\b|等于)\s*(?:about\s|approximately\s"
    r"|roughly\s)?[$\u20ac\u00a3\u00a5]?\s*",
    re.IGNORECASE,
)
OPERATOR_AFTER = re.compile(
    r"\s*(?:[+*/\u00d7\u00f7^]|\((?![\u4e00-\u9fff])|-(?!>)|x(?=\s?\d)|\b(?:plus|minus|divided by|mod)\b"
    rf"|\btimes(?=\s(?:[-$(\d]|(?:{NUMBER_WORD}|that|this|the|it|as|a|its?|itself|each|larger|bigger|[a-z])\b))"
    r"|加|减|乘|除)",
    re.IGNORECASE,
)
_OPERATOR_BEFORE = re.compile(
    r"(?:[-+*/\u00d7\u00f7^%]|\b(?:plus|minus|times|divided by|multiplied by)|加|减|乘|除以)\s*$", re.IGNORECASE
)


def is_operand(text: str, mention: Mention) -> bool:
    """Whether it is part of a sum or a product, and so no result."""
    if isinstance(next(iter(mention.values)), tuple):
        return False  # 'Desk - the others are ...'
    before = text[max(0, mention.start - 12) : mention.start]
    return OPERATOR_AFTER.match(text, mention.end) is not None or _OPERATOR_BEFORE.search(before) is not None


def is_given(mention: Mention, about: Asked) -> bool:
    """Whether the question names it, and not for the answer to be picked from."""
    return not about.picks and any(mention.same(given) for given in about.givens)


def missing_number(mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """The one new number of a statement that has all that the question gives: 28 of '28 minus 9 makes 19'."""
    fresh = [mention for mention in mentions if not is_given(mention, about)]
    if not fresh or not all(fresh[0].same(mention) for mention in fresh) or not about.givens:
        return None
    return (
        fresh[-1]
        if all(any(given.same(mention) for mention in mentions) for given in about.givens if not given.weak)
        else None
    )


def blanked(pattern: re.Pattern[str], text: str) -> str:
    """A text with blanks for what a pattern matches, so that every other place stays where it was."""
    return pattern.sub(lambda found: " " * len(found.group()), text)


def moved(mention: Mention, by: int) -> Mention:
    """The same mention in a text that begins earlier or later."""
    return replace(mention, start=mention.start + by, end=mention.end + by)
