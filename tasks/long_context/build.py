"""Generate texts.jsonl, what each text states and where, and items.jsonl, what is asked of it.

    python tasks/long_context/build.py            write the files
    python tasks/long_context/build.py --check    exit 1 when one would come out different

The filler between the statements is made when a task is loaded (texts.py), to the length that its YAML asks for. What a
text states, the questions and the answers are the same at every length. Depths (0 the beginning, 1 the end), the places
of the right options, relations and wordings are balanced over the texts. All numbers of a text are different, and so
are all people of its statements.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, TypeVar

import facts
from texts import ITEMS, TEXTS, names

from forgetbench.suites.building import build_command

SEED = 20250603
N_TEXTS = 22
DEPTHS = (0.1, 0.3, 0.5, 0.7, 0.9)
EARLY, LATE = DEPTHS[:-1], DEPTHS[1:]
NUMERALS = range(11, 99)

T = TypeVar("T")


@dataclass(frozen=True)
class Item:
    """One row of items.jsonl; `length` goes before `item_id` when it is loaded."""

    item_id: str
    text: str
    stratum: str
    level: int
    depth: float | None
    """Where the statement stands that decides; None where several do, or none."""
    question: str
    answer: str
    aliases: tuple[str, ...]
    kind: str
    """What the answer is: "phrase", "name", "names", "number"."""
    rivals: tuple[str, ...]
    """Other phrases that a reply might give; names and numbers are known without."""
    choices: tuple[str, ...]
    gold: int


@dataclass
class Draft:
    """A text while it is put together."""

    index: int
    rng: random.Random
    people: Iterator[str]
    numbers: Iterator[str]
    statements: list[tuple[float, str]] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    def state(self, depth: float, sentence: str) -> None:
        self.statements.append((round(depth, 3), sentence))

    def anywhere(self, low: float = 0.02, high: float = 0.96) -> float:
        return self.rng.uniform(low, high)

    def ask(self, name: str, level: int, depth: float | None, question: str, right: str, wrong: Sequence[str],
            kind: str, aliases: tuple[str, ...] = (), rivals: Iterable[str] = ()) -> None:  # fmt: skip
        """Add an item: three wrong options in random order, the right one at the place whose turn it is."""
        stratum = name.removesuffix("_a").removesuffix("_b")
        options = self.rng.sample(list(wrong), 3)
        gold = turn(f"place {name}", self.index, range(4))
        options.insert(gold, right)
        self.items.append(
            Item(f"t{self.index:02}-{name}", f"t{self.index:02}", stratum, level, depth, question, right,
                 (right, *aliases), kind, tuple(rivals), tuple(options), gold)
        )  # fmt: skip


@cache
def _turns(name: str, n_options: int) -> tuple[int, ...]:
    turns = [number % n_options for number in range(N_TEXTS)]
    random.Random(f"{SEED}:{name}").shuffle(turns)
    return tuple(turns)


def turn(name: str, index: int, options: Sequence[T]) -> T:
    """One of `options`, each as often as the others over all texts, in an order of its own for each name."""
    return options[_turns(name, len(options))[index]]


# --- kinds ------------------------------------------------------------------------------------


def core(value: str) -> str:
    """A place without its preposition: what hangs 'behind the blue clock' hangs at the 'blue clock'."""
    return value.partition(" the ")[2] or value


def needles(draft: Draft) -> None:
    """Two relations of four facts each, one asked in its own words and one in others; and a fact that is not there."""
    number = turn("relations", draft.index, range(len(facts.RELATIONS)))
    relations = [list(facts.RELATIONS.values())[(number + step) % len(facts.RELATIONS)] for step in (0, 1 + number % 3)]
    buildings = iter(draft.rng.sample(facts.BUILDINGS, len(facts.BUILDINGS)))
    lacking = turn("lacking", draft.index, (0, 1))
    for place, relation in enumerate(relations):
        values = draft.rng.sample(relation.values, 4)
        subjects = [next(buildings if relation.subjects else draft.people) for _ in range(5)]
        reworded = (draft.index + place) % 2
        depth = turn(f"needle {reworded}", draft.index, DEPTHS)
        depths = [depth, *(draft.anywhere() for _ in range(3))]
        for value, subject, where in zip(values, subjects[:4], depths, strict=True):
            draft.state(where, relation.statement.format(what=subject, value=value))
        wording = relation.other if reworded else relation.same
        rivals = tuple(core(value) for value in relation.values if value != values[0])
        draft.ask(
            f"needle_{'ab'[reworded]}", 2 + reworded, depth, wording.format(what=subjects[0]), values[0],
            [facts.NOT_SAID, *draft.rng.sample(values[1:], 2)], "phrase", aliases_of(values[0]), rivals,
        )  # fmt: skip
        if place == lacking:
            draft.state(draft.anywhere(), relation.aside.format(what=subjects[4]))
            draft.ask(
                "absent", 3, None, turn("absent words", draft.index, relation[1:3]).format(what=subjects[4]),
                facts.NOT_SAID, draft.rng.sample(values, 3), "phrase", rivals=map(core, relation.values),
            )  # fmt: skip


def aliases_of(value: str) -> tuple[str, ...]:
    return (core(value),) if core(value) != value else ()


def needles_alone(draft: Draft) -> None:
    """Four facts of different forms, of which two are asked for in their own words."""
    chosen, values = draft.rng.sample(facts.ALONE, 4), draft.rng.sample(facts.THINGS, 4)
    depths = [*(turn(f"alone {place}", draft.index, DEPTHS) for place in (0, 1)), draft.anywhere(), draft.anywhere()]
    for (statement, _), value, depth in zip(chosen, values, depths, strict=True):
        draft.state(depth, statement.format(value=value))
    for place in (0, 1):
        others = [value for value in values if value != values[place]]
        rivals = [thing for thing in facts.THINGS if thing != values[place]]
        name = f"needle_alone_{'ab'[place]}"
        draft.ask(name, 1, depths[place], chosen[place][1], values[place], others, "phrase", rivals=rivals)


def needle_numbers(draft: Draft) -> None:
    """Six numbers of different things, of which two are asked for, one in other words."""
    things = draft.rng.sample(facts.NUMBERS, 6)
    values = [next(draft.numbers) for _ in things]
    depths = [turn(f"number {place}", draft.index, DEPTHS) for place in (0, 1)]
    for thing, value, depth in zip(things, values, [*depths, *(draft.anywhere() for _ in range(4))], strict=True):
        draft.state(depth, thing[0].format(value=value))
    for place in (0, 1):
        others = [value for value in values if value != values[place]]
        wrong = draft.rng.sample(others, 3) if place else [facts.NOT_SAID, *draft.rng.sample(others, 2)]
        name = f"needle_number_{'ab'[place]}"
        draft.ask(name, 1 + place, depths[place], things[place][1 + place], values[place], wrong, "number")


def several(draft: Draft) -> None:
    """Three people of one group beside three of another; any two of the four options share one name."""
    asked, other = draft.rng.sample(facts.GROUPS, 2)
    ours, theirs = ([next(draft.people) for _ in range(3)] for _ in range(2))
    for group, people in ((asked, ours), (other, theirs)):
        for person in people:
            draft.state(draft.anywhere(), facts.JOINED.format(value=person, what=group))
    (a, b, c), (x, y, z) = ours, theirs
    wrong = [listed(three) for three in ((a, x, y), (b, x, z), (c, y, z))]
    draft.ask("several", 3, None, facts.WHO_JOINED.format(what=asked), listed(ours), wrong, "names")


def listed(three: Sequence[str]) -> str:
    first, second, third = sorted(three)
    return f"{first}, {second} and {third}"


def series(draft: Draft, values: Iterator[str], statement: str, begin: float, end: float) -> list[str]:
    """Four to seven updates, the first at `begin` and the last at `end`."""
    inner = sorted(draft.anywhere(begin + 0.01, end - 0.01) for _ in range(draft.rng.randint(2, 5)))
    given = [next(values) for _ in range(len(inner) + 2)]
    for depth, value in zip([begin, *inner, end], given, strict=True):
        draft.state(depth, statement.format(value=value))
    return given


def updates(draft: Draft) -> None:
    """Who has a thing and how much is in store, asked for at the end; others of the same form go on to the very end."""
    (ours, what), (theirs, other) = draft.rng.sample(facts.HOLDERS, 2)
    (store, asks), (further, asks_other) = draft.rng.sample(facts.STORES, 2)
    ends = [turn(f"last {name}", draft.index, LATE) for name in ("name", "number")]
    begin = turn("first", draft.index, EARLY)
    closing = draft.rng.sample((0.975, 0.985), 2)
    held = series(draft, draft.people, ours, draft.anywhere(0.02, 0.1), ends[0])
    stored = series(draft, draft.numbers, store, draft.anywhere(0.02, 0.1), ends[1])
    begins = (begin, draft.anywhere(0.02, 0.4)) if draft.index % 2 else (draft.anywhere(0.02, 0.4), begin)
    held_too = series(draft, draft.people, theirs, begins[0], closing[0])
    stored_too = series(draft, draft.numbers, further, begins[1], closing[1])
    draft.ask("last_of_many_a", 3, ends[0], facts.LAST_HOLDER.format(what=what), held[-1],
              [held[0], draft.rng.choice(held[1:-1]), held_too[-1]], "name")  # fmt: skip
    draft.ask("last_of_many_b", 3, ends[1], facts.LAST_STORE.format(asks=asks), stored[-1],
              [stored[0], draft.rng.choice(stored[1:-1]), stored_too[-1]], "number")  # fmt: skip
    kind, first = ("name", held_too) if draft.index % 2 else ("number", stored_too)
    question = facts.FIRST_HOLDER.format(what=other) if draft.index % 2 else facts.FIRST_STORE.format(asks=asks_other)
    wrong = [first[-1], draft.rng.choice(first[1:-1]), (held if draft.index % 2 else stored)[0]]
    draft.ask("first_of_many", 2, begin, question, first[0], wrong, kind)


def counted(draft: Draft) -> None:
    """How often a signal was given, from two to seven times; another one was given as often as a wrong option says."""
    (ours, asks), (theirs, _) = draft.rng.sample(facts.SIGNALS, 2)
    options = draft.rng.sample(range(2, 8), 4)
    options.sort()
    right = options.pop(turn("count", draft.index, range(4)))
    for signal, times in ((ours, right), (theirs, draft.rng.choice(options))):
        for when in draft.rng.sample(facts.WHEN, times):
            draft.state(draft.anywhere(), f"{when}, {signal}.")
    draft.ask("count", 4, None, facts.HOW_OFTEN.format(asks=asks), str(right), list(map(str, options)), "number")


def two_hop(draft: Draft) -> None:
    """Who keeps a thing is told by a trade, and whose the trade is by another sentence."""
    trades, people = draft.rng.sample(facts.TRADES, 4), [next(draft.people) for _ in range(4)]
    thing, depth = draft.rng.choice(facts.HEIRLOOMS), turn("two_hop", draft.index, DEPTHS)
    for trade, person, where in zip(trades, people, [depth, *(draft.anywhere() for _ in range(3))], strict=True):
        draft.state(where, f"{person} {trade}.")
    draft.state(draft.anywhere(), facts.KEPT_BY.format(what=thing, value=trades[0]))
    draft.ask("two_hop", 4, depth, facts.WHO_KEEPS.format(what=thing), people[0], people[1:], "name")


# --- files ------------------------------------------------------------------------------------


@cache
def drafts() -> tuple[Draft, ...]:
    """All texts with what is asked of them."""
    made = []
    for index in range(N_TEXTS):
        rng = random.Random(f"{SEED}:{index}")
        people, numbers = rng.sample(names(), len(names())), rng.sample(NUMERALS, len(NUMERALS))
        draft = Draft(index, rng, iter(people), map(str, numbers))
        for kind in (needles_alone, needles, needle_numbers, several, updates, counted, two_hop):
            kind(draft)
        draft.statements.sort(key=lambda statement: statement[0])
        rng.shuffle(draft.items)
        made.append(draft)
    return tuple(made)


def texts() -> list[dict[str, Any]]:
    """The rows of texts.jsonl."""
    return [{"text": f"t{draft.index:02}", "statements": draft.statements} for draft in drafts()]


def items() -> list[dict[str, Any]]:
    """The rows of items.jsonl: the items of a text in one run, so that its reading serves all of them."""
    return [asdict(item) for draft in drafts() for item in draft.items]


if __name__ == "__main__":
    sys.exit(build_command({TEXTS: texts, ITEMS: items}, str(__doc__)))
