"""Rules that a conversation sets: how they are put, how they are checked, and an answer that keeps them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.metrics.constraints.wording import count_words

HERE = Path(__file__).parent
Check = dict[str, Any]
"""`constraint` and `parameters` of `metrics.constraints`, and `kept`: whether it must hold or must not."""


@dataclass(frozen=True)
class Question:
    """A question of ordinary talk with answers in several forms: a line of questions.tsv or questions_zh.tsv."""

    item_id: str
    text: str
    forms: Mapping[str, str]
    """`answer`, a sentence; `short`, at most four words; `points`, three of them; the sentence in other languages."""


def read_questions(name: str) -> list[Question]:
    """The questions of a file beside this one."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return [Question(row["id"], row["question"], row) for row in csv.DictReader(file, delimiter="\t")]


@dataclass(frozen=True)
class Rule:
    """A rule for the form of all answers of a conversation."""

    name: str
    slot: str
    """What of an answer it sets; two rules of one slot cannot both be kept."""
    ask: str
    """As an order for every answer, without its full stop."""
    once: str
    """As an order for one answer: what follows "This time"."""
    write: Callable[[Question, str, int], str]
    """Takes a question, its answer so far and the number of the answer: the answer that keeps the rule."""
    checks: Callable[[int], list[Check]]
    """Takes the number of the answer. The first check is what the rule says; others keep scraps from keeping it."""
    hard: bool = False


def check(constraint: str, *, kept: bool = True, **parameters: Any) -> Check:
    """One check of a reply."""
    return {"constraint": constraint, "parameters": parameters, "kept": kept}


def always(constraint: str, *more: Check, **parameters: Any) -> Callable[[int], list[Check]]:
    """The same checks of every answer of the conversation."""
    return lambda _: [check(constraint, **parameters), *more]


def beyond(text: str) -> Check:
    """That more is said than a text that had to be said."""
    return check("min_words", n=count_words(text) + 2)


SLOTS = ("body", "front", "back", "case", "frame")
"""In the order in which they are put on an answer."""


def written(question: Question, rules: Sequence[Rule], number: int) -> str:
    """An answer to a question that keeps all rules."""
    text = question.forms["answer"]
    for rule in sorted(rules, key=lambda rule: SLOTS.index(rule.slot)):
        text = rule.write(question, text, number)
    return text


def checks_of(rules: Sequence[Rule], number: int) -> list[Check]:
    """What a reply that is answer `number` of the conversation must keep."""
    return [one for rule in rules for one in rule.checks(number)]


def broken(rules: Sequence[Rule], number: int) -> list[Check]:
    """That none of these rules is followed any more."""
    return [{**rule.checks(number)[0], "kept": False} for rule in rules]


def form(name: str) -> Callable[[Question, str, int], str]:
    """The question's answer in another form."""
    return lambda question, text, number: question.forms[name]


def lists(mark: str) -> Callable[[Question, str, int], str]:
    """Its three points, one a line; `mark` may hold {n}."""
    return lambda question, text, number: "\n".join(
        mark.format(n=n) + point for n, point in enumerate(question.forms["points"].split("|"), start=1)
    )


def lowered(text: str) -> str:
    """With a small first letter, to stand behind something."""
    return text[:1].lower() + text[1:]


def as_json(keys: Sequence[str], about: str) -> Callable[[Question, str, int], str]:
    """An object of two keys: the answer, and what it is about."""
    return lambda question, text, number: json.dumps(
        {keys[0]: text, keys[1]: about or question.item_id}, ensure_ascii=False
    )
