"""Whether a question gives its answer away: by a word that begins alike, in every script."""

from __future__ import annotations

import re

from forgetbench.metrics.answers.normalisation import normalise
from forgetbench.metrics.text import HAN, KANA, fold, strip_accents

_HEAD = 3
"""So many letters at the beginning of two words tell that they are kin: Ungarn, Ungarisch."""
_ARTICLE = re.compile(r"^\u0627\u0644")  # Arabic al-
_NOT_LETTERS = re.compile(r"[^\w\u0900-\u0dff\u0e00-\u0e7f]+")
_ONE_BY_ONE = re.compile(rf"[{HAN}]")
_GENERIC = frozenset("国語语文曜日月")
"""Characters for what a thing is, not which, unless a name begins with one: country, language, weekday, month."""


def gives_away(subject: str, answer: str) -> bool:
    """Whether a word of the answer begins as a word of the subject does, or shares a character that means something."""
    kin = {_head(word) for word in _words(subject)} & {_head(word) for word in _words(answer) if len(word) > 1}
    shared = set(_ONE_BY_ONE.findall(answer)) & set(_ONE_BY_ONE.findall(subject))
    return bool(kin or shared - _GENERIC or (shared and subject[0] == answer[0]))


def stands_in(name: str, question: str) -> bool:
    """Whether a name stands in a question: 'Tiếng Việt' where a name in Vietnamese is asked for."""
    return f" {normalise(name)} " in f" {normalise(question)} "


def _words(text: str) -> list[str]:
    folded = strip_accents(fold(text)).casefold()
    return [_ARTICLE.sub("", word) for word in _NOT_LETTERS.split(folded) if word]


def _head(word: str) -> str:
    return word[: 2 if re.match(rf"[{KANA}\uac00-\ud7af]", word) else _HEAD]
