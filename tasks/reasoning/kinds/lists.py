"""Numbers, letters and words in a list: which is the largest, which comes next, how many, which do both have."""

from __future__ import annotations

import random
from fractions import Fraction

from .drafts import (
    CATEGORIES,
    COLORS,
    FOODS,
    NAMES,
    NUMBER_WORDS,
    REDRAW,
    Draft,
    Generator,
    Kind,
    listed_in,
    listed_question,
    placed,
)

PRIMES = (23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97)
LOOK_PRIME = (21, 27, 33, 39, 49, 51, 57, 63, 69, 77, 81, 87, 91, 93, 99)
LETTER_WORDS = (
    "pepper", "banana", "letter", "coffee", "cheese", "balloon", "success", "kitten", "tomorrow", "parallel",
    "bubble", "puppet", "mississippi", "committee", "address", "possess", "bookkeeper", "assess",
    "cocoon", "defenseless",
)  # fmt: skip


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
    if (many, one) == ("color", "fruit"):
        return REDRAW
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


def next_doubling(rng: random.Random, turn: int) -> Draft:
    """The next number where each is twice or three times the one before."""
    factor, start = (3, rng.randint(1, 12)) if turn // 4 % 2 else (2, rng.randint(3, 25))
    terms = [start * factor**place for place in range(5)]
    return Draft(f"Which number comes next: {', '.join(map(str, terms[:4]))}?", str(terms[4]))


def next_growing(rng: random.Random, turn: int) -> Draft:
    """The next number where the steps grow by one or two each time."""
    step, growth, terms = rng.randint(1, 6), 1 + turn // 4 % 2, [rng.randint(1, 20)]
    for place in range(5):
        terms.append(terms[-1] + step + growth * place)
    return Draft(f"Which number comes next: {', '.join(map(str, terms[:5]))}?", str(terms[5]))


def next_of_two_before(rng: random.Random, turn: int) -> Draft:
    """The next number where each is the sum of the two before, or where two sequences take turns."""
    if turn // 4 % 2:
        terms = [rng.randint(1, 9), rng.randint(2, 12)]
        while len(terms) < 6:
            terms.append(terms[-1] + terms[-2])
        return Draft(f"Which number comes next: {', '.join(map(str, terms[:5]))}?", str(terms[5]))
    (start, step), (other, back) = (rng.randint(1, 9), rng.randint(2, 5)), (rng.randint(30, 60), rng.randint(1, 6))
    terms = [value for place in range(4) for value in (start + step * place, other - back * place)]
    last = 6 + turn // 8 % 2
    return Draft(f"Which number comes next: {', '.join(map(str, terms[:last]))}?", str(terms[last]))


def letter_beside(rng: random.Random, turn: int) -> Draft:
    """The letter right after or right before another; never A or I, which are words."""
    step, word = (1, "after") if turn // 4 % 2 else (-1, "before")
    given = rng.choice("CDEFGKLMNOPQRSTUVWXY")
    answer = chr(ord(given) + step)
    alphabet = "BCDEFGHJKLMNOPQRSTUVWXYZ"
    near = [letter for letter in alphabet if 0 < abs(ord(letter) - ord(given)) < 5 and letter != answer]
    question = f"Which letter comes right {word} {given} in the alphabet?"
    return Draft(question, answer, tuple(rng.sample(near, 3)), cluster=given)


def pick_number(question: str, right: list[int], wrong: list[int], rng: random.Random, turn: int) -> Draft:
    """Which of four listed numbers is the one; its place is balanced."""
    answer = str(rng.choice(right))
    listing = placed([str(number) for number in rng.sample(wrong, 3)], answer, turn % 4)
    return listed_question(f"{question}: {', '.join(listing)}?", answer, listing)


def even_or_odd(rng: random.Random, turn: int) -> Draft:
    """The only even or odd number of four."""
    even, odd = list(range(2, 50, 2)), list(range(1, 50, 2))
    right, wrong, word = (even, odd, "even") if turn // 4 % 2 else (odd, even, "odd")
    return pick_number(f"Which of these numbers is {word}", right, wrong, rng, turn)


def multiple(rng: random.Random, turn: int) -> Draft:
    """The only multiple of a number among four."""
    factor = rng.choice((3, 4, 6, 7, 8, 9))
    right = [number for number in range(3 * factor, 100) if number % factor == 0]
    wrong = [number for number in range(3 * factor, 100) if number % factor]
    return pick_number(f"Which of these numbers is a multiple of {factor}", right, wrong, rng, turn)


def prime(rng: random.Random, turn: int) -> Draft:
    """The only prime of four odd numbers that do not end in 5."""
    return pick_number("Which of these numbers is a prime number", list(PRIMES), list(LOOK_PRIME), rng, turn)


def closest(rng: random.Random, turn: int) -> Draft:
    """The closest of four numbers to another, two of them below it and two above."""
    goal, gaps = rng.randint(40, 90), rng.sample(range(2, 25), 4)
    sides = rng.sample((-1, -1, 1, 1), 4)
    best = min(gaps)
    others = [str(goal + side * gap) for side, gap in zip(sides, gaps, strict=True) if gap != best]
    answer = str(goal + sides[gaps.index(best)] * best)
    listing = placed(others, answer, turn % 4)
    return listed_question(f"Which of these numbers is closest to {goal}: {', '.join(listing)}?", answer, listing)


def second(rng: random.Random, turn: int) -> Draft:
    """The second largest or second smallest of four numbers."""
    numbers = rng.sample(range(1, 100), 4)
    word, answer = ("largest", sorted(numbers)[2]) if turn // 4 % 2 else ("smallest", sorted(numbers)[1])
    listing = placed([str(number) for number in numbers if number != answer], str(answer), turn % 4)
    return listed_question(f"Which of these numbers is the second {word}: {', '.join(listing)}?", str(answer), listing)


def decimals(rng: random.Random, turn: int) -> Draft:
    """The largest or smallest of four decimals with one to three places: more digits are not more."""
    numbers = [f"0.{rng.randint(10 ** (places - 1), 10**places - 1)}" for places in (1, 2, 3, 2)]
    if len({float(number) for number in numbers}) < 4:
        return REDRAW
    word, answer = ("largest", max(numbers, key=float)) if turn // 4 % 2 else ("smallest", min(numbers, key=float))
    listing = placed(rng.sample([number for number in numbers if number != answer], 3), answer, turn % 4)
    return listed_question(f"Which of these numbers is the {word}: {', '.join(listing)}?", answer, listing)


def fractions(rng: random.Random, turn: int) -> Draft:
    """The largest or smallest of four fractions."""
    pool = sorted({Fraction(top, bottom) for bottom in range(2, 10) for top in range(1, bottom)})
    place = rng.randrange(len(pool) - 8)
    drawn = rng.sample(pool[place : place + 9], 4)
    word, answer = ("largest", max(drawn)) if turn // 4 % 2 else ("smallest", min(drawn))
    listing = placed([str(number) for number in drawn if number != answer], str(answer), turn % 4)
    return listed_question(f"Which of these numbers is the {word}: {', '.join(listing)}?", str(answer), listing)


# --- counting ---


def plural(word: str) -> str:
    """'cherry' -> 'cherries'."""
    odd = {"sheep": "sheep", "shelf": "shelves", "cherry": "cherries", "bus": "buses", "dress": "dresses"}
    return odd.get(word) or (f"{word}es" if word.endswith("ch") else f"{word}s")


def counted(answer: int, turn: int, question: str) -> Draft:
    """A count with the four options around it, `turn` deciding its rank among them: the question says no digits."""
    low = answer - turn % 4
    return Draft(question, str(answer), tuple(str(number) for number in range(low, low + 4) if number != answer))


NOUNS = {"fruit": "pieces of fruit", "clothing": "pieces of clothing", "furniture": "pieces of furniture"}
"""Categories that are not counted by their own name."""
NO_COLORS = {"peach": "melon", "lemon": "mango", "cherry": "kiwi"}
"""Fruit that gave its name to a color, and what stands in its place where colors are counted."""


def count_kind(rng: random.Random, turn: int) -> Draft:
    """How many words of a list are of one category: 2 to 5 among words of two others."""
    group, *others = rng.sample(("fruit", "animal", "color", "vehicle", "clothing"), 3)
    number = 2 + turn % 4
    rest = [word for other in others for word in CATEGORIES[other]]
    words = rng.sample(CATEGORIES[group], number) + rng.sample(rest, rng.randint(3, 5))
    if group == "color":
        words = [NO_COLORS.get(word, word) for word in words]
    rng.shuffle(words)
    noun = NOUNS.get(group, f"{group}s")
    return counted(number, turn, f"How many of these are {noun}: {', '.join(words)}?")


def count_word(rng: random.Random, turn: int) -> Draft:
    """How often a word stands in a list: 2 to 5 times."""
    word, *others = rng.sample(COLORS, 4)
    number = 2 + turn % 4
    words = [word] * number + [rng.choice(others) for _ in range(rng.randint(3, 6))]
    rng.shuffle(words)
    return counted(number, turn, f"How many times does the word {word} occur in this list: {', '.join(words)}?")


def count_letter(rng: random.Random, turn: int) -> Draft:
    """How often a letter stands in a word: 1 to 4 times."""
    number = 1 + turn % 4
    word, letter = rng.choice([(word, letter) for word in LETTER_WORDS for letter in sorted(set(word))
                               if word.count(letter) == number])  # fmt: skip
    question = f"How many times does the letter {letter.upper()} occur in the word {word}?"
    return counted(number, turn, question)


def amounts(rng: random.Random) -> tuple[list[str], list[int], str, str]:
    """Two things of one category and two of another, how many there are of each, and the two categories."""
    groups = rng.sample(("fruit", "animal", "vehicle", "furniture"), 2)
    things = [word for group in groups for word in rng.sample(CATEGORIES[group], 2)]
    return things, [rng.randint(2, 9) for _ in things], *groups


def said(things: list[str], numbers: list[int], rng: random.Random) -> str:
    """'two dogs, three pears and four cats', in any order."""
    parts = [f"{NUMBER_WORDS[number]} {plural(thing)}" for thing, number in zip(things, numbers, strict=True)]
    return listed_in(rng.sample(parts, len(parts)))


def count_amounts(rng: random.Random, turn: int) -> Draft:
    """How many things of one category somebody has, with things of another beside them."""
    things, numbers, group, _ = amounts(rng)
    name, noun = rng.choice(NAMES), NOUNS.get(group, f"{group}s")
    question = f"{name} sees {said(things, numbers, rng)}. How many {noun} does {name} see?"
    return Draft(question, str(sum(numbers[:2])))


def count_changes(rng: random.Random, turn: int) -> Draft:
    """As count_amounts, after some are gone and others have come."""
    things, numbers, group, _ = amounts(rng)
    fewer, more = rng.sample(range(4), 2)
    gone, come = rng.randint(1, numbers[fewer] - 1), rng.randint(2, 9)
    noun = NOUNS.get(group, f"{group}s")
    word = plural(things[fewer]) if gone > 1 else things[fewer]
    question = (
        f"In a yard there are {said(things, numbers, rng)}. {NUMBER_WORDS[gone].capitalize()} {word} "
        f"{'is' if gone == 1 else 'are'} taken away, and {NUMBER_WORDS[come]} more {plural(things[more])} "
        f"are brought in. How many {noun} are in the yard now?"
    )
    return Draft(question, str(sum(numbers[:2]) - (gone if fewer < 2 else 0) + (come if more < 2 else 0)))


# --- what lists have in common ---


def in_common(rng: random.Random, turn: int) -> Draft:
    """The only thing in both of two lists."""
    first, second = rng.sample(NAMES, 2)
    both, *rest = rng.sample(FOODS, 7)
    lists = [rng.sample([both, *rest[:3]], 4), rng.sample([both, *rest[3:]], 4)]
    question = f"{first} likes {listed_in(lists[0])}. {second} likes {listed_in(lists[1])}. Which food do both like?"
    options = [both, *rng.sample(rest[:3], 2 - turn % 2), *rng.sample(rest[3:], 1 + turn % 2)]
    return listed_question(question, both, options)


def two_but_not_three(rng: random.Random, turn: int) -> Draft:
    """The thing that two of three people have and the third has not; every pair shares one, and all share one."""
    first, second, third = rng.sample(NAMES, 3)
    answer, one, other, every, *rest = rng.sample(FOODS, 7)
    lists = ([answer, one, every, rest[0]], [answer, other, every, rest[1]], [one, other, every, rest[2]])
    has = dict(zip((first, second, third), lists, strict=True))
    facts = [f"{name} likes {listed_in(rng.sample(has[name], 4))}." for name in rng.sample(list(has), 3)]
    question = f"{' '.join(facts)} Which food do {first} and {second} like that {third} does not like?"
    return listed_question(question, answer, [answer, one, other, every])


KINDS: dict[str, Kind] = {
    "extreme_small": Kind(1, 12, extreme(30)),
    "next_number": Kind(1, 12, next_number),
    "next_letter": Kind(1, 12, next_letter),
    "odd_one_out": Kind(1, 12, odd_one_out),
    "count_list": Kind(2, 12, count_list),
    "nth_word": Kind(2, 12, nth_word),
    "alphabetical": Kind(2, 12, alphabetical),
    "extreme_large": Kind(3, 12, extreme(1000)),
    "even_or_odd": Kind(1, 12, even_or_odd),
    "letter_beside": Kind(1, 12, letter_beside),
    "next_doubling": Kind(2, 12, next_doubling),
    "second": Kind(2, 12, second),
    "count_kind": Kind(2, 16, count_kind),
    "count_word": Kind(2, 12, count_word),
    "in_common": Kind(2, 12, in_common),
    "next_growing": Kind(3, 16, next_growing),
    "multiple": Kind(3, 16, multiple),
    "closest": Kind(3, 16, closest),
    "decimals": Kind(3, 16, decimals),
    "count_amounts": Kind(3, 20, count_amounts),
    "next_of_two_before": Kind(4, 16, next_of_two_before),
    "prime": Kind(4, 12, prime),
    "fractions": Kind(4, 16, fractions),
    "count_letter": Kind(4, 12, count_letter),
    "count_changes": Kind(4, 16, count_changes, worked=True),
    "two_but_not_three": Kind(4, 16, two_but_not_three),
}
