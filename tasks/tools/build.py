"""Assemble items.jsonl and catalogue.jsonl from the lists beside this file, the same bytes every time.

python tasks/tools/build.py            write the files
python tasks/tools/build.py --check    exit 1 if a file differs from what would be written
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import catalogue
import catalogue_errands
from calls import COPIED, LISTED, Template
from calls_hard import GATHERED, NORMALISED, TALKED_OVER
from plain_words import MISSING, TALK
from pools import POOLS

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
_SLOT = re.compile(r"\{(\w+)\}")

Row = dict[str, Any]


class Draft:
    """Draws conversations so that no last turn is asked twice."""

    def __init__(self) -> None:
        self.rng = random.Random(SEED)
        self.asked: set[str] = set()

    def pairs(self) -> Iterator[list[Row]]:
        """Every request with its twin, level by level."""
        number = 0
        for level, templates, count, n_tools, n_near in PLAN:
            order = self.rng.sample(templates, len(templates))
            for place in range(count):
                number += 1
                yield self.pair(f"tools-{number:03d}", level, order[place % len(order)], n_tools, n_near, place)

    def pair(self, name: str, level: int, template: Template, n_tools: int, n_near: int, place: int) -> list[Row]:
        """A request that one of the listed tools fits, and one that none fits."""
        drawn = self.draw(template.turns, template.withdrawn)
        listed = self.tools(template.tool, n_tools, n_near)
        shared = {"cluster": name, "stratum": f"level-{level}", "level": level}
        call = {"tool": template.tool, "arguments": filled(template.arguments, drawn)}
        turns = [worded(turn, drawn) for turn in template.turns]
        if template.withdrawn:
            kind, last = "withdrawn", worded(template.withdrawn, drawn)
        else:
            kind, last = self.without_tool(FAMILY_OF[template.tool], place)
        return [
            {"item_id": f"{name}/call", **shared, "kind": "call", "tools": listed, "said": turns,
             "answer": json.dumps(call, ensure_ascii=False), "call": json.dumps(call, ensure_ascii=False)},
            {"item_id": f"{name}/none", **shared, "kind": kind, "tools": listed, "said": [*turns[:-1], last],
             "answer": SAID[kind], "call": ""},
        ]  # fmt: skip

    def draw(self, turns: Sequence[str], withdrawn: str) -> dict[str, tuple[str, Any]]:
        """What stands in each slot, such that the last turns are new."""
        while True:
            drawn = self.values(" ".join([*turns, withdrawn]))
            last = {worded(text, drawn) for text in (turns[-1], withdrawn) if text}
            if not last & self.asked:
                self.asked |= last
                return drawn

    def values(self, text: str) -> dict[str, tuple[str, Any]]:
        """A draw for every slot of a text; slots that differ in their number alone get different words."""
        drawn: dict[str, tuple[str, Any]] = {}
        for slot in dict.fromkeys(_SLOT.findall(text)):
            kin = [drawn[other] for other in drawn if other.rstrip("23") == slot.rstrip("23")]
            drawn[slot] = self.rng.choice([one for one in POOLS[slot] if one not in kin])
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
                asked = worded(text, self.values(text))
                if asked not in self.asked:
                    self.asked.add(asked)
                    return kind, asked
        raise ValueError(f"nothing new to say about {family}")


def worded(text: str, drawn: dict[str, tuple[str, Any]]) -> str:
    """A text with the words of its slots."""
    filled_in = _SLOT.sub(lambda slot: drawn[slot.group(1)][0], text)
    return filled_in[0].upper() + filled_in[1:]


def filled(part: Any, drawn: dict[str, tuple[str, Any]]) -> Any:
    """Arguments with the values of their slots."""
    if isinstance(part, dict):
        return {key: filled(value, drawn) for key, value in part.items()}
    if isinstance(part, list):
        return [filled(value, drawn) for value in part]
    return drawn[part[1:]][1] if isinstance(part, str) and part.startswith("$") else part


def item_rows() -> list[Row]:
    """All pairs in an order whose beginnings are fair samples: of the first n, every level has its share."""
    rng = random.Random(SEED + 1)
    levels: dict[str, list[list[Row]]] = {}
    for pair in Draft().pairs():
        levels.setdefault(pair[0]["stratum"], []).append(pair)
    placed = []
    for pairs in levels.values():
        rng.shuffle(pairs)
        start = rng.random()
        placed += [((start + i) / len(pairs), pair) for i, pair in enumerate(pairs)]
    return [row for _, pair in sorted(placed, key=lambda one: one[0]) for row in pair]


def main() -> int:
    """Write or check the files; the exit code."""
    files = {
        HERE / "items.jsonl": item_rows,
        HERE / "catalogue.jsonl": lambda: [tool for tools in FAMILIES.values() for tool in tools],
    }
    return build_command(files, "Assemble the items and the tools of the tools task.")


if __name__ == "__main__":
    raise SystemExit(main())
