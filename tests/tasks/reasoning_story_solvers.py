"""A second solver for each kind of reasoning question, which reads nothing but the question: stories, programs."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from fractions import Fraction

from reasoning_solvers import numbers

# --- word problems ---


def changes(question: str) -> str:
    *facts, asked = question.split(". ")
    name = re.findall(r"does (\w+) have", asked)[0]
    amount = 0
    for fact in facts:
        found = numbers(fact)
        if re.match(rf"{name} has", fact):
            (amount,) = found
        elif fact.startswith("Half"):
            assert amount % 2 == 0
            amount //= 2
        elif "doubles" in fact:
            amount += amount
        elif name in fact:
            lost = re.search(r"gives \d+ away|loses|sells", fact)
            amount += -found[0] if lost else found[0]
        else:
            assert re.match(r"\w+ has \d+ \w+$", fact)  # somebody else's
    return str(amount)


def relations(question: str) -> str:
    *facts, asked = question.split(". ")
    amounts: dict[str, int] = {}
    for _ in facts:
        for fact in facts:
            name, others = fact.split()[0], fact.split()[-1]
            if others in amounts:
                more = sum(numbers(fact)) * (-1 if "fewer" in fact else 1)
                amounts[name] = amounts[others] * 2 if "twice" in fact else amounts[others] + more
            elif not re.search("than|as many", fact):
                amounts[name] = numbers(fact)[0]
    return str(sum(amounts[name] for name in re.findall(r"[A-Z]\w+", asked.removeprefix("How"))))


def by_numbers(solve: Callable[..., int | Fraction]) -> Callable[[str], str]:
    """A situation whose numbers come in a fixed order."""
    return lambda question: str(solve(*numbers(question)))


def cows(heads: int, legs: int) -> int:
    (answer,) = [n for n in range(heads + 1) if 4 * n + 2 * (heads - n) == legs]
    return answer


def filled(size: int, level: int, gain: int, loss: int) -> int:
    minutes = 0
    while level < size:
        level, minutes = level + gain - loss, minutes + 1
    assert level == size
    return minutes


# --- programs ---


def printed(question: str) -> str:
    """What Python itself prints: the programs are our own."""
    program = question.split("\n", 1)[1]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(program, {})
    return output.getvalue().strip()


SOLVERS: dict[str, Callable[[str], str]] = {
    "two_changes": changes, "three_changes": changes, "four_changes": changes, "five_changes": changes,
    "two_relations": relations, "three_relations": relations, "four_relations": relations,
    "tickets": by_numbers(lambda adult, child, adults, children: adult * adults + child * children),
    "drive": by_numbers(lambda speed, hours, more: sum([speed] * hours) + more),
    "share": by_numbers(lambda red, blue, children: Fraction(red + blue, children)),
    "recipe": by_numbers(lambda people, carrots, wanted: Fraction(carrots * wanted, people)),
    "packing": by_numbers(lambda boxes, eggs, broken, size: Fraction(boxes * eggs - broken, size)),
    "change": by_numbers(lambda pens, pen, books, book, paid: paid - (pens * pen + books * book)),
    "savings": by_numbers(lambda week, weeks, gift, price: price - gift - week * weeks),
    "reading": by_numbers(lambda pages, a_day, days, more: pages - a_day * days - more),
    "ages": by_numbers(lambda age, older, years: (age + years) + (age + older + years)),
    "orchard": by_numbers(lambda rows, trees, dead, new: rows * (trees + new) - dead),
    "tank": by_numbers(filled),
    "wages": by_numbers(lambda pay, hours, days, spent: pay * (hours + days * 2 * hours) - spent),
    "heads_and_legs": by_numbers(cows),
    "sale": by_numbers(lambda price, share, coats, coupon: coats * (price - Fraction(price * share, 100)) - coupon),
    **dict.fromkeys(
        """code_assign code_length code_lookup code_item code_reassign code_sorted code_branch code_backwards code_piece
        code_total code_exchange code_division code_until code_function code_changed_list code_nested_loops
        code_recursion code_halving""".split(),
        printed,
    ),
}  # fmt: skip
