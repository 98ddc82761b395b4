"""How conversations are put together: a rule that one of the two sets, talk that keeps it, and a last question."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rules import Check, Question, Rule, broken, checks_of, written

Turn = dict[str, str]
Row = dict[str, Any]


@dataclass(frozen=True)
class Wording:
    """What is said around rules and questions, in one language."""

    language: str
    gap: str
    settings: Sequence[str]
    """First sentences of a system prompt."""
    first: Sequence[str]
    """A user's first turn, with {rule} and {question}."""
    change: str
    stay: str
    change_later: str
    stay_later: str
    back_later: str
    """After the answer, the first rule holds again."""
    on_later: str
    drop: str
    """The first of two rules ends."""
    keep_both: str
    firm: str
    """The system's rule wins."""
    soft: str
    """The user's wins."""
    this_time: str


def row(
    name: str, kind: str, level: int, turns: Sequence[Turn], checks: Sequence[Check], reference: str,
    language: str = "en", side: str = "",
) -> Row:  # fmt: skip
    """A document; the two sides of a pair share `name`."""
    return {
        "item_id": f"{name}/{side}" if side else name,
        "cluster": name,
        "stratum": kind,
        "level": level,
        "language": language,
        "turns": list(turns),
        "checks": json.dumps(list(checks), ensure_ascii=False),
        "reference": reference,
    }


def system(*texts: str, gap: str = " ") -> list[Turn]:
    """The system turn."""
    return [{"role": "system", "content": gap.join(texts)}]


def user(text: str) -> Turn:
    return {"role": "user", "content": text}


def answered(question: Question, rules: Sequence[Rule], number: int, asked: str = "") -> list[Turn]:
    """A question, in the words `asked` where given, and the answer that keeps the rules."""
    return [user(asked or question.text), {"role": "assistant", "content": written(question, rules, number)}]


def talk(questions: Sequence[Question], rules: Sequence[Rule]) -> list[Turn]:
    """Questions and answers from the first on, the last question left open."""
    turns = [
        turn for number, one in enumerate(questions[:-1], start=1) for turn in answered(one, rules, number)
    ]  # fmt: skip
    return [*turns, user(questions[-1].text)]


def level_of(rules: Sequence[Rule], n_turns: int) -> int:
    """1 to 5: more rules, rules that few models can keep, and more turns are harder."""
    return min(5, len(rules) + any(rule.hard for rule in rules) + (n_turns >= 3))


def system_rule(name: str, say: Wording, rules: Sequence[Rule], questions: Sequence[Question], turn: int) -> Row:
    """The system prompt sets rules, and the last of the questions is asked."""
    setting = say.settings[turn % len(say.settings)]
    stated = system(setting, *(rule.ask for rule in rules), gap=say.gap)
    n = len(questions)
    return row(
        name, "system_rule", level_of(rules, n), stated + talk(questions, rules), checks_of(rules, n),
        written(questions[-1], rules, n), say.language,
    )  # fmt: skip


def kept(name: str, say: Wording, rules: Sequence[Rule], questions: Sequence[Question], turn: int) -> Row:
    """The user sets rules in the first turn; asked is the third or fourth."""
    asks = say.gap.join(rule.ask for rule in rules)
    opening = say.first[turn % len(say.first)].format(rule=asks, question=questions[0].text)
    turns = [user(opening), *talk(questions, rules)[1:]]
    n = len(questions)
    return row(
        name, "kept_in_turn_3", level_of(rules, n), turns, checks_of(rules, n), written(questions[-1], rules, n),
        say.language,
    )  # fmt: skip


def changed(
    name: str, say: Wording, old: Rule, new: Rule, questions: Sequence[Question], turn: int, *, later: bool
) -> list[Row]:
    """The user sets a rule and in the second turn puts another in its place, or does not; asked is the third turn.

    `later`: the new rule holds after the second answer, so that the form of the last answer is wrong.
    """
    first, second, last = questions
    opening = say.first[turn % len(say.first)].format(rule=old.ask, question=first.text)
    swap, stay = (say.change_later, say.stay_later) if later else (say.change, say.stay)
    rows = []
    for side, phrase, rule, other in (("changed", swap, new, old), ("same", stay, old, new)):
        in_second = old if later else rule
        turns = [
            *answered(first, [old], 1, opening),
            *answered(second, [in_second], 2, phrase.format(rule=new.ask, question=second.text)),
            user(last.text),
        ]
        checks = checks_of([rule], 3) + broken([other], 3)
        rows.append(
            row(name, "changed", 3 + later, turns, checks, written(last, [rule], 3), say.language, side)
        )  # fmt: skip
    return rows


def returned(name: str, say: Wording, old: Rule, new: Rule, questions: Sequence[Question], turn: int) -> list[Row]:
    """A rule is replaced in the second turn; in the third, the user goes back to the first one from the next answer on,
    or does not. Asked is the fourth turn."""
    first, second, third, last = questions
    opening = say.first[turn % len(say.first)].format(rule=old.ask, question=first.text)
    swap = say.change.format(rule=new.ask, question=second.text)
    rows = []
    for side, phrase, rule, other in (("back", say.back_later, old, new), ("on", say.on_later, new, old)):
        turns = [
            *answered(first, [old], 1, opening),
            *answered(second, [new], 2, swap),
            *answered(third, [new], 3, phrase.format(question=third.text)),
            user(last.text),
        ]
        checks = checks_of([rule], 4) + broken([other], 4)
        rows.append(row(name, "changed", 5, turns, checks, written(last, [rule], 4), say.language, side))
    return rows


def lifted(name: str, say: Wording, pair: tuple[Rule, Rule], questions: Sequence[Question], turn: int) -> list[Row]:
    """The user sets two rules and in the second turn takes the first back, or does not; asked is the third turn."""
    first, second, last = questions
    asks = say.gap.join(rule.ask for rule in pair)
    opening = say.first[turn % len(say.first)].format(rule=asks, question=first.text)
    rows = []
    for side, phrase, rules in (("lifted", say.drop, pair[1:]), ("same", say.keep_both, pair)):
        turns = [
            *answered(first, pair, 1, opening),
            *answered(second, rules, 2, phrase.format(question=second.text)),
            user(last.text),
        ]
        checks = checks_of(rules, 3) + (broken(pair[:1], 3) if side == "lifted" else [])
        rows.append(row(name, "changed", 4, turns, checks, written(last, rules, 3), say.language, side))
    return rows


def conflict(name: str, say: Wording, own: Rule, other: Rule, questions: Sequence[Question], turn: int) -> list[Row]:
    """The system sets a rule and says who wins; the user asks for another form in the last turn."""
    n = len(questions)
    rows = []
    for side, phrase, rule, loses in (("system", say.firm, own, other), ("user", say.soft, other, own)):
        stated = system(say.settings[turn % len(say.settings)], own.ask, phrase, gap=say.gap)
        last = user(say.this_time.format(question=questions[-1].text, rule=other.once))
        turns = [*stated, *talk(questions, [own])[:-1], last]
        checks = checks_of([rule], n) + broken([loses], n)
        reference = written(questions[-1], [rule], n)
        rows.append(row(name, "conflict", 2 + (n > 1) + (n > 2), turns, checks, reference, say.language, side))
    return rows
