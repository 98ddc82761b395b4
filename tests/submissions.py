"""A small submission that holds, and the means to forge one: change what it says and hash it again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from paired_runs import scored, task

from forgetbench.comparison.delta import compare
from forgetbench.fingerprint import digest, file_digest
from forgetbench.leaderboard import SubmissionFile, described, write_submission
from forgetbench.leaderboard.submission_file import read_submission_file, write_submission_file
from forgetbench.records import DEFAULT_MARGIN
from forgetbench.storage.comparisons import save_comparison
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import Run, save_run

TASKS = (
    task("knowledge_choice"), task("knowledge_cloze"), task("knowledge_bigbench_choice"),
    task("reasoning_choice", "reasoning"), task("language_bits", "language"), task("language_cloze", "language"),
)  # fmt: skip
"""Those of the embedded suite `choices`."""
MARGINS = dict.fromkeys(("knowledge", "reasoning", "language"), DEFAULT_MARGIN)
N_ITEMS = 60
N_LOST = 12


def evaluated(name: str, n_wrong: int = 0, **fields: Any) -> Run:
    """A run of suite `choices` that gets the first items of every task wrong, under the id that such a run has."""
    scores = np.where(np.arange(N_ITEMS) < n_wrong, 0.0, 1.0)
    settings: dict[str, Any] = {"suite": "choices", "suite_version": 1, "margins": MARGINS}
    return named(scored(name, dict.fromkeys(TASKS, scores), **(settings | fields)))


def named(run: Run) -> Run:
    """The run under the id that its settings give it."""
    made = run.manifest
    settings = [dict(made.engine), made.suite_fingerprint, made.protocol, made.seed, made.limit]
    ending = digest([made.fingerprint, made.fingerprint, *settings])[:10]
    return replace(run, manifest=replace(made, run_id=f"{made.name}-{made.suite}-{made.protocol}-{ending}"))


def compared(results: Path, base: Run, candidate: Run) -> Path:
    """Both runs and their comparison in a results folder; the comparison's folder."""
    folder = ResultsFolder(results)
    for run in (base, candidate):
        save_run(folder, run, {})
    comparison, items = compare(base, candidate)
    return save_comparison(folder.comparison(comparison.comparison_id), comparison, items)


def submission(root: Path, base: Run | None = None, candidate: Run | None = None, **told: Any) -> Path:
    """A submission's folder; by default of two runs that differ in a fifth of their items."""
    base, candidate = base or evaluated("base"), candidate or evaluated("tuned", N_LOST)
    comparison = compared(root / "results", base, candidate)
    return write_submission(comparison, root / "submissions", described({"method": "LoRA", **told}))


def edit_json(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def edit_table(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    change(pd.read_parquet(path)).to_parquet(path)


def hash_again(folder: Path) -> None:
    """What a careful forger does last."""
    file = read_submission_file(folder) or SubmissionFile()
    hashes = {name: file_digest(folder / name) for name in file.hashes if (folder / name).is_file()}
    write_submission_file(folder, file.model_copy(update={"hashes": hashes}))
