"""What the reasoning tasks' YAML files call: documents of items.jsonl, and the scoring of written answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.metrics.answers.normalisation import normalised_words
from forgetbench.metrics.answers.numbers import last_number, stated_number
from forgetbench.metrics.answers.options import contains_answer
from forgetbench.metrics.answers.reading import SHORT_REPLY_CHARS, Reading
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

if TYPE_CHECKING:
    from datasets import Dataset

ITEMS = Path(__file__).with_name("items.jsonl")
_RESULT = re.compile(r"answer is|answer:|####|\\boxed\{", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?]\s|\n")
_NO_ANSWER = frozenset({"sorry", "unknown", "unsure", "cannot", "cant", "dont", "not", "no"})


@cache
def _items() -> tuple[dict[str, Any], ...]:
    return tuple(read_jsonl(ITEMS))


def _split(fewshot: str, belongs: Callable[[Mapping[str, Any]], bool]) -> dict[str, Dataset]:
    tests = [item for item in _items() if item["split"] == "test" and belongs(item)]
    return as_dataset(tests, [item for item in _items() if item["split"] == fewshot])


def documents(**_: Any) -> dict[str, Dataset]:
    """All items; the held-out short ones are the few-shot examples."""
    return _split("fewshot", lambda item: True)


def short_documents(**_: Any) -> dict[str, Dataset]:
    """The items that are answered at once."""
    return _split("fewshot", lambda item: not item["worked"])


def worked_documents(**_: Any) -> dict[str, Dataset]:
    """The items that need room to be worked out; the few-shot examples work them out."""
    return _split("fewshot_worked", lambda item: bool(item["worked"]))


def score_open(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`correct`: the number that the reply states, or the first of the item's options that it names, is right.

    `exact`: and the first line says nothing else. `parsed`: a number is stated, one option is named, or the reply is
    one line as short as an answer.
    """
    text = results[0][:SHORT_REPLY_CHARS]
    lines = [line for line in text.splitlines() if line.strip()]
    if doc["numeric"]:
        stated = stated_number(text)
        correct, parsed = stated == int(doc["answer"]), stated is not None
    else:
        correct = _names(doc, text, doc["aliases"])
        parsed = correct or any(_names(doc, text, [choice]) for choice in doc["choices"]) or _is_short(doc, lines)
    exact = correct and _is_only_answer(doc, lines[0])
    return Reading(exact, correct, parsed).scores


def score_worked(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`correct`: the result of a reply that works the answer out is right.

    The result is what follows the last "answer is", "Answer:", "####" or "\\boxed{"; without these the last number of
    the reply, or for words the last sentence that names an option. `exact`: and the last line says nothing but the
    answer, or "The answer is" and the answer. `parsed`: there is a result.
    """
    text = results[0][:SHORT_REPLY_CHARS]
    cues = list(_RESULT.finditer(text))
    stated = text[cues[-1].end() :] if cues else ""
    if doc["numeric"]:
        number = stated_number(stated)
        number = last_number(text) if number is None else number
        correct, parsed = number == int(doc["answer"]), number is not None
    else:
        parts = [stated] if stated.strip() else _SENTENCE_END.split(text)[::-1]
        part = next((part for part in parts if contains_answer(part, doc["choices"])), "")
        correct, parsed = (
            _names(doc, part, doc["aliases"]),
            any(_names(doc, part, [choice]) for choice in doc["choices"]),
        )
    lines = [line for line in text.splitlines() if line.strip()]
    exact = correct and _is_only_answer(doc, re.sub(r"^\s*The answer is\b", "", lines[-1]))
    return Reading(exact, correct, parsed).scores


def _case_matters(doc: Mapping[str, Any]) -> bool:
    return len(doc["answer"]) == 1  # the letter A is no article


def _names(doc: Mapping[str, Any], text: str, answers: Sequence[str]) -> bool:
    return contains_answer(text, answers, doc["choices"], keep_case=_case_matters(doc))


def _is_only_answer(doc: Mapping[str, Any], line: str) -> bool:
    words = normalised_words(line.replace(",", "") if doc["numeric"] else line, keep_case=_case_matters(doc))
    accepted = [normalised_words(alias, keep_case=_case_matters(doc)) for alias in doc["aliases"]]
    return words in accepted and not set(line) & set('*`"#')


def _is_short(doc: Mapping[str, Any], lines: Sequence[str]) -> bool:
    """One line with no more words than the longest option, and no refusal: an answer, if a wrong one."""
    words = normalised_words(lines[0]) if len(lines) == 1 else []
    longest = max(len(normalised_words(choice, keep_case=True)) for choice in doc["choices"])
    return 0 < len(words) <= longest and _NO_ANSWER.isdisjoint(words)
