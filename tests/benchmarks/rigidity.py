"""How rigid sets of answers are by R1, beside what a reader says of them, and the same of the published runs.

    python tests/benchmarks/rigidity.py      # prints the tables of docs/tasks.md; no model is needed

The sets stand in tests/data/rigidity/, the runs in results/runs/.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from rigidity_sets import answer_sets, rigidity  # noqa: E402

from forgetbench.metrics.corpus import CORPUS_METRICS, TaskResponses, responses_of  # noqa: E402
from forgetbench.metrics.structure import structure  # noqa: E402
from forgetbench.storage.runs import load_run  # noqa: E402

FREE_ANSWERS = "format_shape"
"""The task whose answers are read; the other format tasks with free prompts share them."""


def main() -> None:
    print("| ten answers | read as | structure | openings |\n|---|---|---|---|")
    for one in answer_sets():
        of_structure, of_openings = rigidity(one.answers)
        print(f"| {one.name}: {one.why} | {one.structure} | {of_structure:.2f} | {of_openings:.2f} |")
    print("\n| run | answers | broken | structure | openings | overused phrases |\n|---|---|---|---|---|---|")
    base: TaskResponses | None = None
    for name in ("base", "mild", "harsh"):
        (folder,) = (ROOT / "results" / "runs").glob(f"{name}-demo-*")
        run = load_run(folder)
        answers = responses_of(run.samples[run.samples["task"] == FREE_ANSWERS])
        base = base or answers
        print(row(run.manifest.name, base, answers))


def row(name: str, base: TaskResponses, answers: TaskResponses) -> str:
    numbers = [np.mean([structure(text).broken for text in answers.texts])]
    for metric in ("structure", "openings", "overused_phrases"):
        numbers.append(1.0 - CORPUS_METRICS[metric].paired(base, answers, None)[1].mean())
    return f"| {name} | {len(answers.texts)} | " + " | ".join(f"{number:.2f}" for number in numbers) + " |"


if __name__ == "__main__":
    main()
