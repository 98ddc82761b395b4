"""Problems that lack what is needed to solve them, and the same ones with it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from invented import Pair

NAMES = ("Anna", "Ben", "Clara", "David", "Elif", "Farid", "Greta", "Hugo", "Iris", "Jonas", "Karim", "Lena", "Marek",
         "Nadia", "Oscar", "Priya", "Rosa", "Sven", "Tara", "Viktor")  # fmt: skip
Problem = tuple[int, str, str, int]
"""Level, the question that lacks something, the whole one, the answer to that."""


def apples(r: random.Random, who: str, _: str) -> Problem:
    have, more = r.randint(3, 19), r.randint(3, 19)
    asked = f"How many apples does {who} have now?"
    lacking = f"{who} had {have} apples and bought some more. {asked}"
    return 1, lacking, f"{who} had {have} apples and bought {more} more. {asked}", have + more


def older(r: random.Random, who: str, other: str) -> Problem:
    gap, age = r.randint(2, 9), r.randint(4, 30)
    asked = f"How old is {who}?"
    whole = f"{who} is {gap} years older than {other}, who is {age}. {asked}"
    return 1, f"{who} is {gap} years older than {other}. {asked}", whole, gap + age


def driven(r: random.Random, who: str, _: str) -> Problem:
    speed, hours = r.choice((30, 40, 60, 70, 80)), r.randint(2, 6)
    asked = "How many kilometres does the car drive?"
    lacking = f"{who} drives a car at a steady {speed} kilometres an hour. {asked}"
    return 2, lacking, lacking.replace("an hour.", f"an hour for {hours} hours."), speed * hours


def area(r: random.Random, _: str, __: str) -> Problem:
    wide, long = r.randint(3, 12), r.randint(13, 20)
    asked = "How many square metres is the area of the floor?"
    start = f"The floor of a rectangular room is {wide} metres wide"
    return 2, f"{start}. {asked}", f"{start} and {long} metres long. {asked}", wide * long


def pencils(r: random.Random, _: str, __: str) -> Problem:
    rows, each, price = r.randint(3, 8), r.randint(4, 9), r.randint(2, 9)
    asked = "How many pencils are in the box?"
    return (
        1,
        f"A box of pencils costs {price} dollars. {asked}",
        f"A box holds {rows} rows of {each} pencils. {asked}",
        rows * each,
    )


def marbles(r: random.Random, who: str, other: str) -> Problem:
    kept = r.randint(6, 24)
    asked = f"How many marbles did {who} keep?"
    whole = f"{who} had {2 * kept} marbles and gave half of them to {other}. {asked}"
    return 2, f"{who} gave half of the marbles to {other}. {asked}", whole, kept


def tank(r: random.Random, _: str, __: str) -> Problem:
    loss, hours = r.randint(2, 9), r.randint(2, 6)
    left = r.randint(5, 40)
    rest = f"It loses {loss} litres an hour. How many litres are left in it after {hours} hours?"
    return (
        3,
        f"A tank is full of water. {rest}",
        f"A tank is filled with {left + loss * hours} litres of water. {rest}",
        left,
    )


def unknown_number(r: random.Random, _: str, __: str) -> Problem:
    x, less = r.randint(11, 40), r.randint(3, 10)
    return (
        3,
        f"A number is greater than {less}. Which number is it?",
        f"A number minus {less} is {x - less}. Which number is it?",
        x,
    )


def shared(r: random.Random, who: str, _: str) -> Problem:
    boys, each = r.randint(3, 8), r.randint(3, 9)
    asked = f"{who} shared nuts equally among {{}}. How many nuts did each child get?"
    return (
        2,
        asked.format(f"{boys} children"),
        f"{who} shared {boys * each} nuts equally among {boys} children. How many nuts did each child get?",
        each,
    )


def race(r: random.Random, who: str, other: str) -> Problem:
    time, faster = r.randint(25, 50), r.randint(3, 9)
    asked = f"In how many minutes did {who} run the race?"
    rest = f"{who} was {faster} minutes faster than {other}. {asked}"
    return 2, rest, f"{other} ran the race in {time} minutes. {rest}", time - faster


def ticket(r: random.Random, _: str, __: str) -> Problem:
    adult, less = r.randint(12, 30), r.randint(3, 9)
    asked = "How many dollars does a ticket for a child cost?"
    return (
        2,
        f"A ticket for an adult costs {adult} dollars, and one for a child costs less. {asked}",
        f"A ticket for an adult costs {adult} dollars, and one for a child costs {less} dollars less. {asked}",
        adult - less,
    )


def cakes(r: random.Random, who: str, _: str) -> Problem:
    saturday = r.randint(8, 45)
    asked = f"How many cakes did {who} sell on Sunday?"
    rest = f"{who} sold twice as many cakes on Sunday as on Saturday. {asked}"
    return 3, rest, f"On Saturday {who} sold {saturday} cakes. {rest}", 2 * saturday


def pages(r: random.Random, who: str, _: str) -> Problem:
    chapters, each = r.randint(4, 12), r.choice((10, 20, 15))
    asked = "How many pages does the book have?"
    return (
        1,
        f"{who} reads a book of {chapters} chapters. {asked}",
        f"{who} reads a book of {chapters} chapters with {each} pages each. {asked}",
        chapters * each,
    )


def warmer(r: random.Random, _: str, __: str) -> Problem:
    yesterday, more = r.randint(8, 20), r.randint(2, 9)
    asked = "How many degrees is it today?"
    return (
        1,
        f"It is {more} degrees warmer today than yesterday. {asked}",
        f"It was {yesterday} degrees yesterday, and it is {more} degrees warmer today. {asked}",
        yesterday + more,
    )


def change(r: random.Random, who: str, _: str) -> Problem:
    price, paid = r.randint(6, 18), 20
    asked = f"How many dollars does {who} get back?"
    return (
        2,
        f"{who} buys a book and pays with {paid} dollars. {asked}",
        f"{who} buys a book for {price} dollars and pays with {paid} dollars. {asked}",
        paid - price,
    )


PROBLEMS: tuple[Callable[[random.Random, str, str], Problem], ...] = (
    apples, older, driven, area, pencils, marbles, tank, unknown_number, shared, race, ticket, cakes, pages,
    warmer, change,
)  # fmt: skip
EACH = 2


def missing_context(seed: int) -> Iterator[Pair]:
    """Each problem with `EACH` sets of names and numbers."""
    rng = random.Random(seed)
    for _ in range(EACH):
        for problem in PROBLEMS:
            level, lacking, whole, answer = problem(rng, *rng.sample(NAMES, 2))
            yield Pair("missing_context", level, lacking, whole, (str(answer),))
