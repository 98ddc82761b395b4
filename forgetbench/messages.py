"""What people read, in their language.

The source is English, and a message's English text is its name: `_("items")`, or `_("{n} of {all} items").format(...)`,
never an f-string, which no catalogue can hold. Other languages are catalogues under locale/. A message is looked up
when it is shown; a constant holds it marked by `N_`, and whoever shows the constant translates it.

Files that programs read stay as they are: keys, verdicts and reasons are English in every JSON, CSV and Parquet.
"""

from __future__ import annotations

import gettext as catalogues
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
HTML_TAGS: Final[dict[Language, str]] = {"en": "en", "zh": "zh-CN"}
"""For a page's `lang`."""

_LOCALE: Final = Path(__file__).parent / "locale"
_CATALOGUES: Final[dict[Language, str]] = {"zh": "zh_CN"}
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
    if chosen not in _CATALOGUES:
        return catalogues.NullTranslations()
    return catalogues.translation("forgetbench", _LOCALE, [_CATALOGUES[chosen]])
