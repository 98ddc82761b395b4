"""Debris in the text of questions, options and answers: what no author typed on purpose.

FAIL for what cannot be meant (control characters, broken encodings), WARN for what seldom is (stray scripts, spaces,
quotation marks).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from forgetbench.metrics.text import script
from forgetbench.suites.validation.findings import Finding, Level, named
from forgetbench.suites.validation.reading import ReadTask, RenderedItem

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_REPLACED = re.compile("[\ufffd\ud800-\udfff]")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u2060\ufeff\u00ad\u2028\u2029]")
# UTF-8 read as Latin-1 or Windows-1252: a lead byte's letter and then a continuation byte's sign.
_MOJIBAKE = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u2030]|\u00e2\u20ac|\u00c3 "
)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,6});")
_TRAILING = re.compile(r"[ \t]+(?:\n|\Z)")
_DOUBLE = re.compile(r"(?<=[^\s|])  +(?=[^\s#|])")
_INDENTED = re.compile(r"^[ \t]+\S", re.MULTILINE)
_BRACKETS = ("\u201c\u201d", "\u300c\u300d", "\u300e\u300f", "\u300a\u300b")
"""Quotation marks that open and close; plain quotes are counted."""

_LATIN = frozenset({"LATIN"})
_SCRIPTS = {
    "zh": frozenset({"CJK", "IDEOGRAPHIC", "LATIN", "FULLWIDTH"}),
    "ja": frozenset({"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "LATIN", "FULLWIDTH"}),
    "ko": frozenset({"HANGUL", "CJK", "LATIN"}),
    "ru": frozenset({"CYRILLIC", "LATIN"}),
    "uk": frozenset({"CYRILLIC", "LATIN"}),
    "el": frozenset({"GREEK", "LATIN"}),
    "ar": frozenset({"ARABIC", "LATIN"}),
    "fa": frozenset({"ARABIC", "LATIN"}),
    "he": frozenset({"HEBREW", "LATIN"}),
    "hi": frozenset({"DEVANAGARI", "LATIN"}),
    "th": frozenset({"THAI", "LATIN"}),
}
"""First words of the Unicode names of a language's letters; other languages are written in Latin letters."""


def check_debris(task: ReadTask) -> Iterator[Finding]:
    """One finding per kind of debris."""
    allowed = _LATIN.union(*(_SCRIPTS.get(code.split("-")[0], _LATIN) for code in task.declaration.languages))
    kinds: Sequence[tuple[Level, str, str, Callable[[str], str]]] = [
        ("FAIL", "control characters", "remove them", _matching(_CONTROL)),
        ("FAIL", "characters that were lost in an encoding", "restore them from the source", _matching(_REPLACED)),
        ("FAIL", "private-use characters", "replace them", _matching(_PRIVATE)),
        ("FAIL", "invisible characters", "remove them", _matching(_INVISIBLE)),
        ("FAIL", "text in a wrong encoding", "decode the source as UTF-8", _matching(_MOJIBAKE)),
        ("WARN", "HTML entities", "unescape them", _matching(_ENTITY)),
        ("WARN", "letters of a script that 'language' does not name", "name the language or mend the text",
         lambda text: _foreign(text, allowed)),
        ("WARN", "spaces at the end of a line", "strip them", _in_prose(_matching(_TRAILING))),
        ("WARN", "double spaces", "leave one", _in_prose(_matching(_DOUBLE))),
        ("WARN", "quotation marks that do not close", "close them", _in_prose(_unclosed)),
    ]  # fmt: skip
    for level, what, hint, look in kinds:
        excerpts = {item.item_id: excerpt for item in task.items if (excerpt := _first(look, _texts(item)))}
        if excerpts:
            # Everything that is not plain printable ASCII is written as an escape.
            example = ascii(next(iter(excerpts.values())))
            yield Finding(level, f"{what} in {len(excerpts)} items, as in {example}", named(list(excerpts)), hint)


def _first(look: Callable[[str], str], texts: Iterable[str]) -> str:
    """What `look` finds in the first text where it finds something, else ''."""
    return next(filter(None, map(look, texts)), "")


def _texts(item: RenderedItem) -> Iterator[str]:
    yield item.question
    # The options and answers as a model is to write them.
    yield from item.choices or item.answers


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def look(text: str) -> str:
        match = pattern.search(text)
        return text[max(0, match.start() - 12) : match.end() + 12] if match else ""

    return look


def _in_prose(look: Callable[[str], str]) -> Callable[[str], str]:
    """`look` for texts without indented lines: in code and tables, spaces and quotation marks have other meanings."""
    return lambda text: "" if _INDENTED.search(text) else look(text)


def _foreign(text: str, allowed: frozenset[str]) -> str:
    if text.isascii():
        return ""
    return next((c for c in text if not c.isascii() and c.isalpha() and _script(c) not in allowed), "")


@lru_cache(maxsize=65536)
def _script(character: str) -> str:
    return script(character)


def _unclosed(text: str) -> str:
    # Inches, code and ditto marks also write one plain quote: an odd number of them is a hint.
    open_pair = any(text.count(pair[0]) != text.count(pair[1]) for pair in _BRACKETS)
    return text[:40] if open_pair or text.count('"') % 2 else ""
