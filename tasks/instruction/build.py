"""Assemble conversations.jsonl from the lists beside this file, the same bytes every time.

python tasks/instruction/build.py            write the file
python tasks/instruction/build.py --check    exit 1 if it differs from what would be written
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import chinese
import conversations as make
import english
import facts
import told
from english_rules import WITHOUT_E
from rules import Question, read_questions

from forgetbench.suites.building import build_command

HERE = Path(__file__).parent
SEED = 31

Unit = list[make.Row]


class Deck:
    """Deals questions so that all are used about equally often, and none twice in one conversation."""

    def __init__(self, questions: Sequence[Question], rng: random.Random) -> None:
        self._questions, self._rng = list(questions), rng
        self._left: list[Question] = []

    def deal(self, n: int) -> list[Question]:
        """`n` different questions."""
        dealt: list[Question] = []
        while len(dealt) < n:
            if not self._left:
                self._left = self._rng.sample(self._questions, len(self._questions))
            one = next((question for question in reversed(self._left) if question not in dealt), None)
            if one is None:
                self._left = []
                continue
            self._left.remove(one)
            dealt.append(one)
        return dealt


def rule_units(lists: ModuleType, deck: Deck, prefix: str) -> Iterator[Unit]:
    """The conversations about form in one language: `lists` says which rules stand in which."""
    say = lists.SAY
    for i, rules in enumerate(lists.SYSTEM):
        yield [make.system_rule(f"{prefix}system-{i}", say, rules, deck.deal(1 + i % 4), i)]
    for i, rules in enumerate(lists.KEPT):
        yield [make.kept(f"{prefix}kept-{i}", say, rules, deck.deal(3 + i % 2), i)]
    for i, (old, new, later) in enumerate(changes(lists)):
        yield make.changed(f"{prefix}changed-{i}", say, old, new, deck.deal(3), i, later=later)
    for i, (old, new) in enumerate(lists.RETURNED):
        yield make.returned(f"{prefix}returned-{i}", say, old, new, deck.deal(4), i)
    for i, pair in enumerate(lists.LIFTED):
        yield make.lifted(f"{prefix}lifted-{i}", say, pair, deck.deal(3), i)
    for i, (own, other) in enumerate(lists.CONFLICTS):
        yield make.conflict(f"{prefix}conflict-{i}", say, own, other, deck.deal(1 + i % 3), i)


def changes(lists: ModuleType) -> list[tuple[make.Rule, make.Rule, bool]]:
    """Old rule, new rule, and whether the new one holds only after the answer."""
    if lists is chinese:
        return list(chinese.CHANGED)
    return [
        (*pair, later) for later, pairs in ((False, english.CHANGED), (True, english.CHANGED_LATER)) for pair in pairs
    ]


def told_units(deck: Deck) -> Iterator[Unit]:
    """The conversations in which something was told."""
    for i, fact in enumerate(facts.FACTS):
        yield told.remembered(f"fact-{i}", fact, deck.deal(i % 3))
    for i, fact in enumerate(facts.CORRECTED):
        yield told.corrected(f"corrected-{i}", fact, deck.deal(1 + i % 2))
    for i, total in enumerate(facts.SUMS):
        yield told.summed(f"sum-{i}", total, deck.deal(1 + i % 2))
    for i, secret in enumerate(facts.SECRETS):
        yield told.kept_secret(f"secret-{i}", secret, deck.deal(i % 3))
    for i, persona in enumerate(facts.PERSONAS):
        yield told.named(f"name-{i}", persona, deck.deal(1 + i % 2))
    for i, topic in enumerate(facts.TOPICS):
        yield told.turned_down(f"topic-{i}", topic, deck.deal(1 + i % 3), i)


def without_e_units(questions: Sequence[Question]) -> Iterator[Unit]:
    """A rule that the words themselves must keep, for questions that have such an answer."""
    fitting = [question for question in questions if question.item_id in WITHOUT_E]
    for i, question in enumerate(fitting):
        yield [make.system_rule(f"no_e-{i}", english.SAY, english.WITHOUT_E, [question], i)]


def rows() -> list[make.Row]:
    """All documents."""
    rng = random.Random(SEED)
    questions = read_questions("questions.tsv")
    deck = Deck(questions, rng)
    units = [*rule_units(english, deck, ""), *told_units(deck), *without_e_units(questions)]
    units += rule_units(chinese, Deck(read_questions("questions_zh.tsv"), rng), "zh-")
    return in_fair_order(units, rng)


def in_fair_order(units: Sequence[Unit], rng: random.Random) -> list[make.Row]:
    """Rows in an order whose beginnings are fair samples of kinds and languages; pairs stay together."""
    strata: dict[tuple[str, str], list[Unit]] = {}
    for unit in units:
        strata.setdefault((unit[0]["stratum"], unit[0]["language"]), []).append(unit)
    placed = []
    for members in strata.values():
        rng.shuffle(members)
        start = rng.random()
        placed += [((start + i) / len(members), unit) for i, unit in enumerate(members)]
    placed.sort(key=lambda pair: pair[0])
    return [row for _, unit in placed for row in unit]


if __name__ == "__main__":
    raise SystemExit(build_command({HERE / "conversations.jsonl": rows}, "Assemble the instruction conversations."))
