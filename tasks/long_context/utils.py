"""Scoring of the answers to long texts: phrases, names, three names, numbers, and that the text does not say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from forgetbench.errors import first_line
from forgetbench.metrics.answers.markup import unmarked
from forgetbench.metrics.answers.mentions import Finder, name_finder
from forgetbench.metrics.answers.normalisation import normalised_words
from forgetbench.metrics.answers.numerals import numerals
from forgetbench.metrics.answers.quantities import values_of
from forgetbench.metrics.answers.question import asked
from forgetbench.metrics.answers.reading import Reading
from forgetbench.metrics.answers.results import read_result
from forgetbench.metrics.answers.short_answers import matches_strictly, read_short_answer
from forgetbench.metrics.answers.statements import not_negated

NAMES = Path(__file__).with_name("names.txt")
NOT_SAID = "the text does not say"
REPLY_CHARS = 1024
"""So much of a reply is read; the tasks let it have 32 tokens."""
_SENTENCE = re.compile(r"[^.!?;\n]{1,300}")
_SAYS_NOTHING = re.compile(
    r"\b(?:does|did|is|are|was|were|has|have) ?(?:not|nt|nowhere)\b(?: \w+){0,4}? ?\b(?:sa(?:y|id)|stat(?:e|ed)"
    r"|mention(?:ed)?|t(?:ell|old)|specif(?:y|ied)|given?|provided?|known?|contain|include|reveal(?:ed)?|indicated?|answer(?:ed)?)\b"
    r"|\bnot (?:said|stated|mentioned|given|specified|known|told|provided|answered|in the text)\b"
    r"|\bno (?:information|mention|indication|details?|statement|answer)\b|\bsays nothing\b|\bnowhere\b"
    r"|\bnothing (?:is |was )?(?:said|stated|about)\b|\bnone (?:is |was )?(?:mentioned|given|stated)\b"
    r"|\b(?:unknown|unstated|unspecified|silent)\b"
    r"|\bcan ?not (?:be )?(?:known|determined?|told|answered|find|found)\b"
)  # fmt: skip
"""In normalised words: the reply says that the text does not say it."""
_HOW_OFTEN = "How many times"
_TIMES = ((re.compile(r"(?<=\w) times\b"), ""), (re.compile(r"\btwice\b", re.IGNORECASE), "2"))
"""Where times are counted: "3 times" is no product."""
_FINISHED = re.compile(r"[^.!?\n]{1,300}[.!?](?=\s)")
_LEADS_IN = re.compile(
    r"\s*(?:sure|certainly|of course|okay|ok|great|yes|no|let|to|i|i'll|we|you|the question|the text|this text"
    r"|the chronicle|based|according|looking|first|here)\b",
    re.IGNORECASE,
)
_SHORTEST_SENTENCE = 4


def score(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`correct`: the reply gives the item's answer, and for three names all of them and no other name.

    `exact`: the first line is nothing else. `parsed`: an answer can be told, right or wrong; that the text does not say
    is one, and so is something else in its place where the reply was cut. `conflict`: two that differ are stated.
    """
    reply = results[0][:REPLY_CHARS]
    reading = _read(doc, reply)
    if _was_cut(doc) and not reading.conflict and _says_something_else(doc, reply):
        reading = replace(reading, parsed=True)
    return reading.scores


def _read(doc: Mapping[str, Any], reply: str) -> Reading:
    absent = doc["answer"] == NOT_SAID
    if says_nothing(doc, reply):
        exact = normalised_words(first_line(reply)) == normalised_words(NOT_SAID)
        return Reading(absent and exact, absent, True)
    if doc["kind"] == "number":
        return _number(doc, reply)
    if doc["kind"] == "names":
        return _three_names(doc, reply)
    aliases = () if absent else doc["aliases"]
    reason = "length" if _was_cut(doc) else None
    return read_short_answer(reply, aliases, _rivals(doc), question=doc["question"], finish_reason=reason)


def _says_something_else(doc: Mapping[str, Any], reply: str) -> bool:
    """Whether a cut reply has finished a sentence that does not lead up to an answer: it tells another story.

    A list of names that has begun is none.
    """
    if doc["kind"] == "names" and _finder("names", ())(reply):
        return False
    finished = (match[0] for match in _FINISHED.finditer(unmarked(reply)))
    return any(len(text.split()) >= _SHORTEST_SENTENCE and not _LEADS_IN.match(text) for text in finished)


def says_nothing(doc: Mapping[str, Any], reply: str) -> bool:
    """Whether the first sentence says that the text does not say it, and gives no answer all the same."""
    sentence = _SENTENCE.search(unmarked(reply))
    if sentence is None or _SAYS_NOTHING.search(" ".join(normalised_words(sentence[0]))) is None:
        return False
    return not _finder(doc["kind"], (*doc["aliases"], *doc["rivals"]))(sentence[0])


def _number(doc: Mapping[str, Any], reply: str) -> Reading:
    said = reply
    for pattern, number in _TIMES if doc["question"].startswith(_HOW_OFTEN) else ():
        said = pattern.sub(number, said)
    result = read_result(said, numerals, asked(doc["question"]), cut=_was_cut(doc))
    told = result.mention is not None
    correct = result.mention is not None and not values_of(doc["aliases"], numerals).isdisjoint(result.mention.values)
    exact = correct and matches_strictly(first_line(reply), doc["aliases"])
    return Reading(exact, correct, told, result.conflict)


def _three_names(doc: Mapping[str, Any], reply: str) -> Reading:
    """All three are named and nobody else; a cut reply that has named none but right ones is not parsed."""
    text = unmarked(reply)
    find = _finder("names", ())
    named = {value for mention in not_negated(text, find(text)) for value in mention.values}
    right = {value for mention in find(doc["answer"]) for value in mention.values}
    correct = named == right
    exact = correct and all(word in {"and", *(name for value in right for name in value)}
                            for word in normalised_words(first_line(reply)))  # fmt: skip
    parsed = correct or (bool(named) and not (_was_cut(doc) and named < right))
    return Reading(exact, correct, parsed)


def _rivals(doc: Mapping[str, Any]) -> Iterable[str]:
    return [name for name in _names() if name != doc["answer"]] if doc["kind"] == "name" else doc["rivals"]


@lru_cache(maxsize=1 << 10)
def _finder(kind: str, phrases: tuple[str, ...]) -> Finder:
    """Finds what could be an answer of a kind."""
    if kind == "number":
        return numerals
    return name_finder([phrase for phrase in phrases if phrase != NOT_SAID] if kind == "phrase" else _names())


@cache
def _names() -> tuple[str, ...]:
    return tuple(NAMES.read_text(encoding="utf-8").split())


def _was_cut(doc: Mapping[str, Any]) -> bool:
    return "length" in (doc.get("forgetbench") or {}).get("finish_reasons", ())[:1]
