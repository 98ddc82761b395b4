"""Generate items.jsonl: short reasoning questions whose answers follow from the question alone.

    python tasks/reasoning/build.py            write items.jsonl
    python tasks/reasoning/build.py --check    exit 1 when it would come out different

Only the standard library is used, and every draw comes from SEED: the file is the same bit for bit.

Every question has four options, so that chance is 1/4 everywhere. What could mark the right one without
solving the question is balanced or left out: its place among the options, its rank by size among
four numbers, its place in a list that the question gives, how often a name is mentioned. Where the options do
not stand in the question, no number of the question is an option.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

SEED = 20250102
OUTPUT = Path(__file__).with_name("items.jsonl")
# Held out of the test, in this order: the few-shot examples.
FEWSHOT_KINDS = ("add_digits", "weekday_next", "recall_color")

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
NAMES = ("Tom", "Anna", "Ben", "Lisa", "Mark", "Sarah", "Paul", "Emma", "David", "Kate", "James", "Laura")
CATEGORIES = {
    "fruit": ("apple", "banana", "pear", "grape", "peach", "lemon", "cherry"),
    "animal": ("dog", "cat", "horse", "cow", "lion", "tiger", "rabbit", "sheep"),
    "color": ("red", "blue", "green", "yellow", "purple", "black", "white"),
    "vehicle": ("car", "bus", "train", "truck", "bicycle", "boat", "plane"),
    "clothing": ("shirt", "shoe", "hat", "coat", "sock", "dress", "jacket"),
    "body": ("hand", "foot", "nose", "ear", "knee", "elbow", "shoulder"),
    "furniture": ("table", "chair", "sofa", "bed", "desk", "shelf"),
    "family": ("mother", "father", "sister", "brother", "uncle", "aunt"),
}
THINGS = ("apples", "books", "coins", "pens", "cards", "balls", "stamps", "shells", "cups", "keys")
COLORS = ("red", "blue", "green", "yellow", "black", "white", "brown", "pink")
OBJECTS = ("car", "hat", "cup", "door", "box", "ball", "chair", "book", "bag", "lamp")
PLACES = ("kitchen", "garden", "office", "school", "park", "library", "station", "hotel")
ANIMALS = ("dog", "cat", "horse", "cow", "rabbit", "bird", "fish", "sheep")
FOODS = ("rice", "bread", "milk", "cheese", "corn", "fish", "soup", "cake")
OPPOSITES = (
    ("hot", "cold"), ("big", "small"), ("up", "down"), ("fast", "slow"), ("day", "night"), ("good", "bad"),
    ("open", "closed"), ("old", "young"), ("happy", "sad"), ("left", "right"), ("hard", "soft"), ("rich", "poor"),
)  # fmt: skip
PLURALS = ("cat", "book", "tree", "car", "hand", "bird", "door", "cup", "road", "song", "star", "game")
VERBS = ("walk", "jump", "play", "talk", "look", "help", "cook", "wash", "paint", "clean", "call", "open")
ADJECTIVES = ("tall", "short", "fast", "slow", "cold", "warm", "long", "old", "young", "small", "dark", "hard")


@dataclass(frozen=True)
class Draft:
    """A question and its answer. `wrong` is None where the options are numbers near the answer."""

    question: str
    answer: str
    wrong: tuple[str, ...] | None = None
    listed: bool = False
    """The options stand in the question itself."""
    cluster: str = ""
    """What it shares with other questions of its kind; empty: nothing."""
    twin: str = ""
    """Equal for questions that are the same sum, only one of which is kept: 3 + 4 and 4 + 3."""


Generator = Callable[[random.Random, int], Draft]
"""Draws a question. The second argument counts up, for what must be balanced over a kind."""


@dataclass(frozen=True)
class Kind:
    """A kind of question: its difficulty (1 trivially easy ... 4), how many, and how to draw one."""

    level: int
    count: int
    draw: Generator


# --- arithmetic ---


def add(low: tuple[int, int], high: tuple[int, int]) -> Generator:
    """Sum of one number from each range."""

    def draw(rng: random.Random, turn: int) -> Draft:
        pair = [rng.randint(*low), rng.randint(*high)]
        rng.shuffle(pair)
        return Draft(f"What is {pair[0]} + {pair[1]}?", str(sum(pair)), twin=f"{min(pair)}+{max(pair)}")

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
        return Draft(f"What is {pair[0]} times {pair[1]}?", str(pair[0] * pair[1]), twin=f"{min(pair)}x{max(pair)}")

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


# --- numbers and lists ---


def extreme(high: int) -> Generator:
    """The largest or the smallest of four numbers, its place in the list balanced."""

    def draw(rng: random.Random, turn: int) -> Draft:
        numbers = rng.sample(range(1, high), 4)
        word, answer = ("largest", max(numbers)) if turn // 4 % 2 else ("smallest", min(numbers))
        listing = placed([str(n) for n in numbers if n != answer], str(answer), turn % 4)
        return listed_question(f"Which of these numbers is the {word}: {', '.join(listing)}?", str(answer), listing)

    return draw


def next_number(rng: random.Random, turn: int) -> Draft:
    """The next number of an arithmetic sequence."""
    step = (1, 2, 5, 10, 3, -1, -2, 4)[turn % 8]
    start = rng.randint(1, 12) if step > 0 else rng.randint(14, 25)
    terms = [start + step * place for place in range(5)]
    return Draft(f"Which number comes next: {', '.join(map(str, terms[:4]))}?", str(terms[4]))


def next_letter(rng: random.Random, turn: int) -> Draft:
    """The next letter of the alphabet; never A or I, which are words."""
    step = 1 if turn % 3 else 2
    starts = [code for code in range(ord("A"), ord("Z") - 3 * step + 1) if chr(code + 3 * step) != "I"]
    start = rng.choice(starts)
    letters = [chr(start + place * step) for place in range(4)]
    answer, shown = letters[-1], letters[:-1]
    pool = [chr(code) for code in range(ord("B"), ord("Z") + 1) if chr(code) not in {*letters, "I"}]
    near = sorted(pool, key=lambda letter: abs(ord(letter) - ord(answer)))[:6]
    return Draft(f"Which letter comes next: {', '.join(shown)}?", answer, tuple(rng.sample(near, 3)))


def count_list(rng: random.Random, turn: int) -> Draft:
    """How many things a list has: 3 to 8."""
    words = rng.sample([word for group in CATEGORIES.values() for word in group], 3 + turn % 6)
    return Draft(f"How many words are in this list: {', '.join(words)}?", str(len(words)))


def odd_one_out(rng: random.Random, turn: int) -> Draft:
    """Three words of one category and one of another."""
    many, one = rng.sample(sorted(CATEGORIES), 2)
    odd = rng.choice(CATEGORIES[one])
    listing = placed(rng.sample(CATEGORIES[many], 3), odd, turn % 4)
    return listed_question(f"Which word does not belong: {', '.join(listing)}?", odd, listing, cluster=f"{many}-{one}")


def alphabetical(rng: random.Random, turn: int) -> Draft:
    """The first or last of four words, of different initials, in the order of the alphabet."""
    pool = [word for group in CATEGORIES.values() for word in group]
    words = rng.sample(pool, 4)
    while len({word[0] for word in words}) < 4:
        words = rng.sample(pool, 4)
    which, answer = ("last", max(words)) if turn // 4 % 2 else ("first", min(words))
    listing = placed([word for word in words if word != answer], answer, turn % 4)
    return listed_question(f"Which word comes {which} in the alphabet: {', '.join(listing)}?", answer, listing)


def nth_word(rng: random.Random, turn: int) -> Draft:
    """The first, second, third or last of four words."""
    listing = rng.sample([word for group in CATEGORIES.values() for word in group], 4)
    ordinal = ("first", "second", "third", "last")[turn % 4]
    question = f"What is the {ordinal} word in this list: {', '.join(listing)}?"
    return listed_question(question, listing[turn % 4], listing)


# --- days, months, dates ---


def step_through(cycle: Sequence[str], noun: str) -> Generator:
    """The day or month right after or right before another."""

    def draw(rng: random.Random, turn: int) -> Draft:
        place, step, word = rng.randrange(len(cycle)), *((1, "after") if turn % 2 else (-1, "before"))
        answer = cycle[(place + step) % len(cycle)]
        wrong = rng.sample([name for name in cycle if name not in {answer, cycle[place]}], 3)
        return Draft(f"Which {noun} comes right {word} {cycle[place]}?", answer, tuple(wrong), cluster=cycle[place])

    return draw


def in_days(rng: random.Random, turn: int) -> Draft:
    """The weekday two to nine days from a given one."""
    place, days = rng.randrange(7), rng.choice([2, 3, 4, 5, 6, 8, 9])
    answer = WEEKDAYS[(place + days) % 7]
    wrong = rng.sample([name for name in WEEKDAYS if name not in {answer, WEEKDAYS[place]}], 3)
    question = f"Today is {WEEKDAYS[place]}. Which day of the week will it be in {days} days?"
    return Draft(question, answer, tuple(wrong), cluster=WEEKDAYS[place])


def weekday_of_date(rng: random.Random, turn: int) -> Draft:
    """The weekday of a date a few days after one whose weekday is given, at times across a month's end."""
    first = date(2001, 1, 1) + timedelta(days=rng.randrange(10_000))
    second = first + timedelta(days=rng.choice([1, 2, 3, 4, 5, 6, 8, 9, 10]))
    given, answer = WEEKDAYS[first.weekday()], WEEKDAYS[second.weekday()]
    wrong = rng.sample([name for name in WEEKDAYS if name not in {answer, given}], 3)
    question = (
        f"{MONTHS[first.month - 1]} {first.day}, {first.year} was a {given}. "
        f"Which day of the week was {MONTHS[second.month - 1]} {second.day}, {second.year}?"
    )
    return Draft(question, answer, tuple(wrong))


# --- reading, logic and patterns ---


def recall_color(rng: random.Random, turn: int) -> Draft:
    """Which color one of four things has."""
    things, colors = rng.sample(OBJECTS, 4), rng.sample(COLORS, 4)
    facts = " ".join(f"The {thing} is {color}." for thing, color in zip(things, colors, strict=True))
    return listed_question(f"{facts} What color is the {things[turn % 4]}?", colors[turn % 4], colors)


def recall_owner(rng: random.Random, turn: int) -> Draft:
    """Which of four people has a certain thing."""
    people, things = rng.sample(NAMES, 4), rng.sample(OBJECTS, 4)
    facts = " ".join(f"{name} has the {thing}." for name, thing in zip(people, things, strict=True))
    return listed_question(f"{facts} Who has the {things[turn % 4]}?", people[turn % 4], people)


def where_now(rng: random.Random, turn: int) -> Draft:
    """Where one of two people is after both have moved (the first two tasks of bAbI, arXiv 1502.05698)."""
    (first, second), places = rng.sample(NAMES, 2), rng.sample(PLACES, 4)
    facts = [f"{first} is in the {places[0]}.", f"{second} is in the {places[1]}."]
    moves = [f"{first} goes to the {places[2]}.", f"{second} goes to the {places[3]}."]
    asked, answer = ((first, places[2]), (second, places[3]))[turn % 2]
    if turn // 2 % 2:
        moves.reverse()
    return listed_question(f"{' '.join(facts + moves)} Where is {asked} now?", answer, places)


def deduction(rng: random.Random, turn: int) -> Draft:
    """What one animal eats, given what all of its kind eat (task 15 of bAbI)."""
    animals, foods = rng.sample(ANIMALS[:6], 4), rng.sample(FOODS, 4)
    name = rng.choice(NAMES)
    rules = " ".join(f"Every {animal} eats {food}." for animal, food in zip(animals, foods, strict=True))
    question = f"{rules} {name} is a {animals[turn % 4]}. What does {name} eat?"
    return listed_question(question, foods[turn % 4], foods)


def category_pattern(rng: random.Random, turn: int) -> Draft:
    """The category of a word, after one example of each of four categories."""
    groups = rng.sample(("fruit", "animal", "color", "vehicle", "clothing", "furniture"), 4)
    shown = ", ".join(f"{rng.choice(CATEGORIES[group][:4])} -> {group}" for group in groups)
    word = rng.choice(CATEGORIES[groups[turn % 4]][4:])
    return listed_question(f"Complete the pattern: {shown}, {word} ->", groups[turn % 4], groups)


def transitive(rng: random.Random, turn: int) -> Draft:
    """Who is the tallest of four, from four comparisons in any order; every name is mentioned twice."""
    order = rng.sample(NAMES, 4)
    more, less, most, least = rng.choice([
        ("taller", "shorter", "tallest", "shortest"), ("older", "younger", "oldest", "youngest"),
        ("faster", "slower", "fastest", "slowest"),
    ])  # fmt: skip
    facts = []
    for upper, lower in ((0, 1), (1, 2), (2, 3), (0, 3)):
        high, low = order[upper], order[lower]
        facts.append(rng.choice([f"{high} is {more} than {low}.", f"{low} is {less} than {high}."]))
    rng.shuffle(facts)
    word, answer = (most, order[0]) if turn % 2 else (least, order[3])
    return listed_question(f"{' '.join(facts)} Who is the {word}?", answer, order)


def oldest(rng: random.Random, turn: int) -> Draft:
    """Who is the oldest of four whose ages are given."""
    people, ages = rng.sample(NAMES, 4), rng.sample(range(4, 60), 4)
    word, age = ("oldest", max(ages)) if turn // 4 % 2 else ("youngest", min(ages))
    pairs = placed([pair for pair in zip(people, ages, strict=True) if pair[1] != age],
                   (people[ages.index(age)], age), turn % 4)  # fmt: skip
    said = [f"{name} is {years}" for name, years in pairs]
    question = f"{', '.join(said[:3])} and {said[3]} years old. Who is the {word}?"
    return listed_question(question, people[ages.index(age)], people)


def pattern_of_pairs(pairs: Sequence[tuple[str, str]]) -> Generator:
    """The rule from two examples, applied to a third; the wrong options are right sides of other pairs."""

    def draw(rng: random.Random, turn: int) -> Draft:
        first, second, asked, *others = rng.sample(list(pairs), 6)
        shown = f"{first[0]} -> {first[1]}, {second[0]} -> {second[1]}, {asked[0]} ->"
        return Draft(f"Complete the pattern: {shown}", asked[1], tuple(other[1] for other in others))

    return draw


def pattern_of_forms(words: Sequence[str], suffix: str, others: tuple[str, str, str]) -> Generator:
    """As pattern_of_pairs; the wrong options are the same word with other endings."""

    def draw(rng: random.Random, turn: int) -> Draft:
        first, second, asked = rng.sample(list(words), 3)
        shown = f"{first} -> {first}{suffix}, {second} -> {second}{suffix}, {asked} ->"
        wrong = tuple(f"{asked}{end}" for end in others)
        return Draft(f"Complete the pattern: {shown}", f"{asked}{suffix}", wrong)

    return draw


def pattern_of_numbers(rng: random.Random, turn: int) -> Draft:
    """As pattern_of_pairs, with one number added to each."""
    step = (1, 2, 10)[turn % 3]
    a, b, c = rng.sample(range(2, 30), 3)
    return Draft(f"Complete the pattern: {a} -> {a + step}, {b} -> {b + step}, {c} ->", str(c + step))


def pattern_of_doubles(rng: random.Random, turn: int) -> Draft:
    """As pattern_of_pairs, with each number doubled."""
    a, b, c = rng.sample(range(2, 31), 3)
    return Draft(f"Complete the pattern: {a} -> {2 * a}, {b} -> {2 * b}, {c} ->", str(2 * c))


def pattern_of_picks(rng: random.Random, turn: int) -> Draft:
    """Which of two words the examples pick, the first or the second."""
    words = rng.sample([word for group in CATEGORIES.values() for word in group], 6)
    pick = turn % 2
    pairs = [(words[0], words[1]), (words[2], words[3]), (words[4], words[5])]
    shown = ", ".join(f"{a} {b} -> {(a, b)[pick]}" for a, b in pairs[:2])
    question = f"Complete the pattern: {shown}, {pairs[2][0]} {pairs[2][1]} ->"
    wrong = (pairs[2][1 - pick], pairs[0][1 - pick], pairs[1][1 - pick])
    return Draft(question, pairs[2][pick], wrong, listed=True)


KINDS: dict[str, Kind] = {
    "add_digits": Kind(1, 30, add((1, 9), (2, 9))),
    "subtract_small": Kind(1, 26, subtract(6, 15)),
    "extreme_small": Kind(1, 20, extreme(30)),
    "next_number": Kind(1, 40, next_number),
    "next_letter": Kind(1, 20, next_letter),
    "weekday_next": Kind(1, 13, step_through(WEEKDAYS, "day")),
    "month_next": Kind(1, 22, step_through(MONTHS, "month")),
    "odd_one_out": Kind(1, 18, odd_one_out),
    "recall_color": Kind(1, 20, recall_color),
    "recall_owner": Kind(1, 16, recall_owner),
    "category_pattern": Kind(1, 32, category_pattern),
    "where_now": Kind(2, 20, where_now),
    "deduction": Kind(2, 20, deduction),
    "opposite_pattern": Kind(1, 24, pattern_of_pairs(OPPOSITES)),
    "plural_pattern": Kind(1, 16, pattern_of_forms(PLURALS, "s", ("ed", "ing", "er"))),
    "past_pattern": Kind(1, 16, pattern_of_forms(VERBS, "ed", ("s", "ing", "er"))),
    "more_pattern": Kind(1, 16, pattern_of_forms(ADJECTIVES, "er", ("est", "ly", "ness"))),
    "double_pattern": Kind(2, 16, pattern_of_doubles),
    "number_pattern": Kind(2, 24, pattern_of_numbers),
    "pick_pattern": Kind(2, 24, pattern_of_picks),
    "add_tens": Kind(2, 26, add((2, 9), (11, 89))),
    "multiply_table": Kind(2, 30, multiply((2, 9), (2, 9))),
    "count_list": Kind(2, 18, count_list),
    "nth_word": Kind(2, 20, nth_word),
    "alphabetical": Kind(2, 14, alphabetical),
    "word_problem": Kind(2, 28, word_problem),
    "oldest": Kind(2, 20, oldest),
    "in_days": Kind(2, 20, in_days),
    "chain": Kind(3, 24, chain),
    "add_two_digits": Kind(3, 20, add((12, 89), (12, 89))),
    "subtract_two_digits": Kind(3, 20, subtract(30, 99)),
    "transitive": Kind(3, 20, transitive),
    "weekday_of_date": Kind(4, 16, weekday_of_date),
    "multiply_two_digits": Kind(4, 16, multiply((3, 9), (12, 49))),
    "extreme_large": Kind(3, 12, extreme(1000)),
}


# --- from drafts to items ---


@dataclass(frozen=True)
class Item:
    """One row of items.jsonl."""

    item_id: str
    kind: str
    cluster: str
    stratum: str
    question: str
    answer: str
    choices: tuple[str, ...]
    gold: int
    numeric: bool
    listed: bool
    split: str


def placed(others: Sequence[T], one: T, place: int) -> list[T]:
    """`others` with `one` put in at `place`."""
    return [*others[:place], one, *others[place:]]


def listed_question(question: str, answer: str, options: Sequence[str], cluster: str = "") -> Draft:
    """A draft whose options all stand in the question."""
    return Draft(question, answer, tuple(text for text in options if text != answer), listed=True, cluster=cluster)


def numbers_near(answer: int, rank: int, barred: set[int], rng: random.Random) -> list[int] | None:
    """Three wrong numbers within a quarter (at least 8) of the answer, `rank` of them below it.

    None where fewer than three are free on either side, whatever the rank: small answers must not have
    ranks of their own.
    """
    reach = max(8, answer // 4)
    below = [number for number in range(max(0, answer - reach), answer) if number not in barred]
    above = [number for number in range(answer + 1, answer + reach + 1) if number not in barred]
    if min(len(below), len(above)) < 3:
        return None
    return rng.sample(below, rank) + rng.sample(above, 3 - rank)


def options_of(draft: Draft, turn: int, rng: random.Random) -> tuple[str, ...] | None:
    """Three wrong options for `draft`; None where there are no fair ones, and another must be drawn."""
    mentioned = re.findall(r"\w+", draft.question)
    if not draft.listed and draft.answer in mentioned:
        return None
    if draft.wrong is not None:
        fair = draft.listed or not set(draft.wrong) & set(mentioned)
        return draft.wrong if fair and len({*draft.wrong, draft.answer}) == 4 else None
    barred = {int(word) for word in mentioned if word.isdigit()}
    near = numbers_near(int(draft.answer), turn % 4, barred, rng)
    return None if near is None else tuple(map(str, near))


def draw_items(name: str, kind: Kind, extra: int) -> list[Item]:
    """`kind.count` + `extra` different questions of one kind, the right option's place balanced."""
    rng = random.Random(f"{SEED}:{name}")
    wanted, seen = kind.count + extra, set[str]()
    items: list[Item] = []
    positions = [place % 4 for place in range(wanted)]
    rng.shuffle(positions)
    for _ in range(2000):
        if len(items) == wanted:
            return items
        turn = len(items)
        draft = kind.draw(rng, turn)
        wrong = options_of(draft, turn, rng)
        if wrong is None or not seen.isdisjoint({draft.question, draft.twin} - {""}):
            continue
        seen |= {draft.question, draft.twin}
        items.append(Item(
            item_id=f"{name}:{turn:02d}", kind=name, stratum=f"level-{kind.level}",
            cluster=f"{name}:{draft.cluster or format(turn, '02d')}", question=draft.question, answer=draft.answer,
            choices=tuple(placed(wrong, draft.answer, positions[turn])), gold=positions[turn],
            numeric=draft.answer.isdigit(), listed=draft.listed, split="test",
        ))  # fmt: skip
    raise RuntimeError(f"{name}: only {len(items)} different questions out of {wanted}")


def build() -> list[dict[str, Any]]:
    """All items, few-shot examples first; the rest in an order whose first n are a fair sample."""
    shots, test = [], []
    for name, kind in KINDS.items():
        items = [asdict(item) for item in draw_items(name, kind, extra=name in FEWSHOT_KINDS)]
        if name in FEWSHOT_KINDS:
            shots.append(items.pop() | {"split": "fewshot"})
        test += items
    random.Random(SEED).shuffle(test)
    return sorted(shots, key=lambda row: FEWSHOT_KINDS.index(row["kind"])) + test


def main() -> int:
    """Write items.jsonl, or check it."""
    parser = argparse.ArgumentParser(description="Build the reasoning questions.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the file is out of date")
    check = parser.parse_args().check
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in build())
    if check:
        same = OUTPUT.is_file() and OUTPUT.read_text(encoding="utf-8") == text
        print(f"{OUTPUT.name}: {'up to date' if same else 'differs from what build.py generates'}")
        return 0 if same else 1
    OUTPUT.write_text(text, encoding="utf-8", newline="\n")
    print(f"{OUTPUT.name}: {text.count(chr(10))} items")
    return 0


if __name__ == "__main__":
    sys.exit(main())
