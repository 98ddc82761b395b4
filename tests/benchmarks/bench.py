"""`make bench`: every benchmark, one after the other, and the tables of docs/benchmarks.md from what they wrote.

`python bench.py [NAME...]` runs only those named; `python bench.py --tables` writes the tables anew.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tables

HERE = Path(__file__).parent
PARTS = {
    "commands": ["commands.py"],
    "engines": ["engines.py"],
    "growth": ["growth.py"],
    "scoring": ["scoring.py"],
    # vLLM's default on the CPU, for what larger cache blocks cost; lm-eval reads no cache and needs no second round.
    "scoring-block128": ["scoring.py", "--cache-block", "128", "--ours-only"],
}


def main(names: list[str]) -> None:
    for name in [] if names == ["--tables"] else names or list(PARTS):
        print(f"--- {name}", flush=True)
        subprocess.run([sys.executable, *PARTS[name]], cwd=HERE, check=True)
    tables.write()


if __name__ == "__main__":
    main(sys.argv[1:])
