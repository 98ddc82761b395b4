"""Arithmetic, from one digit to two-digit products and nested brackets."""

from __future__ import annotations

import random

from .drafts import NAMES, THINGS, Draft, Generator, Kind


def add(low: tuple[int, int], high: tuple[int, int]) -> Generator:
    """Sum of one number from each range."""

    def draw(rng: random.Random, turn: int) -> Draft:
        pair = [rng.randint(*low), rng.randint(*high)]
        rng.shuffle(pair)
        return Draft(f"What is {pair[0]} + {pair[1]}?", str(sum(pair)), canonical=f"{min(pair)}+{max(pair)}")

    return draw


def subtract(low: int, high: int) -> Generator:
    """Difference of two numbers up to `high`, at least 3."""

    def draw(rng: random.Random, turn: int) -> Draft:
        first = rng.randint(low, high)
        second = rng.randint(2, first - 3)
        return Draft(f"What is {first} - {second}?", str(first - second))

    return draw


def multiply(low: tuple[int, int], high: tuple[int, int]) -> Generator:
    """Product of one number from each range."""

    def draw(rng: random.Random, turn: int) -> Draft:
        pair = [rng.randint(*low), rng.randint(*high)]
        rng.shuffle(pair)
        return Draft(
            f"What is {pair[0]} times {pair[1]}?", str(pair[0] * pair[1]), canonical=f"{min(pair)}x{max(pair)}"
        )

    return draw


def chain(rng: random.Random, turn: int) -> Draft:
    """Three one-digit terms."""
    a, b, c = rng.randint(4, 9), rng.randint(2, 9), rng.randint(2, 9)
    if turn % 2:
        return Draft(f"What is {a} + {b} - {c}?", str(a + b - c))
    return Draft(f"What is {a} + {b} + {c}?", str(a + b + c))


def word_problem(rng: random.Random, turn: int) -> Draft:
    """Two numbers in a story: gets more, gives away, so many each, or two people together."""
    name, other = rng.sample(NAMES, 2)
    thing, a, b = rng.choice(THINGS), rng.randint(3, 12), rng.randint(2, 9)
    story, answer = [
        (f"{name} has {a} {thing} and gets {b} more. How many {thing} does {name} have now?", a + b),
        (f"{name} has {a + b} {thing} and gives away {b}. How many {thing} are left?", a),
        (f"{name} has {b} boxes with {a} {thing} in each box. How many {thing} are there in all?", a * b),
        (f"{name} has {a} {thing} and {other} has {b}. How many {thing} do they have together?", a + b),
    ][turn % 4]
    return Draft(story, str(answer))


def same_last_digit(answer: int) -> tuple[int, ...]:
    """Numbers around `answer` that end as it does, so that the last digit alone does not tell."""
    return tuple(number for number in range(answer - 60, answer + 61, 10) if number > 0)


def close(question: str, answer: int) -> Draft:
    """A sum whose wrong options end in the right digit."""
    return Draft(question, str(answer), near=same_last_digit(answer))


def half_or_double(rng: random.Random, turn: int) -> Draft:
    """Half of an even number, or twice a number, of up to two digits."""
    number = rng.randint(4, 24)
    if turn // 4 % 2:
        return Draft(f"What is half of {2 * number}?", str(number))
    return Draft(f"What is twice {number}?", str(2 * number))


def missing_number(rng: random.Random, turn: int) -> Draft:
    """The number that completes a sum or a difference."""
    a, b = rng.randint(3, 20), rng.randint(3, 20)
    if turn // 4 % 2:
        return Draft(f"What number plus {a} makes {a + b}?", str(b))
    return Draft(f"What number minus {a} makes {b}?", str(a + b))


def divide(rng: random.Random, turn: int) -> Draft:
    """A quotient without remainder, within the times tables."""
    divisor, quotient = rng.randint(2, 9), rng.randint(3, 12)
    return Draft(f"What is {divisor * quotient} divided by {divisor}?", str(quotient))


def round_to_ten(rng: random.Random, turn: int) -> Draft:
    """A number rounded to the nearest ten; never from the middle between two."""
    number = rng.randint(40, 400)
    answer = (number + 5) // 10 * 10
    near = tuple(range(answer - 30, answer + 31, 10)) if number % 5 else ()
    return Draft(f"What is {number} rounded to the nearest ten?", str(answer), None if near else (), near=near)


def tens(rng: random.Random, turn: int) -> Draft:
    """Sum or difference of full tens."""
    a, b = 10 * rng.randint(3, 9), 10 * rng.randint(2, 9)
    if turn // 4 % 2:
        return Draft(
            f"What is {a} + {b}?", str(a + b), near=same_last_digit(a + b), canonical=f"{min(a, b)}+{max(a, b)}"
        )
    return Draft(f"What is {a + b} - {b}?", str(a), near=same_last_digit(a))


def digit_sum(rng: random.Random, turn: int) -> Draft:
    """The sum of the digits of a number of four digits."""
    number = rng.randint(1111, 9999)
    return Draft(f"What is the sum of the digits of {number}?", str(sum(map(int, str(number)))))


def precedence(rng: random.Random, turn: int) -> Draft:
    """Times before plus, and brackets before both."""
    a, b, c = (rng.randint(2, 9) for _ in range(3))
    text, value = [
        (f"{a} + {b} * {c}", a + b * c), (f"{a} * {b} + {c}", a * b + c), (f"({a} + {b}) * {c}", (a + b) * c),
    ][turn // 4 % 3]  # fmt: skip
    return Draft(f"What is {text}?", str(value))


def add_three_digits(rng: random.Random, turn: int) -> Draft:
    """Sum of two numbers of three digits."""
    a, b = rng.randint(123, 789), rng.randint(123, 789)
    return close(f"What is {a} + {b}?", a + b)


def subtract_three_digits(rng: random.Random, turn: int) -> Draft:
    """Difference of two numbers of three digits."""
    a, b = rng.randint(40, 600), rng.randint(123, 389)
    return close(f"What is {a + b} - {b}?", a)


def percent(rng: random.Random, turn: int) -> Draft:
    """A percentage that comes out whole."""
    share, base = rng.choice((5, 10, 15, 20, 25, 30, 40, 60, 75)), 20 * rng.randint(2, 20)
    return Draft(f"What is {share}% of {base}?", str(share * base // 100))


def remainder(rng: random.Random, turn: int) -> Draft:
    """What is left of a division; every option is a possible remainder."""
    divisor = rng.randint(8, 13)
    number = rng.randint(3 * divisor, 9 * divisor)
    question = f"What is the remainder when {number} is divided by {divisor}?"
    return Draft(question, str(number % divisor), near=tuple(range(divisor)))


def new_operation(rng: random.Random, turn: int) -> Draft:
    """A made-up sign whose meaning is stated, applied to two numbers."""
    a, b, factor = rng.randint(2, 12), rng.randint(2, 12), rng.randint(2, 5)
    meaning, value = [
        (f"{factor} * a + b", factor * a + b), ("a * b + a", a * b + a), (f"(a + b) * {factor}", (a + b) * factor),
        (f"a * b - {factor}", a * b - factor),
    ][turn // 4 % 4]  # fmt: skip
    return Draft(f"If a # b means {meaning}, what is {a} # {b}?", str(value))


def nested(rng: random.Random, turn: int) -> Draft:
    """Three operations."""
    a, b, c, d = (rng.randint(3, 12) for _ in range(4))
    text, value = [
        (f"({a} + {b}) * {c} - {d}", (a + b) * c - d), (f"{a} * {b} - {c} - {d}", a * b - c - d),
        (f"{a} * {b} + {c} * {d}", a * b + c * d), (f"({a + b} - {b}) * {c} + {d}", a * c + d),
    ][turn // 4 % 4]  # fmt: skip
    return close(f"What is {text}?", value)


def nested_deep(rng: random.Random, turn: int) -> Draft:
    """Four and five operations."""
    a, b, c, d, e, f = (rng.randint(3, 12) for _ in range(6))
    text, value = [
        (f"({a} + {b}) * ({c + d} - {d}) - {e}", (a + b) * c - e),
        (f"({a} * {b} - {c}) * {d} + {e}", (a * b - c) * d + e),
        (f"{a} * {b} + {c} * {d} - {e} * {f}", a * b + c * d - e * f),
        (f"(({a} + {b}) * {c} - {d}) * {e}", ((a + b) * c - d) * e),
    ][turn // 4 % 4]  # fmt: skip
    return close(f"What is {text}?", value)


def long_product(rng: random.Random, turn: int) -> Draft:
    """Product of two numbers of two digits."""
    a, b = rng.randint(13, 49), rng.randint(13, 99)
    return Draft(
        f"What is {a} times {b}?", str(a * b), near=same_last_digit(a * b), canonical=f"{min(a, b)}x{max(a, b)}"
    )


KINDS: dict[str, Kind] = {
    "add_digits": Kind(1, 12, add((1, 9), (2, 9))),
    "subtract_small": Kind(1, 12, subtract(6, 15)),
    "add_tens": Kind(2, 16, add((2, 9), (11, 89))),
    "multiply_table": Kind(2, 16, multiply((2, 9), (2, 9))),
    "word_problem": Kind(2, 16, word_problem),
    "chain": Kind(3, 24, chain),
    "add_two_digits": Kind(3, 20, add((12, 89), (12, 89))),
    "subtract_two_digits": Kind(3, 20, subtract(30, 99)),
    "multiply_two_digits": Kind(4, 16, multiply((3, 9), (12, 49))),
    "half_or_double": Kind(1, 12, half_or_double),
    "tens": Kind(2, 12, tens),
    "missing_number": Kind(2, 12, missing_number),
    "divide": Kind(2, 16, divide),
    "round_to_ten": Kind(2, 12, round_to_ten),
    "digit_sum": Kind(3, 16, digit_sum),
    "precedence": Kind(3, 20, precedence),
    "add_three_digits": Kind(3, 16, add_three_digits),
    "subtract_three_digits": Kind(4, 16, subtract_three_digits),
    "percent": Kind(4, 16, percent),
    "remainder": Kind(4, 16, remainder),
    "new_operation": Kind(4, 16, new_operation),
    "nested": Kind(4, 20, nested),
    "nested_deep": Kind(5, 20, nested_deep),
    "long_product": Kind(5, 20, long_product),
}
