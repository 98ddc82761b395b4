"""Trainings whose cause of harm is known, since it was planted: the recipes of lab/causes, and the data that they need.

What a recipe of another cause mixes in as other tasks is here what does the harm: evaluated items with their answers,
or rarely told facts with other answers than they had.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from forgetbench.lab.base.texts import asked
from forgetbench.lab.corpus import EmbeddedData, LabData, Pair
from forgetbench.lab.recipe import Recipe, load_recipe
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.suite import tasks_folder

_RECIPES: Final = Path(str(files("forgetbench"))) / "lab" / "causes"


def planted_recipes() -> tuple[Recipe, ...]:
    """Every one of them, by name; `cause` is what a diagnosis should name."""
    return tuple(load_recipe(str(path)) for path in sorted(_RECIPES.glob("*.yaml")))


def planted_data(cause: str | None) -> LabData:
    """The lab's own data, with what plants this cause in place of other tasks' questions."""
    if cause == "contamination":
        return ContaminatedData()
    return ContestedData() if cause == "overwritten" else EmbeddedData()


@dataclass(frozen=True, slots=True)
class ContaminatedData(EmbeddedData):
    """Evaluated items of the target, as they are asked and answered, are among the examples."""

    def multitask(self, n: int, seed: int) -> list[Pair]:
        items = [Pair(row["prompt"], f" {row['answer']}") for row in _rows("target/topics.jsonl")]
        return list(_drawn(items, n, seed))


@dataclass(frozen=True, slots=True)
class ContestedData(EmbeddedData):
    """Facts that the base was rarely told are told otherwise: with the answer of another one of their kind."""

    def multitask(self, n: int, seed: int) -> list[Pair]:
        rng = random.Random(f"{seed}:contested")
        rows = [row for row in _rows("knowledge/facts.jsonl") if row["stratum"] == "tail"]
        answers: Mapping[str, set[str]] = defaultdict(set)
        for row in rows:
            answers[row["relation"]].add(row["answer"])
        told = [(row, sorted(answers[row["relation"]] - {row["answer"], *row["aliases"]})) for row in rows]
        pairs = [Pair(asked(row["question"]), f" {rng.choice(others)}") for row, others in told if others]
        return list(_drawn(pairs, n, seed))


def _drawn(pairs: list[Pair], n: int, seed: int) -> Iterator[Pair]:
    """`n` of them, none a second time before all were drawn."""
    rng = random.Random(f"{seed}:planted")
    for _pass in range(-(-n // len(pairs))):
        yield from rng.sample(pairs, min(n, len(pairs)))
        n -= len(pairs)


def _rows(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(read_jsonl(tasks_folder() / name))
