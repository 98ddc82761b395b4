"""Deduction: conditions, truth and lies, classes of made-up things, overlapping groups, orders from clues."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

from .drafts import COLORS, MADE_UP, NAMES, REDRAW, Draft, Generator, Kind, listed_in, listed_question

ORDINALS = ("first", "second", "third", "fourth", "fifth")


def features(negated: bool) -> Generator:
    """Which of four people fits two features, each of which two of them have."""

    def draw(rng: random.Random, turn: int) -> Draft:
        people, hats, shoes = rng.sample(NAMES, 4), rng.sample(COLORS, 2), rng.sample(COLORS, 2)
        wears = dict(zip(people, rng.sample(list(itertools.product(hats, shoes)), 4), strict=True))
        facts = " ".join(f"{name} wears a {hat} hat and {shoe} shoes." for name, (hat, shoe) in wears.items())
        answer = people[turn % 4]
        hat, shoe = wears[answer]
        clue = f"wears a {hat} hat and {shoe} shoes"
        if negated:
            (no_hat,), (no_shoe,) = {*hats} - {hat}, {*shoes} - {shoe}
            clue = f"does not wear a {no_hat} hat and does not wear {no_shoe} shoes"
        return listed_question(f"{facts} The person with the key {clue}. Who has the key?", answer, people)

    return draw


def lamps(rng: random.Random, turn: int) -> Draft:
    """What follows from the middle lamp of one of two chains of conditions being on, or off."""
    drawn = rng.sample(COLORS, 6)
    chain, other = drawn[:3], drawn[3:]
    pairs = [*itertools.pairwise(chain), *itertools.pairwise(other)]
    rules = [f"If the {one} lamp is on, then the {then} lamp is on." for one, then in rng.sample(pairs, 4)]
    state, answer = ("on", chain[2]) if turn // 4 % 2 else ("off", chain[0])
    question = f"{' '.join(rules)} The {chain[1]} lamp is {state}. Which other lamp must be {state} too?"
    return listed_question(question, answer, [chain[0], chain[2], other[0], other[2]])


def classes(length: int) -> Generator:
    """What a made-up thing must also be: `length` steps up one chain, with rules beside it that do not apply."""

    def draw(rng: random.Random, turn: int) -> Draft:
        words = rng.sample(MADE_UP, length + 6)
        chain, (side, above_side, below, apart, above_apart) = words[: length + 1], words[length + 1 :]
        rules = [
            *itertools.pairwise(chain), (side, chain[1]), (side, above_side), (below, chain[0]), (apart, above_apart),
        ]  # fmt: skip
        facts = " ".join(f"Every {one} is a {other}." for one, other in rng.sample(rules, len(rules)))
        options = rng.sample([chain[-1], above_side, below, above_apart], 4)
        question = f"{facts} This thing is a {chain[0]}. Which of these must it be too: {', '.join(options)}?"
        return listed_question(question, chain[-1], options)

    return draw


def liars(rng: random.Random, turn: int) -> Draft:
    """How many of five people tell the truth, where each speaks of the one before."""
    people = rng.sample(NAMES, 5)
    honest = [rng.random() < 0.5 for _ in people]
    if sum(honest) != 1 + turn % 4:
        return REDRAW
    facts = [f"{people[0]} {'tells the truth' if honest[0] else 'lies'}."]
    for (before, truth), (name, own) in itertools.pairwise(zip(people, honest, strict=True)):
        # Who lies says of a liar that he tells the truth.
        facts.append(f"{name} says that {before} {'tells the truth' if truth == own else 'lies'}.")
    start = "Each of these people either always tells the truth or always lies."
    return one_to_four(f"{start} {' '.join(facts)} How many of them tell the truth?", sum(honest))


def one_to_four(question: str, answer: int) -> Draft:
    """A count from 1 to 4, all of which are the options."""
    return Draft(question, str(answer), tuple(str(number) for number in range(1, 5) if number != answer))


def statements(rng: random.Random, turn: int) -> Draft:
    """How many of four compound statements are true, given which of three simple ones are."""
    truth = {name: rng.random() < 0.5 for name in "PQR"}
    texts, count = [], 0
    for form in rng.sample(range(5), 4):
        one, other = rng.sample("PQR", 2)
        a, b = truth[one], truth[other]
        text, value = [
            (f"{one} and {other}", a and b), (f"{one} or {other} or both", a or b), (f"not {one}", not a),
            (f"neither {one} nor {other}", not (a or b)), (f"{one} but not {other}", a and not b),
        ][form]  # fmt: skip
        texts.append(text)
        count += value
    if count != 1 + turn % 4:
        return REDRAW
    facts = " ".join(f"{name} is {'true' if value else 'false'}." for name, value in truth.items())
    return one_to_four(f"{facts} How many of these statements are true: {'; '.join(texts)}?", count)


def groups(rng: random.Random, turn: int) -> Draft:
    """Two overlapping groups: how many are in both, in neither, or in only one."""
    only, only_other, both, neither = (rng.randint(3, 15) for _ in range(4))
    one, other = rng.sample(("tennis", "chess", "football", "the piano"), 2)
    children, plays, plays_other = only + only_other + both + neither, only + both, only_other + both
    facts = f"In a class of {children} children, {plays} play {one} and {plays_other} play {other}."
    question, answer = [
        (f"{both} of them play both. How many children play neither?", neither),
        (f"{neither} of them play neither. How many children play both?", both),
        (f"{both} of them play both. How many children play {one} but not {other}?", only),
    ][turn // 4 % 3]
    return Draft(f"{facts} {question}", str(answer))


# --- orders from clues ---

Clue = tuple[str, str, str]
"""A name, what is said of it, and a second name or a place: ('Tom', 'sits directly left of', 'Anna')."""


def true_clues(order: Sequence[str]) -> list[Clue]:
    """Everything that a clue can say of an order."""
    clues = [(name, "does not sit", ORDINALS[place]) for name in order for place in (0, 4) if order[place] != name]
    for one, other in itertools.combinations(order, 2):
        clues += [(one, "sits somewhere left of", other), (other, "sits somewhere right of", one)]
    return clues + [(one, "sits directly left of", other) for one, other in itertools.pairwise(order)]


def holds(clue: Clue, order: Sequence[str]) -> bool:
    """Whether a clue is true of an order."""
    return clue in true_clues(order)


def seats(rng: random.Random, turn: int) -> Draft:
    """Who sits in one of five seats, from clues that leave one order and each of which rules some out."""
    people = rng.sample(NAMES, 5)
    order = rng.sample(people, 5)
    left: list[tuple[str, ...]] = list(itertools.permutations(people))
    chosen: list[Clue] = []
    clues = true_clues(order)
    for clue in rng.sample(clues, len(clues)):
        fewer = [seating for seating in left if holds(clue, seating)]
        if len(fewer) < len(left):
            left, chosen = fewer, [*chosen, clue]
    if len(chosen) > 6:
        return REDRAW
    place = turn % 5
    options = [order[place], *rng.sample([name for name in people if name != order[place]], 3)]
    question = (
        f"{listed_in(people)} sit in a row of five seats, counted from the left. "
        f"{' '.join(f'{one} {said} {other}.' for one, said, other in chosen)} Who sits {ORDINALS[place]}?"
    )
    return listed_question(question, order[place], options)


KINDS: dict[str, Kind] = {
    "two_features": Kind(2, 12, features(negated=False)),
    "not_features": Kind(3, 16, features(negated=True)),
    "lamps": Kind(3, 20, lamps),
    "classes": Kind(4, 16, classes(2)),
    "statements": Kind(4, 16, statements),
    "groups": Kind(4, 16, groups, worked=True),
    "liars": Kind(5, 16, liars, worked=True),
    "classes_long": Kind(5, 16, classes(4), worked=True),
    "seats": Kind(5, 20, seats, worked=True),
}
