"""Checkers for verifiable constraints on the form of an answer: one verdict per answer, strict or loose.

In the manner of IFEval (Zhou et al. 2023, arXiv 2311.07911). They are written anew rather than taken from a package
because the published ones guess the language and split sentences with trained models that are downloaded; here a text
gets the same verdict on every machine and costs time linear in its length.

    layout      how the answer is set: lists, tables, sections, what it is wrapped in
    wording     which words stand in it, how many, and in which letters
    sentences   where sentences end
    voice       what a trained assistant says unasked: greetings, apologies, offers of more help
    language    which language it is in
    cut         whether the rest of an answer that was cut could change the verdict
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from forgetbench.errors import InputError, did_you_mean
from forgetbench.metrics.constraints import cut
from forgetbench.metrics.constraints.language import is_in_language
from forgetbench.metrics.constraints.layout import LAYOUT
from forgetbench.metrics.constraints.protocol import Checker, Parameters
from forgetbench.metrics.constraints.voice import VOICE
from forgetbench.metrics.constraints.wording import WORDING
from forgetbench.metrics.text import fold

__all__ = ["CONSTRAINTS", "holds", "holds_loosely", "loose_variants", "undecided"]

CONSTRAINTS: Mapping[str, Checker] = {**LAYOUT, **WORDING, **VOICE, "language": is_in_language}
"""Name -> checker of a stripped, non-empty text. The parameters that one needs are in its module's table."""

_AS_WRITTEN = frozenset({"json", "json_keys", "table", "code_block", "header", "bold", "highlights"})
"""A parser tells "\uff1a" from ":", and so do these; to the others compatibility characters are the same."""
_ONE = "\u2460"
_CIRCLED = re.compile("^([ \\t]*)([\u2460-\u2473])", re.MULTILINE)


def holds(text: str, constraint: str, parameters: Parameters) -> bool:
    """Whether an answer keeps a constraint, as it stands. An answer without any character keeps none.

    Raises:
        InputError: when there is no constraint of that name, or a parameter is missing.
    """
    return _kept(text, _checker(constraint), constraint, parameters)


def holds_loosely(text: str, constraint: str, parameters: Parameters) -> bool:
    """Whether an answer keeps a constraint in one of its `loose_variants`. Whatever `holds`, holds loosely."""
    checker = _checker(constraint)
    return any(_kept(variant, checker, constraint, parameters) for variant in loose_variants(text))


def undecided(text: str, constraint: str, parameters: Parameters) -> bool:
    """Whether an answer that was cut here by the token limit cannot be judged: the rest could change what `holds` says.

    A word that must be there and is, or one too many: decided. No sign-off so far, brackets not closed yet: undecided.
    Raises InputError as `holds` does.
    """
    checker = _checker(constraint)
    try:
        return cut.undecided(_seen(text, constraint), constraint, checker, parameters)
    except KeyError as missing:
        raise InputError(f"constraint '{constraint}': parameter {missing} is missing") from missing


def loose_variants(text: str) -> list[str]:
    """`text`; without its first line, its last line or both; and each of these without asterisks.

    The loose reading of IFEval (section 2.2): it forgives "Sure, here it is:", a closing line and Markdown.
    """
    lines = text.strip().split("\n")
    parts = [lines, lines[1:], lines[:-1], lines[1:-1]]
    texts = ["\n".join(part) for part in parts]
    return list(dict.fromkeys([*texts, *(part.replace("*", "") for part in texts)]))


def _checker(constraint: str) -> Checker:
    checker = CONSTRAINTS.get(constraint)
    if checker is None:
        raise InputError(f"unknown constraint '{constraint}': {did_you_mean(constraint, CONSTRAINTS)}")
    return checker


def _seen(text: str, constraint: str) -> str:
    """The text that a checker is given."""
    if constraint in _AS_WRITTEN:
        return text.strip().strip("\u200b\ufeff").strip()
    return fold(_CIRCLED.sub(lambda number: f"{number[1]}{ord(number[2]) - ord(_ONE) + 1}. ", text)).strip()


def _kept(text: str, checker: Checker, constraint: str, parameters: Parameters) -> bool:
    text = _seen(text, constraint)
    try:
        return bool(text) and checker(text, parameters)
    except KeyError as missing:
        raise InputError(f"constraint '{constraint}': parameter {missing} is missing") from missing
