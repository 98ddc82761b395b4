"""A rule that is nowhere stated: shown by examples in the prompt, to be applied to one more case."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any

from .drafts import (
    CATEGORIES,
    COLORS,
    MADE_UP,
    NAMES,
    OBJECTS,
    REDRAW,
    WORDS,
    Draft,
    Generator,
    Kind,
    listed_question,
)

OPPOSITES = (
    ("hot", "cold"), ("big", "small"), ("up", "down"), ("fast", "slow"), ("day", "night"), ("good", "bad"),
    ("open", "closed"), ("old", "young"), ("happy", "sad"), ("left", "right"), ("hard", "soft"), ("rich", "poor"),
)  # fmt: skip
PLURALS = ("cat", "book", "tree", "car", "hand", "bird", "door", "cup", "road", "song", "star", "game")
VERBS = ("walk", "jump", "play", "talk", "look", "help", "cook", "wash", "paint", "clean", "call", "open")
ADJECTIVES = ("tall", "short", "fast", "slow", "cold", "warm", "long", "old", "young", "small", "dark", "hard")


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


def picked_otherwise(pairs: Sequence[tuple[str, str]], pick: int) -> bool:
    """Whether both examples pick the shorter or the longer word, or by the alphabet, which would pick the wrong one."""
    features: tuple[Callable[[str], Any], ...] = (len, str)
    for feature in features:
        ways = [(feature(pair[pick]) > feature(pair[1 - pick])) - (feature(pair[pick]) < feature(pair[1 - pick]))
                for pair in pairs]  # fmt: skip
        if ways[0] == ways[1] == -ways[2] != 0:
            return True
    return False


def pattern_of_picks(rng: random.Random, turn: int) -> Draft:
    """Which of two words the examples pick, the first or the second."""
    words = rng.sample([word for group in CATEGORIES.values() for word in group], 6)
    pick = turn % 2
    pairs = [(words[0], words[1]), (words[2], words[3]), (words[4], words[5])]
    if picked_otherwise(pairs, pick):
        return REDRAW
    shown = ", ".join(f"{a} {b} -> {(a, b)[pick]}" for a, b in pairs[:2])
    question = f"Complete the pattern: {shown}, {pairs[2][0]} {pairs[2][1]} ->"
    wrong = (pairs[2][1 - pick], pairs[0][1 - pick], pairs[1][1 - pick])
    return Draft(question, pairs[2][pick], wrong, listed=True)


def category_pattern(rng: random.Random, turn: int) -> Draft:
    """The category of a word, after one example of each of four categories."""
    groups = rng.sample(("fruit", "animal", "color", "vehicle", "clothing", "furniture"), 4)
    shown = ", ".join(f"{rng.choice(CATEGORIES[group][:4])} -> {group}" for group in groups)
    word = rng.choice(CATEGORIES[groups[turn % 4]][4:])
    return listed_question(f"Complete the pattern: {shown}, {word} ->", groups[turn % 4], groups)


# --- rules made up for the question ---


def lookup(rng: random.Random, turn: int) -> Draft:
    """One of four made-up words once more: what stood after it?"""
    words, colors = rng.sample(MADE_UP, 4), rng.sample(COLORS, 4)
    shown = ", ".join(f"{word} -> {color}" for word, color in zip(words, colors, strict=True))
    return listed_question(f"Complete the pattern: {shown}, {words[turn % 4]} ->", colors[turn % 4], colors)


def round_of_words(rng: random.Random, turn: int) -> Draft:
    """The next of four words that come round again and again."""
    words = rng.sample(WORDS, 4)
    shown = words * 2 + words[: turn % 4]
    return listed_question(f"Which word comes next: {', '.join(shown)}?", words[turn % 4], words)


def affix(rng: random.Random, turn: int) -> Draft:
    """Made-up words with a made-up ending or beginning."""
    right, *others = rng.sample(("il", "on", "us", "ek", "ap", "om"), 4)
    words = rng.sample(MADE_UP, 3)
    ending = turn // 4 % 2
    forms = [f"{word}{right}" if ending else f"{right}{word}" for word in words]
    shown = ", ".join(f"{word} -> {form}" for word, form in zip(words[:2], forms[:2], strict=True))
    wrong = tuple(f"{words[2]}{other}" if ending else f"{other}{words[2]}" for other in others)
    return Draft(f"Complete the pattern: {shown}, {words[2]} ->", forms[2], wrong)


def field(rng: random.Random, turn: int) -> Draft:
    """Which of three fields of a record the examples pick."""
    records = list(zip(rng.sample(NAMES, 4), rng.sample(COLORS, 4), rng.sample(OBJECTS, 4), strict=True))
    place = turn // 4 % 3
    shown = ", ".join(f"{' '.join(record)} -> {record[place]}" for record in records[:3])
    question = f"Complete the pattern: {shown}, {' '.join(records[3])} ->"
    return listed_question(question, records[3][place], [*records[3], rng.choice(records[:3])[place]])


CATEGORY_OF = {word: group for group, words in CATEGORIES.items() for word in words}
FEATURES: tuple[Callable[[str], object], ...] = (CATEGORY_OF.__getitem__, lambda w: w[0], lambda w: w[-1], len)
"""By what a word could be labelled: its category, its first and its last letter, its length."""


def labels_by(feature: Callable[[str], object], examples: Sequence[tuple[str, str]], asked: str) -> set[str]:
    """The labels that `asked` would have if a feature decided; empty where the examples do not agree with it."""
    names: dict[object, set[str]] = {}
    for word, name in examples:
        names.setdefault(feature(word), set()).add(name)
    return names.get(feature(asked), set()) if all(len(labels) == 1 for labels in names.values()) else set()


def labels(groups: Callable[[random.Random], Sequence[Sequence[str]]]) -> Generator:
    """The made-up label of a word, after two examples of each of four groups; no other feature gives another."""

    def draw(rng: random.Random, turn: int) -> Draft:
        names, drawn = rng.sample(MADE_UP, 4), [rng.sample(list(group), 3) for group in groups(rng)]
        asked = drawn[turn % 4][2]
        examples = [(word, name) for name, words in zip(names, drawn, strict=True) for word in words[:2]]
        if any(labels_by(feature, examples, asked) - {names[turn % 4]} for feature in FEATURES):
            return REDRAW
        shown = ", ".join(f"{word} -> {name}" for word, name in rng.sample(examples, len(examples)))
        return listed_question(f"Complete the pattern: {shown}, {asked} ->", names[turn % 4], names)

    return draw


def by_category(rng: random.Random) -> list[Sequence[str]]:
    """The words of four categories."""
    return [CATEGORIES[group] for group in rng.sample(sorted(CATEGORIES), 4)]


def by_initial(rng: random.Random) -> list[Sequence[str]]:
    """The words of four initials."""
    return [[word for word in WORDS if word[0] == initial] for initial in rng.sample("bcpst", 4)]


def by_length(rng: random.Random) -> list[Sequence[str]]:
    """The words of three, four, five and six letters."""
    return [[word for word in WORDS if len(word) == length] for length in (3, 4, 5, 6)]


def order_of_words(rng: random.Random, turn: int) -> Draft:
    """Three words put into another order, as two examples show, which is not that of the alphabet, or backwards."""
    ways = [way for way in itertools.permutations(range(3)) if way != (0, 1, 2)]
    way, *others = rng.sample(ways, 4)
    words = rng.sample(WORDS, 9)
    triples = [words[start : start + 3] for start in (0, 3, 6)]
    for backwards in (False, True):
        fitting = [sorted(triple, reverse=backwards) == [triple[place] for place in way] for triple in triples]
        if fitting == [True, True, False]:
            return REDRAW
    shown = ", ".join(f"{' '.join(triple)} -> {rearranged(triple, way, ' ')}" for triple in triples[:2])
    wrong = tuple(rearranged(triples[2], other, " ") for other in others)
    question = f"Complete the pattern: {shown}, {' '.join(triples[2])} ->"
    return Draft(question, rearranged(triples[2], way, " "), wrong)


def rearranged(parts: Sequence[str], way: Sequence[int], glue: str = "") -> str:
    """The parts in another order."""
    return glue.join(parts[place] for place in way)


SIMPLE_WAYS = ((3, 2, 1, 0), (1, 2, 3, 0), (3, 0, 1, 2), (1, 0, 2, 3), (0, 1, 3, 2), (3, 1, 2, 0))
"""Backwards; the first letter last; the last letter first; the first two, the last two, or the ends changed."""


def order_of_letters(ways: Sequence[tuple[int, ...]]) -> Generator:
    """Letters put into another order, as three examples show; every example has different letters."""

    def draw(rng: random.Random, turn: int) -> Draft:
        way, *others = rng.sample(list(ways), 4)
        words = ["".join(rng.sample("bcdefghklmnoprstuw", len(way))) for _ in range(4)]
        shown = ", ".join(f"{word} -> {rearranged(word, way)}" for word in words[:3])
        wrong = tuple(rearranged(words[3], other) for other in others)
        return Draft(f"Complete the pattern: {shown}, {words[3]} ->", rearranged(words[3], way), wrong)

    return draw


def number_rule(rules: Sequence[Callable[[int, int, int], int]], examples: int) -> Generator:
    """One number from another: a rule of x and two constants, shown by examples."""

    def draw(rng: random.Random, turn: int) -> Draft:
        rule, a, b = rules[turn // 4 % len(rules)], rng.randint(2, 6), rng.randint(1, 9)
        *shown, asked = rng.sample(range(2, 13), examples + 1)
        pairs = [(x, rule(x, a, b)) for x in shown]
        if min(y for _, y in pairs) < 1 or rule(asked, a, b) < 1:
            return REDRAW
        text = ", ".join(f"{x} -> {y}" for x, y in pairs)
        return Draft(f"Complete the pattern: {text}, {asked} ->", str(rule(asked, a, b)))

    return draw


def pair_rule(rules: Sequence[Callable[[int, int], int]]) -> Generator:
    """One number from two that change independently; the three examples agree with one of the rules only."""

    def draw(rng: random.Random, turn: int) -> Draft:
        rule = rules[turn // 4 % len(rules)]
        *shown, asked = [(rng.randint(2, 12), rng.randint(2, 9)) for _ in range(4)]
        fitting = [other for other in rules if all(other(a, b) == rule(a, b) for a, b in shown)]
        (a, b), (c, d), (e, f) = shown
        if (c - a) * (f - b) == (e - a) * (d - b):
            return REDRAW  # 9 2 -> 7, 8 2 -> 6: the second taken off, or always 2?
        if len(fitting) > 1 or min(rule(a, b) for a, b in [*shown, asked]) < 1:
            return REDRAW
        text = ", ".join(f"{a} {b} -> {rule(a, b)}" for a, b in shown)
        return Draft(f"Complete the pattern: {text}, {asked[0]} {asked[1]} ->", str(rule(*asked)))

    return draw


def new_language(rng: random.Random, turn: int) -> Draft:
    """Two words in a made-up language, learned from five pairs; the options are the four pairs not yet seen."""
    colors, things = rng.sample(COLORS, 3), rng.sample(OBJECTS, 3)
    made = rng.sample(MADE_UP, 6)
    pairs = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2)]
    unseen = [(0, 2), (1, 0), (2, 0), (2, 1)]

    def said(pair: tuple[int, int]) -> str:
        both = (made[pair[0]], made[3 + pair[1]])
        return " ".join(both if turn // 4 % 2 else both[::-1])

    asked = unseen[turn % 4]
    shown = ", ".join(f"{colors[a]} {things[b]} -> {said((a, b))}" for a, b in rng.sample(pairs, 5))
    question = f"Complete the pattern: {shown}, {colors[asked[0]]} {things[asked[1]]} ->"
    return Draft(question, said(asked), tuple(said(pair) for pair in unseen if pair != asked))


KINDS: dict[str, Kind] = {
    "category_pattern": Kind(1, 12, category_pattern),
    "opposite_pattern": Kind(1, 12, pattern_of_pairs(OPPOSITES)),
    "plural_pattern": Kind(1, 12, pattern_of_forms(PLURALS, "s", ("ed", "ing", "er"))),
    "past_pattern": Kind(1, 12, pattern_of_forms(VERBS, "ed", ("s", "ing", "er"))),
    "more_pattern": Kind(1, 12, pattern_of_forms(ADJECTIVES, "er", ("est", "ly", "ness"))),
    "double_pattern": Kind(2, 12, pattern_of_doubles),
    "number_pattern": Kind(2, 12, pattern_of_numbers),
    "pick_pattern": Kind(2, 12, pattern_of_picks),
    "lookup": Kind(1, 12, lookup),
    "round_of_words": Kind(1, 12, round_of_words),
    "affix": Kind(1, 12, affix),
    "field": Kind(2, 12, field),
    "category_labels": Kind(2, 16, labels(by_category)),
    "order_of_words": Kind(2, 16, order_of_words),
    "initial_labels": Kind(3, 20, labels(by_initial)),
    "order_of_letters": Kind(3, 20, order_of_letters(SIMPLE_WAYS)),
    "new_language": Kind(3, 20, new_language),
    "one_step_rule": Kind(
        3, 20, number_rule((lambda x, a, b: a * x, lambda x, a, b: x + 10 * a + b, lambda x, a, b: 40 - x - b), 3)
    ),
    "pair_rule": Kind(3, 20, pair_rule((lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - b))),
    "length_labels": Kind(4, 20, labels(by_length)),
    "two_step_rule": Kind(4, 20, number_rule((lambda x, a, b: a * x + b, lambda x, a, b: a * x - b), 3)),
    "order_of_five_letters": Kind(
        5, 20, order_of_letters([way for way in itertools.permutations(range(5)) if way != (0, 1, 2, 3, 4)])
    ),
    "square_rule": Kind(
        5, 20, number_rule((lambda x, a, b: x * x + b, lambda x, a, b: x * x - a, lambda x, a, b: x * x + a * x), 4)
    ),
    "hard_pair_rule": Kind(
        5, 20, pair_rule((
            lambda a, b: a * b + a, lambda a, b: 2 * a + b, lambda a, b: a + 3 * b, lambda a, b: a * b - b,
            lambda a, b: a * a + b, lambda a, b: (a + b) * 2,
        )),
    ),
}  # fmt: skip
