"""Assemble items.jsonl, choices.jsonl and catalogue.jsonl from the lists beside this file, the same bytes every time.

python tasks/tools/build.py            write the files
python tasks/tools/build.py --check    exit 1 if a file differs from what would be written
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import catalogue
import catalogue_errands
from calls import COPIED, LISTED, Template
from calls_hard import GATHERED, NORMALISED, TALKED_OVER
from options import call_text, choice_row
from plain_words import MISSING, TALK
from slots import Drawn, draw, worded

from forgetbench.suites.building import build_command

HERE = Path(__file__).parent
SEED = 31
FAMILIES = {**catalogue.FAMILIES, **catalogue_errands.FAMILIES}
FAMILY_OF = {tool["name"]: family for family, tools in FAMILIES.items() for tool in tools}
PLAN: Sequence[tuple[int, Sequence[Template], int, int, int]] = (
    (1, COPIED, 28, 3, 1),
    (2, LISTED, 34, 4, 2),
    (3, NORMALISED, 36, 5, 3),
    (4, GATHERED, 16, 5, 3),
    (4, TALKED_OVER, 18, 5, 3),
)
"""Level, templates, pairs, tools that are listed, and how many of these at most are of the right tool's family."""
SAID = {
    "talk": "I can answer that in plain words.",
    "missing": "None of these tools can do that.",
    "withdrawn": "All right, I will leave it.",
}
"""A right answer without a call, by the kind of request."""

Row = dict[str, Any]


class Pair(NamedTuple):
    """A request that one of the listed tools fits, one that none fits, and what the first was made of."""

    call: Row
    twin: Row
    template: Template
    drawn: Drawn
    group: Sequence[Template]


class Draft:
    """Draws conversations so that no last turn is asked twice."""

    def __init__(self) -> None:
        self.rng = random.Random(SEED)
        self.asked: set[str] = set()

    def pairs(self) -> Iterator[Pair]:
        """Every request with its twin, level by level."""
        number = 0
        for level, templates, count, n_tools, n_near in PLAN:
            order = self.rng.sample(templates, len(templates))
            for place in range(count):
                number += 1
                template = order[place % len(order)]
                drawn = self.drawn(template.turns, template.withdrawn)
                listed = self.tools(template.tool, n_tools, n_near)
                shared = {"cluster": f"tools-{number:03d}", "stratum": f"level-{level}", "level": level}
                rows = self.rows(shared | {"tools": listed}, template, drawn, place)
                yield Pair(*rows, template, drawn, templates)

    def rows(self, shared: Row, template: Template, drawn: Drawn, place: int) -> tuple[Row, Row]:
        """The request and its twin."""
        call = call_text(template, drawn)
        turns = [worded(turn, drawn) for turn in template.turns]
        if template.withdrawn:
            kind, last = "withdrawn", worded(template.withdrawn, drawn)
        else:
            kind, last = self.without_tool(FAMILY_OF[template.tool], place)
        return (
            row(shared, "call", turns, call, call),
            row(shared, kind, [*turns[:-1], last], SAID[kind], ""),
        )

    def drawn(self, turns: Sequence[str], withdrawn: str) -> Drawn:
        """What stands in each slot, such that the last turns are new."""
        while True:
            drawn = draw(" ".join([*turns, withdrawn]), self.rng)
            last = {worded(text, drawn) for text in (turns[-1], withdrawn) if text}
            if not last & self.asked:
                self.asked |= last
                return drawn

    def tools(self, right: str, n_tools: int, n_near: int) -> list[str]:
        """The right tool among others of its family and of other families, in any order."""
        family = [name for name in FAMILY_OF if FAMILY_OF[name] == FAMILY_OF[right] and name != right]
        others = [name for name in FAMILY_OF if FAMILY_OF[name] != FAMILY_OF[right]]
        near = self.rng.sample(family, min(n_near, len(family)))
        listed = [right, *near, *self.rng.sample(others, n_tools - 1 - len(near))]
        return self.rng.sample(listed, len(listed))

    def without_tool(self, family: str, place: int) -> tuple[str, str]:
        """Talk and missing tools in turn, of the same family where one was not asked yet."""
        for kind in (("talk", "missing"), ("missing", "talk"))[place % 2]:
            texts = {"talk": TALK, "missing": MISSING}[kind][family]
            for text in self.rng.sample(texts, len(texts)):
                asked = worded(text, draw(text, self.rng))
                if asked not in self.asked:
                    self.asked.add(asked)
                    return kind, asked
        raise ValueError(f"nothing new to say about {family}")


def row(shared: Row, kind: str, said: list[str], answer: str, call: str) -> Row:
    """A row of items.jsonl."""
    item_id = f"{shared['cluster']}/{'call' if call else 'none'}"
    first = {name: shared[name] for name in ("cluster", "stratum", "level")}
    last = {"tools": shared["tools"], "said": said, "answer": answer, "call": call}
    return {"item_id": item_id, **first, "kind": kind, **last}


@cache
def ordered_pairs() -> list[Pair]:
    """All pairs in an order whose beginnings are fair samples: of the first n, every level has its share."""
    rng = random.Random(SEED + 1)
    levels: dict[str, list[Pair]] = {}
    for pair in Draft().pairs():
        levels.setdefault(pair.call["stratum"], []).append(pair)
    placed = []
    for pairs in levels.values():
        rng.shuffle(pairs)
        start = rng.random()
        placed += [((start + i) / len(pairs), pair) for i, pair in enumerate(pairs)]
    return [pair for _, pair in sorted(placed, key=lambda one: one[0])]


def item_rows() -> list[Row]:
    """Every request, followed by its twin."""
    return [row for pair in ordered_pairs() for row in (pair.call, pair.twin)]


def choice_rows() -> list[Row]:
    """The requests that a tool fits, with four calls to choose from, no four of them twice."""
    rng = random.Random(SEED + 2)
    pairs = ordered_pairs()
    golds = [number % 4 for number in range(len(pairs))]
    rng.shuffle(golds)
    rows: dict[frozenset[str], Row] = {}
    for pair, gold in zip(pairs, golds, strict=True):
        new = choice_row(pair.call, pair.template, pair.drawn, pair.group, gold, rng)
        while frozenset(new["choices"]) in rows:
            new = choice_row(pair.call, pair.template, pair.drawn, pair.group, gold, rng)
        rows[frozenset(new["choices"])] = new
    return list(rows.values())


def main() -> int:
    """Write or check the files; the exit code."""
    files = {
        HERE / "items.jsonl": item_rows,
        HERE / "choices.jsonl": choice_rows,
        HERE / "catalogue.jsonl": lambda: [tool for tools in FAMILIES.values() for tool in tools],
    }
    return build_command(files, "Assemble the items and the tools of the tools task.")


if __name__ == "__main__":
    raise SystemExit(main())
