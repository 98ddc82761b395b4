"""Things that are moved, given away, told of: what is where after as many steps as are asked for."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

from .deepening import ORDINALS, PEOPLE, Deep, after, is_first_again, near_miss, with_one_left_out, wrong_ones
from .drafts import REDRAW, WORDS, Draft, Generator, listed_in, listed_question
from .reading import swaps
from .stories import changes, relations


def passes(depth: int) -> Generator:
    """Who has a ball that goes round among six to eight people, after `depth` passes."""

    def draw(rng: random.Random, turn: int) -> Draft:
        order = rng.sample(PEOPLE, rng.choice((6, 7, 8)))
        to = dict(zip(order, [*order[1:], order[0]], strict=True))
        who = order[depth % len(order)]
        if who == order[0]:
            return REDRAW
        facts = listed_in([f"{one} to {to[one]}" for one in rng.sample(order, len(order))])
        options = [who, *rng.sample([name for name in order[1:] if name != who], 3)]
        question = f"Children always throw a ball in the same way: {facts}. {order[0]} has the ball. Who has it after"
        return listed_question(f"{question} {depth} throws?", who, options)

    return draw


Words = tuple[str, ...]


def exchanged(words: Words, one: int, other: int) -> Words:
    """Two words of a list changed over."""
    changed = list(words)
    changed[one], changed[other] = words[other], words[one]
    return tuple(changed)


def list_step(rng: random.Random) -> tuple[str, Callable[[Words], Words]]:
    """Something that is done to a list of six words."""
    one, other = sorted(rng.sample(range(6), 2))
    return rng.choice((
        ("Turn the list around.", lambda words: words[::-1]),
        ("Move the first word to the end.", lambda words: (*words[1:], words[0])),
        ("Move the last word to the front.", lambda words: (words[-1], *words[:-1])),
        ("Move the first two words to the end.", lambda words: (*words[2:], *words[:2])),
        (f"Swap the {ORDINALS[one]} and the {ORDINALS[other]} word.", lambda words: exchanged(words, one, other)),
        (f"Swap the {ORDINALS[one]} and the {ORDINALS[other]} word.", lambda words: exchanged(words, one, other)),
    ))  # fmt: skip


def list_steps(depth: int) -> Generator:
    """Which word stands at a place of a list after `depth` steps; one time in four it is the one that stood there."""

    def draw(rng: random.Random, turn: int) -> Draft:
        words, place = tuple(rng.sample(WORDS, 6)), turn % 6
        texts, steps = zip(*(list_step(rng) for _ in range(depth)), strict=True)
        answer = after(words, steps)[place]
        twice = any(one == other for one, other in itertools.pairwise(texts))
        if twice or (answer == words[place]) != is_first_again(turn):
            return REDRAW
        wrong = wrong_ones(answer, [words[place], after(words, steps[:-1])[place]], words, rng)
        question = f"Take this list: {', '.join(words)}. {' '.join(texts)} Which word is {ORDINALS[place]} now?"
        return listed_question(question, answer, [answer, *wrong])

    return draw


def line(depth: int) -> Generator:
    """Who stands where in a line after `depth` people have come and gone; all options are named equally often."""

    def draw(rng: random.Random, turn: int) -> Draft:
        people = rng.sample(PEOPLE, len(PEOPLE))
        standing = [people.pop() for _ in range(4)]
        facts = [f"{listed_in(standing)} stand in a line, {standing[0]} in front."]
        named = list(standing)
        for _ in range(depth):
            kind = rng.randrange(4)
            if kind < 2 and len(standing) > 3:
                gone = standing.pop(0 if kind else -1)
                facts.append(f"The {'first' if kind else 'last'} person leaves.")
                if gone == named[-1]:
                    return REDRAW
            elif kind == 2 or len(standing) < 3:
                standing.append(people.pop())
                named.append(standing[-1])
                facts.append(f"{standing[-1]} joins the line at the end.")
            else:
                place = rng.randrange(len(standing))
                standing.insert(place + 1, people.pop())
                named.append(standing[place + 1])
                facts.append(f"{standing[place + 1]} joins right behind {standing[place]}.")
        text, asked = " ".join(facts), turn % 3
        alike = [name for name in named if text.count(name) == text.count(standing[asked]) and name != standing[asked]]
        if len(alike) < 3 or len(standing) < 4:
            return REDRAW
        options = [standing[asked], *rng.sample(alike, 3)]
        return listed_question(f"{text} Who stands {ORDINALS[asked]} now?", standing[asked], options)

    return draw


Purses = tuple[int, ...]


def transfer(names: list[str], rng: random.Random) -> tuple[str, Callable[[Purses], Purses]]:
    """Something that changes what four people have."""
    (one, other), k = rng.sample(range(4), 2), rng.randint(2, 9)

    def given(purses: Purses) -> Purses:
        return changed(changed(purses, one, -k), other, k)

    return rng.choice((
        (f"{names[one]} gives {k} coins to {names[other]}.", given),
        (f"{names[one]} gives {k} coins to {names[other]}.", given),
        (f"{names[one]} finds {k} coins.", lambda purses: changed(purses, one, k)),
        (f"A stranger gives {names[one]} as many coins as {names[other]} has.",
         lambda purses: changed(purses, one, purses[other])),
    ))  # fmt: skip


def changed(purses: Purses, who: int, by: int) -> Purses:
    """What all have after one of them gets something."""
    return tuple(purse + by * (place == who) for place, purse in enumerate(purses))


def transfers(depth: int) -> Generator:
    """How many coins one of four people has after `depth` changes, at least half of which matter to the answer."""

    def draw(rng: random.Random, turn: int) -> Draft:
        names, start = rng.sample(PEOPLE, 4), tuple(rng.randint(10, 30) for _ in range(4))
        texts, steps = zip(*(transfer(names, rng) for _ in range(depth)), strict=True)
        lows = [min(after(start, steps[: place + 1])) for place in range(depth)]
        asked = turn % 4
        answer = after(start, steps)[asked]
        misses = [purses[asked] for purses in with_one_left_out(start, steps)]
        if min(lows) < 1 or answer > 120 or sum(miss != answer for miss in misses) * 2 < depth:
            return REDRAW
        has = listed_in([f"{name} has {coins} coins" for name, coins in zip(names, start, strict=True)])
        return near_miss(f"{has}. {' '.join(texts)} How many coins does {names[asked]} have now?", answer, misses)

    return draw


Walker = tuple[complex, complex]
"""Where one stands, and the way that one faces; north is 1j."""


def grid(depth: int) -> Generator:
    """How many blocks one is from the start, along the streets, after `depth` stretches with a turn between them."""

    def draw(rng: random.Random, turn: int) -> Draft:
        texts, steps = [], []
        for place in range(depth):
            blocks, (word, way) = rng.randint(2, 9), rng.choice((("left", 1j), ("right", -1j), ("around", -1)))
            texts.append(f"You walk {blocks} blocks." if not place else f"You turn {word} and walk {blocks} blocks.")
            way = way if place else 1

            def step(walker: Walker, way: complex = way, blocks: int = blocks) -> Walker:
                return walker[0] + walker[1] * way * blocks, walker[1] * way

            steps.append(step)

        def far(walker: Walker) -> int:
            return int(abs(walker[0].real) + abs(walker[0].imag))

        start: Walker = (0j, 1j)
        question = (
            f"In a city whose streets run straight from north to south and from west to east, you face north. "
            f"{' '.join(texts)} How many blocks is the shortest way back along the streets?"
        )
        return near_miss(question, far(after(start, steps)), map(far, with_one_left_out(start, steps)))

    return draw


DEEP: dict[str, Deep] = {
    "many_swaps": Deep(swaps, 8, 14, count=16),
    "passes": Deep(passes, 10, 20, least=3, most=40),
    "list_steps": Deep(list_steps, 4, 7, most=12),
    "line": Deep(line, 7, 12, least=3),
    "transfers": Deep(transfers, 6, 10, most=12),
    "grid": Deep(grid, 6, 10, least=3),
    "many_changes": Deep(lambda depth: changes(depth, doubling=True, aside=True), 7, 11),
    "many_relations": Deep(lambda depth: relations(depth, together=True), 6, 8, most=10),
}
