"""What the multilingual tasks' YAML files call: documents, and the reading of replies in the language asked in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.metrics.answers.inflections import in_letters, plainly
from forgetbench.metrics.answers.normalisation import normalise
from forgetbench.metrics.answers.short_answers import read_short_answer
from forgetbench.metrics.reply_language import answers_in
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

if TYPE_CHECKING:
    from datasets import Dataset

FOLDER = Path(__file__).parent


def facts(**_: Any) -> dict[str, Dataset]:
    """The facts, in every language."""
    return as_dataset(read_jsonl(FOLDER / "choice.jsonl"))


def requests(**_: Any) -> dict[str, Dataset]:
    """Everyday requests, none of which names a language."""
    return as_dataset(read_jsonl(FOLDER / "replies.jsonl"))


def options(doc: Mapping[str, Any]) -> list[str]:
    """The options as they follow the label of the reply: behind a blank, where the language has blanks."""
    return [doc["gap"] + choice for choice in doc["choices"]]


@cache
def _called(thing: str, language: str) -> Mapping[str, tuple[str, ...]]:
    """The names of all things of a kind in a language, by code."""
    return {
        row["code"]: tuple(in_letters(name, language) for name in row[language])
        for row in read_jsonl(FOLDER / "names.jsonl")
        if row["kind"] == thing
    }


@cache
def _read(name: str) -> str:
    """A name as it is compared; every item looks at dozens."""
    return normalise(name)


def score_open(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`correct` where the reply's answer is the thing by any of its names in the language of the question.

    `exact` where the first line is nothing else, `parsed` where any answer could be read. What the question names is no
    answer, in whatever form.
    """
    language = doc["stratum"]
    called = _called(doc["thing"], language)
    names = tuple(name for each in called.values() for name in each)
    question = plainly(doc["question"], names, language)
    asked = f" {normalise(question)} "
    given = {name for name in names if f" {_read(name)} " in asked}
    accepted = [name for name in called[doc["code"]] if name not in given]
    others = (each for each in called.values() if given.isdisjoint(each))
    rivals = [name for each in others for name in each if name not in accepted]
    reply = plainly(_without_prompt(doc, results[0]), names, language)
    reasons = (doc.get("forgetbench") or {}).get("finish_reasons") or [None]
    return read_short_answer(reply, accepted, rivals, question=question, finish_reason=reasons[0]).scores


def _without_prompt(doc: Mapping[str, Any], text: str) -> str:
    """A reply without the question and the labels that it may repeat."""
    for repeated in (doc["question"], doc["ask"], doc["reply"]):
        text = text.replace(repeated, "\n")
    return text.strip()


def score_reply(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`in_language` where the reply is text in the language of the request; `parsed` where that can be told."""
    told = answers_in(results[0], doc["stratum"], " ".join((doc["ask"], doc["question"], doc["reply"])))
    return {"in_language": float(told is True), "parsed": float(told is not None)}
