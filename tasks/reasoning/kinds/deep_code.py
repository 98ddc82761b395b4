"""Programs; the depth is how often a loop runs or a function calls itself, or how many lines change something."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

from .deep_tracking import Words, exchanged
from .deepening import Deep, after, is_first_again, near_miss, with_one_left_out, wrong_ones
from .drafts import REDRAW, WORDS, Draft, Generator, listed_question
from .snippets import code


def loops(depth: int) -> Generator:
    """Two loops and a condition; the outer one runs `depth` times."""

    def draw(rng: random.Random, turn: int) -> Draft:
        modulus, k, start = rng.choice((2, 3)), rng.randint(2, 5), rng.randint(2, 40)

        def total(outer: int, inner: int, modulus: int, k: int) -> int:
            result = start
            for i in range(1, outer + 1):
                for j in range(i, inner):
                    result += i * j if (i + j) % modulus == 0 else k
            return result

        inner = depth + 2
        lines = (
            f"total = {start}", f"for i in range(1, {depth + 1}):", f"    for j in range(i, {inner}):",
            f"        if (i + j) % {modulus} == 0:", "            total += i * j", "        else:",
            f"            total += {k}", "print(total)",
        )  # fmt: skip
        misses = [
            total(depth + a, inner + b, modulus, k + c) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1)
        ]
        return near_miss(code(*lines), total(depth, inner, modulus, k), misses)

    return draw


def calls(depth: int) -> Generator:
    """A function of three cases that calls itself `depth` times."""

    def draw(rng: random.Random, turn: int) -> Draft:
        first, plus, less = rng.randint(2, 6), rng.randint(2, 9), rng.randint(1, 5)

        def f(n: int, base: int, slip: int = -1) -> int:
            if n == 0:
                return base
            inner = f(n - 1, base, slip)
            result = inner * 2 - less if n % 3 == 0 else inner + plus if n % 2 == 0 else inner + n
            return result + (n == slip)

        lines = (
            "def f(n):", "    if n == 0:", f"        return {first}", "    if n % 3 == 0:",
            f"        return f(n - 1) * 2 - {less}", "    if n % 2 == 0:", f"        return f(n - 1) + {plus}",
            "    return f(n - 1) + n", "", f"print(f({depth}))",
        )  # fmt: skip
        misses = [f(depth, base) for base in range(first - 2, first + 3)] + [f(depth, first, n) for n in range(depth)]
        misses += [f(depth - 1, first), f(depth + 1, first)] + [2 * f(depth, first) - miss for miss in misses]
        return near_miss(code(*lines), f(depth, first), misses)

    return draw


Stock = tuple[int, ...]


def updated(stock: Stock, place: int, value: int) -> Stock:
    """A stock with one number replaced."""
    return (*stock[:place], value, *stock[place + 1 :])


def table_step(keys: list[str], rng: random.Random) -> tuple[str, Callable[[Stock], Stock]]:
    """A line that changes a dictionary of four numbers."""
    (one, other), k = rng.sample(range(4), 2), rng.randint(2, 9)
    a, b = f"stock[{keys[one]!r}]", f"stock[{keys[other]!r}]"
    return rng.choice((
        (f"{a} += {k}", lambda stock: updated(stock, one, stock[one] + k)),
        (f"{a} += {b}", lambda stock: updated(stock, one, stock[one] + stock[other])),
        (f"{a} = {b} - {k}", lambda stock: updated(stock, one, stock[other] - k)),
        (f"{a} = max({a}, {b})", lambda stock: updated(stock, one, max(stock[one], stock[other]))),
        (f"{a}, {b} = {b}, {a}", lambda stock: updated(updated(stock, one, stock[other]), other, stock[one])),
    ))  # fmt: skip


def table(depth: int) -> Generator:
    """A value of a dictionary after `depth` changes, at least half of which matter to it."""

    def draw(rng: random.Random, turn: int) -> Draft:
        keys, start = rng.sample(WORDS, 4), tuple(rng.sample(range(5, 30), 4))
        texts, steps = zip(*(table_step(keys, rng) for _ in range(depth)), strict=True)
        asked = turn % 4
        answer = after(start, steps)[asked]
        misses = [stock[asked] for stock in with_one_left_out(start, steps)]
        if answer > 150 or sum(miss != answer for miss in misses) * 2 < depth:
            return REDRAW
        held = ", ".join(f"{key!r}: {number}" for key, number in zip(keys, start, strict=True))
        return near_miss(code(f"stock = {{{held}}}", *texts, f"print(stock[{keys[asked]!r}])"), answer, misses)

    return draw


def move(rng: random.Random) -> tuple[str, Callable[[Words], Words]]:
    """A line that changes the order of a list of five words."""
    one, other = sorted(rng.sample(range(5), 2))
    return rng.choice((
        ("words.reverse()", lambda words: words[::-1]),
        ("words.append(words.pop(0))", lambda words: (*words[1:], words[0])),
        (f"words.insert({one}, words.pop())", lambda words: (*words[:-1][:one], words[-1], *words[:-1][one:])),
        (f"words[{one}], words[{other}] = words[{other}], words[{one}]", lambda words: exchanged(words, one, other)),
    ))  # fmt: skip


def moves(depth: int) -> Generator:
    """An item of a list after `depth` lines that reorder it; one time in four the one that stood there at first."""

    def draw(rng: random.Random, turn: int) -> Draft:
        words, place = tuple(rng.sample(WORDS, 5)), turn % 5
        texts, steps = zip(*(move(rng) for _ in range(depth)), strict=True)
        answer = after(words, steps)[place]
        twice = any(one == other for one, other in itertools.pairwise(texts))
        if twice or (answer == words[place]) != is_first_again(turn):
            return REDRAW
        wrong = wrong_ones(answer, [words[place], after(words, steps[:-1])[place]], words, rng)
        question = code(f"words = {list(words)}", *texts, f"print(words[{place}])")
        return listed_question(question, answer, [answer, *wrong])

    return draw


def state(depth: int) -> Generator:
    """Two variables in a loop with a condition that runs `depth` times."""

    def draw(rng: random.Random, turn: int) -> Draft:
        x, y, k, c = rng.randint(10, 30), rng.randint(5, 20), rng.randint(3, 8), rng.randint(4, 12)

        def step(pair: tuple[int, int], k: int = k, c: int = c) -> tuple[int, int]:
            a, b = pair
            return (a - k, b + 1) if a > b else (b + c, a)

        lines = (
            f"x = {x}", f"y = {y}", f"for turn in range({depth}):", "    if x > y:", f"        x = x - {k}",
            "        y = y + 1", "    else:", f"        x, y = y + {c}, x", "print(x + y)",
        )  # fmt: skip
        answer = sum(after((x, y), [step] * depth))
        misses = [sum(after((x, y), [step] * count)) for count in range(max(1, depth - 2), depth + 3)]
        misses += [answer + off for off in (k, -k, c, -c, 1, -1)]
        return near_miss(code(*lines), answer, misses)

    return draw


DEEP: dict[str, Deep] = {
    "code_loops": Deep(loops, 4, 6, most=10),
    "code_calls": Deep(calls, 6, 9, least=3),
    "code_table": Deep(table, 6, 10, least=3, most=12),
    "code_moves": Deep(moves, 5, 8, most=12),
    "code_state": Deep(state, 6, 10, least=3),
}
