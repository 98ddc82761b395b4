"""What a kind of question with a dial is made of: its draw takes the depth, the number of steps to its answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .drafts import NAMES, REDRAW, Draft, Generator, Kind

T = TypeVar("T")

PEOPLE = (*NAMES, "Peter", "Maria", "Simon", "Julia", "Felix", "Clara", "Oscar", "Helen")
ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth",
)  # fmt: skip


@dataclass(frozen=True)
class Deep:
    """A kind of question whose depth can be chosen."""

    draw: Callable[[int], Generator]
    six: int
    """Its depth at level 6."""
    seven: int
    """Its depth at level 7."""
    least: int = 2
    most: int = 16
    """The depths between which it makes fair questions."""
    count: int = 12


def kinds_of(deep: dict[str, Deep]) -> dict[str, Kind]:
    """Levels 6 and 7 of kinds with a dial, the depth in their names."""
    return {
        f"{name}_{depth}": Kind(level, one.count, one.draw(depth), worked=True)
        for name, one in deep.items()
        for level, depth in ((6, one.six), (7, one.seven))
    }


Step = Callable[[T], T]


def after(start: T, steps: Iterable[Step[T]]) -> T:
    """What `start` becomes by the steps, one after the other."""
    for step in steps:
        start = step(start)
    return start


def with_one_left_out(start: T, steps: Sequence[Step[T]]) -> list[T]:
    """The results of leaving out one of the steps, each in turn."""
    return [after(start, [*steps[:place], *steps[place + 1 :]]) for place in range(len(steps))]


def near_miss(question: str, answer: int, misses: Iterable[int], *, least: int = 4) -> Draft:
    """A number whose wrong options are the results of a wrong step, and numbers around it where those are too few."""
    if answer < least:
        return REDRAW
    near = {miss for miss in misses if answer <= 3 * miss and miss <= 3 * answer and miss != answer}
    if min(sum(miss < answer for miss in near), sum(miss > answer for miss in near)) < 3:
        near |= {number for number in range(answer - 9, answer + 10) if number >= 0}
    return Draft(question, str(answer), near=tuple(sorted(near)))


def is_first_again(turn: int) -> bool:
    """Whether what was so at first is to be so again at the end: one time in four."""
    return turn // 3 % 4 == 0


def wrong_ones(answer: T, sure: Iterable[T], others: Iterable[T], rng: random.Random) -> list[T]:
    """Three wrong options: those of `sure` that are wrong, and others."""
    first = [one for one in dict.fromkeys(sure) if one != answer][:3]
    rest = [one for one in dict.fromkeys(others) if one != answer and one not in first]
    return first + rng.sample(rest, min(3 - len(first), len(rest)))
