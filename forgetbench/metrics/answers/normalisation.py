"""The two forms in which a reply and an answer are compared.

`normalise` keeps words alone, so that "The  Answer: São Paulo!" and "answer sao paulo" are one: for short answers of
which the task knows the aliases. `plain` keeps what stands inside, so that C++ is not C and 3.5 is not 35: for answers
that a user has written down.
"""

from __future__ import annotations

import re

from forgetbench.metrics.answers.reading import SHORT_REPLY_CHARS
from forgetbench.metrics.text import HAN, fold, strip_accents

_APOSTROPHES = re.compile("['\u2018\u2019\u02bb\u02bc`]")
_NOT_WORD = re.compile(r"[^\w\s]|_")
_ARTICLES = frozenset({"a", "an", "the", "An", "The"})  # not "A", which can be the answer where case counts
_HAN = re.compile(f"[{HAN}]")
_QUOTES = " \t\n\r\"'`*_\u201c\u201d\u2018\u2019\u300c\u300d"
_STOPS = ".!\u3002"


def normalise(text: str) -> str:
    """`text` as one line of normalised words: 'The  Answer: São Paulo!' -> 'answer sao paulo'."""
    return " ".join(normalised_words(text))


def normalised_words(text: str, *, keep_case: bool = False) -> list[str]:
    """The words of `text` as SQuAD normalises them (arXiv 1606.05250, appendix).

    Compatibility form, accents folded, lower case, apostrophes dropped, other punctuation to spaces, articles (a, an,
    the) dropped. Chinese is written without spaces: each of its characters is a word. `keep_case` is for
    answers that case tells apart: 'Co', 'CO'.
    """
    letters = strip_accents(text[:SHORT_REPLY_CHARS])
    spaced = _HAN.sub(r" \g<0> ", _NOT_WORD.sub(" ", _APOSTROPHES.sub("", letters)))
    return [word for word in (spaced if keep_case else spaced.lower()).split() if word not in _ARTICLES]


def plain(text: str) -> str:
    """`text` with compatibility characters unified, case ignored, blanks joined, and without the quotes, Markdown
    emphasis and full stops around it."""
    joined = " ".join(fold(text).casefold().split())
    return joined.strip(_QUOTES).rstrip(_STOPS).strip(_QUOTES)
