"""Word problems of two to five steps: amounts that change, amounts told by others, and daily life."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

from .drafts import NAMES, REDRAW, THINGS, Draft, Generator, Kind

GAINS = ("{name} buys {k} more.", "A friend gives {name} {k} more.", "{name} finds {k} more.")
LOSSES = ("{name} gives {k} away.", "{name} loses {k}.", "{name} sells {k}.")


def worked(question: str, answer: int, steps: list[str]) -> Draft:
    """A word problem with its solution: '7 + 5 = 12. 12 - 3 = 9. The answer is 9.'"""
    if answer < 1:
        return REDRAW
    return Draft(question, str(answer), solution=f"{' '.join(f'{step}.' for step in steps)} The answer is {answer}.")


def changes(count: int, *, doubling: bool, aside: bool = False) -> Generator:
    """What is left of an amount after `count` changes; with `aside`, a number is told that does not matter."""

    def draw(rng: random.Random, turn: int) -> Draft:
        name, other = rng.sample(NAMES, 2)
        thing, amount = rng.choice(THINGS), rng.randint(12, 30)
        facts, steps = [f"{name} has {amount} {thing}."], []
        twist = rng.randrange(count) if doubling else count
        for place in range(count):
            k = rng.randint(2, 9)
            if place == twist:
                halve = amount % 2 == 0
                after = amount // 2 if halve else 2 * amount
                facts.append(
                    f"Half of {name}'s {thing} are then given away."
                    if halve
                    else f"The number of {name}'s {thing} then doubles."
                )
                steps.append(f"{amount} / 2 = {after}" if halve else f"{amount} * 2 = {after}")
            elif rng.random() < 0.5:
                after = amount + k
                facts.append(rng.choice(GAINS).format(name=name, k=k))
                steps.append(f"{amount} + {k} = {after}")
            else:
                after = amount - k
                facts.append(rng.choice(LOSSES).format(name=name, k=k))
                steps.append(f"{amount} - {k} = {after}")
            if after < 3:
                return REDRAW
            amount = after
        if aside:
            facts.insert(rng.randint(1, len(facts)), f"{other} has {rng.randint(11, 40)} {thing}.")
        return worked(f"{' '.join(facts)} How many {thing} does {name} have now?", amount, steps)

    return draw


def relations(count: int, *, together: bool = False) -> Generator:
    """An amount told by another, `count` times, the facts in any order; with `together`, the sum of two is asked."""

    def draw(rng: random.Random, turn: int) -> Draft:
        people, thing, amount = rng.sample(NAMES, count + 1), rng.choice(THINGS), rng.randint(4, 15)
        facts, steps, amounts = [f"{people[0]} has {amount} {thing}."], [], [amount]
        for before, name in itertools.pairwise(people):
            k, form = rng.randint(2, 9), rng.randrange(3)
            said, step, after = [
                (f"{k} more {thing} than", f"{amount} + {k}", amount + k),
                (f"{k} fewer {thing} than", f"{amount} - {k}", amount - k),
                (f"twice as many {thing} as", f"{amount} * 2", amount * 2),
            ][form]
            facts.append(f"{name} has {said} {before}.")
            steps.append(f"{name}: {step} = {after}")
            amount = after
            amounts.append(amount)
        if min(amounts) < 2:
            return REDRAW
        rng.shuffle(facts)
        if together:
            total = amounts[0] + amount
            steps.append(f"{amounts[0]} + {amount} = {total}")
            asked = f"How many {thing} do {people[0]} and {people[-1]} have together?"
            return worked(f"{' '.join(facts)} {asked}", total, steps)
        return worked(f"{' '.join(facts)} How many {thing} does {people[-1]} have?", amount, steps)

    return draw


# --- situations ---

Story = tuple[str, int]
"""A word problem and its answer; no answer below 1 is asked."""


def situation(tell: Callable[[random.Random, str], Story]) -> Generator:
    """A word problem about somebody."""

    def draw(rng: random.Random, turn: int) -> Draft:
        question, answer = tell(rng, rng.choice(NAMES))
        return worked(question, answer, [])

    return draw


def tickets(rng: random.Random, name: str) -> Story:
    """Two products and their sum."""
    adult, child, adults, children = rng.randint(7, 15), rng.randint(3, 6), rng.randint(2, 4), rng.randint(2, 6)
    question = (
        f"A ticket costs {adult} dollars for an adult and {child} dollars for a child. "
        f"How many dollars do {adults} adults and {children} children pay in all?"
    )
    return question, adult * adults + child * children


def drive(rng: random.Random, name: str) -> Story:
    """A product and a sum."""
    speed, hours, more = 10 * rng.randint(4, 9), rng.randint(2, 5), rng.randint(11, 48)
    question = (
        f"{name} drives {speed} kilometers an hour for {hours} hours, and then {more} kilometers more. "
        f"How many kilometers does {name} drive in all?"
    )
    return question, speed * hours + more


def share(rng: random.Random, name: str) -> Story:
    """A sum and a quotient."""
    children, each, first = rng.randint(3, 6), rng.randint(4, 12), rng.randint(5, 20)
    question = (
        f"{name} has {first} red cards and {children * each - first} blue cards, and shares all of them equally among "
        f"{children} children. How many cards does each child get?"
    )
    return question, each if children * each > first + 1 else 0


def recipe(rng: random.Random, name: str) -> Story:
    """A quotient and a product."""
    people, each, times = rng.randint(2, 5), rng.randint(2, 5), rng.randint(2, 5)
    question = (
        f"A soup for {people} people needs {people * each} carrots. "
        f"How many carrots does {name} need for {people * times} people?"
    )
    return question, people * each * times


def packing(rng: random.Random, name: str) -> Story:
    """A product, a difference and a quotient."""
    boxes, bags, size = rng.randint(4, 9), rng.randint(4, 12), rng.randint(3, 6)
    per_box = (bags * size) // boxes + rng.randint(1, 3)
    question = (
        f"{name} has {boxes} boxes with {per_box} eggs in each box. {boxes * per_box - bags * size} eggs break. "
        f"The rest are put into bags of {size}. How many bags are there?"
    )
    return question, bags


def change(rng: random.Random, name: str) -> Story:
    """Two products taken from an amount."""
    pens, pen, books, book = rng.randint(2, 6), rng.randint(2, 4), rng.randint(2, 4), rng.randint(5, 12)
    paid = 100 if rng.random() < 0.5 else 80
    question = (
        f"{name} buys {pens} pens at {pen} dollars each and {books} books at {book} dollars each, and pays with "
        f"{paid} dollars. How many dollars does {name} get back?"
    )
    return question, paid - pens * pen - books * book


def savings(rng: random.Random, name: str) -> Story:
    """A product and a sum taken from an amount."""
    week, weeks, gift, missing = rng.randint(5, 15), rng.randint(3, 9), rng.randint(11, 40), rng.randint(5, 60)
    question = (
        f"{name} saves {week} dollars a week for {weeks} weeks, and gets {gift} dollars as a present. A bicycle costs "
        f"{week * weeks + gift + missing} dollars. How many dollars are still missing?"
    )
    return question, missing


def reading(rng: random.Random, name: str) -> Story:
    """A product and a number taken from an amount."""
    pages, days, more, left = rng.randint(8, 20), rng.randint(3, 6), rng.randint(21, 40), rng.randint(10, 90)
    question = (
        f"A book has {pages * days + more + left} pages. {name} reads {pages} pages a day for {days} days, and "
        f"{more} pages on the day after. How many pages are left?"
    )
    return question, left


def ages(rng: random.Random, name: str) -> Story:
    """Two ages, each some years on, and their sum."""
    other = rng.choice([one for one in NAMES if one != name])
    age, older, years = rng.randint(5, 30), rng.randint(2, 12), rng.randint(3, 15)
    question = (
        f"{name} is {age} years old, and {other} is {older} years older. "
        f"What will their ages add up to in {years} years?"
    )
    return question, 2 * age + older + 2 * years


def tank(rng: random.Random, name: str) -> Story:
    """What is missing, divided by the difference of two flows."""
    out, gain, minutes, start = rng.randint(2, 8), rng.randint(2, 7), rng.randint(6, 25), rng.randint(11, 60)
    question = (
        f"A tank that holds {start + gain * minutes} liters has {start} liters of water in it. "
        f"Every minute {out + gain} liters flow in and {out} liters flow out. After how many minutes is the tank full?"
    )
    return question, minutes


def wages(rng: random.Random, name: str) -> Story:
    """Hours of several days, times the pay, less what is spent."""
    pay, hours, spent, days = rng.randint(9, 20), rng.randint(3, 6), rng.randint(15, 60), rng.randint(2, 4)
    question = (
        f"{name} earns {pay} dollars an hour. On Monday {name} works {hours} hours, "
        f"and on each of the next {days} days twice as long as on Monday. "
        f"Then {name} spends {spent} dollars. How many dollars are left?"
    )
    return question, pay * hours * (1 + 2 * days) - spent


def heads_and_legs(rng: random.Random, name: str) -> Story:
    """Two unknowns, their sum and another sum."""
    cows, chickens = rng.randint(4, 20), rng.randint(4, 20)
    question = (
        f"{name} has cows and chickens. Together they have {cows + chickens} heads and {4 * cows + 2 * chickens} legs. "
        f"How many cows are there?"
    )
    return question, cows


def sale(rng: random.Random, name: str) -> Story:
    """A percentage off, a product and a difference."""
    price, share = 20 * rng.randint(2, 8), rng.choice((10, 20, 25, 30, 40))
    coats, coupon = rng.randint(2, 4), rng.randint(3, 15)
    question = (
        f"A coat costs {price} dollars. In a sale the price is {share} percent lower. {name} buys {coats} coats "
        f"in the sale, and a coupon takes {coupon} dollars off the bill. How many dollars does {name} pay?"
    )
    return question, price * (100 - share) // 100 * coats - coupon


def orchard(rng: random.Random, name: str) -> Story:
    """A product, a difference, and another product added."""
    rows, trees, dead, new = rng.randint(4, 9), rng.randint(5, 12), rng.randint(3, 11), rng.randint(2, 4)
    question = (
        f"{name} has {rows} rows of {trees} trees. {dead} of the trees die, and "
        f"{new} new ones are planted in every row. How many trees does {name} have then?"
    )
    return question, rows * trees - dead + new * rows


KINDS: dict[str, Kind] = {
    "two_changes": Kind(2, 16, changes(2, doubling=False), worked=True),
    "three_changes": Kind(3, 20, changes(3, doubling=False), worked=True),
    "four_changes": Kind(4, 20, changes(4, doubling=True), worked=True),
    "five_changes": Kind(5, 20, changes(5, doubling=True, aside=True), worked=True),
    "two_relations": Kind(3, 20, relations(2), worked=True),
    "three_relations": Kind(4, 20, relations(3), worked=True),
    "four_relations": Kind(5, 20, relations(4, together=True), worked=True),
    "tickets": Kind(3, 12, situation(tickets), worked=True),
    "drive": Kind(3, 12, situation(drive), worked=True),
    "share": Kind(3, 12, situation(share), worked=True),
    "recipe": Kind(3, 12, situation(recipe), worked=True),
    "packing": Kind(4, 12, situation(packing), worked=True),
    "change": Kind(4, 12, situation(change), worked=True),
    "savings": Kind(4, 12, situation(savings), worked=True),
    "reading": Kind(4, 12, situation(reading), worked=True),
    "ages": Kind(4, 12, situation(ages), worked=True),
    "orchard": Kind(4, 12, situation(orchard), worked=True),
    "tank": Kind(5, 12, situation(tank), worked=True),
    "wages": Kind(5, 12, situation(wages), worked=True),
    "heads_and_legs": Kind(5, 12, situation(heads_and_legs), worked=True),
    "sale": Kind(5, 12, situation(sale), worked=True),
}
