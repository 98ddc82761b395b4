"""Generate items.jsonl: reasoning questions whose answers follow from the question alone.

    python tasks/reasoning/build.py            write items.jsonl
    python tasks/reasoning/build.py --check    exit 1 when it would come out different

The kinds of questions are in kinds/, by theme. Every draw comes from SEED and the kind's name: the file is the same bit
for bit, and a kind that is added or taken out leaves the others as they were.

Every question has four options, so that chance is 1/4 everywhere. What could mark the right one without
solving the question is balanced or left out: its place among the options, its rank by size among
four numbers, its place in a list that the question gives, how often a name is mentioned. Where the options do
not stand in the question, no number of the question is an option.
"""

from __future__ import annotations

import random
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kinds import arithmetic, dates, lists, logic, patterns, reading, snippets, stories
from kinds.drafts import Draft, Kind, placed, ranked

from forgetbench.suites.building import build_command

SEED = 20250102
OUTPUT = Path(__file__).with_name("items.jsonl")
KINDS: dict[str, Kind] = {
    **arithmetic.KINDS, **lists.KINDS, **dates.KINDS, **reading.KINDS, **patterns.KINDS, **logic.KINDS,
    **stories.KINDS, **snippets.KINDS,
}  # fmt: skip
# Held out of the test, in this order: the few-shot examples, by the split that they are in.
FEWSHOT_KINDS = {
    "add_digits": "fewshot", "weekday_next": "fewshot", "recall_color": "fewshot",
    "three_changes": "fewshot_worked", "three_swaps": "fewshot_worked", "two_relations": "fewshot_worked",
}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One row of items.jsonl."""

    item_id: str
    kind: str
    cluster: str
    stratum: str
    question: str
    answer: str
    aliases: tuple[str, ...]
    """The ways to write the answer, itself included."""
    choices: tuple[str, ...]
    gold: int
    numeric: bool
    listed: bool
    worked: bool
    """The free answer gets room to work the solution out."""
    solution: str
    """What a few-shot example replies: the answer, worked out where `worked`; in other rows the answer."""
    split: str


def numbers_near(draft: Draft, mentioned: set[str], rank: int, rng: random.Random) -> tuple[str, ...]:
    """Three numbers that the question does not name, `rank` of them below the answer; empty where too few are free."""
    answer = int(draft.answer)
    reach = max(8, answer // 4)
    free = [number for number in draft.near or range(max(0, answer - reach), answer + reach + 1)
            if str(number) not in mentioned]  # fmt: skip
    below, above = [number for number in free if number < answer], [number for number in free if number > answer]
    return tuple(map(str, ranked(below, above, rank, rng)))


def options_of(draft: Draft, turn: int, rng: random.Random) -> tuple[str, ...] | None:
    """Three wrong options for `draft`; None where there are no fair ones, and another must be drawn."""
    mentioned = set(re.findall(r"\w+", draft.question))
    if not draft.listed and draft.answer in mentioned:
        return None
    wrong = numbers_near(draft, mentioned, turn % 4, rng) if draft.wrong is None else draft.wrong
    fair = draft.listed or mentioned.isdisjoint(wrong)
    return wrong if fair and len({*wrong, draft.answer}) == 4 else None


def draw_items(name: str, kind: Kind, extra: int) -> list[Item]:
    """`kind.count` + `extra` different questions of one kind, the right option's place balanced."""
    rng = random.Random(f"{SEED}:{name}")
    n_items, seen = kind.count + extra, set[str]()
    items: list[Item] = []
    positions = [place % 4 for place in range(n_items)]
    rng.shuffle(positions)
    for _ in range(5000):
        if len(items) == n_items:
            return items
        turn = len(items)
        draft = kind.draw(rng, turn)
        wrong = options_of(draft, turn, rng)
        if wrong is None or not seen.isdisjoint({draft.question, draft.canonical} - {""}):
            continue
        seen |= {draft.question, draft.canonical}
        items.append(Item(
            item_id=f"{name}:{turn:02d}", kind=name, stratum=f"level-{kind.level}",
            cluster=f"{name}:{draft.cluster or format(turn, '02d')}", question=draft.question, answer=draft.answer,
            aliases=(draft.answer, *draft.aliases), choices=tuple(placed(wrong, draft.answer, positions[turn])),
            gold=positions[turn], numeric=draft.answer.isdigit(), listed=draft.listed, worked=kind.worked,
            solution=draft.solution or draft.answer, split="test",
        ))  # fmt: skip
    raise RuntimeError(f"{name}: only {len(items)} different questions out of {n_items}")


def build() -> list[dict[str, Any]]:
    """All items, few-shot examples first; the rest in an order whose first n are a fair sample."""
    shots, test = [], []
    for name, kind in KINDS.items():
        items = [asdict(item) for item in draw_items(name, kind, extra=name in FEWSHOT_KINDS)]
        if name in FEWSHOT_KINDS:
            shots.append(items.pop() | {"split": FEWSHOT_KINDS[name]})
        test += [item | {"solution": item["answer"]} for item in items]
    random.Random(SEED).shuffle(test)
    order = list(FEWSHOT_KINDS)
    return sorted(shots, key=lambda row: order.index(row["kind"])) + test


if __name__ == "__main__":
    sys.exit(build_command({OUTPUT: build}, "Build the reasoning questions."))
