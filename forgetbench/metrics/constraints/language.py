"""The language of an answer: by its script for Chinese, else by `metrics.languages`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forgetbench.errors import InputError, did_you_mean
from forgetbench.metrics.constraints.protocol import Parameters
from forgetbench.metrics.languages import TAGS, may_be_in
from forgetbench.metrics.text import HAN, HANGUL, KANA, words

_HAN = re.compile(f"[{HAN}]")
_KANA_OR_HANGUL = re.compile(f"[{KANA}{HANGUL}]")


def is_in_language(text: str, parameters: Parameters) -> bool:
    """Whether `text` is in the language `parameters["language"]`, a name of `languages.TAGS`.

    Chinese: more than half of the words are Han characters, and next to none are Japanese or Korean. A name alone or a
    single word is in no language, so whoever asks for one should ask for a sentence.

    Raises:
        InputError: when the language is not one of these.
    """
    language: str = parameters["language"]
    if language not in TAGS:
        raise InputError(f"constraint 'language': unknown language '{language}': {did_you_mean(language, TAGS)}")
    tokens = words(text)
    if language == "Chinese":
        return _is_chinese(tokens)
    return len(tokens) > 1 and may_be_in(text, TAGS[language])


def _is_chinese(tokens: Sequence[str]) -> bool:
    han = sum(_HAN.match(token) is not None for token in tokens)
    others = sum(_KANA_OR_HANGUL.match(token) is not None for token in tokens)
    return han > len(tokens) / 2 and others <= han / 20
