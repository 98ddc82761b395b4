"""Stated facts: recalled, changed by what happens next, compared."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

from .drafts import (
    COLORS,
    FOODS,
    NAMES,
    NUMBER_WORDS,
    OBJECTS,
    PLACES,
    REDRAW,
    Draft,
    Generator,
    Kind,
    listed_in,
    listed_question,
    placed,
)

ANIMALS = ("dog", "cat", "horse", "cow", "rabbit", "bird")
PETS = ("Rex", "Bella", "Coco", "Daisy", "Rusty", "Lucky", "Misty", "Snowy", "Fluffy", "Buddy", "Bruno", "Shadow")
"""Names of animals: no person is called a cow."""
HELD = tuple({"car": "key", "door": "pen"}.get(thing, thing) for thing in OBJECTS)
"""What people have with them and carry about."""


def recall_color(rng: random.Random, turn: int) -> Draft:
    """Which color one of four things has."""
    things, colors = rng.sample(OBJECTS, 4), rng.sample(COLORS, 4)
    facts = " ".join(f"The {thing} is {color}." for thing, color in zip(things, colors, strict=True))
    return listed_question(f"{facts} What color is the {things[turn % 4]}?", colors[turn % 4], colors)


def recall_owner(rng: random.Random, turn: int) -> Draft:
    """Which of four people has a certain thing."""
    people, things = rng.sample(NAMES, 4), rng.sample(HELD, 4)
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
    animals, foods = rng.sample(ANIMALS, 4), rng.sample(FOODS, 4)
    name = rng.choice(PETS)
    rules = " ".join(f"Every {animal} eats {food}." for animal, food in zip(animals, foods, strict=True))
    question = f"{rules} {name} is a {animals[turn % 4]}. What does {name} eat?"
    return listed_question(question, foods[turn % 4], foods)


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


def second_place(count: int, place: int, word: str) -> Generator:
    """Who stands at one place of an order of `count`, from comparisons in any order; the two ends are compared too."""

    def draw(rng: random.Random, turn: int) -> Draft:
        order = rng.sample(NAMES, count)
        facts = []
        for upper, lower in [*itertools.pairwise(order), (order[0], order[-1])]:
            facts.append(rng.choice([f"{upper} came in before {lower}.", f"{lower} came in after {upper}."]))
        rng.shuffle(facts)
        answer = order[place]
        options = [answer, *rng.sample([name for name in order if name != answer], 3)]
        question = f"{NUMBER_WORDS[count].capitalize()} people ran a race. {' '.join(facts)} Who came in {word}?"
        return listed_question(question, answer, options)

    return draw


def swaps(count: int) -> Generator:
    """Who has what after `count` swaps between four people; one time in four it is what he had at first."""

    def draw(rng: random.Random, turn: int) -> Draft:
        people, colors = rng.sample(NAMES, 4), rng.sample(COLORS, 4)
        has = dict(zip(people, colors, strict=True))
        facts = [f"{listed_in([f'{name} has the {color} ball' for name, color in has.items()])}."]
        steps, last = [], set[str]()
        for _ in range(count):
            one, other = rng.sample(people, 2)
            if {one, other} == last:
                return REDRAW
            last = {one, other}
            has[one], has[other] = has[other], has[one]
            facts.append(f"{one} and {other} swap balls.")
            steps.append(f"{one} and {other} swap: {one} has {has[one]}, {other} has {has[other]}.")
        asked = people[turn % 4]
        if (has[asked] == colors[turn % 4]) != (turn // 4 % 4 == 0):
            return REDRAW
        draft = listed_question(f"{' '.join(facts)} What color is the ball that {asked} has now?", has[asked], colors)
        return replace(draft, solution=f"{' '.join(steps)} The answer is {has[asked]}.")

    return draw


COMPASS = ("north", "east", "south", "west")


def compass(low: int, high: int) -> Generator:
    """Which way one faces after some turns."""

    def draw(rng: random.Random, turn: int) -> Draft:
        place = rng.randrange(4)
        turns = [rng.choice((1, 3, 2)) for _ in range(rng.randint(low, high))]
        facing = (place + sum(turns)) % 4
        words = {1: "You turn right.", 3: "You turn left.", 2: "You turn around."}
        text = " ".join(words[step] for step in turns)
        question = f"You face {COMPASS[place]}. {text} Which way do you face now: {', '.join(rng.sample(COMPASS, 4))}?"
        return listed_question(question, COMPASS[facing], COMPASS)

    return draw


def carry(rng: random.Random, turn: int) -> Draft:
    """Where a thing is after somebody took it along, or put it down on the way (tasks 2 and 3 of bAbI)."""
    (first, second), things = rng.sample(NAMES, 2), rng.sample(HELD, 2)
    places = rng.sample(PLACES, 4)
    facts = [f"{first} takes the {things[0]} in the {places[0]}."]
    facts += [f"{first} goes to the {place}." for place in places[1:3]]
    down = turn % 3  # at the last place it is not put down
    pause = f"{first} looks out of the window." if down == 2 else f"{first} puts the {things[0]} down."
    facts.insert(1 + (rng.randrange(2) if down == 2 else down), pause)
    start = rng.randint(0, 2)
    facts.insert(start, f"{second} takes the {things[1]} in the {places[3]}.")
    facts.insert(rng.randint(start + 1, 5), f"{second} goes to the {rng.choice(places[1:3])}.")
    return listed_question(f"{' '.join(facts)} Where is the {things[0]} now?", places[down], places)


def pile(rng: random.Random, turn: int) -> Draft:
    """Which plate lies on top after four were put on the pile and two taken off it."""
    colors = rng.sample(COLORS, 5)
    stack, facts, waiting = [colors[0]], [f"A {colors[0]} plate lies on the table."], colors[1:]
    for move in [*rng.sample(["put", "put", "put", "put", "take"], 5), "take"]:
        if move == "put":
            stack.append(waiting.pop(0))
            facts.append(f"A {stack[-1]} plate is put on top.")
        elif len(stack) == 1:
            return REDRAW
        else:
            stack.pop()
            facts.append("The top plate is taken away.")
    answer = stack[-1]
    options = [answer, *rng.sample([color for color in colors if color != answer], 3)]
    return listed_question(f"{' '.join(facts)} What color is the plate on top now?", answer, options)


def walk(rng: random.Random, turn: int) -> Draft:
    """How far from the start one is after steps forward and back."""
    steps = [rng.randint(2, 15) for _ in range(4)]
    ways = rng.sample((1, 1, 1, -1, -1), 4)
    where = sum(way * step for way, step in zip(ways, steps, strict=True))
    if where < 3:
        return REDRAW
    text = " ".join(
        f"{rng.choice(('You take', 'Then you take'))} {step} steps {'forward' if way > 0 else 'back'}."
        for way, step in zip(ways, steps, strict=True)
    )
    text = f"You{text.removeprefix('Then you').removeprefix('You')}"  # the first sentence follows no other
    return Draft(f"{text} How many steps from where you started are you?", str(where))


KINDS: dict[str, Kind] = {
    "recall_color": Kind(1, 12, recall_color),
    "recall_owner": Kind(1, 12, recall_owner),
    "where_now": Kind(2, 12, where_now),
    "deduction": Kind(2, 12, deduction),
    "oldest": Kind(2, 12, oldest),
    "transitive": Kind(3, 20, transitive),
    "one_swap": Kind(3, 16, swaps(1)),
    "compass": Kind(3, 16, compass(2, 3)),
    "third_of_four": Kind(3, 16, second_place(4, 2, "third")),
    "carry": Kind(4, 16, carry),
    "pile": Kind(4, 16, pile),
    "walk": Kind(4, 16, walk),
    "second_of_five": Kind(4, 16, second_place(5, 1, "second")),
    "three_swaps": Kind(4, 16, swaps(3), worked=True),
    "compass_long": Kind(5, 16, compass(6, 8), worked=True),
    "five_swaps": Kind(5, 16, swaps(5), worked=True),
}
