"""Whether a change of the code left every number as it was: the same work by two checkouts, compared.

    python tests/benchmarks/same_numbers.py write FOLDER            # in one checkout, and again in the other
    python tests/benchmarks/same_numbers.py compare FOLDER FOLDER   # exit 1 where something differs

What is done: the scripted `core` suite with its noise floor, compared and gated; the demo's published runs, compared
again; the gate's files for every published comparison under no policy and each of docs/policies; a sequential gate.
Everything runs as a user runs it, in a process of its own. Numbers, verdicts and the gate's files are compared to the
last bit; ids and dates are not, since they are hashes of the code or name the day.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

ROOT = Path(__file__).parents[2]
WORDS = ("name", "domain", "metric", "verdict", "task", "stratum", "view")
"""Fields whose text is part of a result; all other text is wording."""
NOT_RESULTS = ("schema_version", "counts", "engine", "seed", "step", "replicate")
_RUN_ID = re.compile(r"\b[\w.-]+-(?:native|completion|chat)-[0-9a-f]{10}(?:-vs-[\w.-]+-[0-9a-f]{10})?(?:-sequential)?")


def forgetbench(*arguments: object, codes: tuple[int, ...] = (0,)) -> int:
    command = [sys.executable, "-m", "forgetbench", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    if done.returncode not in codes:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")
    return done.returncode


def numbers(value: Any, field: str = "") -> Any:
    """The results in a JSON value: its numbers, and the words that are results."""
    if isinstance(value, dict):
        # What a run or a side of a comparison is called is no result.
        left_out = (*NOT_RESULTS, "name") if "where" in value else NOT_RESULTS
        results = {key: numbers(item, key) for key, item in value.items() if key not in left_out}
        return {key: item for key, item in results.items() if item is not None or value[key] is None}
    if isinstance(value, list):
        return [numbers(item, field) for item in value]
    return None if isinstance(value, str) and field not in WORDS else value


def columns(path: Path) -> dict[str, str]:
    """A hash of each column of a Parquet file."""
    table = pq.read_table(path)
    texts = {name: json.dumps(table.column(name).to_pylist()) for name in table.column_names}
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}


def results_of(folder: Path) -> Iterator[tuple[str, Any]]:
    """(name, content) of every file with numbers below a results folder; runs and comparisons without their ids."""
    for path in sorted(folder.rglob("*")):
        name = _RUN_ID.sub(lambda match: _plain(match.group()), path.relative_to(folder).as_posix())
        if path.suffix == ".parquet":
            yield name, columns(path)
        elif path.suffix == ".json":
            yield name, numbers(json.loads(path.read_text()))
        elif path.name == "deltas.csv":
            yield name, [line.split(",")[:22] for line in path.read_text().splitlines()]


def _without_ids(text: str) -> str:
    text = _RUN_ID.sub(lambda match: _plain(match.group()), text).replace("base-noise", "base-replicate")
    return re.sub(r'timestamp="[^"]*"', "", text)


def _plain(run_or_comparison: str) -> str:
    # A base's second pass was called -noise once.
    return re.sub(r"-[0-9a-f]{10}", "", run_or_comparison).replace("-noise-", "-replicate-")


def gate_files(comparison: Path, policy: Path | None, folder: Path) -> dict[str, Any]:
    """The gate's exit code and every file that it writes, whole."""
    files = {kind: folder / f"gate.{kind}" for kind in ("junit", "summary", "badge", "json")}
    options = [part for kind, path in files.items() for part in (f"--{kind}", path)]
    given = ["--policy", policy] if policy else []
    for path in files.values():
        path.unlink(missing_ok=True)
    code = forgetbench("gate", comparison, *given, *options, codes=(0, 1, 2, 3))
    return {"exit": code, **{kind: _without_ids(path.read_text()) for kind, path in files.items() if path.is_file()}}


def work(folder: Path) -> dict[str, Any]:
    results: dict[str, Any] = {}
    core = folder / "core"
    forgetbench(
        "run", "--engine", "scripted", "--suite", "core", "--noise-floor", "--results", core, "--base", "base", "tuned"
    )
    results |= {f"core/{name}": content for name, content in results_of(core)}
    published = ROOT / "results" / "runs"
    (base,) = published.glob("base-demo-native-*")
    for run in sorted(published.glob("*-demo-native-*")):
        if run != base:
            out = folder / "published" / _plain(run.name)
            forgetbench("compare", base, run, "--out", out)
            results |= {f"published/{_plain(run.name)}/{name}": content for name, content in results_of(out)}
    comparisons = [*(ROOT / "results" / "comparisons").iterdir(), *(core / "comparisons").iterdir()]
    for comparison in sorted(comparisons):
        for policy in (None, *sorted((ROOT / "docs" / "policies").glob("*.yaml"))):
            name = f"gate/{_plain(comparison.name)}/{policy.stem if policy else 'no policy'}"
            results[name] = gate_files(comparison, policy, folder)
    sequential = folder / "sequential"
    forgetbench(
        "gate-sequential", "base", "tuned", "--engine", "scripted", "--suite", "smoke", "--results", sequential,
        codes=(0, 1, 3),
    )  # fmt: skip
    return results | {f"sequential/{name}": content for name, content in results_of(sequential)}


def differences(left: Any, right: Any, place: str = "") -> Iterator[str]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(left.keys() | right.keys()):
            if key not in left or key not in right:
                yield f"{place}/{key}: only in the {'first' if key in left else 'second'}"
            else:
                yield from differences(left[key], right[key], f"{place}/{key}")
    elif left != right:
        yield f"{place}: {str(left)[:200]} against {str(right)[:200]}"


def main() -> int:
    what, *folders = sys.argv[1:]
    if what == "write":
        folder = Path(folders[0])
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            (folder / "numbers.json").write_text(json.dumps(work(Path(scratch)), indent=1, sort_keys=True))
        return 0
    left, right = (json.loads((Path(name) / "numbers.json").read_text()) for name in folders)
    differing = list(differences(left, right))
    print("\n".join(differing) or f"equal to the last bit: {len(left)} files")
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main())
