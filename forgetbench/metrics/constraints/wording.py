"""Constraints on words, sentences and letters: which stand in an answer, how many, where."""

from __future__ import annotations

import re
from collections.abc import Mapping

from forgetbench.metrics.constraints.protocol import Checker, Parameters
from forgetbench.metrics.text import words

# The look-behind keeps a long run of dots from being tried at each of its places.
_SENTENCE_END = re.compile(r"(?<![.!?\u3002])(?:[.!?]++(?=[\s\"')\]*_\u201d]|$)|\u3002++)")
_CAPITALS = re.compile(r"\b[A-Z]{2,}+\b")
# Clocks, symbols, stars, then flags and pictures.
_EMOJI = re.compile("[\u231a\u231b\u23e9-\u23f3\u2600-\u27bf\u2b05-\u2b55\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]")


def says(text: str, phrase: str) -> bool:
    """Whether the words of `phrase` stand in `text`, one after the other, as whole words."""
    return f" {' '.join(words(phrase))} " in f" {' '.join(words(text))} "


def _begins(text: str, parameters: Parameters) -> bool:
    beginning = words(parameters["text"])
    return words(text)[: len(beginning)] == beginning


def _ends(text: str, parameters: Parameters) -> bool:
    ending: str = parameters["text"]
    return text.rstrip(" \"'*_\u201d").casefold().endswith(ending.casefold())


def _at_least(text: str, parameters: Parameters) -> bool:
    phrase = f" {' '.join(words(parameters['text']))} "
    n: int = parameters["n"]
    # Doubled blanks let two neighbours be counted, which would otherwise share the one between them.
    return f" {'  '.join(words(text))} ".count(phrase) >= n


def _sentences(text: str, parameters: Parameters) -> bool:
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    # Quotes, brackets, asterisks and emoji may follow the last end, but no word.
    return len(ends) == parameters["n"] and bool(ends) and not words(text[ends[-1] :])


def _one_of(text: str, parameters: Parameters) -> bool:
    options: list[str] = parameters["options"]
    return text in options


def _lowercase(text: str, _: Parameters) -> bool:
    return text == text.lower() and text != text.upper()


def _uppercase(text: str, _: Parameters) -> bool:
    return text == text.upper() and text != text.lower()


WORDING: Mapping[str, Checker] = {
    # Length.
    "one_word": lambda text, _: len(words(text)) == 1,
    "max_words": lambda text, p: 0 < len(words(text)) <= p["n"],
    "min_words": lambda text, p: len(words(text)) >= p["n"],
    "one_sentence": lambda text, _: "\n" not in text and _sentences(text, {"n": 1}),
    "sentences": _sentences,
    # Words.
    "yes_no": lambda text, _: words(text) in (["yes"], ["no"]),
    "one_of": _one_of,
    "begin_with": _begins,
    "end_with": _ends,
    "repeat": _begins,
    "include": lambda text, p: says(text, p["text"]),
    "at_least": _at_least,
    "exclude": lambda text, p: bool(words(text)) and not says(text, p["text"]),
    # Characters.
    "lowercase": _lowercase,
    "uppercase": _uppercase,
    "capital_words": lambda text, p: len(_CAPITALS.findall(text)) >= p["n"],
    "no_commas": lambda text, _: bool(words(text)) and "," not in text,
    "no_exclamation": lambda text, _: bool(words(text)) and "!" not in text,
    "no_question": lambda text, _: bool(words(text)) and "?" not in text,
    "question": lambda text, _: text.endswith("?"),
    "exclamation": lambda text, _: text.endswith("!"),
    "emoji": lambda text, _: _EMOJI.search(text) is not None,
}
"""Parameters: `n` (max_words, min_words, sentences, at_least, capital_words), `text` (begin_with, end_with, repeat,
include, exclude; at_least: one word), `options` (one_of: the whole answer is one of them, to the letter)."""
