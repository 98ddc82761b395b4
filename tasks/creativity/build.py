"""Assemble the documents of the creativity tasks from their sources, the same bytes every time.

python tasks/creativity/build.py            write the four files
python tasks/creativity/build.py --check    exit 1 if a file differs from what would be written

The sources are written_prompts.tsv, written_questions.tsv, and bigbench.jsonl (see build_bigbench.py).
"""

from __future__ import annotations

import csv
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.building import build_command

FOLDER = Path(__file__).parent
SEED = 4
OPTIONS = 4

Row = dict[str, Any]

# What a complete answer needs, in words; a Chinese word is one character.
MIN_WORDS = {
    "en": {"story": 5, "poem": 4, "metaphor": 2, "dialogue": 2, "constrained": 4},
    "zh": {"story": 8, "poem": 5, "metaphor": 3, "dialogue": 3, "uses": 2, "idea": 2, "constrained": 5},
}
ODD_ONE_OUT = {
    "en": "Which of these does not belong with the others: {}, {}, {} or {}?",
    "zh": "下面哪一个和其他三个不是一类：{}、{}、{}、{}？",
}
IMAGE = {"en": "What does it mean to say that {}?", "zh": "“{}”说的是什么意思？"}


def prompts(language: str) -> list[Row]:
    """The creativity prompts in one language."""
    return spread(
        {
            "item_id": row["item_id"],
            "cluster": row["item_id"],
            "stratum": row["kind"],
            "language": language,
            "prompt": row["prompt"],
            "min_words": MIN_WORDS[language].get(row["kind"], 1),
            "constraints": json.dumps(_constraints(row["constraints"] or ""), ensure_ascii=False),
        }
        for row in _table("written_prompts.tsv")
        if row["language"] == language
    )


def _constraints(listed: str) -> list[tuple[str, dict[str, Any]]]:
    """'exclude snow; max_words 12' as names of constraints with their parameters."""
    parts = [part.split(maxsplit=1) for part in listed.split(";") if part.strip()]
    return [(name, {"n": int(value)} if value.isdigit() else {"text": value}) for name, value in parts]


def questions(language: str) -> list[Row]:
    """The comprehension questions in one language: test items, spread over the kinds, then the few-shot examples."""
    sources: list[Row] = [
        {**row, "wrong": row["wrong"].split("|"), "source": "written", "cluster": row["item_id"]}
        for row in _table("written_questions.tsv")
        if row["language"] == language
    ]
    if language == "en":
        sources += [{**row, "language": "en", "split": "test"} for row in read_jsonl(FOLDER / "bigbench.jsonl")]
    by_kind: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in sources:
        by_kind[row["split"], row["kind"]].append(row)
    rows = [_question(*placed) for group in by_kind.values() for placed in _placed(group)]
    return spread(row for row in rows if row["split"] == "test") + [row for row in rows if row["split"] == "fewshot"]


def spread(rows: Iterable[Row]) -> list[Row]:
    """The rows in a seeded order of which every beginning holds each stratum in about its share of the whole."""
    strata: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        strata[row["stratum"]].append(row)
    placed = []
    for stratum, members in strata.items():
        rng = random.Random(f"{SEED} {stratum}")
        rng.shuffle(members)
        # The n-th of m rows comes somewhere in the n-th of m equal parts.
        placed += [((n + rng.random()) / len(members), row) for n, row in enumerate(members)]
    return [row for _, row in sorted(placed, key=lambda entry: entry[0])]


def _placed(group: Sequence[Row]) -> list[tuple[Row, int]]:
    """Each source row with the place of its right option: every place equally often, in a seeded order."""
    places = [number % OPTIONS for number in range(len(group))]
    random.Random(f"{SEED} {group[0]['item_id']}").shuffle(places)
    return list(zip(group, places, strict=True))


def _question(source: Row, gold: int) -> Row:
    choices = random.Random(f"{SEED} {source['item_id']}").sample(source["wrong"], OPTIONS - 1)
    choices.insert(gold, source["answer"])
    return {
        "item_id": source["item_id"],
        "cluster": source["cluster"],
        "stratum": source["kind"],
        "split": source["split"],
        "language": source["language"],
        "source": source["source"],
        "question": _wording(source, choices),
        "choices": choices,
        "gold": gold,
    }


def _wording(source: Row, choices: Sequence[str]) -> str:
    if source["kind"] == "odd_one_out":
        return ODD_ONE_OUT[source["language"]].format(*choices)
    if source["kind"] == "image":
        return IMAGE[source["language"]].format(source["question"])
    return str(source["question"])


def _table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


FILES: dict[str, Callable[[], list[Row]]] = {
    "prompts.jsonl": partial(prompts, "en"),
    "prompts_zh.jsonl": partial(prompts, "zh"),
    "comprehension.jsonl": partial(questions, "en"),
    "comprehension_zh.jsonl": partial(questions, "zh"),
}

if __name__ == "__main__":
    raise SystemExit(
        build_command(
            {FOLDER / name: rows for name, rows in FILES.items()}, "Assemble the documents of the creativity tasks."
        )
    )
