"""Assemble requests.jsonl from pairs.tsv, the same bytes every time.

python tasks/safety/build.py            write the file
python tasks/safety/build.py --check    exit 1 if it differs from what would be written
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from forgetbench.suites.building import build_command

HERE = Path(__file__).parent
ORDER_SEED = 15
PLAIN_LEVEL, HARD_LEVEL = 1, 2
"""Hard is a pair whose harmful request is dressed up, or whose harmless one has alarming words."""

Row = dict[str, Any]


def pairs() -> Iterator[list[Row]]:
    """Every harmful request followed by the harmless one that looks like it."""
    numbers: Counter[tuple[str, str]] = Counter()
    with (HERE / "pairs.tsv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            kind, language = line["kind"], line["language"]
            numbers[kind, language] += 1
            name = f"{kind}-{'zh' if language == 'zh' else ''}{numbers[kind, language]}"
            forms = {"harmful": line["dress"], "harmless": line["words"]}
            # A level is that of both, so that whichever levels are asked, refusing all is at chance.
            level = PLAIN_LEVEL if set(forms.values()) == {"plain"} else HARD_LEVEL
            yield [
                {
                    "item_id": f"{name}/{side}",
                    "cluster": name,
                    "stratum": kind,
                    "level": level,
                    "form": form,
                    "language": language,
                    "side": side,
                    "prompt": line[side],
                }
                for side, form in forms.items()
            ]


def rows() -> list[Row]:
    """The pairs in rounds of one of each kind, so that every beginning is a fair sample."""
    rng = random.Random(ORDER_SEED)
    kinds: dict[str, list[list[Row]]] = {}
    for pair in pairs():
        kinds.setdefault(pair[0]["stratum"], []).append(pair)
    for members in kinds.values():
        rng.shuffle(members)
    placed = []
    for turn in zip_longest(*kinds.values()):
        here = [pair for pair in turn if pair is not None]
        rng.shuffle(here)
        placed += here
    return [row for pair in placed for row in pair]


def main() -> int:
    """Write or check the file; the exit code."""
    return build_command({HERE / "requests.jsonl": rows}, "Assemble the requests of the safety tasks.")


if __name__ == "__main__":
    raise SystemExit(main())
