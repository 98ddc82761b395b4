"""Checkers for verifiable constraints on the form of an answer: strict, and one verdict per answer.

In the manner of IFEval (Zhou et al. 2023, arXiv 2311.07911). They are written anew rather than taken
from a package because the published ones guess the language and split sentences with trained
models; here a text gets the same verdict on every machine and costs time linear in its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from forgetbench.errors import InputError, did_you_mean
from forgetbench.metrics.phrases import fold, words
from forgetbench.metrics.shape import BOLD, has_table, parse_json

Parameters = Mapping[str, Any]
Checker = Callable[[str, Parameters], bool]

_BULLET = re.compile(r"^[ \t]*[-*\u2022][ \t]+\S", re.MULTILINE)
_NUMBERED = re.compile(r"^[ \t]*(\d{1,3})[.)][ \t]+\S", re.MULTILINE)
_HEADER = re.compile(r"#{1,6}[ \t]+\S")
# The look-behind keeps a long run of dots from being tried at each of its places.
_SENTENCE_END = re.compile(r"(?<![.!?])[.!?]++(?=[\s\"')\]]|$)")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")


def holds(text: str, constraint: str, parameters: Parameters) -> bool:
    """Whether an answer keeps a constraint. An answer without any character keeps none.

    Raises:
        InputError: when there is no constraint of that name.
    """
    checker = CONSTRAINTS.get(constraint)
    if checker is None:
        raise InputError(f"unknown constraint '{constraint}': {did_you_mean(constraint, CONSTRAINTS)}")
    text = fold(text).strip()
    return bool(text) and checker(text, parameters)


def _numbered(text: str, parameters: Parameters) -> bool:
    found = [int(number) for number in _NUMBERED.findall(text)]
    return found == list(range(1, parameters["n"] + 1))


def _begins(text: str, parameters: Parameters) -> bool:
    wanted = words(parameters["text"])
    return words(text)[: len(wanted)] == wanted


def _ends(text: str, parameters: Parameters) -> bool:
    wanted: str = parameters["text"]
    return text.rstrip(" \"'*").casefold().endswith(wanted.casefold())


def _contains(text: str, parameters: Parameters) -> bool:
    wanted = " ".join(words(parameters["text"]))
    return f" {wanted} " in f" {' '.join(words(text))} "


def _paragraphs(text: str, parameters: Parameters) -> bool:
    n: int = parameters["n"]
    return sum(bool(part.strip()) for part in _BLANK_LINE.split(text)) == n


def _comma_list(text: str, parameters: Parameters) -> bool:
    parts = [part.strip(" .") for part in text.split(",")]
    return "\n" not in text and len(parts) == parameters["n"] and all(parts)


def _one_sentence(text: str, _: Parameters) -> bool:
    ended = text.rstrip(" \"')]").endswith((".", "!", "?"))
    return ended and "\n" not in text and len(_SENTENCE_END.findall(text)) == 1


def _code_block(text: str, _: Parameters) -> bool:
    return len(text) > 6 and text.startswith("```") and text.endswith("```") and text.count("```") == 2


def _wrapped(text: str, parameters: Parameters) -> bool:
    left: str = parameters["left"]
    right: str = parameters["right"]
    return len(text) > len(left) + len(right) and text.startswith(left) and text.endswith(right)


def _lowercase(text: str, _: Parameters) -> bool:
    return text == text.lower() and text != text.upper()


def _uppercase(text: str, _: Parameters) -> bool:
    return text == text.upper() and text != text.lower()


CONSTRAINTS: Mapping[str, Checker] = {
    # Whole-answer formats.
    "json": lambda text, _: parse_json(text) is not None,
    "bullets": lambda text, p: len(_BULLET.findall(text)) == p["n"],
    "numbered": _numbered,
    "table": lambda text, _: has_table(text),
    "code_block": _code_block,
    "comma_list": _comma_list,
    "wrapped": _wrapped,
    "paragraphs": _paragraphs,
    "header": lambda text, _: _HEADER.match(text) is not None,
    "bold": lambda text, _: BOLD.search(text) is not None,
    # Length.
    "one_word": lambda text, _: len(words(text)) == 1,
    "max_words": lambda text, p: 0 < len(words(text)) <= p["n"],
    "one_sentence": _one_sentence,
    # Wording.
    "yes_no": lambda text, _: words(text) in (["yes"], ["no"]),
    "begin_with": _begins,
    "end_with": _ends,
    "include": _contains,
    "exclude": lambda text, p: bool(words(text)) and not _contains(text, p),
    # Characters.
    "lowercase": _lowercase,
    "uppercase": _uppercase,
    "no_commas": lambda text, _: bool(words(text)) and "," not in text,
    "question": lambda text, _: text.endswith("?"),
    "exclamation": lambda text, _: text.endswith("!"),
}
"""Name -> checker of a stripped, non-empty text. Parameters: `n` (bullets, numbered, comma_list,
paragraphs, max_words), `text` (begin_with, end_with, include, exclude), `left` and `right` (wrapped)."""
