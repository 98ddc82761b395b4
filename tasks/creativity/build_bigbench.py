"""Cut bigbench.jsonl out of BIG-bench: odd ones out, hidden common features, new concepts, proverbs.

    python tasks/creativity/build_bigbench.py bigbench-1.0.0.tar.gz            write the file
    python tasks/creativity/build_bigbench.py bigbench-1.0.0.tar.gz --check    exit 1 when it would come out different

The source is the sdist of `bigbench` 1.0.0 (`pip download --no-deps --no-binary :all: bigbench==1.0.0`); its place can
also stand in the environment variable BIGBENCH_SDIST. Without it nothing is checked, and the script says so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHA256 = "1bb398a5512c6d798cdebe0dfa0ac03f67f6033fa6b39c6ef71df978c7cbc5c2"
OUTPUT = Path(__file__).with_name("bigbench.jsonl")
SEED = 4
WRONG_OPTIONS = 3
STANDS_OUT = 10
"""A right option that is longer than every wrong one by more characters than this tells itself."""

Example = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Slice:
    """One BIG-bench task, or a part of it."""

    path: str
    """Below bigbench/benchmark_tasks/."""
    kind: str
    question: Callable[[str], str]
    """The question without reference to a list of options, which are not shown."""
    left_out: Sequence[int]
    """Examples whose key can be disputed, or whose wording is broken; SOURCES.md says of which sort."""


MENDED = {
    "A bird in hand": "A bird in the hand",
    "An ounce of protection": "An ounce of prevention",
    "a fast look": "a quick look",
    "by giving": "by taking",
    "did come from": "came from",
    "did use to have": "used to have",
    "fill the holes on": "fill the gaps in",
    "has been the fourth company she has grounded": "is the fourth company she has founded",
    "has traded long on": "owns",
    "he used it to go drinking to the beach": "he took it to the beach to go drinking",
    "journey of thousand": "journey of a thousand",
    "knowledge on": "knowledge of",
    "many years experience": "many years of experience",
    "raise the hand": "raise our hands",
    "than when he bought": "than when he bought it",
    "too focused making": "too focused on making",
}
"""Slips of English in the proverbs' stories and options, and what stands there instead."""


def _concept(text: str) -> str:
    """'Concept: x. Question: Which ... characterizes y?' -> 'What best describes y?', after the definition if any."""
    premise, _, question = text.partition(" Question: ")
    subject = question.removeprefix("Which of the following sentences best characterizes ")
    definition = "" if premise.casefold().startswith("concept:") else f"{premise.strip()} "
    return f"{definition}What best describes {subject}"


def _proverb(text: str) -> str:
    return text.replace("Which of the following proverbs best apply to this situation?", "Which proverb fits best?")


CONCEPTS = "conceptual_combinations"
SLICES = [
    Slice("odd_one_out", "odd_one_out", lambda _: "", [10, 20, 26, 46, 54, 55, 60, 75, 79, 82, 84, 85]),
    Slice("novel_concepts", "in_common", str, [1, 14, 16, 21, 24]),
    Slice("english_proverbs", "proverb", _proverb, [2, 4, 5, 7, 13, 14]),
    Slice(f"{CONCEPTS}/contradictions", "concept", _concept, [4, 5, 7, 9, 11, 15]),
    Slice(f"{CONCEPTS}/emergent_properties", "concept", _concept, [1, 2, 4, 5, 6, 8, 10, 11, 13, 14, 16, 25, 28]),
    Slice(f"{CONCEPTS}/fanciful_fictional_combinations", "concept", _concept, []),
    Slice(f"{CONCEPTS}/homonyms", "concept", _concept, [8]),
    Slice(f"{CONCEPTS}/invented_words", "concept", _concept, [1, 2, 5, 7, 10, 11, 12, 13]),
    Slice(f"{CONCEPTS}/surprising_uncommon_combinations", "concept", _concept, [0, 3, 9, 11]),
]


def rows(sdist: Path) -> list[dict[str, Any]]:
    """The chosen examples of every slice, each with one right answer and three wrong ones."""
    examples = _examples(sdist)
    return [
        row
        for part in SLICES
        for number, example in enumerate(examples[part.path])
        if number not in part.left_out and (row := _row(part, number, example))
    ]


def _row(part: Slice, number: int, example: Example) -> dict[str, Any] | None:
    right = [_tidy(text) for text, score in example["target_scores"].items() if score > 0]
    wrong = [_tidy(text) for text, score in example["target_scores"].items() if score <= 0]
    if len(right) != 1 or len(wrong) < WRONG_OPTIONS or len(right[0]) > max(map(len, wrong)) + STANDS_OUT:
        return None
    name = part.path.rpartition("/")[2]
    item_id = f"bb-{name.replace('_', '-')}-{number:02d}"
    return {
        "item_id": item_id,
        "cluster": item_id,
        "kind": part.kind,
        "source": f"bigbench/{part.path}",
        "question": part.question(_tidy(example["input"])),
        "answer": right[0],
        "wrong": random.Random(f"{SEED} {item_id}").sample(wrong, WRONG_OPTIONS),
    }


def _tidy(text: str) -> str:
    """Blanks as one, plain quotes, slips mended, and no full stop at the end, which only some options have."""
    plain = text.replace("\u2018", "'").replace("\u2019", "'")
    plain = " ".join(plain.split()).rstrip(".")
    for slip, right in MENDED.items():
        plain = plain.replace(slip, right)
    return plain


def _examples(sdist: Path) -> dict[str, list[Example]]:
    """The examples of every slice by its path, from one pass over the archive."""
    members = {f"bigbench-1.0.0/bigbench/benchmark_tasks/{part.path}/task.json": part.path for part in SLICES}
    by_slice = {}
    with tarfile.open(sdist, "r|gz") as archive:
        for member in archive:
            if member.name in members and (file := archive.extractfile(member)):
                by_slice[members[member.name]] = json.load(file)["examples"]
    return by_slice


def main() -> int:
    """Write or check the file; the exit code."""
    parser = argparse.ArgumentParser(description="Cut bigbench.jsonl out of the sdist of bigbench 1.0.0.")
    parser.add_argument("sdist", nargs="?", type=Path, default=os.environ.get("BIGBENCH_SDIST"))
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the file is out of date")
    arguments = parser.parse_args()
    if arguments.sdist is None:
        print("not checked: give the sdist of bigbench 1.0.0, or its place in BIGBENCH_SDIST")
        return 0 if arguments.check else 2
    sdist = Path(arguments.sdist)
    with sdist.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 != SHA256:
        print(f"{sdist}: sha256 is {sha256}, not {SHA256}; take bigbench-1.0.0.tar.gz from PyPI", file=sys.stderr)
        return 2
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(sdist)).encode()
    differs = not OUTPUT.is_file() or OUTPUT.read_bytes() != content
    if arguments.check:
        print(f"{OUTPUT.name}: {'differs from what its script builds' if differs else 'as built'}")
        return int(differs)
    OUTPUT.write_bytes(content)
    print(f"{OUTPUT.name}: {content.count(bytes([10]))} rows")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
