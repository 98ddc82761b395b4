"""Which items a report shows in full, and their texts made safe and short."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from forgetbench.records import Comparison
from forgetbench.report.sanitize import clip, one_line
from forgetbench.report.wording import points, title

if TYPE_CHECKING:
    import pandas as pd

PER_DOMAIN: Final = 5
TEXT_LIMIT: Final = 1200
SELECTION_NOTE: Final = (
    "Forgotten items are picked by a hash of their id, locked and erased in turn, not by how they look; "
    "one view per question. Items scored by degree are those that fell most."
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of an item, printable and cut to a readable length; `note` says what was cut."""

    label: str
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Example:
    """One item side by side."""

    task: str
    item_id: str
    fate: str
    """'locked', 'erased', 'forgotten' (fate unknown) or 'fell' (scored by degree)."""
    scores: str
    prompts_equal: bool
    question: tuple[Passage, ...]
    answers: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class DomainExamples:
    """The shown items of one domain, with a sentence that says what they are a sample of."""

    domain: str
    title: str
    summary: str
    examples: tuple[Example, ...]


def select_examples(comparison: Comparison, items: pd.DataFrame) -> tuple[DomainExamples, ...]:
    """Per domain up to `PER_DOMAIN` forgotten items, filled up with those whose graded score fell most."""
    return tuple(_domain_examples(row.name, items[items["domain"] == row.name]) for row in comparison.domains)


def _domain_examples(domain: str, items: pd.DataFrame) -> DomainExamples:
    forgotten = items[items["outcome"] == "forgotten"]
    fell = items[items["outcome"].isna() & (items["candidate_score"] < items["base_score"])]
    shown = _in_turn(forgotten)[:PER_DOMAIN]
    shown += _steepest(fell)[: PER_DOMAIN - len(shown)]
    return DomainExamples(
        domain=domain,
        title=title(domain),
        summary=_summary(items, len(forgotten), len(fell), len(shown)),
        examples=tuple(_example(row) for row in shown),
    )


def _summary(items: pd.DataFrame, n_forgotten: int, n_fell: int, n_shown: int) -> str:
    n_binary = int(items["outcome"].notna().sum())
    graded = items[items["outcome"].isna()]
    n_graded = int((graded["candidate_score"].notna() & graded["base_score"].notna()).sum())
    counts = []
    if n_binary:
        counts.append(f"{n_forgotten:,} of {n_binary:,} right-or-wrong items forgotten")
    if n_graded:
        counts.append(f"{n_fell:,} of {n_graded:,} items scored by degree fell")
    return f"{'; '.join(counts)}; {n_shown} shown." if counts else "No item was measured on both sides."


def _in_turn(forgotten: pd.DataFrame) -> list[dict[str, Any]]:
    """Forgotten items, fates alternating, each question once, in an order that no one chose."""
    queues: dict[str, list[dict[str, Any]]] = {"locked": [], "erased": [], "forgotten": []}
    for row in _once_per_question(sorted(_records(forgotten), key=_chance_order)):
        queues[_fate(row)].append(row)
    turns = max(len(queue) for queue in queues.values())
    return [queue[turn] for turn in range(turns) for queue in queues.values() if turn < len(queue)]


def _steepest(fell: pd.DataFrame) -> list[dict[str, Any]]:
    rows = sorted(_records(fell), key=lambda row: (row["candidate_score"] - row["base_score"], _chance_order(row)))
    return _once_per_question(rows)


def _records(items: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in items.to_dict("records")]


def _once_per_question(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(str(row["item_id"]), row)
    return list(first.values())


def _chance_order(row: dict[str, Any]) -> str:
    # Free answers first: an option letter or a likelihood has less to show than a sentence.
    view = "1" if row["view"] == "choice" else "0"
    return view + hashlib.sha256(f"{row['item_id']}\0{row['task']}".encode(errors="replace")).hexdigest()


def _fate(row: dict[str, Any]) -> str:
    return row["fate"] if row["fate"] in ("locked", "erased") else "forgotten"


def _example(row: dict[str, Any]) -> Example:
    graded = row["outcome"] != "forgotten"
    scores = f"score {points(row['base_score'])} → {points(row['candidate_score'])}" if graded else ""
    return Example(
        task=one_line(str(row["task"]), 80),
        item_id=one_line(str(row["item_id"]), 80),
        fate="fell" if graded else _fate(row),
        scores=scores,
        prompts_equal=bool(row["prompts_equal"]),
        question=_question(row),
        answers=(
            _passage("Base answered", row["base_response"]),
            _passage("Fine-tuned answered", row["candidate_response"]),
        ),
    )


def _question(row: dict[str, Any]) -> tuple[Passage, ...]:
    prompt = _passage("Prompt", row["prompt"], "end")
    # A story has no right answer.
    return (prompt, _passage("Right answer", row["gold"])) if row["gold"] else (prompt,)


def _passage(label: str, value: object, keep: Literal["start", "end"] = "start") -> Passage:
    # A few-shot prompt has its question at the end, an answer says what matters at the start.
    if not isinstance(value, str):
        return Passage(label, "", "not recorded")
    text, note = clip(value, TEXT_LIMIT, keep=keep)
    return Passage(label, text, note if text.strip() else "empty")
