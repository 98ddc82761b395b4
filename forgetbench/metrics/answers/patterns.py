"""A user's own regular expression, searched for in a reply under a time limit.

No pattern can be proved harmless beforehand, so it runs in the `regex` package, whose matcher can be given a time
limit. A reply on which the limit is met raises, so that its item is not measured and says why, and is never taken for a
wrong answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from forgetbench.errors import first_line
from forgetbench.metrics.answers.reading import Reading
from forgetbench.metrics.text import answered

PATTERN_SECONDS = 1.0
"""Limit of one search: some thousand times what an ordinary pattern takes on `USER_REPLY_CHARS`."""


def read_pattern(text: str, accepted: Sequence[str], rivals: Sequence[str] = (), *, question: str = "") -> Reading:
    """Strict: one of the accepted patterns matches the whole reply or its first line. Lenient: it is found in it.

    Raises TimeoutError when a pattern takes longer than `PATTERN_SECONDS` on this reply.
    """
    lines = (text.strip(), first_line(text).strip())
    return Reading(
        exact=any(search(pattern, line, whole=True) for pattern in accepted for line in lines),
        correct=any(search(pattern, text) for pattern in accepted),
        parsed=answered(text),
    )


def pattern_mistake(answer: str) -> str | None:
    """What is wrong with a pattern; None when it compiles."""
    try:
        regex.compile(answer)
    except regex.error as error:
        return f"not a valid pattern ({error})"
    return None


def search(pattern: str, text: str, *, whole: bool = False) -> bool:
    """Whether `pattern` is found in `text`, or matches all of it. TimeoutError after `PATTERN_SECONDS`."""
    try:
        method = regex.fullmatch if whole else regex.search
        return method(pattern, text, timeout=PATTERN_SECONDS) is not None
    except TimeoutError as error:
        raise TimeoutError(f"the pattern {pattern!r} took more than {PATTERN_SECONDS:g} s on this reply") from error
