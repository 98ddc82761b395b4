"""One million paired items: how long `forgetbench compare` takes, and how much memory.

    python tests/benchmarks/million_items.py [FOLDER]

writes two runs of 100 tasks with 10,000 items each into FOLDER (a temporary one if none is given) and compares them in
a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forgetbench.records import RunManifest, TaskInfo
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import Run, save_run

DOMAINS = ("knowledge", "reasoning", "creativity", "language", "target")
_WORDS = (
    "the of which country river is known as capital north largest city an old who wrote when was first built by after "
    "name that has more than two people in a small village near mountain what year did they found border lake"
).split()
_N_CHOICES = 4
_AGREEMENT = 0.8
"""Share of items on which the candidate answers as the base does."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Item:
    """What both runs say of the items of one task; every list has one entry per item."""

    ids: list[str]
    clusters: list[str]
    prompts: list[str]
    golds: list[str]
    choices: list[list[str]]


def make_runs(folder: Path, tasks: int = 100, items: int = 10_000, seed: int = 0) -> tuple[Path, Path]:
    """Write a base's run and a candidate's, `tasks` * `items` rows each, and return their folders.

    Of every four tasks two are views of the same questions, one by choice and one by free answer, right or wrong,
    and two are scored by degree. Half of the tasks' items come in clusters of 1 to 50, the others stand alone.
    """
    infos = tuple(_task(number) for number in range(tasks))
    questions = [_questions(number, items, seed) for number in range(tasks)]
    base, candidate = (_save(folder, name, infos, questions, seed) for name in ("base", "candidate"))
    return base, candidate


def measure(folder: Path) -> dict[str, Any]:
    """Compare the two runs under `folder` as a user does: wall time in seconds, peak resident memory in bytes.

    The output goes to `folder`/comparison. Raises CalledProcessError when the command fails.
    """
    runs = folder / "runs"
    out = folder / "comparison"
    command = [
        sys.executable, "-m", "forgetbench", "compare", str(runs / "base"), str(runs / "candidate"), "--out", str(out)
    ]  # fmt: skip
    # A process is told the peak of the one it was started from as its own: this one may hold both runs.
    done = subprocess.run([sys.executable, "-c", _MEASURE, *command], capture_output=True, text=True, check=True)
    usage: dict[str, Any] = json.loads(done.stdout)
    return usage


_MEASURE = """
import json, os, subprocess, sys, time
began = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
seconds = time.perf_counter() - began
cpu = usage.ru_utime + usage.ru_stime
print(json.dumps({"seconds": seconds, "peak_bytes": usage.ru_maxrss * 1024, "cpu_seconds": cpu}))
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Runs its arguments as a command; a small program, so that the peak it is told is the command's own."""


# --- what is asked ----------------------------------------------------------------------------


def _task(number: int) -> TaskInfo:
    group, kind = divmod(number, 4)
    name = ("choice", "open", "graded", "style")[kind]
    return TaskInfo(
        name=f"{name}_{group:02}",
        domain=DOMAINS[group % len(DOMAINS)],
        metric=("acc_norm", "exact_match", "quality", "utility")[kind],
        chance=1 / _N_CHOICES if kind == 0 else 0.0,
        view=("choice", "open", None, None)[kind],
        version="1",
        binary=kind < 2,
        corpus_metric=None,
        repeats=1,
        num_fewshot=0,
        fingerprint=f"fingerprint-of-{name}-{group}",
    )


def _questions(number: int, items: int, seed: int) -> _Item:
    group, kind = divmod(number, 4)
    # The two right-or-wrong tasks of a group ask the same questions.
    rng = np.random.default_rng([seed, group, max(kind, 1)])
    words = np.array(_WORDS)[rng.integers(0, len(_WORDS), (items, 24))]
    prompts = [f"Question: {' '.join(row)} ({at})?\nAnswer:" for at, row in enumerate(words.tolist())]
    golds = [f"{first} {second}" for first, second in words[:, :2].tolist()]
    others = words[:, 2:5].tolist()
    sizes = rng.integers(1, 51, items)
    clusters = np.repeat(np.arange(items), sizes)[:items].tolist() if group % 2 else range(items)
    return _Item(
        ids=[f"{group:02}:{max(kind, 1)}:{at}" for at in range(items)],
        clusters=[f"{group:02}:{cluster}" for cluster in clusters],
        prompts=prompts,
        golds=golds if kind < 2 else [""] * items,
        choices=[[gold, *rest] for gold, rest in zip(golds, others, strict=True)] if kind == 0 else [[]] * items,
    )


# --- what is answered -------------------------------------------------------------------------


def _save(folder: Path, name: str, infos: tuple[TaskInfo, ...], questions: list[_Item], seed: int) -> Path:
    parts = [_answers(at, infos[at], questions[at], name, seed) for at in range(len(infos))]
    samples = pd.concat(parts, ignore_index=True)
    return save_run(ResultsFolder(folder), Run.of(_manifest(name, infos), samples), {})


def _answers(number: int, info: TaskInfo, asked: _Item, side: str, seed: int) -> pd.DataFrame:
    """One task's rows of samples.parquet."""
    n = len(asked.ids)
    scores, rng = _scores(number, info, n, side, seed)
    by_choice = info.view == "choice"
    words = np.array(_WORDS)[rng.integers(0, len(_WORDS), (n, 12))]
    ratings = np.round(rng.normal(-12.0, 3.0, (n, _N_CHOICES)), 6) if by_choice else np.empty((n, 0))
    missing = rng.random(n) < 0.001
    return pd.DataFrame(
        {
            "task": info.name,
            "domain": info.domain,
            "view": info.view,
            "item_id": asked.ids,
            "cluster": asked.clusters,
            "stratum": np.array(["head", "torso", "tail"])[np.arange(n) % 3].tolist(),
            "doc_hash": [f"{number:04x}{at:012x}" for at in range(n)],
            "prompt_hash": [f"{at:012x}{number:04x}" for at in range(n)],
            "score": np.where(missing, np.nan, scores),
            "reason": [("the answer was cut" if gone else None) for gone in missing.tolist()],
            "prompt": asked.prompts,
            "question": asked.prompts,
            "gold": asked.golds,
            "responses": [[] if by_choice else [" ".join(row)] for row in words.tolist()],
            "finish_reasons": [[] if by_choice else ["stop"]] * n,
            "token_counts": [[] if by_choice else [12]] * n,
            "reference_logprobs": [[]] * n,
            "choices": asked.choices,
            "loglikelihoods": ratings.tolist(),
            "metrics": [{info.metric: score} for score in scores.tolist()],
        }
    )


def _scores(number: int, info: TaskInfo, n: int, side: str, seed: int) -> tuple[Floats, np.random.Generator]:
    """Scores in [0, 1] of a side, which mostly agrees with the other; and the side's own generator."""
    common = np.random.default_rng([seed, number, 0])
    own = np.random.default_rng([seed, number, 1 if side == "base" else 2])
    shared, taste = common.random(n), own.random(n)
    chosen = np.where(common.random(n) < _AGREEMENT, shared, taste)
    level = 0.6 if side == "base" else 0.57
    scores = (chosen < level).astype(np.float64) if info.binary else np.round(chosen ** (1 / level - 0.5), 6)
    return scores, own


def _manifest(name: str, infos: tuple[TaskInfo, ...]) -> RunManifest:
    return RunManifest(
        run_id=name, name=name, where=f"models/{name}", fingerprint=f"weights-{name}", step=None, suite="benchmark",
        suite_fingerprint="suite-1", protocol="native", chat_template=False,
        engine={"name": "scripted", "version": "1"}, tokenizer="bytes", seed=0, limit=None, reference=None,
        tasks=infos, margins=dict.fromkeys(DOMAINS, 0.03), warnings=(), created="2025-01-01T00:00:00+00:00",
        counts={},
    )  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        if not (folder / "runs" / "candidate" / "manifest.json").is_file():
            make_runs(folder)
        sys.stdout.write(json.dumps(measure(folder)) + "\n")


if __name__ == "__main__":
    main()
