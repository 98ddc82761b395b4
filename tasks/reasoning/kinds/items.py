"""Items from kinds: drawn from a seed, four options each, the right one's place and its rank among numbers balanced."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .drafts import Draft, Kind, placed, ranked


@dataclass(frozen=True)
class Item:
    """One row of items.jsonl."""

    item_id: str
    kind: str
    cluster: str
    stratum: str
    level: int
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


def names(draft: Draft, mentioned: set[str], option: str) -> bool:
    """Whether the question names an option; Chinese is written without blanks between words."""
    return option in mentioned or (not option.isascii() and option in draft.question)


def options_of(draft: Draft, turn: int, rng: random.Random) -> tuple[str, ...] | None:
    """Three wrong options for `draft`; None where there are no fair ones, and another must be drawn."""
    mentioned = {*re.findall(r"\w+", draft.question), *re.findall(r"\d+", draft.question)}
    if not draft.listed and names(draft, mentioned, draft.answer):
        return None
    wrong = numbers_near(draft, mentioned, turn % 4, rng) if draft.wrong is None else draft.wrong
    fair = draft.listed or not any(names(draft, mentioned, one) for one in wrong)
    return wrong if fair and len({*wrong, draft.answer}) == 4 else None


def draw_items(name: str, kind: Kind, n_items: int, seed: object) -> list[Item]:
    """`n_items` different questions of one kind, the right option's place balanced."""
    rng, seen = random.Random(f"{seed}:{name}"), set[str]()
    items: list[Item] = []
    positions = [place % 4 for place in range(n_items)]
    rng.shuffle(positions)
    for _ in range(20_000):
        if len(items) == n_items:
            return items
        turn = len(items)
        draft = kind.draw(rng, turn)
        wrong = options_of(draft, turn, rng)
        if wrong is None or not seen.isdisjoint({draft.question, draft.canonical} - {""}):
            continue
        seen |= {draft.question, draft.canonical}
        items.append(Item(
            item_id=f"{name}:{turn:02d}", kind=name, stratum=f"level-{kind.level}", level=kind.level,
            cluster=f"{name}:{draft.cluster or format(turn, '02d')}", question=draft.question, answer=draft.answer,
            aliases=(draft.answer, *draft.aliases), choices=tuple(placed(wrong, draft.answer, positions[turn])),
            gold=positions[turn], numeric=draft.answer.isdigit(), listed=draft.listed, worked=kind.worked,
            solution=draft.solution or draft.answer, split="test",
        ))  # fmt: skip
    raise RuntimeError(f"{name}: only {len(items)} different questions out of {n_items}")


def draw_rows(kinds: Mapping[str, Kind], fewshot: Mapping[str, str], seed: object) -> list[dict[str, Any]]:
    """All rows, few-shot examples first; the rest in an order whose first n are a fair sample.

    `fewshot` says of which kinds one question is held out as an example, in this order, and the split that it is in.
    """
    shots, test = [], []
    for name, kind in kinds.items():
        items = [asdict(item) for item in draw_items(name, kind, kind.count + (name in fewshot), seed)]
        if name in fewshot:
            shots.append(items.pop() | {"split": fewshot[name]})
        test += [item | {"solution": item["answer"]} for item in items]
    random.Random(str(seed)).shuffle(test)
    order = list(fewshot)
    return sorted(shots, key=lambda row: order.index(row["kind"])) + test


def practice_rows(
    kinds: Mapping[str, Kind], n_items: int, seed: object, asked: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
    """Up to `n_items` questions of each kind with their answers, none of which is among the rows that are asked.

    Kinds differ in how many different questions they have: of some there are fewer.
    """
    taken = {row["question"] for row in asked}
    rows = []
    for name, kind in kinds.items():
        rng = random.Random(f"{seed}:practice:{name}")
        drafts = [kind.draw(rng, turn) for turn in range(4 * n_items)]
        fresh = {draft.question: draft for draft in drafts if draft.wrong != () and draft.question not in taken}
        rows += [
            {"kind": name, "question": draft.question, "answer": draft.answer}
            for draft in list(fresh.values())[:n_items]
        ]
    return rows
