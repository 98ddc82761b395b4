"""Which number a reply states as its result.

A short reply states it in its first line that has a number (`stated_number`); a reply that reasons, at its end
(`final_number`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from forgetbench.errors import first_line
from forgetbench.metrics.answers.normalisation import plain
from forgetbench.metrics.answers.reading import SHORT_REPLY_CHARS, Reading
from forgetbench.metrics.text import fold

# --- short replies ----------------------------------------------------------------------------

_DIGITS = r"-?\d+(?:,\d{3})*(?:\.\d+)?"
_NUMBER = re.compile(rf"(?<![\w.]){_DIGITS}")
_RESULT_CUE = re.compile(
    rf"(?:=|\bis\b|\bare\b|\bequals\b|\bmakes\b|\banswer:|\bresult:)[\s*$:]{{0,8}}({_DIGITS})", re.IGNORECASE
)
_WORD = re.compile(r"[A-Za-z]+")
_SMALL_NUMBERS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen twenty"""
_NUMBER_WORDS = {word: value for value, word in enumerate(_SMALL_NUMBERS.split())}


def stated_number(text: str) -> Decimal | None:
    """The number that a short reply states as its result, None where it has none.

    Read in the first line that has a number: the last one that follows '=', 'is', 'equals' or 'Answer:',
    so that '3 + 4 = 7' and 'The sum of 3 and 4 is 7' are both 7; else the first number of that line.
    """
    for line in text[:SHORT_REPLY_CHARS].splitlines():
        if results := _RESULT_CUE.findall(line):
            return _decimal(results[-1])
        if (number := first_number(line)) is not None:
            return number
    return None


def first_number(text: str) -> Decimal | None:
    """The first number of `text` in digits ('1,250.5' -> 1250.5), else the first number word up to twenty."""
    text = text[:SHORT_REPLY_CHARS]
    if match := _NUMBER.search(text):
        return _decimal(match.group())
    spelled = (_NUMBER_WORDS.get(word.lower()) for word in _WORD.findall(text))
    return next((Decimal(value) for value in spelled if value is not None), None)


def last_number(text: str) -> Decimal | None:
    """The last number of `text` in digits."""
    numbers = _NUMBER.findall(text[:SHORT_REPLY_CHARS])
    return _decimal(numbers[-1]) if numbers else None


# --- a user's numeric answers -----------------------------------------------------------------

_VALUE = re.compile(r"(?<![\dA-Za-z_.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?")
_FINAL_CUE = re.compile(
    r"(?:\b(?:answer|result|total)(?: is| was|:| =)|####|\\boxed\{|=|\u7b54\u6848[\u662f\u4e3a:])[\s*$:]{0,8}",
    re.IGNORECASE,
)


def read_number(text: str, accepted: Sequence[str], rivals: Sequence[str] = ()) -> Reading:
    """Whether the number that a reply gives as its result equals one of `accepted`; 51 is 51.0."""
    right = {as_number(answer) for answer in accepted}
    final = final_number(text)
    alone = (as_number(plain(text)), as_number(plain(first_line(text))))
    return Reading(
        exact=any(value is not None and value in right for value in alone),
        correct=final is not None and final in right,
        parsed=final is not None,
    )


def number_mistake(answer: str) -> str | None:
    """What keeps an accepted answer from being a number, with a hint; None when nothing does."""
    return None if as_number(answer) is not None else f"'{answer}' is not a number; write it as 42, -3.5 or 1,250"


def final_number(text: str) -> Decimal | None:
    """The number that a reply gives as its result; None where it has none.

    A first sentence that is only a number; else what follows the last "the answer is", "####", "\\boxed{" or "=";
    else the last number there is, since reasoning comes before its result.
    """
    text = fold(text).replace("\u2212", "-")
    opening = as_number(plain(first_line(text).partition(". ")[0]).lstrip("$\u20ac\u00a3\uffe5 ").rstrip("% "))
    if opening is not None:
        return opening
    cued = [number for cue in _FINAL_CUE.finditer(text) if (number := _VALUE.match(text, cue.end()))]
    numbers = cued or list(_VALUE.finditer(text))
    return _decimal(numbers[-1].group()) if numbers else None


def as_number(text: str) -> Decimal | None:
    """The number that the whole of `text` is, white space around it aside."""
    text = text.strip()
    return _decimal(text) if _VALUE.fullmatch(text) else None


def _decimal(digits: str) -> Decimal:
    return Decimal(digits.replace(",", ""))
