"""Which of five languages an answer is in: by its script for Chinese, else by the little words no sentence lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from forgetbench.errors import InputError, did_you_mean
from forgetbench.metrics.constraints.protocol import Parameters
from forgetbench.metrics.text import HAN, HANGUL, KANA, words

LANGUAGES = ("Chinese", "English", "French", "German", "Spanish")

_LITTLE_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(listed.split())
    for language, listed in {
        "English": """the of and to in is that it for was on are as with they be at this have from or had by but not
            what all were when your can there which their will if how an would about other them then so these some
            her him has more could my than been who its only into our no because a i you he she we us me do does did
            should also very it's""",
        "French": """le la les un une des du de et est en que qui dans pour pas sur au aux avec il elle ils elles nous
            vous je tu ce cette ces son sa ses mon ma mes leur leurs plus ou mais par ne se sont être avoir ont été
            fait comme tout on l qu j car aussi peut votre vos notre si lorsque quand parce chaque sans sous très bien
            même puis cela donc jour jours faut ainsi""",
        "Spanish": """el la los las un una unos unas de del y es en que para no con por su sus al lo como más pero se
            este esta estos son ser está están hay muy también o cuando porque nos mi tu si sin sobre entre ha han
            puede pueden yo ella ellos usted desde hasta donde cada todo hace hacen tiene tienen tus mis antes mejor
            luego bien ni algo mucho mucha""",
        "German": """der die das den dem des ein eine einen einem einer eines und ist in zu von mit auf für nicht sich
            sie er es wir ich du ihr auch an als wie bei aus nach im am zum zur oder aber wenn weil dass sind wird
            werden hat haben kann können man sehr durch um so über vor mehr nur noch jeden jeder jede jedes bevor
            dein deine deinen mein meine alle beim vom immer dann damit dich dir mich mir uns ohne unter kein keine
            zuerst""",
    }.items()
}
_OWN_LETTERS: Mapping[str, frozenset[str]] = {
    "English": frozenset(),
    "French": frozenset("àâçèêëîïôùûœ"),
    "Spanish": frozenset("áíóúñ"),
    "German": frozenset("äöüß"),
}
_HAN = re.compile(f"[{HAN}]")
_KANA_OR_HANGUL = re.compile(f"[{KANA}{HANGUL}]")
_MIN_HITS = 2
_MIN_WORDS_FOR_ONE_HIT = 4
_MIN_SHARE = 0.15
"""Hits among all words: about 0.4 in prose of any of these languages; names and other languages have few."""


def is_in_language(text: str, parameters: Parameters) -> bool:
    """Whether `text` is in the language `parameters["language"]`, one of `LANGUAGES`.

    Chinese: more than half of the words are Han characters, and next to none are Japanese or Korean. The others:
    a hit is a little word of the language, or a word with a letter that only it has among these. There must be
    more hits than any other language has, at least 15 % of all words, and at least two; one is enough in four words or
    more if no other language has any. A name alone or a single word is in no language, so whoever asks for one should
    ask for a sentence.

    Raises:
        InputError: when the language is not one of these.
    """
    language: str = parameters["language"]
    if language not in LANGUAGES:
        raise InputError(f"constraint 'language': unknown language '{language}': {did_you_mean(language, LANGUAGES)}")
    tokens = words(text)
    if language == "Chinese":
        return _is_chinese(tokens)
    parts = [part for word in tokens for part in ([word] if word == "it's" else word.split("'"))]
    hits = {name: _hits(parts, name) for name in _LITTLE_WORDS}
    own = hits.pop(language)
    others = max(hits.values())
    least = 1 if len(parts) >= _MIN_WORDS_FOR_ONE_HIT and not others else _MIN_HITS
    return own >= max(least, _MIN_SHARE * len(parts)) and own > others


def _hits(tokens: Sequence[str], language: str) -> int:
    little, own = _LITTLE_WORDS[language], _OWN_LETTERS[language]
    return sum(token in little or not own.isdisjoint(token) for token in tokens)


def _is_chinese(tokens: Sequence[str]) -> bool:
    han = sum(_HAN.match(token) is not None for token in tokens)
    others = sum(_KANA_OR_HANGUL.match(token) is not None for token in tokens)
    return han > len(tokens) / 2 and others <= han / 20
