"""What models score, task by task: the table of docs/tasks.md from finished runs.

    python tests/benchmarks/scores.py RUN [RUN...]            # prints it
    python tests/benchmarks/scores.py --write RUN [RUN...]    # writes it into docs/tasks.md

Each RUN is a folder below a results folder's runs/. A score is a mean in points of 100 with its 95 % interval by
clusters; "at chance" stands beside one whose interval reaches down to the task's chance level, "near the top" beside 95
and more.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

DOC = Path(__file__).parents[2] / "docs" / "tasks.md"
BEGIN, END = "<!-- scores: written by tests/benchmarks/scores.py -->", "<!-- end of scores -->"
NEAR_TOP, Z = 0.95, 1.96


def lines(runs: Sequence[Path]) -> Iterator[str]:
    """The table as Markdown: a row for each task, two columns for each run."""
    names = [json.loads((run / "manifest.json").read_text())["name"] for run in runs]
    scores = [{row["name"]: row for row in json.loads((run / "scores.json").read_text())["tasks"]} for run in runs]
    yield "| task | chance | " + " | ".join(f"{name} | cut" for name in names) + " |"
    yield "|---|---|" + "---|---|" * len(runs)
    for task in dict.fromkeys(name for run in scores for name in run):
        rows = [run.get(task) for run in scores]
        first = next(row for row in rows if row is not None)
        mark = " +" if first["supporting"] else ""
        chance = f"{100 * first['chance']:.3g}" if first["chance"] else ""
        yield f"| {task}{mark} | {chance} | " + " | ".join(cell for row in rows for cell in cells(row)) + " |"


def cells(row: dict[str, Any] | None) -> tuple[str, str]:
    """A run's score and the share of its answers that was cut."""
    if row is None:
        return "not asked", ""
    cut = f"{100 * row['cut']:.1f} %" if row["cut"] else ""
    if row["score"] is None:
        return "not measured", cut
    half = Z * (row["se"] or 0.0) if row["se"] is not None and not math.isnan(row["se"]) else None
    text = f"{100 * row['score']:.1f}" + (f" \u00b1{100 * half:.1f}" if half is not None else "")
    if row["chance"] and row["score"] - (half or 0.0) <= row["chance"]:
        text += ", at chance"
    return text + (", near the top" if row["score"] >= NEAR_TOP else ""), cut


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true", help="write the table into docs/tasks.md")
    options = parser.parse_args()
    table = "\n".join(lines(options.runs))
    if options.write:
        head, _, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
        tail = rest.partition(END)[2]
        DOC.write_text(f"{head}{BEGIN}\n\n{table}\n\n{END}{tail}", encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
