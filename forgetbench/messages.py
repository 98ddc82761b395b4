"""What people read, in their language.

The source is English, and a message's English text is its name: `_("items")`, or `_("{n} of {all} items").format(...)`,
never an f-string, which no catalogue can hold. Other languages are catalogues under locale/ (`make messages` keeps
them). A message is looked up when it is shown; a constant holds it marked by `N_`, and whoever shows the constant
translates it.

Files that programs read stay as they are: keys, verdicts and reasons are English in every JSON, CSV and Parquet.
`forgetbench.stored` shows the sentences of such files in another language.
"""

from __future__ import annotations

import gettext as catalogues
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
HTML_TAGS: Final[dict[Language, str]] = {"en": "en", "zh": "zh-CN"}
"""For a page's `lang`."""

LOCALE: Final = Path(__file__).parent / "locale"
CATALOGUES: Final[dict[Language, str]] = {"zh": "zh_CN"}
"""The folder under `LOCALE` of every language that is not the source's."""


@dataclass(frozen=True, slots=True)
class _Punctuation:
    """What stands between the parts of a text."""

    sentences: str
    clauses: str
    phrases: str
    items: str
    last_item: str


_PUNCTUATION: Final[dict[Language, _Punctuation]] = {
    "en": _Punctuation(sentences=" ", clauses="; ", phrases=", ", items=", ", last_item=" and "),
    "zh": _Punctuation(sentences="", clauses="；", phrases="，", items="、", last_item="、"),
}
_language: ContextVar[Language] = ContextVar("language", default="en")


def N_(message: str) -> str:  # noqa: N802 - the name that extractors of messages know
    """Mark a constant as a message; it is translated where it is shown."""
    return message


def translated(message: str) -> str:
    """The message in the current language; itself where that is English. Imported as `_`."""
    return _catalogue(_language.get()).gettext(message) if message else ""


def plural(one: str, many: str, n: int) -> str:
    """`one` or `many` by `n` things, in the current language; neither is formatted yet."""
    return _catalogue(_language.get()).ngettext(one, many, n)


def sentences(parts: Iterable[str]) -> str:
    """Whole sentences one after another; empty ones are left out."""
    return _PUNCTUATION[_language.get()].sentences.join(filter(None, parts))


def clauses(parts: Iterable[str]) -> str:
    """Parts of one sentence: 'a; b; c'. Empty ones are left out."""
    return _PUNCTUATION[_language.get()].clauses.join(filter(None, parts))


def phrases(parts: Iterable[str]) -> str:
    """Parts that belong closer together than clauses: 'a, b, c'. Empty ones are left out."""
    return _PUNCTUATION[_language.get()].phrases.join(filter(None, parts))


def items(parts: Iterable[str]) -> str:
    """A list of things of one kind: 'a, b, c'."""
    return _PUNCTUATION[_language.get()].items.join(parts)


def joined(parts: Iterable[str]) -> str:
    """The same as a part of a sentence: 'a, b and c'."""
    words = list(parts)
    punctuation = _PUNCTUATION[_language.get()]
    return punctuation.last_item.join([punctuation.items.join(words[:-1]), words[-1]] if len(words) > 1 else words)


def some(parts: Sequence[str], most: int = 5) -> str:
    """The first of a list: 'a, b, c and 4 more'."""
    more = len(parts) - most
    if more <= 0:
        return items(parts)
    return translated(N_("{items} and {n} more")).format(items=items(parts[:most]), n=more)


def language() -> Language:
    """The current language."""
    return _language.get()


@contextmanager
def speaking(chosen: Language) -> Iterator[None]:
    """What is shown inside is shown in this language."""
    token = _language.set(chosen)
    try:
        yield
    finally:
        _language.reset(token)


@cache
def _catalogue(chosen: Language) -> catalogues.NullTranslations:
    """English is what the source says. OSError where a catalogue is not installed: no silent English."""
    if chosen not in CATALOGUES:
        return catalogues.NullTranslations()
    return catalogues.translation("forgetbench", LOCALE, [CATALOGUES[chosen]])
