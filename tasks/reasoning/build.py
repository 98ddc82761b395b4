"""Generate items.jsonl and zh.jsonl: reasoning questions whose answers follow from the question alone; and
practice.jsonl: others of the easiest kinds, never asked, from which the lab's base model learns them.

    python tasks/reasoning/build.py            write all
    python tasks/reasoning/build.py --check    exit 1 when one would come out different

The kinds of questions are in kinds/, by theme; how items are drawn from them, in kinds/items.py. Every draw comes from
SEED and the kind's name: the files are the same bit for bit, and a kind that is added or taken out leaves the others as
they were.

Every question has four options, so that chance is 1/4 everywhere. What could mark the right one without
solving the question is balanced or left out: its place among the options, its rank by size among
four numbers, its place in a list that the question gives, how often a name is mentioned. Where the options do
not stand in the question, no number of the question is an option.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from kinds import (
    arithmetic,
    chinese_numbers,
    chinese_texts,
    dates,
    deep,
    lists,
    logic,
    patterns,
    reading,
    snippets,
    stories,
)
from kinds.drafts import Kind
from kinds.items import draw_rows, practice_rows

from forgetbench.suites.building import build_command

SEED = 20250102
PRACTICE = 150
"""Questions of each kind to practise on."""
FOLDER = Path(__file__).parent
KINDS: dict[str, Kind] = {
    **arithmetic.KINDS, **lists.KINDS, **dates.KINDS, **reading.KINDS, **patterns.KINDS, **logic.KINDS,
    **stories.KINDS, **snippets.KINDS, **deep.KINDS,
}  # fmt: skip
CHINESE_KINDS: dict[str, Kind] = {**chinese_numbers.KINDS, **chinese_texts.KINDS}
# Held out of the test, in this order: the few-shot examples, by the split that they are in.
FEWSHOT_KINDS = {
    "add_digits": "fewshot", "weekday_next": "fewshot", "recall_color": "fewshot",
    "three_changes": "fewshot_worked", "three_swaps": "fewshot_worked", "two_relations": "fewshot_worked",
}  # fmt: skip
CHINESE_FEWSHOT_KINDS = {"zh_add": "fewshot", "zh_weekday": "fewshot", "zh_recall": "fewshot"}


def build() -> list[dict[str, Any]]:
    """The rows of items.jsonl."""
    return draw_rows(KINDS, FEWSHOT_KINDS, SEED)


def build_chinese() -> list[dict[str, Any]]:
    """The rows of zh.jsonl."""
    return draw_rows(CHINESE_KINDS, CHINESE_FEWSHOT_KINDS, SEED)


def build_practice() -> list[dict[str, str]]:
    """The rows of practice.jsonl."""
    easiest = {name: kind for name, kind in KINDS.items() if kind.level == 1}
    return practice_rows(easiest, PRACTICE, SEED, build())


FILES = {
    FOLDER / "items.jsonl": build,
    FOLDER / "zh.jsonl": build_chinese,
    FOLDER / "practice.jsonl": build_practice,
}

if __name__ == "__main__":
    sys.exit(build_command(FILES, "Build the reasoning questions."))
