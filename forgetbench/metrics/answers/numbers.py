"""Which number a reply gives as its result: a user's numeric answers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from forgetbench.errors import first_line
from forgetbench.metrics.answers.markup import unmarked
from forgetbench.metrics.answers.numerals import numerals, whole_numeral
from forgetbench.metrics.answers.question import asked
from forgetbench.metrics.answers.reading import Reading
from forgetbench.metrics.answers.results import read_result


def read_number(text: str, accepted: Sequence[str], rivals: Sequence[str] = (), *, question: str = "") -> Reading:
    """Whether the number that a reply gives as its result equals one of `accepted`; 51 is 51.0.

    Strict: the whole reply, or its first line, is that number.
    """
    right = {value for answer in accepted if (value := as_number(answer)) is not None}
    result = read_result(text, numerals, asked(question))
    correct = result.mention is not None and not right.isdisjoint(result.mention.values)
    alone = (whole_numeral(unmarked(part)) for part in (text, first_line(text)))
    return Reading(
        exact=correct and any(number is not None and not right.isdisjoint(number.values) for number in alone),
        correct=correct,
        parsed=result.mention is not None,
        conflict=result.conflict,
    )


def number_mistake(answer: str) -> str | None:
    """What keeps an accepted answer from being a number, with a hint; None when nothing does."""
    return None if as_number(answer) is not None else f"'{answer}' is not a number; write it as 42, -3.5 or 1,250"


def as_number(text: str) -> Fraction | None:
    """The number that the whole of `text` is, white space around it aside; '1,250' is 1250 and '1.250' is 1.25."""
    number = whole_numeral(text)
    if number is None or not any(character.isdigit() for character in text):
        return None
    values = [value for value in number.values if isinstance(value, Fraction)]
    return min(values, key=abs) if "." in text else max(values, key=abs)
