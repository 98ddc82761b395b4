"""Hostile texts through every output, damaged results through every reader. `python hostile.py`, 10 minutes, one core

Each text of tests/hostile_strings.py by itself: as names, prompts and answers in a comparison, whose outputs are read
as their readers would, and as a checkpoint's name in whole commands. Then the files of a run and of a comparison,
changed at random (a value, a key, a byte, an end cut off), through the commands that read them. Writes
results/benchmarks/hostile-DEVICE.json, and the table of docs/security.md from it; `--table` writes only that.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import machine
from tables import table

sys.path.insert(0, str(Path(__file__).parents[1]))
import hostile_outputs as outputs
from hostile_strings import HOSTILE

from forgetbench.cli.app import app
from forgetbench.cli.guard import run_guarded

ROOT = Path(__file__).parents[2]
DOC = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- table: written by tests/benchmarks/hostile.py -->", "<!-- end of table -->"
MUTATIONS, SEED = 40, 0
ODD: tuple[object, ...] = (None, "", "x", -1, 0, 2, 1e308, True, [], {}, [[]], {"a": 1}, "1", 10**17, *HOSTILE.values())


def main() -> None:
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        rows = [*texts_in_outputs(), texts_in_commands(), *damaged_results()]
    settings = {"texts": len(HOSTILE), "mutations": MUTATIONS, "seed": SEED}
    print(machine.write("hostile", settings, rows))
    write_table()


# --- hostile texts ----------------------------------------------------------------------------


def texts_in_outputs() -> Iterator[dict[str, Any]]:
    """Every text by itself through every output."""
    failed: dict[str, list[str]] = {output.__name__: [] for output in outputs.OUTPUTS}
    for kind, text in HOSTILE.items():
        folder = Path("outputs") / "comparison"
        alone = {kind: text, "plain": "plain"}
        made = outputs.made(alone)
        made = outputs.Made(outputs.replace(outputs.named(made, text), comparison_id="hostile"), made.items)
        outputs.write_files(made, folder)
        for output in outputs.OUTPUTS:
            found = list(output(made, alone, folder))
            failed[output.__name__] += [f"{kind}: {found[0]}"] if found else []
        shutil.rmtree("outputs")
    for name, failures in failed.items():
        yield {"name": name.replace("_", " "), "what": "text x output", "tried": len(HOSTILE), "failed": failures}


def texts_in_commands() -> dict[str, Any]:
    """Every text as a checkpoint's name: run, gate, report; what is printed, and how the commands end."""
    failed = []
    tried = 0
    for kind, text in HOSTILE.items():
        scripted = ["--engine", "scripted", "--task", "format_shape", "--limit", "6"]
        for arguments in (
            ["run", "--base", "base", f"{text}=says:x", *scripted, "--out-id", "made.json"],
            ["gate", "made.json", "--junit", "j.xml"],
            ["report", "made.json"],
            ["gate", text],
            ["run", text, *scripted],
        ):
            code, printed = called(arguments)
            tried += 1
            steers = [line for line in printed.split("\n") if next(outputs.steers(line), "")]
            if code not in (0, 1, 2, 3) or steers or (code == 1 and arguments[0] != "gate"):
                failed.append(f"{kind}: {arguments[0]} ends with {code}: {(steers or [printed])[0][:200]}")
    return {"name": "names in commands", "what": "text x command", "tried": tried, "failed": failed}


def called(arguments: list[str]) -> tuple[int, str]:
    """A command in this process: its exit code, and all that it printed."""
    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        code = run_guarded(lambda: app(arguments, exit_on_error=False, print_error=False, result_action="return_value"))
    return code, out.getvalue() + error.getvalue()


# --- damaged results --------------------------------------------------------------------------


def damaged_results() -> Iterator[dict[str, Any]]:
    """The files of other people's runs and comparisons, changed at random, through the commands that read them."""
    results = Path("damaged")
    scripted = ["--engine", "scripted", "--suite", "smoke", "--limit", "6"]
    called(["run", "--base", "a", "b", *scripted, "--results", str(results)])
    (comparison,) = (results / "comparisons").iterdir()
    base, tuned = sorted((results / "runs").iterdir())
    draw = random.Random(SEED)
    for name, path, commands in (
        ("comparison.json", comparison / "comparison.json", commands_of_comparison(comparison, results)),
        ("items.parquet", comparison / "items.parquet", commands_of_comparison(comparison, results)),
        ("manifest.json", tuned / "manifest.json", [["compare", str(base), str(tuned), "--out", "compared"]]),
        ("samples.parquet", tuned / "samples.parquet", [["compare", str(base), str(tuned), "--out", "compared"]]),
    ):
        sound = path.read_bytes()
        change = changed_json if name.endswith(".json") else changed_bytes
        failed: list[str] = []
        codes: Counter[int] = Counter()
        for number in range(MUTATIONS):
            path.write_bytes(change(sound, draw))
            for arguments in commands:
                code, printed = called(arguments)
                codes[code] += 1
                if code not in (0, 1, 2, 3) or (code == 1 and arguments[0] != "gate"):
                    failed.append(f"{number}: {arguments[0]} ends with {code}: {printed.strip()[-300:]}")
        path.write_bytes(sound)
        tried = MUTATIONS * len(commands)
        yield {"name": name, "what": "damage x command", "tried": tried, "failed": failed, "codes": dict(codes)}


def commands_of_comparison(comparison: Path, results: Path) -> list[list[str]]:
    return [
        ["gate", str(comparison), "--junit", "j.xml", "--summary", "s.md"],
        ["report", str(comparison), "--markdown", "report/report.md"],
        ["leaderboard", str(results), "--out", "site"],
    ]


def changed_json(sound: bytes, draw: random.Random) -> bytes:
    if draw.random() < 0.2:
        return changed_bytes(sound, draw)
    content = copy.deepcopy(json.loads(sound))
    places = list(walked(content))
    for _ in range(draw.choice((1, 1, 1, 3))):
        parent, key = draw.choice(places)
        if isinstance(parent, dict) and key in parent:
            change: Callable[[], object] = draw.choice((lambda: ODD[draw.randrange(len(ODD))], lambda: None))
            if draw.random() < 0.2:
                del parent[key]
            else:
                parent[key] = change()
        elif isinstance(parent, list) and key < len(parent):
            parent[key] = draw.choice((ODD[draw.randrange(len(ODD))], parent[0]))
    return json.dumps(content).encode()


def walked(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value: the object or list, and the key in it."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(entries):
        yield value, key
        yield from walked(item)


def changed_bytes(sound: bytes, draw: random.Random) -> bytes:
    data = bytearray(sound)
    if draw.random() < 0.3:
        return bytes(data[: draw.randrange(len(data))])
    for _ in range(draw.choice((1, 3, 20))):
        # The footer of a Parquet file, which says what the rest is, is at its end.
        start = max(0, len(data) - 3000) if draw.random() < 0.5 else 0
        data[draw.randrange(start, len(data))] = draw.randrange(256)
    return bytes(data)


# --- the table --------------------------------------------------------------------------------


def write_table() -> None:
    content = json.loads((machine.FOLDER / f"hostile-{machine.device()}.json").read_text())
    lines = table(
        ("what", "tried", "not harmless, or no exit code of its own"),
        ([row["name"], f"{row['tried']:,}", str(len(row["failed"]))] for row in content["rows"]),
    )
    text = DOC.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    DOC.write_text(f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    write_table() if "--table" in sys.argv else main()
