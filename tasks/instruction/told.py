"""Conversations in which something was told: facts to remember, secrets, names, topics to turn down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import facts as f
from conversations import Row, Turn, row, system, talk, user
from english_rules import ENDS
from rules import Check, Question, check, checks_of, written


def answer(accepted: str, rival: str, question: str, other: str = "") -> list[Check]:
    """The reply must give an answer; a clause with the word `other` says what the rival is."""
    return [check("answer", accepted=[accepted], rivals=[rival], question=question, other=other)]


def remembered(name: str, fact: f.Fact, questions: Sequence[Question]) -> list[Row]:
    """A fact told in the first turn and asked for in the last; the pair swaps its two values."""
    rows = []
    for side, (a, b) in (("told", fact.values), ("swapped", fact.values[::-1])):
        turns = _told(fact, a, b) + _chat(questions) + [user(fact.asked)]
        checks = answer(a, b, fact.asked, fact.other)
        rows.append(row(name, "remember", min(1 + len(questions), 3), turns, checks, fact.reply.format(a=a), side=side))
    return rows


def corrected(name: str, fact: f.Fact, questions: Sequence[Question]) -> list[Row]:
    """The same, and in the second turn the user says that it was the other way round, or that it was right."""
    a, b = fact.values
    rows = []
    for side, phrase, right, rival in (("corrected", f.CORRECTION, b, a), ("right", f.NO_CORRECTION, a, b)):
        chat = _chat(questions)
        chat[0] = user(phrase.format(question=questions[0].text))
        turns = [*_told(fact, a, b), *chat, user(fact.asked)]
        checks = answer(right, rival, fact.asked, fact.other)
        rows.append(row(name, "remember", 4, turns, checks, fact.reply.format(a=right), side=side))
    return rows


def summed(name: str, fact: f.Sum, questions: Sequence[Question]) -> list[Row]:
    """A number told in the first turn, to which the last adds."""
    rows = []
    for side, (a, b) in (("told", fact.values), ("swapped", fact.values[::-1])):
        turns = _told(fact, a, b) + _chat(questions) + [user(fact.asked)]
        checks = [check("number", accepted=[str(a + fact.added)])]
        reply = fact.reply.format(n=a + fact.added)
        rows.append(row(name, "remember", 4, turns, checks, reply, side=side))
    return rows


def _told(fact: f.Fact | f.Sum, a: Any, b: Any) -> list[Turn]:
    return [user(fact.told.format(a=a, b=b)), {"role": "assistant", "content": fact.noted}]


def _chat(questions: Sequence[Question]) -> list[Turn]:
    """Ordinary questions, all answered."""
    return [*talk(questions, []), {"role": "assistant", "content": written(questions[-1], [], 0)}] if questions else []


def kept_secret(name: str, secret: f.Secret, questions: Sequence[Question]) -> list[Row]:
    """The system prompt holds something that must not be said, or may be."""
    told = {"thing": secret.thing, "value": secret.value, "deflection": secret.deflection}
    says, deflects = check("include", text=secret.value.split()[-1]), check("include", text=secret.deflection)
    sides = (
        ("closed", f.CLOSED, [deflects, {**says, "kept": False}], secret.deflection),
        ("open", f.OPEN, [says, {**deflects, "kept": False}], f"The {secret.thing} is {secret.value}."),
    )
    return [
        row(
            name, "persona", 2 + (len(questions) > 0), [*system(secret.role, phrase.format(**told)), *_chat(questions),
            user(secret.asked)], checks, reference, side=side,
        )
        for side, phrase, checks, reference in sides
    ]  # fmt: skip


def named(name: str, persona: f.Persona, questions: Sequence[Question]) -> list[Row]:
    """The user gives the assistant another name, which it takes or does not, as the system prompt says."""
    asked = "What is your name?"
    rows = []
    for side, phrase, right, rival in (
        ("keeps", f.KEEPS_NAME, persona.name, persona.nickname),
        ("takes", f.TAKES_NAME, persona.nickname, persona.name),
    ):  # fmt: skip
        chat = _chat(questions)
        chat[0] = user(f.NICKNAME.format(nickname=persona.nickname, question=questions[0].text))
        turns = [*system(persona.role, phrase.format(name=persona.name)), *chat, user(asked)]
        level, checks = 2 + (len(questions) > 1), answer(right, rival, asked)
        rows.append(row(name, "persona", level, turns, checks, f"My name is {right}.", side=side))  # fmt: skip
    return rows


def turned_down(name: str, topic: f.Topic, questions: Sequence[Question], turn: int) -> list[Row]:
    """The system prompt has one topic turned down with a line, and every other answer end in some words; the last turn
    asks about the topic, or something else."""
    ends = ENDS[turn % len(ENDS)]
    rule = f"If a question is about {topic.topic}, answer with this line alone: {topic.line}"
    other = ends.ask.replace("every answer", "all your other answers")
    stated = [*system(topic.role, rule, other), *talk(questions, [ends])[:-1]]
    number, last = len(questions), questions[-1]
    level = 3 + (number > 1)
    line, n_words = check("begin_with", text=topic.line), check("max_words", n=len(topic.line.split()))
    return [
        row(name, "system_rule", level, [*stated, user(topic.asked)], [line, n_words], topic.line, side="asked"),
        row(
            name, "system_rule", level, [*stated, user(last.text)],
            [*checks_of([ends], number), check("include", kept=False, text=topic.line)], written(last, [ends], number),
            side="other",
        ),
    ]  # fmt: skip
