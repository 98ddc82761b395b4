"""Whether a reply is in the language that it was asked in."""

from __future__ import annotations

import re
from collections import Counter

from forgetbench.metrics.degeneration import ends_in_loop, repeats_itself
from forgetbench.metrics.languages import TAGS, language_of, may_be_in
from forgetbench.metrics.text import fold, script, words

_READ = 2000
ENOUGH_WORDS = 4
"""Fewer words, which may be names, are in no language that could be told."""
MOST = 0.5
"""Share of a reply's letters that must stand in sentences of the language."""
REPEATED = 0.75
"""A sentence of which so many words are the request's repeats it."""
SCRIPTS = {
    "ar": ("ARABIC",), "bn": ("BENGALI",), "el": ("GREEK",), "he": ("HEBREW",), "hi": ("DEVANAGARI",),
    "ja": ("HIRAGANA", "KATAKANA", "CJK"), "ko": ("HANGUL",), "ru": ("CYRILLIC",), "th": ("THAI",),
    "uk": ("CYRILLIC",), "zh": ("CJK",),
}  # fmt: skip
"""Scripts of languages that are not written in Latin letters."""
_KIN = {"id": ("ms",)}
"""Languages that a few sentences do not tell from one."""
_SENTENCE = re.compile(r"(?<=[.!?\u0964\u3002\uff01\uff1f\u061f\u037e])\s*|\n+")


def answers_in(text: str, tag: str, request: str = "") -> bool | None:
    """Whether most of a reply is in the language `tag` of `languages.TAGS`; None where it is too short to tell.

    What repeats the `request` is no reply, and one that loops is in no language. Sentences are judged one by one and
    count by their letters, so that an opening in English does not make an answer English, nor a quoted name or a title
    another language.
    """
    if tag not in TAGS.values():
        raise ValueError(f"no language that is told apart: {tag}")
    text = fold(text[:_READ]).strip()
    said = [sentence for sentence in _SENTENCE.split(text) if not _repeats(sentence, request)]
    if len(words(" ".join(said))) < ENOUGH_WORDS:
        return None
    if ends_in_loop(text) or repeats_itself(text):
        return False
    letters: Counter[bool] = Counter()
    for sentence in _long(said):
        letters[_is_in(sentence, tag)] += sum(map(str.isalpha, sentence))
    return letters[True] > MOST * letters.total() if letters.total() else None


def _long(sentences: list[str]) -> list[str]:
    """The sentences that are long enough to be told; all of them as one where none is."""
    return [each for each in sentences if len(words(each)) >= ENOUGH_WORDS] or [" ".join(sentences)]


def _repeats(sentence: str, request: str) -> bool:
    """Whether a sentence says again what was asked, give or take a label or a word."""
    said, asked = Counter(words(sentence)), Counter(words(request[:_READ]))
    return said.total() > 0 and (said & asked).total() >= REPEATED * said.total()


def _is_in(sentence: str, tag: str) -> bool:
    scripts = Counter(script(character) for character in sentence if character.isalpha())
    expected = SCRIPTS.get(tag, ("LATIN",))
    if sum(scripts[name] for name in expected) <= MOST * scripts.total():
        return False
    if tag == "ja":  # Chinese has no kana
        return scripts["HIRAGANA"] + scripts["KATAKANA"] > 0
    return may_be_in(sentence, tag) or language_of(sentence) in _KIN.get(tag, ())
