"""Which faults are found before a verdict: broken checkpoints and tasks, each beside its sound twin.

    python tests/benchmarks/planted_faults.py               # all; writes results/benchmarks/ and docs/checkup.md, and
                                                            # keeps what other programs were found to say
    python tests/benchmarks/planted_faults.py WORDS...      # only faults with one of these words; writes nothing
    python tests/benchmarks/planted_faults.py --new [WORDS] # only faults that the results have not; theirs are kept
    python tests/benchmarks/planted_faults.py --others PYTHON   # what lm-eval and finetunecheck say of each as well
    python tests/benchmarks/planted_faults.py --table       # only the tables of docs/checkup.md

Every fault is tried with `forgetbench run` (or `run`, `run` and `compare`) as a user would. It counts as named where
a message says what is wrong, by the pattern that stands beside the fault, before a verdict or beside it. A sound twin
counts as a false alarm where it is refused or spoken of in that way.

PYTHON is that of an environment with `finetunecheck[inference]`, which takes transformers 4 and cannot share this one.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import machine
from faults import adapters, chat, others, prompts, task_files, weights
from faults.case import Case, Tool, Tried, try_fault, try_twin, warm_up
from faults.table import NAME, write_tables


def all_cases() -> tuple[Case, ...]:
    return (*weights.cases(), *adapters.cases(), *prompts.cases(), *chat.cases(), *task_files.cases())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="only faults with one of these words in their name or kind")
    parser.add_argument("--others", type=Path, metavar="PYTHON", help="give the faults to other programs too")
    parser.add_argument("--table", action="store_true", help="only write the tables again")
    parser.add_argument("--new", action="store_true", help="only faults that the results have not; theirs are kept")
    arguments = parser.parse_args()
    if not arguments.table:
        tools = other_tools(arguments.others) if arguments.others else {}
        rows = []
        for row in measured(arguments.words, tools, known() if arguments.new else ()):
            rows.append(row)
            if arguments.new or not arguments.words:
                # What is known is known, also where the run is ended.
                write(row, arguments.others)
        print(", ".join(f"{count} {what}" for what, count in Counter(map(_both, rows)).items()))
        if arguments.words and not arguments.new:
            return
    write_tables()


def known() -> dict[str, dict[str, Any]]:
    """The rows that the results have, by the fault's name."""
    content = json.loads((machine.FOLDER / f"{NAME}-cpu.json").read_text(encoding="utf-8"))
    return {row["name"]: row for row in content["rows"]}


def write(row: dict[str, Any], others: Path | None) -> None:
    """Put a row into the results; programs that it was not given to keep their words."""
    before = known().get(row["name"], {"outcomes": {}, "settings": {"others": {}}})
    versions = dict(before["settings"]["others"])
    if others:
        versions = {name: importlib.metadata.version("lm_eval") if name == "lm-eval" else version_in(others, name)
                    for name in other_tools(others)}  # fmt: skip
    row = row | {"outcomes": before["outcomes"] | row["outcomes"]}
    machine.write(NAME, {"engines": "transformers in float32, scripted", "others": versions}, [row])


def other_tools(python: Path) -> dict[str, Tool]:
    return {"lm-eval": others.lm_eval, "finetunecheck": others.finetunecheck(python)}


def version_in(python: Path, package: str) -> str:
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def measured(words: list[str], tools: Mapping[str, Tool], without: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """A row for each fault whose name has one of the words, each told as it is known; none for those in `without`."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    cases = [case for case in all_cases() if not words or any(word in f"{case.kind} {case.name}" for word in words)]
    cases = [case for case in cases if _name(case) not in without]
    warm_up(cases[0])
    with tempfile.TemporaryDirectory(prefix="planted-") as name:
        for case in cases:
            row = tried(case, Path(name), tools)
            _tell(row)
            yield row


def tried(case: Case, folder: Path, tools: Mapping[str, Tool]) -> dict[str, Any]:
    """A row of the results: the fault, and what came of it and of its twin."""
    row: dict[str, Any] = {"name": _name(case), "kind": case.kind, "fault": case.name}
    row |= {"unnoticed": case.unnoticed, "twin": case.twin_name}
    results = {"forgetbench": try_fault(case, folder), "sound twin": try_twin(case, folder)}
    results |= {name: try_fault(case, folder, tool) for name, tool in tools.items()}
    return row | {"outcomes": {name: _shown(result, folder) for name, result in results.items()}}


def _shown(result: Tried, folder: Path) -> dict[str, Any]:
    # No path of this machine goes into the results.
    message = re.sub(r"/\S*/(site-packages|forgetbench)/", "", result.message)
    message = message.replace(str(folder), "...").replace(str(Path.home()), "~")
    return {"outcome": result.outcome, "exit_code": result.exit_code, "message": message[:300]}


def _name(case: Case) -> str:
    return f"{case.kind}: {case.name}"


def _both(row: dict[str, Any]) -> str:
    twin = row["outcomes"]["sound twin"]["outcome"]
    return row["outcomes"]["forgetbench"]["outcome"] + ("" if twin == "quiet" else ", FALSE ALARM")


def _tell(row: dict[str, Any]) -> None:
    print(f"{_both(row):<22} {row['name']}")
    for name, result in row["outcomes"].items():
        if name != "sound twin" or result["outcome"] != "quiet":
            print(f"    {name}: {result['outcome']}, exit {result['exit_code']}: {result['message']}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
