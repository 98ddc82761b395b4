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
    "determinism": ["determinism.py"],
    "engines": ["engines.py"],
    "growth": ["growth.py"],
    # Says so, and measures nothing, where there is no GPU.
    "gpu-core": ["gpu_core.py"],
    "scoring": ["scoring.py"],
    # In bfloat16 a log-likelihood may fall on either side of a rounding step, so equality is shown in float32.
    "scoring-float32": ["scoring.py", "--dtype", "float32", "--only", "long context", "--items", "24"],
    # vLLM's default on the CPU, for what larger cache blocks cost; lm-eval reads no cache and needs no second round.
    "scoring-block128": ["scoring.py", "--cache-block", "128", "--ours-only"],
    "sequential": ["sequential.py"],
}


def main(names: list[str]) -> None:
    for name in [] if names == ["--tables"] else names or list(PARTS):
        print(f"--- {name}", flush=True)
        subprocess.run([sys.executable, *PARTS[name]], cwd=HERE, check=True)
    tables.write()


if __name__ == "__main__":
    main(sys.argv[1:])
