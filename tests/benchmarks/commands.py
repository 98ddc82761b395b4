"""Whole commands: help, the same run again, a comparison of a million items; and planning for many checkpoints.

`python commands.py [--planning]` (that row only); with `--plan FOLDER...` it is one of the processes that are measured.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import machine
import million_items

from forgetbench.storage.runs import load_run


def main() -> None:
    if "--plan" in sys.argv:
        print(json.dumps(planned(sys.argv[sys.argv.index("--plan") + 1 :])))
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = [planning_row(Path(folder) / "planning")]
        if "--planning" not in sys.argv:
            rows += [
                help_row(),
                again_row(Path(folder) / "again"),
                core_row(Path(folder) / "core"),
                million_row(Path(folder) / "million"),
            ]
    print(machine.write("commands", {}, rows))


def help_row() -> dict[str, Any]:
    seconds = [run("--help")[0] for _ in range(11)]
    return shown({"name": "forgetbench --help", "seconds": statistics.median(seconds), "fastest": min(seconds)})


def again_row(folder: Path) -> dict[str, Any]:
    """The embedded model on the smoke suite, twice: what was answered starts no engine."""
    from forgetbench.lab.demo.demo_checkpoints import prepare

    demo = prepare()
    command = (
        "run", "--base", f"base={demo.base}", f"mild={demo.mild}", "--suite", "smoke", "--results", str(folder),
    )  # fmt: skip
    first, before = run(*command)
    starts = count_starts(folder)
    again = [run(*command) for _ in range(3)]
    assert all(output == before for _, output in again), "the same tables"
    row = {
        "name": "the same command again", "seconds": statistics.median(seconds for seconds, _ in again),
        "first_seconds": first, "engine_starts": count_starts(folder) - starts,
        "requests": sum(load_run(run).manifest.counts["requests"] for run in (folder / "runs").iterdir()),
    }  # fmt: skip
    return shown(row)


def core_row(folder: Path) -> dict[str, Any]:
    """The largest suite twice, without a model: what is left is planning, reading the ledger, scoring, comparing."""
    command = ("run", "--engine", "scripted", "--suite", "core", "--base", "base", "tuned", "--results", str(folder))
    first, _ = run(*command)
    again = [run(*command)[0] for _ in range(3)]
    items = sum(len(load_run(run).samples) for run in (folder / "runs").iterdir())
    row = {
        "name": "the same command again, suite core", "seconds": statistics.median(again), "first_seconds": first,
        "items": items,
    }  # fmt: skip
    return shown(row)


def planning_row(folder: Path) -> dict[str, Any]:
    """The largest suite for 16 checkpoints with one tokenizer, against one of them: processor time, and memory."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tiny_families import make_family

    models = [
        make_family("llama", folder / str(seed), seed=seed, max_position_embeddings=4096).as_posix()
        for seed in range(16)
    ]
    one, many = (min((plan_in_a_process(some) for _ in range(2)), key=lambda row: row["seconds"])
                 for some in (models[:1], models))  # fmt: skip
    row = {
        "name": "planning suite core, 16 checkpoints", "seconds": many["seconds"], "one_seconds": one["seconds"],
        "ratio": many["seconds"] / one["seconds"], "peak_gb": many["peak_gb"], "one_peak_gb": one["peak_gb"],
    }  # fmt: skip
    return shown(row)


def plan_in_a_process(models: list[str]) -> dict[str, float]:
    command = [sys.executable, __file__, "--plan", *models]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def planned(models: list[str]) -> dict[str, float]:
    from forgetbench.engines.base import EngineOptions
    from forgetbench.evaluation.evaluate import prepare
    from forgetbench.evaluation.options import EvaluationOptions
    from forgetbench.evaluation.session import open_session

    base, *others = models
    with tempfile.TemporaryDirectory() as results:
        evaluation = EvaluationOptions(suite="core", results=Path(results))
        with open_session(others, base, evaluation=evaluation, engine=EngineOptions("transformers")) as session:
            # Of this process, so that other work on the machine counts less.
            began = time.process_time()
            prepare(session)
            seconds = time.process_time() - began
    return {"seconds": seconds, "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9}


def million_row(folder: Path) -> dict[str, Any]:
    folder.mkdir()
    million_items.make_runs(folder)
    runs = [million_items.measure(folder) for _ in range(3)]
    row = {
        "name": "compare, one million paired items", "items": 1_000_000, "tasks": 100,
        "seconds": statistics.median(one["seconds"] for one in runs),
        "peak_gb": max(one["peak_bytes"] for one in runs) / 1e9,
    }  # fmt: skip
    return shown(row)


def run(*arguments: str) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "forgetbench", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return time.perf_counter() - began, done.stdout


def count_starts(folder: Path) -> int:
    logs = folder.rglob("engine*.log")
    return sum(path.read_text(errors="replace").count("Initializing a V1 LLM engine") for path in logs)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main()
