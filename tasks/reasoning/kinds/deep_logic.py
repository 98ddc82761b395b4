"""Orders, truth and lies, definitions, sets and schedules, in as many steps as are asked for."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence

from .deepening import ORDINALS, PEOPLE, Deep, near_miss
from .drafts import NUMBER_WORDS, REDRAW, WORDS, Draft, Generator, listed_in, listed_question
from .logic import classes, one_to_four

# --- orders ---


def race(depth: int) -> Generator:
    """Who came in at a place, from `depth` comparisons of neighbours in any order, and one of both ends."""

    def draw(rng: random.Random, turn: int) -> Draft:
        order = rng.sample(PEOPLE, depth + 1)
        facts = [
            rng.choice((f"{one} came in before {other}.", f"{other} came in after {one}."))
            for one, other in [*itertools.pairwise(order), (order[0], order[-1])]
        ]
        place = rng.randint(1, depth - 1)
        options = [order[place], *rng.sample([name for name in order if name != order[place]], 3)]
        question = f"{' '.join(rng.sample(facts, len(facts)))} Nobody else ran. Who came in {ORDINALS[place]}?"
        return listed_question(question, order[place], options)

    return draw


Seating = Mapping[str, int]
Clue = tuple[str, Callable[[Seating], bool]]


def clues_of(order: Sequence[str]) -> Iterator[Clue]:
    """What can be said of a row of seats, and of which other rows it is true."""
    ends = (0, len(order) - 1)
    for one, other in itertools.combinations(order, 2):
        apart = order.index(other) - order.index(one)
        yield f"{one} sits somewhere left of {other}.", lambda at, a=one, b=other: at[a] < at[b]
        yield f"{other} sits somewhere right of {one}.", lambda at, a=one, b=other: at[a] < at[b]
        if apart == 1:
            yield f"{one} sits directly left of {other}.", lambda at, a=one, b=other: at[b] - at[a] == 1
            yield f"{one} and {other} sit next to each other.", lambda at, a=one, b=other: abs(at[b] - at[a]) == 1
        elif apart > 2:
            said = f"Exactly {NUMBER_WORDS[apart - 1]} people sit between {one} and {other}."
            yield said, lambda at, a=one, b=other, apart=apart: abs(at[b] - at[a]) == apart
    for one in order[1:-1]:
        yield f"{one} sits at neither end.", lambda at, a=one: at[a] not in ends


def row_of_seats(depth: int) -> Generator:
    """Who sits in one of `depth` seats, from clues that leave one order and each of which rules some out."""

    def draw(rng: random.Random, turn: int) -> Draft:
        people = rng.sample(PEOPLE, depth)
        order = rng.sample(people, depth)
        left = [dict(zip(row, range(depth), strict=True)) for row in itertools.permutations(people)]
        chosen = []
        clues = list(clues_of(order))
        for said, holds in rng.sample(clues, len(clues)):
            fewer = [seating for seating in left if holds(seating)]
            if len(fewer) < len(left):
                left, chosen = fewer, [*chosen, said]
            if len(left) == 1 or len(chosen) > depth + 1:
                break
        if len(left) > 1:
            return REDRAW
        place = rng.randrange(depth)
        options = [order[place], *rng.sample([name for name in people if name != order[place]], 3)]
        question = (
            f"{listed_in(people)} sit in a row of {NUMBER_WORDS[depth]} seats, counted from the left. "
            f"{' '.join(chosen)} Who sits {ORDINALS[place]}?"
        )
        return listed_question(question, order[place], options)

    return draw


# --- truth ---

Honesty = Mapping[str, bool]


def said_by(name: str, others: Sequence[str], rng: random.Random) -> tuple[str, Callable[[Honesty], bool]]:
    """What somebody may say of two others, and when it is true."""
    one, other = rng.sample(others, 2)
    text, true = rng.choice((
        (f"{one} lies", lambda honest: not honest[one]),
        (f"{one} tells the truth", lambda honest: honest[one]),
        (f"{one} and {other} both lie", lambda honest: not honest[one] and not honest[other]),
        (f"{one} and {other} both tell the truth", lambda honest: honest[one] and honest[other]),
        (f"exactly one of {one} and {other} lies", lambda honest: honest[one] != honest[other]),
    ))  # fmt: skip
    return f"{name} says that {text}.", true


def accusations(name: str, texts: Sequence[str]) -> int:
    """How many more say that somebody lies than say that he tells the truth; the answer's rank by it is balanced."""
    of_him = [text for text in texts if name in text.split(" says that ")[1]]
    return sum(1 if "lie" in text else -1 for text in of_him)


def truth_tellers(depth: int) -> Generator:
    """Which of four people is the only one who lies, or tells the truth, among `depth` who speak of each other."""

    def draw(rng: random.Random, turn: int) -> Draft:
        people = rng.sample(PEOPLE, depth)
        honest = {name: rng.random() < 0.5 for name in people}
        texts, claims = [], []
        for name in people:
            said = (said_by(name, [one for one in people if one != name], rng) for _ in range(100))
            text, true = next((text, true) for text, true in said if true(honest) == honest[name])
            texts.append(text)
            claims.append(true)
        rare = bool(turn % 2)
        alone, others = [[name for name in people if honest[name] == kind] for kind in (rare, not rare)]
        if not alone or len(others) < 3:
            return REDRAW
        answer = rng.choice(alone)
        options = rng.sample([answer, *rng.sample(others, 3)], 4)
        if sorted(options, key=lambda name: accusations(name, texts)).index(answer) != (turn + turn // 4) % 4:
            return REDRAW
        ways = [dict(zip(people, way, strict=True)) for way in itertools.product((True, False), repeat=depth)]
        spoken = dict(zip(people, claims, strict=True))
        fitting = [way for way in ways if all(true(way) == way[name] for name, true in spoken.items())]
        if len(fitting) > 1:
            return REDRAW
        question = (
            f"Each of these people either always tells the truth or always lies. {' '.join(texts)} "
            f"Who {'tells the truth' if rare else 'lies'}: {', '.join(options)}?"
        )
        return listed_question(question, answer, options)

    return draw


LETTERS = "BCDEFGHJKLMNSTUVWXYZ"
"""Without A and I, which are words, and those that the first facts of `definitions` speak of."""


def definitions(depth: int) -> Generator:
    """How many of the last four of `depth` statements are true, each made of two before it."""

    def draw(rng: random.Random, turn: int) -> Draft:
        truth = {name: rng.random() < 0.5 for name in "PQR"}
        facts = [f"{name} is {'true' if value else 'false'}." for name, value in truth.items()]
        for name in LETTERS[:depth]:
            one, other = rng.sample(list(truth)[-5:], 2)
            a, b = truth[one], truth[other]
            text, truth[name] = rng.choice((
                (f"{one} and {other}", a and b), (f"{one} or {other} or both", a or b), (f"not {one}", not a),
                (f"neither {one} nor {other}", not (a or b)), (f"{one} but not {other}", a and not b),
                (f"exactly one of {one} and {other}", a != b),
            ))  # fmt: skip
            facts.append(f"{name} means: {text}.")
        last = LETTERS[:depth][-4:]
        count = sum(truth[name] for name in last)
        if count != 1 + turn % 4:
            return REDRAW
        return one_to_four(f"{' '.join(facts)} How many of {listed_in(last)} are true?", count)

    return draw


# --- sets and schedules ---


def sets(depth: int) -> Generator:
    """How many words are in the last of `depth` lists that are made of others: two to five."""

    def draw(rng: random.Random, turn: int) -> Draft:
        words = rng.sample(WORDS, 10)
        lists = {letter: {*rng.sample(words, 6)} for letter in "BCD"}
        facts = [f"List {name} has {listed_in(sorted(held, key=words.index))}." for name, held in lists.items()]
        for name in LETTERS[3 : 3 + depth]:
            *others, last = lists
            other = rng.choice(others)
            a, b = lists[last], lists[other]
            text, lists[name] = rng.choice((
                (f"what is in both {last} and {other}", a & b), (f"what is in {last} or {other} or both", a | b),
                (f"what is in {last} but not in {other}", a - b), (f"what is in {other} but not in {last}", b - a),
                (f"what is in exactly one of {last} and {other}", a ^ b),
            ))  # fmt: skip
            facts.append(f"List {name} has {text}.")
        size = len(lists[name])
        alike = len({frozenset(lists[letter]) for letter in "BCD"}) < 3
        if alike or size != 2 + turn % 4 or not all(lists.values()):
            return REDRAW
        wrong = tuple(str(number) for number in range(2, 6) if number != size)
        return Draft(f"{' '.join(facts)} How many words does list {name} have?", str(size), wrong)

    return draw


def begins(waits: Sequence[str]) -> str:
    """What a job waits for."""
    return f" and can begin when {' and '.join(waits)} {'is' if len(waits) == 1 else 'are'} done" if waits else ""


def schedule(depth: int) -> Generator:
    """How long `depth` jobs take that wait for each other."""

    def draw(rng: random.Random, turn: int) -> Draft:
        names = rng.sample(LETTERS[:depth], depth)
        days = {name: rng.randint(2, 9) for name in names}
        waits: dict[str, list[str]] = {}
        for place, name in enumerate(names):
            waits[name] = rng.sample(names[:place], min(place, rng.choice((1, 1, 2)))) if place > 1 else []

        def ends(days: Mapping[str, int], waits: Mapping[str, Sequence[str]]) -> int:
            done: dict[str, int] = {}
            for name in names:
                done[name] = days[name] + max((done[other] for other in waits[name]), default=0)
            return max(done.values())

        facts = [f"Job {name} takes {days[name]} days{begins(sorted(waits[name]))}." for name in sorted(names)]
        question = (
            f"{' '.join(facts)} Any number of jobs can be done at the same time. "
            f"How many days does it take at least until all of them are done?"
        )
        misses = [ends(days, waits | {name: waits[name][1:]}) for name in names]
        misses += [ends({**days, name: 0}, waits) for name in names]
        misses += [ends({**days, name: days[name] + 2}, waits) for name in names]
        return near_miss(question, ends(days, waits), misses)

    return draw


DEEP: dict[str, Deep] = {
    "race": Deep(race, 6, 9, least=4),
    "row_of_seats": Deep(row_of_seats, 6, 7, least=5, most=7),
    "truth_tellers": Deep(truth_tellers, 5, 7, least=5, most=9),
    "definitions": Deep(definitions, 6, 10, least=4),
    "sets": Deep(sets, 4, 6, most=10),
    "schedule": Deep(schedule, 6, 9, least=4),
    "many_classes": Deep(classes, 6, 10, most=14),
}
