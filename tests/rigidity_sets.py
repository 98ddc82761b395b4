"""Sets of ten answers to ten unrelated prompts, labelled by reading: tests/data/rigidity/sets.jsonl."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from forgetbench.metrics.structure import opening_pairs, structure, structure_pairs

FILE = Path(__file__).parent / "data" / "rigidity" / "sets.jsonl"


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """Answers and what a reader says of them."""

    name: str
    language: str
    structure: str
    """`rigid` where all answers have one structure, `free` where they share none, `between` where some do."""
    openings: str | None
    """The same of their first words; None where a reader could say either."""
    why: str
    answers: tuple[str, ...]


def answer_sets() -> list[AnswerSet]:
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    return [AnswerSet(**row | {"answers": tuple(row["answers"])}) for row in rows]


def rigidity(answers: tuple[str, ...]) -> tuple[float, float]:
    """R1 of answers to as many prompts: of their structure, of their openings."""
    structures = [structure(text) for text in answers]
    prompts = [str(number) for number in range(len(answers))]
    return structure_pairs(structures, prompts).mean(), opening_pairs(structures, prompts).mean()
