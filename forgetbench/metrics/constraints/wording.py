"""Constraints on words, sentences and letters: which stand in an answer, how many, where."""

from __future__ import annotations

import re
from collections.abc import Mapping

import regex

from forgetbench.metrics.constraints.protocol import Checker, Parameters
from forgetbench.metrics.constraints.sentences import is_whole, sentence_ends
from forgetbench.metrics.text import HAN, UNSPACED, words

_CAPITALS = re.compile(r"\b[A-Z]{2,}+\b")
# What is shown as a picture: by itself, with the selector for it, a keycap, a flag. Signs such as (c) are none.
_EMOJI = regex.compile(
    r"\p{Emoji_Presentation}|[\p{Extended_Pictographic}--[\u00a9\u00ae\u203c\u2049\u2122\u2139]]|[0-9#*]\ufe0f?\u20e3|\p{RI}{2}",
    regex.V1,
)
_GENITIVE = re.compile(r"\b(?!(?:it|he|she|that|what|who|where|here|there|let|how)'s)(\w+)'s\b", re.IGNORECASE)
_UNSPACED = re.compile(f"[{UNSPACED}]")
_BETWEEN_WORDS = re.compile(r"[\s\u2013\u2014]+|(?<=[^\W\d]),(?=[^\W\d])")
_QUOTES = " \"'*_\u201c\u201d\u2018\u2019`)"
_CHINESE_WORD = re.compile(f"[{HAN}]{{1,4}}")
_ASKS_BACK = re.compile(
    r"\b(?:tell|let) (?:me|us)(?: know)?(?: exactly)? (?:which|what|where|when|who|whose|why|how|whether|if|more"
    r"|about)\b"
    r"|\b(?:please|do) (?:say|specify|name) (?:which|what|where|when|who|whose|why|how|whether|if)\b"
    r"|(?:^|[.!]\s)(?:are|do|did|does|is|was|were|can|could|will|would|have|has|should)"
    r" (?:you|we|they|it|that)\b[^.!?,\n]*\.?$"
    r"|\b(?:please|could you|can you|would you)(?: \w+)? (?:specify|clarify|tell|share|provide|let me know)\b"
    r"|\bi(?:'d| would)? (?:need|like) to know\b|请(?:告诉我|说明|问)|吗[。!]?$"
    r"|(?:什么|哪|谁|怎|几|为何)[^,。!?]{0,8}呢[。]?$",
    re.IGNORECASE,
)
"""A request for an answer is a question without its mark."""


def says(text: str, phrase: str) -> bool:
    """Whether the words of `phrase` stand in `text`, one after the other, as whole words; "the Sun's" has 'sun'."""
    if "'s" not in phrase:
        text = _GENITIVE.sub(r"\1", text)
    return f" {' '.join(words(phrase))} " in f" {' '.join(words(text))} "


def _begins(text: str, parameters: Parameters) -> bool:
    beginning = words(parameters["text"])
    return words(text)[: len(beginning)] == beginning


def _repeats(text: str, parameters: Parameters) -> bool:
    """Whether it begins with a text, and where that is a whole sentence does not go on with it."""
    repeated: str = parameters["text"]
    if not _begins(text, parameters) or not repeated.rstrip().endswith((".", "!", "?", "\u3002", "\uff01", "\uff1f")):
        return _begins(text, parameters)
    said = re.match(r"\W*" + r"\W+".join(map(re.escape, words(repeated))), text.casefold())
    return said is None or re.match(r"[ \t]+[a-z]", text[said.end() :]) is None


def _ends(text: str, parameters: Parameters) -> bool:
    ending: str = parameters["text"]
    return text.rstrip(" \"'*_\u201d").casefold().endswith(ending.casefold())


def _at_least(text: str, parameters: Parameters) -> bool:
    phrase = f" {' '.join(words(parameters['text']))} "
    n: int = parameters["n"]
    # Doubled blanks let two neighbours be counted, which would otherwise share the one between them.
    return f" {'  '.join(words(text))} ".count(phrase) >= n


def _sentences(text: str, parameters: Parameters) -> bool:
    ends = sentence_ends(text)
    return len(ends) == parameters["n"] and is_whole(text, ends)


def count_words(text: str) -> int:
    """Words as a person counts them: what stands between blanks or dashes and has a letter or digit ("Wi-Fi", "$99.50",
    "U.S."), and each character of a script without blanks."""
    parts = [part for part in _BETWEEN_WORDS.split(text) if any(map(str.isalnum, part))]
    return sum(len(words(part)) if _UNSPACED.search(part) else 1 for part in parts)


def _one_word(text: str, _: Parameters) -> bool:
    bare = text.strip(_QUOTES + ".!,;:\u3002\u300a\u300b\u300c\u300d")
    return count_words(text) == 1 or _CHINESE_WORD.fullmatch(bare) is not None


def _last_mark(text: str) -> str:
    """The last character, quotes and emphasis after it left out."""
    return text[-200:].rstrip(_QUOTES)[-1:]


def _one_of(text: str, parameters: Parameters) -> bool:
    options: list[str] = parameters["options"]
    return text in options


def _lowercase(text: str, _: Parameters) -> bool:
    return text == text.lower() and text != text.upper()


def _uppercase(text: str, _: Parameters) -> bool:
    return text == text.upper() and text != text.lower()


WORDING: Mapping[str, Checker] = {
    # Length.
    "one_word": _one_word,
    "max_words": lambda text, p: 0 < count_words(text) <= p["n"],
    "exact_words": lambda text, p: count_words(text) == p["n"],
    "min_words": lambda text, p: count_words(text) >= p["n"],
    "one_sentence": lambda text, _: "\n" not in text and _sentences(text, {"n": 1}),
    "sentences": _sentences,
    # Words.
    "yes_no": lambda text, _: words(text) in (["yes"], ["no"]),
    "one_of": _one_of,
    "begin_with": _begins,
    "end_with": _ends,
    "repeat": _repeats,
    "include": lambda text, p: says(text, p["text"]),
    "at_least": _at_least,
    "exclude": lambda text, p: bool(words(text)) and not says(text, p["text"]),
    # Characters.
    "lowercase": _lowercase,
    "uppercase": _uppercase,
    "capital_words": lambda text, p: len(_CAPITALS.findall(text)) >= p["n"],
    "without_letter": lambda text, p: bool(words(text)) and p["letter"] not in text.casefold(),
    "no_commas": lambda text, _: bool(words(text)) and "," not in text,
    "no_exclamation": lambda text, _: bool(words(text)) and "!" not in text,
    "no_question": lambda text, _: bool(words(text)) and "?" not in text and not _ASKS_BACK.search(text),
    "question": lambda text, _: _last_mark(text) == "?",
    "exclamation": lambda text, _: _last_mark(text) == "!",
    "emoji": lambda text, _: _EMOJI.search(text) is not None,
}
"""Parameters: `n` (max_words, exact_words, min_words, sentences, at_least, capital_words), `text` (begin_with,
end_with, repeat, include, exclude; at_least: one word), `letter` (without_letter: in lower case), `options` (one_of:
the whole answer is one of them, to the letter)."""
