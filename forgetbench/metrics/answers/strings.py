"""A right answer given to the letter: the reply is it, or names it."""

from __future__ import annotations

from collections.abc import Sequence

from forgetbench.errors import first_line
from forgetbench.metrics.answers.normalisation import plain
from forgetbench.metrics.answers.options import Named, candidate_words
from forgetbench.metrics.answers.reading import Reading
from forgetbench.metrics.answers.short_answers import named_or_other


def read_string(text: str, accepted: Sequence[str], rivals: Sequence[str] = (), *, question: str = "") -> Reading:
    """Strict: the reply or its first line is an accepted answer. Lenient: the reply names one as its answer
    (`options`).

    An answer of marks alone is only looked for. Not parsed are refusals, mere denials and several candidates.
    """
    right = {plain(answer) for answer in accepted}
    exact = not right.isdisjoint((plain(text), plain(first_line(text))))
    marks = [answer for answer in accepted if not candidate_words(answer, False)]
    named = Named.RIGHT if exact or any(plain(mark) in plain(text) for mark in marks) else None
    named = named or named_or_other(text, accepted, rivals, question)
    return Reading(
        exact=exact,
        correct=named is Named.RIGHT,
        parsed=named in (Named.RIGHT, Named.WRONG),
        conflict=named is Named.CONFLICT,
    )


def string_mistake(answer: str) -> str | None:
    """What keeps an accepted answer from being matched, with a hint; None when nothing does."""
    return None if plain(answer) else "nothing is left of it without quotes and full stops; use match 'regex'"
