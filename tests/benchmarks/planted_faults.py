"""Which faults are found before a verdict: broken checkpoints and tasks, each beside its sound twin.

    python tests/benchmarks/planted_faults.py [WORDS...]    # only faults with one of these words; writes nothing
    python tests/benchmarks/planted_faults.py               # all; writes results/benchmarks/ and docs/checkup.md
    python tests/benchmarks/planted_faults.py --table       # only the table of docs/checkup.md

Every fault is tried with `forgetbench run` (or `run`, `run` and `compare`) as a user would. It counts as named where a
message says what is wrong, by a pattern that stands beside the fault, before a verdict or beside it. A sound twin counts
as a false alarm where it is refused or spoken of in that way.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import machine
from faults import adapters, prompts, task_files, weights
from faults.case import Case, Tried, try_fault, try_twin, warm_up
from faults.table import write_table

NAME = "planted_faults"


def all_cases() -> tuple[Case, ...]:
    return (*weights.cases(), *adapters.cases(), *prompts.cases(), *task_files.cases())


def tried(case: Case, folder: Path) -> dict[str, Any]:
    """A row of the results: the fault, and what came of it and of its twin."""
    fault, twin = try_fault(case, folder / "fault"), try_twin(case, folder / "twin")
    row = {"name": f"{case.kind}: {case.name}", "kind": case.kind, "fault": case.name, "unnoticed": case.unnoticed}
    return row | {"twin": case.twin_name, **_shown("forgetbench", fault, folder), **_shown("twin", twin, folder)}


def _shown(who: str, result: Tried, folder: Path) -> dict[str, Any]:
    message = result.message.replace(str(folder), "...")[:400]
    return {f"{who}_outcome": result.outcome, f"{who}_exit": result.exit_code, f"{who}_message": message}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="only faults with one of these words in their name or kind")
    parser.add_argument("--table", action="store_true", help="only write the table again")
    arguments = parser.parse_args()
    if not arguments.table:
        rows = measured(arguments.words)
        print(", ".join(f"{count} {what}" for what, count in Counter(map(_both, rows)).items()))
        if arguments.words:
            return
        machine.write(NAME, {"engine": "transformers float32, scripted"}, rows)
    write_table()


def measured(words: list[str]) -> list[dict[str, Any]]:
    """A row for each fault whose name has one of the words, each told as it is known."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    warm_up(all_cases()[0])
    place = Path(tempfile.mkdtemp(prefix="planted-"))
    rows = []
    try:
        for case in all_cases():
            if words and not any(word in f"{case.kind} {case.name}" for word in words):
                continue
            begun = time.monotonic()
            row = tried(case, place)
            rows.append(row)
            print(f"{_both(row):<22} {row['name']}  ({time.monotonic() - begun:.1f} s)\n    {row['forgetbench_message']}")
            if row["twin_outcome"] != "quiet":
                print(f"    twin, exit {row['twin_exit']}: {row['twin_message']}")
            sys.stdout.flush()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return rows


def _both(row: dict[str, Any]) -> str:
    twin = "" if row["twin_outcome"] == "quiet" else ", FALSE ALARM"
    return f"{row['forgetbench_outcome']}{twin}"


if __name__ == "__main__":
    main()
