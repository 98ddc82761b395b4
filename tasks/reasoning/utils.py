"""What the reasoning tasks' YAML files call: documents of items.jsonl, and the scoring of written answers."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from forgetbench.metrics.answers.completions import completion, is_pattern
from forgetbench.metrics.answers.markup import unmarked
from forgetbench.metrics.answers.mentions import Finder
from forgetbench.metrics.answers.normalisation import normalised_words
from forgetbench.metrics.answers.numerals import numerals
from forgetbench.metrics.answers.quantities import dates, durations, finder_for, times, values_of
from forgetbench.metrics.answers.question import asked, before_next_question
from forgetbench.metrics.answers.reading import SHORT_REPLY_CHARS, Reading
from forgetbench.metrics.answers.results import read_result
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.documents import as_dataset

if TYPE_CHECKING:
    from datasets import Dataset

FOLDER = Path(__file__).parent
_SAID = re.compile(r"^\s*(?:(?:the |my )?(?:final )?answer(?: is|:)|it(?:'s| is)|that(?:'s| is))\s*", re.IGNORECASE)
_ANSWER_IS = re.compile(r"^\s*(?:The answer is\b|答案是)")
_WEEKDAY = re.compile(r"(?:礼拜|星期|周)([一二三四五六日天])")
_NO_ANSWER = frozenset(
    {
        "sorry",
        "unknown",
        "unsure",
        "cannot",
        "cant",
        "dont",
        "not",
        "no",
        "hmm",
        "hm",
        "um",
        "uh",
        "er",
        "well",
        "think",
        "see",
    }
)


@cache
def _items(file: str) -> tuple[dict[str, Any], ...]:
    return tuple(read_jsonl(FOLDER / file))


def _split(fewshot: str, belongs: Callable[[Mapping[str, Any]], bool], file: str = "items.jsonl") -> dict[str, Dataset]:
    tests = [item for item in _items(file) if item["split"] == "test" and belongs(item)]
    return as_dataset(tests, [item for item in _items(file) if item["split"] == fewshot])


def documents(**_: Any) -> dict[str, Dataset]:
    """All items; the held-out short ones are the few-shot examples."""
    return _split("fewshot", lambda item: True)


def short_documents(**_: Any) -> dict[str, Dataset]:
    """The items that are answered at once."""
    return _split("fewshot", lambda item: not item["worked"])


def worked_documents(**_: Any) -> dict[str, Dataset]:
    """The items that need room to be worked out; the few-shot examples work them out."""
    return _split("fewshot_worked", lambda item: bool(item["worked"]))


def chinese_documents(**_: Any) -> dict[str, Dataset]:
    """The Chinese items; the held-out ones are the few-shot examples."""
    return _split("fewshot", lambda item: True, "zh.jsonl")


def documents_of_depth(depth: int = 8, items: int = 200, seed: int = 1, **_: Any) -> dict[str, Dataset]:
    """Items whose answers take `depth` steps, made when they are asked for: the same from the same three numbers."""
    return as_dataset(_deep().rows_of_depth(depth, items, seed), _shots("fewshot_worked"))


def _shots(split: str) -> list[dict[str, Any]]:
    return [item for item in _items("items.jsonl") if item["split"] == split]


def _deep() -> ModuleType:
    """kinds/deep.py, in a package named by its place: another folder of tasks may have a `kinds` too."""
    name = str(FOLDER / "kinds").replace(".", "_")
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(FOLDER / "kinds")]
        sys.modules[name] = package
    return importlib.import_module(f"{name}.deep")


def score_open(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`correct`: the result of the reply is right; for a pattern, what it puts after the arrow.

    `exact`: and the first line says nothing else. `parsed`: one result can be told, or the reply is one line as short
    as an answer. `conflict`: two that differ are stated.
    """
    reading = _read(doc, results[0][:SHORT_REPLY_CHARS])
    lines = _lines(results[0])
    exact = reading.correct and _is_only_answer(doc, lines[0])
    return replace(reading, exact=exact).scores


def score_worked(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`correct`: the result of a reply that works the answer out is right.

    `exact`: and the last line says nothing but the answer, or "The answer is" and the answer. `parsed` and `conflict`:
    as in `score_open`.
    """
    reading = _read(doc, results[0][:SHORT_REPLY_CHARS])
    lines = _lines(results[0])
    exact = reading.correct and _is_only_answer(doc, _ANSWER_IS.sub("", lines[-1]))
    return replace(reading, exact=exact).scores


def _read(doc: Mapping[str, Any], text: str) -> Reading:
    question, finder = doc.get("question", ""), _finder(tuple(doc["choices"]), doc["numeric"], doc["answer"])
    cut = _was_cut(doc)
    right, text = values_of(doc["aliases"], finder), before_next_question(text)
    if is_pattern(question) and (completed := completion(question, text)).said:
        if completed.answer is None:
            return Reading(False, False, False)
        result = read_result(completed.answer, finder)
        correct = result.mention is not None and not right.isdisjoint(result.mention.values)
        told = result.mention is not None or not finder(completed.answer)
        return Reading(False, correct, told and not (cut and completed.last))
    if _case_matters(doc) and len(letter := unmarked(text).strip(" .")) == 1:
        text = letter.upper()
    text = _WEEKDAY.sub(lambda match: f"星期{match[1].replace('天', '日')}", text)
    result = read_result(text, finder, asked(question, _listed(doc)), cut=cut)
    correct = result.mention is not None and not right.isdisjoint(result.mention.values)
    parsed = result.mention is not None or (not result.conflict and not cut and _is_short(doc, finder, _lines(text)))
    return Reading(False, correct, parsed, result.conflict)


@lru_cache(maxsize=1 << 12)
def _finder(choices: tuple[str, ...], numeric: bool, answer: str) -> Finder:
    return numerals if numeric else finder_for(choices, keep_case=len(answer) == 1)  # the letter A is no article


def _listed(doc: Mapping[str, Any]) -> tuple[str, ...]:
    """The options, where the question lists them or they are no numbers."""
    listed = not doc["numeric"] or all(choice in doc.get("question", "") for choice in doc["choices"])
    return tuple(doc["choices"]) if listed else ()


def _was_cut(doc: Mapping[str, Any]) -> bool:
    return "length" in doc.get("forgetbench", {}).get("finish_reasons", ())[:1]


def _lines(text: str) -> list[str]:
    return [line for line in text[:SHORT_REPLY_CHARS].splitlines() if line.strip()] or [""]


def _case_matters(doc: Mapping[str, Any]) -> bool:
    return len(doc["answer"]) == 1  # the letter A is no article


def _is_only_answer(doc: Mapping[str, Any], line: str) -> bool:
    words = normalised_words(line.replace(",", "") if doc["numeric"] else line, keep_case=_case_matters(doc))
    accepted = [normalised_words(alias, keep_case=_case_matters(doc)) for alias in doc["aliases"]]
    return words in accepted and not set(line) & set('*`"#')


def _is_short(doc: Mapping[str, Any], finder: Finder, lines: Sequence[str]) -> bool:
    """One line of no more words than the longest name among the options, and no refusal: an answer, if a wrong one."""
    if finder in (numerals, times, dates, durations) or len(lines) > 1:
        return False
    words = normalised_words(_SAID.sub("", unmarked(lines[0])))
    longest = max(len(normalised_words(choice, keep_case=True)) for choice in doc["choices"])
    return 0 < len(words) <= longest and _NO_ANSWER.isdisjoint(words)
