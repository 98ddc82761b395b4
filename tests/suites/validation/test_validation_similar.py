"""Near-duplicates: what repeats a question, and what only shares its wording. Rules that pick an option."""

from __future__ import annotations

import random
import time

import pytest

from forgetbench.suites.validation.leaks import Hits, hits, rules
from forgetbench.suites.validation.reading import RenderedItem
from forgetbench.suites.validation.similar import near_duplicates


def item(question: str, answer: str, number: int = 0, cluster: str = "", choices: tuple[str, ...] = ()) -> RenderedItem:
    gold = (choices.index(answer),) if choices else ()
    return RenderedItem(f"{number}", cluster or f"c{number}", "", "", question, choices, gold, (answer,))


LONG = " ".join(f"word{number}" for number in range(80))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("What is the capital of France?", "what is the capital of  France"),
        ("Name an animal that barks.", "Name the animal that barks!"),
        (f"{LONG} alpha", f"{LONG} beta"),
    ],
)
def test_near_duplicates(first: str, second: str) -> None:
    pairs = near_duplicates([item(first, "x", 1), item(second, "x", 2)])
    assert [(a.item_id, b.item_id) for a, b in pairs] == [("1", "2")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (item("What is 7 + 3?", "4", 1), item("What is 7 - 3?", "4", 2)),
        (item("What is the capital of France?", "Paris", 1), item("What is the capital of Texas?", "Paris", 2)),
        (item("What is the capital of France?", "Paris", 1), item("What is the capital of france?", "Lyon", 2)),
        (item(f"{LONG} alpha", "x", 1, "same"), item(f"{LONG} beta", "x", 2, "same")),
        (item("Dogs bark at cats.", "yes", 1), item("Cats bark at dogs.", "yes", 2)),
    ],
    ids=["another sign", "another word", "another answer", "one cluster", "another order"],
)
def test_no_near_duplicates(first: RenderedItem, second: RenderedItem) -> None:
    assert near_duplicates([first, second]) == []


def test_where_the_question_is_always_the_same_the_options_belong_to_it() -> None:
    def asked(number: int, answer: str, *others: str) -> RenderedItem:
        return item("Which is the odd one out?", answer, number, choices=(answer, *others))

    assert near_duplicates([asked(1, "dog", "oak"), asked(2, "dog", "elm"), asked(3, "cat", "elm")]) == []
    assert len(near_duplicates([asked(1, "dog", "oak"), asked(2, "dog", "elm")])) == 1


def test_thousands_of_items_from_one_template_take_seconds() -> None:
    rng = random.Random(1)
    items = [
        item(
            f"Anna has {rng.randint(2, 99)} apples, {rng.randint(2, 99)} pears and {rng.randint(2, 99)} plums in a "
            f"basket on the table of her kitchen. Does she have more than {rng.randint(2, 250)} fruits in it in all?",
            rng.choice(["yes", "no"]),
            number,
        )
        for number in range(4000)
    ]
    start = time.perf_counter()
    assert near_duplicates(items) == []
    assert time.perf_counter() - start < 10


def chosen(name: str, *items: RenderedItem) -> Hits:
    (rule,) = [rule for rule in rules(items) if rule.name == name]
    return hits(items, rule.prefers)


def test_ties_are_shared_and_items_where_all_tie_are_left_out() -> None:
    tied = item("?", "abc", choices=("abc", "def", "g", "h"))
    silent = item("?", "a", choices=("a", "b", "c", "d"))
    assert chosen("the longest option", tied, silent) == Hits(n=1, right=0.5, expected=0.25)


def test_numbers_are_read_as_numbers() -> None:
    prices = item("?", "$9", choices=("$10", "$9", "$1,000"))
    assert chosen("the smallest number", prices).right == 1
    assert chosen("the largest number", prices).right == 0
    assert chosen("the middle number", prices).right == 0
    assert chosen("the largest number", item("?", "a", choices=("a", "1"))).n == 0


def test_the_option_that_the_wrong_ones_were_made_from() -> None:
    made = item("?", "the red house", choices=("the red horse", "the red house", "a red house", "the bed house"))
    assert chosen("the option most like the others", made).right == 1


def test_no_item_speaks_for_its_own_answer() -> None:
    unique = [item("?", f"a{n}", n, choices=(f"a{n}", f"b{n}")) for n in range(40)]
    assert chosen("the answer that is most often right", *unique).n == 0
    assert chosen("the option that is right most often when offered", *unique).n == 0


def test_the_interval_is_the_binomial_one() -> None:
    # Binomial(100, .5): P(X <= 39) = .0176, P(X <= 40) = .0284.
    assert Hits(100, 0, 50).interval(0.05) == (40, 60)
