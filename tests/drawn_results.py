"""A results folder with one base and candidates that were asked the same, for tests of what shows flips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from paired_runs import item, run, task

from forgetbench.comparison.delta import compare
from forgetbench.records import CUT, Comparison, TaskInfo
from forgetbench.storage.comparisons import save_comparison
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import save_run

TASKS = (
    task("facts_choice", view="choice", metric="acc"),
    task("facts_open", view="open", language=("en", "zh")),
    task("stories", "creativity", binary=False, metric="quality", language=("en",)),
)
OPTIONS = ("Paris", "Lyon", "Nice")


def write_results(
    root: Path, names: Sequence[str] = ("mild", "harsh"), n_items: int = 40, *, second_lacks: str | None = None
) -> dict[str, Comparison]:
    """One base and candidates, their answers drawn at random; the second one lacks items whose ids end so."""
    results = ResultsFolder(root)
    base = run("base", TASKS, _answers(0, n_items))
    save_run(results, base, {})
    found = {}
    for seed, name in enumerate(names, 1):
        candidate = run(name, TASKS, _answers(seed, n_items))
        save_run(results, candidate, {})
        comparison, items = compare(base, candidate, margins={})
        if seed == 2 and second_lacks is not None:
            items = items[~items["item_id"].str.endswith(second_lacks)]
        save_comparison(results.comparison(f"{name}-vs-base"), comparison, items)
        found[f"{name}-vs-base"] = comparison
    return found


def _answers(seed: int, n_items: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [_answer(info, number, rng) for info in TASKS for number in range(n_items)]


def _answer(info: TaskInfo, number: int, rng: np.random.Generator) -> Any:
    score = float(np.round(rng.random(), 1)) if not info.binary else float(rng.random() < 0.6)
    fields: dict[str, Any] = {"stratum": ("en", "zh", "head")[number % 3], "gold": "Paris"}
    fields["question"] = f"Which city is number {number}?"
    if info.view == "choice":
        fields |= {"choices": OPTIONS, "loglikelihoods": tuple(rng.normal(-5, 2, 3)), "responses": ()}
    else:
        fields |= {"responses": (f"{rng.choice(OPTIONS)} of course",), "finish_reasons": ("stop",)}
        if rng.random() < 0.1:
            return item(info, number, None, reason=CUT, **fields)
    return item(info, number, score, **fields)
