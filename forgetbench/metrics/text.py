"""Text as the metrics see it: folded, in words, in windows of words, in scripts. All of it in linear time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
NGram = tuple[str, ...]

# --- scripts ----------------------------------------------------------------------------------

# Ranges for character classes of patterns, as in re.compile(f"[{HAN}]").
CJK_UNIFIED = r"\u4e00-\u9fff"
HAN = rf"\u3400-\u4dbf{CJK_UNIFIED}"
KANA = r"\u3040-\u30ff"
HANGUL = r"\uac00-\ud7af"
UNSPACED = f"{KANA}{HAN}{HANGUL}"
"""Scripts written without spaces (and Hangul, for an even count): one character is counted as one word."""


def script(character: str) -> str:
    """The script of a letter, the first word of its Unicode name: 'LATIN', 'CJK', 'CYRILLIC'; '?' for one unnamed."""
    return unicodedata.name(character, "?").split()[0]


# --- folding ----------------------------------------------------------------------------------

# Soft hyphens, zero-width characters and direction marks: they are not seen, so they must not part words.
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ß": "ss", "æ": "ae"}
)
"""Letters that Unicode does not decompose into a base letter and an accent."""


def fold(text: str) -> str:
    """`text` without invisible characters, compatibility characters unified (NFKC), apostrophes made plain."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).replace("\u2019", "'")


def strip_accents(text: str) -> str:
    """`text` in compatibility form without accents (NFKD less its marks): 'Brasília' -> 'Brasilia'."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_UNDECOMPOSED))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


# --- words ------------------------------------------------------------------------------------

_CHARACTER = rf"\u3005-\u3007{UNSPACED}\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_CHARACTER}]|[^\W_{_CHARACTER}]+(?:'[^\W_{_CHARACTER}]+)*")
_LETTER_RUN = re.compile(r"([^\W\d_])\1{9}")


def words(text: str) -> list[str]:
    """The words of `text`, case-folded, without punctuation."""
    return _WORD.findall(fold(text).casefold())


def word_spans(folded: str) -> list[tuple[int, int]]:
    """Start and end of every word in a text that `fold` has been applied to."""
    return [match.span() for match in _WORD.finditer(folded)]


def answered(text: str) -> bool:
    """Whether there is a letter or a digit at all."""
    return any(character.isalnum() for character in text)


def has_letter_run(text: str) -> bool:
    """Whether one letter stands ten times in a row."""
    return _LETTER_RUN.search(text) is not None


def windows(tokens: Sequence[T], n: int) -> Iterator[tuple[T, ...]]:
    """Every run of `n` tokens, in order: the n-grams. None where there are fewer than `n`, and none of length 0."""
    return zip(*(tokens[start:] for start in range(n)), strict=False)


def ngrams(tokens: Sequence[str], n: int) -> set[NGram]:
    """The distinct n-grams of `tokens`."""
    return set(windows(tokens, n))
