"""Numbers and the calendar, in as many steps as are asked for."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from .dates import MONTHS, WEEKDAYS, clock
from .deepening import ORDINALS, Deep, after, near_miss, with_one_left_out
from .drafts import REDRAW, Draft, Generator, ranked

# --- expressions ---

Tree = int | tuple[str, "Tree", "Tree"]
OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
}  # fmt: skip


def value(tree: Tree) -> int:
    """What an expression comes to."""
    return tree if isinstance(tree, int) else OPERATIONS[tree[0]](value(tree[1]), value(tree[2]))


def written(tree: Tree) -> str:
    """An expression with brackets around all of its parts."""
    return str(tree) if isinstance(tree, int) else f"({written(tree[1])} {tree[0]} {written(tree[2])})"


def variants(tree: Tree) -> Iterator[Tree]:
    """The expression with one operation wrong, each in turn."""
    if isinstance(tree, int):
        return
    sign, left, right = tree
    yield from ((other, left, right) for other in OPERATIONS if other != sign)
    yield from ((sign, other, right) for other in variants(left))
    yield from ((sign, left, other) for other in variants(right))


def grown(operations: int, rng: random.Random) -> Tree:
    """An expression none of whose parts is negative or large."""
    if operations == 0:
        return rng.randint(2, 12)
    first = rng.randrange(operations)
    left, right = grown(first, rng), grown(operations - 1 - first, rng)
    a, b = value(left), value(right)
    if a * b <= 150 and min(a, b) > 1 and rng.random() < 0.45:
        return ("*", left, right)
    if a != b and rng.random() < 0.5:
        return ("-", left, right) if a > b else ("-", right, left)
    return ("+", left, right)


def sums(depth: int) -> Generator:
    """Nested brackets of `depth` operations."""

    def draw(rng: random.Random, turn: int) -> Draft:
        tree = grown(depth, rng)
        misses = [value(other) for other in variants(tree)]
        return near_miss(f"What is {written(tree)[1:-1]}?", value(tree), misses, least=10)

    return draw


# --- chains ---


def remainders(depth: int) -> Generator:
    """A number changed `depth` times, of which the remainder of a division is kept after every step."""

    def draw(rng: random.Random, turn: int) -> Draft:
        start, modulus = rng.randint(5, 20), rng.choice((23, 27, 29, 31, 37))
        texts, steps = [], []
        for _ in range(depth):
            k = rng.randint(2, 9)
            text, step = rng.choice((
                (f"multiply by {k}", lambda n, k=k: n * k % modulus), (f"add {k}", lambda n, k=k: (n + k) % modulus),
                (f"take its square and add {k}", lambda n, k=k: (n * n + k) % modulus),
            ))  # fmt: skip
            texts.append(text)
            steps.append(step)
        question = (
            f"Start with {start} and do the following, one after the other: {', then '.join(texts)}. After every step "
            f"keep only the remainder of the division by {modulus}. Which number is left at the end?"
        )
        answer = after(start, steps)
        misses = {miss for miss in with_one_left_out(start, steps) if miss != answer}
        if not 3 <= answer < modulus - 3:
            return REDRAW
        few = min(sum(miss < answer for miss in misses), sum(miss > answer for miss in misses)) < 3
        return Draft(question, str(answer), near=tuple(range(modulus)) if few else tuple(sorted(misses)))

    return draw


def in_base(number: int, base: int) -> str:
    """The digits of a number in a base below ten."""
    digits = ""
    while number:
        number, digit = divmod(number, base)
        digits = f"{digit}{digits}"
    return digits


def bases(depth: int) -> Generator:
    """A number of `depth` digits in another base, from it or to it; wrong options have one digit wrong."""

    def draw(rng: random.Random, turn: int) -> Draft:
        base = rng.randint(3, 9)
        number = rng.randrange(base ** (depth - 1), base**depth)
        wrong = [number + sign * off * base**place for sign in (1, -1) for off in (1, 2) for place in range(depth)]
        usable = [other for other in wrong if base ** (depth - 1) <= other < base**depth]
        if turn // 4 % 2:
            question = f"The number {in_base(number, base)} is written in base {base}. How is it written in base ten?"
            return Draft(question, str(number), near=tuple(usable))
        question = f"How is the number {number} written in base {base}?"
        return Draft(question, in_base(number, base), near=tuple(int(in_base(other, base)) for other in usable))

    return draw


FORMS: tuple[tuple[str, Callable[[int, int, int], int]], ...] = (
    ("the sum of the two before it, less {k}", lambda a, b, k: a + b - k),
    ("the sum of the two before it, plus {k}", lambda a, b, k: a + b + k),
    ("twice the one before it, less the one before that, plus {k}", lambda a, b, k: 2 * b - a + k),
    ("the one before it, plus twice the one before that, less {k}", lambda a, b, k: b + 2 * a - k),
)


def sequence(depth: int) -> Generator:
    """A sequence whose rule is told, `depth` numbers beyond the two that are given."""

    def draw(rng: random.Random, turn: int) -> Draft:
        first, second, k = rng.randint(3, 9), rng.randint(6, 15), rng.randint(1, 5)
        said, rule = FORMS[turn // 3 % len(FORMS)]

        def last(amounts: list[int]) -> int:
            a, b = first, second
            for amount in amounts:
                a, b = b, rule(a, b, amount)
            return b

        question = (
            f"A sequence begins with {first} and {second}. Every further number is {said.format(k=k)}. "
            f"What is the {ORDINALS[depth + 1]} number of the sequence?"
        )
        amounts = [k] * depth
        slips = [[*amounts[:place], k + slip, *amounts[place + 1 :]] for place in range(depth) for slip in (-1, 1, -k)]
        return near_miss(question, last(amounts), map(last, slips), least=10)

    return draw


def repeated(depth: int) -> Generator:
    """What a number has become after a rule of two cases was applied `depth` times."""

    def draw(rng: random.Random, turn: int) -> Draft:
        start, k = rng.randint(20, 190), rng.randrange(5, 16, 2)  # an even one would leave odd numbers odd

        def step(number: int) -> int:
            return number // 2 if number % 2 == 0 else number + k

        path = [start]
        for _ in range(depth + 1):
            path.append(step(path[-1]))
        if len(set(path)) < len(path):
            return REDRAW
        question = (
            f"If a number is even, it is halved; if it is odd, {k} is added to it. Start with {start} and do this "
            f"{depth} times. Which number comes out?"
        )
        return near_miss(question, path[depth], {*path[-4:], path[depth] + k, path[depth] // 2, 2 * path[depth]})

    return draw


# --- the calendar ---


def dated(day: date) -> str:
    """'March 5, 1899'."""
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def spans(depth: int, rng: random.Random) -> tuple[date, date]:
    """Two days about `depth` years apart; one span in three holds a turn of a century."""
    century = rng.choice((1800, 1900, 2000, 2100))
    year = century - rng.randint(1, depth) if rng.random() < 0.34 else rng.randint(1801, 2099 - depth)
    first = date(year, 1, 1) + timedelta(days=rng.randrange(365))
    last = date(year + depth, 1, 1) + timedelta(days=rng.randrange(365))
    return first, last


def weekday_years_on(depth: int) -> Generator:
    """The weekday of a date `depth` years after one whose weekday is given."""

    def draw(rng: random.Random, turn: int) -> Draft:
        first, last = spans(depth, rng)
        given, answer = WEEKDAYS[first.weekday()], WEEKDAYS[last.weekday()]
        wrong = rng.sample([day for day in WEEKDAYS if day not in (given, answer)], 3)
        question = f"{dated(first)} is a {given}. Which day of the week is {dated(last)}, in the Gregorian calendar?"
        return Draft(question, answer, tuple(wrong))

    return draw


def days_across(depth: int) -> Generator:
    """How many days lie between two dates about `depth` years apart; leap days and lengths of months go wrong."""

    def draw(rng: random.Random, turn: int) -> Draft:
        first, last = spans(depth, rng)
        days = (last - first).days
        question = f"How many days after {dated(first)} is {dated(last)}, in the Gregorian calendar?"
        near = tuple(days + off for off in (-31, -30, -2, -1, 1, 2, 30, 31))
        return Draft(question, str(days), near=near)

    return draw


def timetable(depth: int) -> Generator:
    """A clock time after `depth` spans of a journey."""

    def draw(rng: random.Random, turn: int) -> Draft:
        start, facts = 5 * rng.randint(12, 150), []
        steps: list[Callable[[int], int]] = []
        for place in range(depth):
            hours, minutes = 0 if place % 2 else rng.randint(1, 3), 5 * rng.randint(2, 11)
            which, plural = "next" if place else "first", "s" * (hours > 1)
            ride = f"The {which} ride takes {hours} hour{plural} and {minutes} minutes."
            facts.append(ride if hours else f"The train stops for {minutes} minutes.")
            steps.append(lambda now, span=60 * hours + minutes: now + span)
        answer = after(start, steps)
        misses = {answer + off for off in (-60, -20, -10, -5, 5, 10, 20, 60)} | set(with_one_left_out(start, steps))
        ends = "arrive" if depth % 2 else "leave"
        question = (
            f"On a clock with twelve hours, a train leaves at {twelve(start)}. {' '.join(facts)} "
            f"At what time does it then {ends}?"
        )
        below = [miss for miss in misses if answer - 90 < miss < answer]
        above = [miss for miss in misses if answer < miss < answer + 90]
        wrong = ranked(sorted(below), sorted(above), turn % 4, rng)
        options = [twelve(moment) for moment in wrong]
        return Draft(question, twelve(answer), tuple(options)) if twelve(start) not in options else REDRAW

    return draw


def twelve(minutes: int) -> str:
    """A time on a clock with twelve hours: 790 -> '1:10'."""
    return clock((minutes - 60) % 720 + 60)


DEEP: dict[str, Deep] = {
    "deep_sums": Deep(sums, 6, 9),
    "remainders": Deep(remainders, 5, 9),
    "bases": Deep(bases, 4, 6, least=3, most=10),
    "sequence": Deep(sequence, 6, 10),
    "repeated_rule": Deep(repeated, 5, 8, most=10),
    "weekday_years_on": Deep(weekday_years_on, 3, 12),
    "days_across": Deep(days_across, 3, 8),
    "timetable": Deep(timetable, 5, 9, least=3),
}
