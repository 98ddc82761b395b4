"""How hard each embedded item is for the models at hand: writes tasks/<domain>/difficulty.csv from finished runs.

    python tests/benchmarks/difficulty.py RUN [RUN...]

Each RUN is a folder below results/runs. The difficulty of an item is 1 less the mean over the runs of how sure the
model is of the right answer: where it is asked by likelihood, the share of the right option among the options'
probabilities (softmax of their log-likelihoods); else its score. An item of several views is as hard as its choice
view. 0 is easy; an item on which a model only guesses among four stands at .75. Prompts are those of the runs, so it is
a property of these models as much as of the items: which they are stands in the file.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from forgetbench.gate.sequential.base_knowledge import sureness
from forgetbench.storage.runs import load_run

TASKS = Path(__file__).resolve().parents[2] / "tasks"


def difficulties(runs: list[pd.DataFrame]) -> pd.DataFrame:
    """A row per domain and item_id: `difficulty`, `runs` that measured it."""
    found: dict[tuple[str, str], dict[int, dict[bool, float]]] = defaultdict(lambda: defaultdict(dict))
    for number, samples in enumerate(runs):
        for (_, row), sure in zip(samples.iterrows(), sureness(samples).tolist(), strict=True):
            if not np.isnan(sure):
                found[row["domain"], row["item_id"]][number][row["view"] == "choice"] = sure
    rows = [
        {
            "domain": domain,
            "item_id": item,
            "difficulty": round(
                1 - float(np.mean([views.get(True, views.get(False)) for views in by_run.values()])), 3
            ),
            "runs": len(by_run),
        }
        for (domain, item), by_run in found.items()
    ]
    return pd.DataFrame(rows).sort_values(["domain", "item_id"])


def _by_choice(views: dict[bool, float]) -> float:
    """Of an item's views the one by likelihood, where there is one."""
    return views[True] if True in views else views[False]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+")
    options = parser.parse_args()
    loaded = [load_run(folder) for folder in options.runs]
    table = difficulties([run.samples for run in loaded])
    names = ", ".join(dict.fromkeys(run.manifest.name for run in loaded))
    for domain, rows in table.groupby("domain"):
        if (TASKS / str(domain)).is_dir():
            path = TASKS / str(domain) / "difficulty.csv"
            text = rows.drop(columns="domain").to_csv(index=False, lineterminator="\n")
            path.write_text(f"# models: {names}\n{text}", encoding="utf-8")
            print(f"{path.relative_to(TASKS.parent)}: {len(rows)} items, median {rows['difficulty'].median():.2f}")


if __name__ == "__main__":
    main()
