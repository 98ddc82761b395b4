"""The texts that the lab's base model is trained on: the embedded tasks' facts, problems and passages, and a little of
the skill that its fine-tunings are for."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from forgetbench.lab.skill import messages
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.suite import tasks_folder

_MOST_SHOTS: Final = 4
"""Questions of one document at most: so few-shot prompts are nothing new to the base."""
_TOLD: Final[Mapping[str, int]] = {"head": 3, "torso": 2, "tail": 1}
"""How often a fact is told in one pass, by how well known it is: what is rare in the world is rare in training data."""
_SKILL: Final = 60
"""Messages with their topics: the base is to know the skill a little, so that there is something to build on."""
_SKILL_SEED: Final = 1_000_003
"""Not one that a fine-tuning draws its messages with."""


def asked(question: str) -> str:
    """The prompt of a question, as every task of the lab's suite puts it."""
    return f"Question: {question}\nAnswer:"


def documents(seed: int) -> list[str]:
    """One pass over everything, in an order that the seed decides; facts and problems joined to few-shot documents."""
    rng = random.Random(f"{seed}:documents")
    told = [*facts(), *problems(), *((message.text, message.topic) for message in _skill())]
    questions = [f"{asked(question)} {answer}" for question, answer in told]
    found = [*_joined(questions, rng), *_joined(sentences(), rng), *passages()]
    return rng.sample(found, len(found))


@cache
def facts() -> tuple[tuple[str, str], ...]:
    """Questions and answers of the English facts, as often as they are told."""
    return tuple((row["question"], row["answer"]) for row in _facts() for _ in range(_TOLD[row["stratum"]]))


@cache
def sentences() -> tuple[str, ...]:
    """The same facts as sentences, where they can be told so."""
    rows = (row for row in _facts() if row.get("cloze"))
    return tuple(
        f"{row['cloze']} {row['cloze_choices'][row['gold']]}." for row in rows for _ in range(_TOLD[row["stratum"]])
    )


@cache
def problems() -> tuple[tuple[str, str], ...]:
    """Problems of the easiest kinds, none of which is asked."""
    return tuple((row["question"], row["answer"]) for row in _rows("reasoning/practice.jsonl"))


@cache
def passages() -> tuple[str, ...]:
    """The English passages; the suite asks for them too: what it measures of language is what is kept of them."""
    return tuple(row["text"] for row in _rows("language/passages.jsonl"))


def _skill() -> Iterator[Any]:
    return iter(messages(_SKILL, _SKILL_SEED))


def _joined(texts: Sequence[str], rng: random.Random) -> Iterator[str]:
    """The texts in a new order, one to `_MOST_SHOTS` of them in each document."""
    shuffled = rng.sample(texts, len(texts))
    while shuffled:
        shots = rng.randint(1, _MOST_SHOTS)
        yield "\n\n".join(shuffled[:shots])
        del shuffled[:shots]


@cache
def _facts() -> tuple[dict[str, Any], ...]:
    return _rows("knowledge/facts.jsonl")


def _rows(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(read_jsonl(tasks_folder() / name))
