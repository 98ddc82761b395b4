"""What a knowledge question is, and how it gets its options: shared by the scripts that build the data files.

Options are right answers to other questions of the relation, offered in proportion to how often they are right, so
that neither a rare nor a frequent answer is a good guess. The right place is balanced within each relation.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from forgetbench.metrics.answers.normalisation import normalise, normalised_words

SEED = 20250101
OPTIONS = 4
LEVELS, HARDEST = {"head": 1, "torso": 2, "tail": 3}, 5
FIRST_HAN = "\u3400"

Rank = Callable[["Fact", "Fact"], int | None]
"""How well the answer of the second fact serves as a wrong option for the first: 0 best, None never."""


@dataclass(frozen=True)
class Fact:
    """One question. `never` are the texts that must not be offered as wrong options: they are right too."""

    item_id: str
    relation: str
    cluster: str
    stratum: str
    subject: str
    question: str
    answer: str
    aliases: tuple[str, ...]
    cloze: str = ""
    """The beginning of a sentence that the answer ends."""
    split: str = "test"
    level: int = 0
    """From 1 (easy) to 5: by the subject's stratum, and the steps of the relation."""
    choices: tuple[str, ...] = ()
    cloze_choices: tuple[str, ...] = ()
    """The same options as they stand in the sentence: 'the Netherlands'."""
    gold: int = 0
    open: bool = True
    """Whether it can be asked without its options."""
    wrong: tuple[str, ...] = field(default=(), repr=False)
    """The wrong options, where they are chosen for this question and not among the relation's other answers."""
    never: frozenset[str] = field(default=frozenset(), repr=False)
    group: str = field(default="", repr=False)
    """What a good wrong option shares with the right one: a continent, a first digit."""

    def as_row(self, *, without: Iterable[str] = ()) -> dict[str, Any]:
        """The fact as a row of a data file."""
        row = asdict(self)
        for key in ("wrong", "never", "group", *without):
            del row[key]
        return row


@dataclass(frozen=True)
class Relation:
    """One kind of question: how its options are ranked, and how many facts may have the same answer."""

    rank: Rank
    most_per_answer: int = 10_000
    most: int = 10_000
    """How many facts are asked, drawn at random."""
    steps: int = 0
    """By how many levels it is harder than a plain fact about the same subject."""
    lists_options: bool = False
    """Whether the question names its options."""
    spread: bool = True
    """Whether the subject must share no beginning of a word with a wrong option."""
    option: Callable[[Fact, Fact], str] = lambda fact, other: other.answer
    """The wrong option that the second fact gives for the first."""


def same_stratum_first(fact: Fact, other: Fact) -> int | None:
    """Options of the same stratum, so that being famous does not mark the right one."""
    return 0 if other.stratum == fact.stratum else 1


def same_group_first(fact: Fact, other: Fact) -> int | None:
    """Options of the same group and stratum, then of the group, then any."""
    return (0 if other.stratum == fact.stratum else 1) if other.group == fact.group else 2


def same_group_only(fact: Fact, other: Fact) -> int | None:
    """Options of the same group and no others: one of another group would be ruled out without knowledge."""
    return 0 if other.group == fact.group else None


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """`texts` without those that read the same once normalised, in order."""
    seen: dict[str, str] = {}
    for text in texts:
        seen.setdefault(normalise(text), text)
    return tuple(seen.values())


def gives_away(subject: str, answer: str, letters: int = 3) -> bool:
    """Whether a word of the answer begins as a word of the subject does; in Chinese, with a character of it."""
    if answer >= FIRST_HAN:
        return answer[0] in subject
    heads = {word[:letters] for word in normalised_words(subject) if len(word) >= 3}
    return any(word[:letters] in heads for word in normalised_words(answer) if len(word) >= 3)


def stratum_of(value: float, head: float, torso: float) -> str:
    """'head', 'torso' or 'tail' for a measure of which more is better known."""
    return "head" if value >= head else "torso" if value >= torso else "tail"


def names_its_answer(fact: Fact) -> bool:
    """Whether an accepted answer stands in the question: North Korea, if Korea is accepted."""
    asked = f" {normalise(fact.question)} "
    return any(f" {normalise(alias)} " in asked for alias in fact.aliases)


def with_options(pool: Sequence[Fact], relation: Relation, rng: random.Random) -> list[tuple[Fact, list[str]]]:
    """Facts with three wrong answers each; one without three fair ones is left out, and gives no option to others."""
    right, used = Counter(fact.answer for fact in pool), Counter[str]()
    options = []
    for fact in rng.sample(pool, len(pool)):
        wrong = list(fact.wrong) or wrong_options(
            fact, pool, relation, lambda text: (used[text] / max(right[text], 1), rng.random())
        )
        used.update(wrong)
        options.append((fact, wrong))
    complete = [(fact, wrong) for fact, wrong in options if len(wrong) == OPTIONS - 1]
    return complete if len(complete) == len(pool) else with_options([fact for fact, _ in complete], relation, rng)


def wrong_options(
    fact: Fact, pool: Sequence[Fact], relation: Relation, order: Callable[[str], tuple[float, float]]
) -> list[str]:
    """Three wrong answers for `fact` of the best ranks there are, within a rank in `order`; fewer if there are none."""
    barred = {normalise(text) for text in (*fact.aliases, *fact.never)}
    tiers: dict[int, set[str]] = defaultdict(set)
    for other in pool:
        rank, option = relation.rank(fact, other), relation.option(fact, other)
        gives_answer = relation.spread and gives_away(fact.subject, option)
        if rank is not None and not gives_answer and normalise(option) not in barred:
            tiers[rank].add(option)
    wrong = [text for _, tier in sorted(tiers.items()) for text in sorted(sorted(tier), key=order)]
    return list(unique(wrong))[: OPTIONS - 1]


def at_position(fact: Fact, wrong: Sequence[str], position: int, spoken: Mapping[str, str]) -> Fact:
    """`fact` with its options, the right one at `position`."""
    choices = (*wrong[:position], fact.answer, *wrong[position:])
    in_sentence = tuple(spoken.get(choice, choice) for choice in choices)
    return replace(fact, choices=choices, cloze_choices=in_sentence, gold=position)


def thinned(facts: Sequence[Fact], relation: Relation, fewshot: Sequence[str], rng: random.Random) -> list[Fact]:
    """As many facts per answer and in all as the relation allows, drawn at random; those named in `fewshot` stay."""
    order = sorted(facts, key=lambda fact: (fact.item_id not in fewshot, rng.random()))
    taken: Counter[str] = Counter()
    chosen: set[str] = set()
    for fact in order:
        taken[fact.answer] += 1
        if taken[fact.answer] <= relation.most_per_answer and len(chosen) < relation.most:
            chosen.add(fact.item_id)
    return [fact for fact in facts if fact.item_id in chosen]


def levelled(fact: Fact, relation: Relation) -> Fact:
    """The fact with its level."""
    return replace(fact, level=min(LEVELS[fact.stratum] + relation.steps, HARDEST))


def assemble(
    candidates: Iterable[Fact], relations: Mapping[str, Relation], fewshot: Sequence[str], spoken: Mapping[str, str]
) -> list[Fact]:
    """The few-shot examples, then all other facts in random order, each with its options.

    `fewshot` names the examples; whatever shares their cluster is left out. A fact without three fair
    wrong options is left out too. `spoken` says how an option stands in a sentence, where that differs.
    """
    by_relation: dict[str, list[Fact]] = defaultdict(list)
    for fact in candidates:
        if relations[fact.relation].lists_options or not names_its_answer(fact):
            by_relation[fact.relation].append(fact)
    facts: list[Fact] = []
    for name, of_relation in sorted(by_relation.items()):
        relation, rng = relations[name], random.Random(f"{SEED}:{name}")
        complete = with_options(thinned(of_relation, relation, fewshot, rng), relation, rng)
        positions = [place % OPTIONS for place in range(len(complete))]
        rng.shuffle(positions)
        facts += [
            at_position(levelled(fact, relation), wrong, place, spoken)
            for (fact, wrong), place in zip(complete, positions, strict=True)
        ]
    by_id = {fact.item_id: fact for fact in facts}
    shots = [replace(by_id[item_id], split="fewshot") for item_id in fewshot]
    held_out = {shot.cluster for shot in shots}
    test = [fact for fact in facts if fact.cluster not in held_out]
    random.Random(SEED).shuffle(test)  # the first n are then a fair sample, for runs with a limit
    return shots + test
