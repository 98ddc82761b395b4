"""The forms in which a reply and an answer are compared.

`normalise` keeps words alone, so that "The  Answer: São Paulo!" and "answer sao paulo" are one: for short answers of
which the task knows the aliases. `cleaned` keeps the marks between words besides, by which clauses are told. `plain`
keeps what stands inside a word, so that C++ is not C and 3.5 is not 35: for answers that a user has written down.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from forgetbench.metrics.answers.reading import SHORT_REPLY_CHARS
from forgetbench.metrics.text import HAN, fold, strip_accents

_APOSTROPHES = re.compile("['\u2018\u2019\u02bb\u02bc`]")
_NOT_WORD = re.compile(r"[^\w\s]|_")
_ARTICLES = frozenset({"a", "an", "the", "An", "The"})  # not "A", which can be the answer where case counts
_HAN = re.compile(f"[{HAN}]")
_INITIALS = re.compile(r"\b(?:[A-Za-z]\.){1,8}[A-Za-z]\b\.?")
_MARKUP = re.compile(r"[*_\"\u201c\u201d\u00ab\u00bb\u300c\u300d\u300e\u300f\u300a\u300b]|\\(?:text|boxed|mathrm)\{")
_WHOLE = {"N": "North", "S": "South", "E": "East", "W": "West", "St": "Saint", "Mt": "Mount", "Ft": "Fort"}
_SHORTENED = re.compile(r"(?<![\w.])(N|S|E|W|St|Mt|Ft)\.(?= ?[A-Z][a-z]{2})")
"""'N. America', 'St. Paul'."""
_POSSESSIVE = re.compile(r"\b(?!(?:It|That|What|There|Here|Let|Who|He|She|This|How|Where)\b)([A-Z]\w+)['\u2019]s\b")
_QUOTES = " \t\n\r\"'`*_\u201c\u201d\u2018\u2019\u300c\u300d"
_STOPS = ".!\u3002"
_OPENING, _CLOSING = "([{", ")]}"


def normalise(text: str) -> str:
    """`text` as one line of normalised words: 'The  Answer: São Paulo!' -> 'answer sao paulo'."""
    return " ".join(normalised_words(text))


def normalised_words(text: str, *, keep_case: bool = False) -> list[str]:
    """The words of `text` as SQuAD normalises them (arXiv 1606.05250, appendix).

    Compatibility form, accents folded, lower case, apostrophes dropped, initials joined ('D.C.' is 'DC'), other
    punctuation to spaces, articles (a, an, the) dropped. Chinese is written without spaces: each of its characters is a
    word, in its simplified form. `keep_case` is for answers that case tells apart: 'Co', 'CO'.
    """
    spaced = _HAN.sub(r" \g<0> ", _NOT_WORD.sub(" ", _folded(text[:SHORT_REPLY_CHARS])))
    return [word for word in (spaced if keep_case else spaced.lower()).split() if word not in _ARTICLES]


def cleaned(text: str) -> str:
    """`text` folded as `normalised_words` folds it, with its case and punctuation, without quotes and Markdown;
    'Peru's' is 'Peru s', 'N. Korea' is 'North Korea'."""
    whole = _SHORTENED.sub(lambda found: _WHOLE[found.group(1)], text)
    return _MARKUP.sub("", _folded(_POSSESSIVE.sub(r"\1 s", whole)))


def plain(text: str) -> str:
    """`text` with compatibility characters unified, case and accents ignored, blanks joined, and without the quotes,
    Markdown emphasis, brackets and full stops around it."""
    joined = " ".join(simplified(strip_accents(fold(text))).casefold().split())
    return _unbracketed(joined.strip(_QUOTES).rstrip(_STOPS).strip(_QUOTES))


def simplified(text: str) -> str:
    """`text` with each traditional Chinese character as its simplified one; the table is that of OpenCC."""
    return text.translate(_simplified_characters())


def _folded(text: str) -> str:
    letters = _APOSTROPHES.sub("", strip_accents(text))
    return simplified(_INITIALS.sub(lambda initials: initials.group().replace(".", ""), letters))


def _unbracketed(text: str) -> str:
    """Without the brackets around all of it, and without one that closes nothing: '(b)' and 'b)' are 'b'."""
    if not text or text[-1] not in _CLOSING:
        return text
    opening = _OPENING[_CLOSING.index(text[-1])]
    inside = text[:-1].removeprefix(opening)
    return inside.strip() if opening not in inside and text[-1] not in inside else text


@cache
def _simplified_characters() -> dict[int, str]:
    table = (resources.files("opencc") / "dictionary" / "TSCharacters.txt").read_text(encoding="utf-8")
    pairs = (line.split() for line in table.splitlines() if line.strip())
    return {ord(pair[0]): pair[1] for pair in pairs if len(pair[0]) == 1}
