"""Is the named cause the right one: trainings of the lab's base whose cause of harm was planted, diagnosed blindly.

    python tests/benchmarks/causes.py FOLDER [--seeds 0 1 2] [--only WORD...]
    python tests/benchmarks/causes.py --lab FOLDER    # trainings of `forgetbench lab` whose cause is known
    python tests/benchmarks/causes.py --tables        # only the tables of docs/causes.md, from results/lab/causes.json

Every recipe of forgetbench/lab/causes is trained with each seed, evaluated with causes_suite.yaml and the transformers
engine, compared with the base by itself, and diagnosed with its log, its data and its weights; then without its log.
FOLDER keeps trainings, runs and ledger, so that a stopped command goes on where it was. The rules of
diagnosis/naming.py were tuned on seed 0 alone; the other seeds are the test.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import machine
from cached_prompts import CachedPromptsEngine
from tables import table

from forgetbench.comparison.checked import load_checked
from forgetbench.comparison.delta import compare
from forgetbench.comparison.sft_data import read_sft_data
from forgetbench.diagnosis import Diagnosis, diagnose, read_training_history, weight_drift
from forgetbench.diagnosis.stored import save_diagnosis
from forgetbench.evaluation.evaluate import evaluate
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.session import open_session
from forgetbench.lab.base import lab_base
from forgetbench.lab.planted import planted_data, planted_recipes
from forgetbench.lab.recipe import Recipe
from forgetbench.lab.stored import load_lab
from forgetbench.lab.training import Trained, train
from forgetbench.records import Comparison, DeltaRow
from forgetbench.report import plots
from forgetbench.report.diagnosis import diagnosis_markdown
from forgetbench.report.diagnosis.words import NAMES
from forgetbench.stats.proportions import wilson_interval
from forgetbench.storage.files import write_atomic
from forgetbench.storage.runs import Run, load_run

ROOT = Path(__file__).resolve().parents[2]
SUITE = ROOT / "tests" / "benchmarks" / "causes_suite.yaml"
LAB = ROOT / "results" / "lab"
DOC = ROOT / "docs" / "causes.md"
BEGIN, END = "<!-- tables: written by tests/benchmarks/causes.py -->", "<!-- end of tables -->"
TUNED_ON = 0
OF_THE_LAB = {
    ("full-high", 12.0): "high_rate",
    ("full-high", 50.0): "high_rate",
    ("full-mid", 50.0): "rigid_voice",
    ("full-mid", 100.0): "rigid_voice",
    ("full-mid", 5.0): "no_loss_shown",
    ("full-low", 5.0): "no_loss_shown",
}
"""Recipes and steps of the lab: one rigid template throughout, ten times the middle rate, stopped before any harm."""
PUBLISHED = (("full-low", 5.0), ("full-mid", 100.0), ("full-high", 12.0), ("varied", 100.0), ("noisy", 100.0))
"""Recipes and steps of the lab, of its first seed, whose diagnosis is published in full."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="where trainings and runs are kept")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--only", nargs="+", default=[""], metavar="WORD", help="recipes with one of these in their name"
    )
    parser.add_argument("--base", type=Path, help="the base's folder, where it is not the lab's own")
    parser.add_argument("--lab", type=Path, help="a folder of forgetbench lab, with its runs and trainings")
    parser.add_argument("--tables", action="store_true", help="only write the tables again")
    arguments = parser.parse_args()
    if arguments.lab is not None:
        measure_lab(arguments.lab)
    elif not arguments.tables:
        if arguments.folder is None:
            parser.error("give the FOLDER in which trainings and runs are kept")
        os.environ |= {"HF_HUB_OFFLINE": "1"}
        recipes = [each for each in planted_recipes() if any(word in each.name for word in arguments.only)]
        for seed in arguments.seeds:
            measure(recipes, seed, arguments.base or lab_base(), arguments.folder)
    write_tables()


# --- train, evaluate, diagnose ----------------------------------------------------------------


def measure(recipes: Sequence[Recipe], seed: int, base: Path, folder: Path) -> None:
    """Train and diagnose the recipes with one seed; the rows are written as they come."""
    trained = [
        train(recipe, base, planted_data(recipe.cause), seed, folder / "trained" / f"{recipe.name}-{seed}")
        for recipe in recipes
    ]
    evaluation = EvaluationOptions(suite=str(SUITE), results=folder / "results")
    with open_session(
        [f"{each.recipe.name}-{seed}={each.last}" for each in trained],
        f"base={base}",
        evaluation=evaluation,
        engine=CachedPromptsEngine(),
    ) as session:
        of_base, *runs = evaluate(session)
    by_name = {run.manifest.name: run for run in runs}
    for each in trained:
        run = by_name[f"{each.recipe.name}-{seed}"]
        save_row(diagnosed(of_base, run, Planted.of(each), base))


def measure_lab(folder: Path) -> None:
    """Diagnose those of the lab's own trainings whose cause is known by what alone they differ in."""
    for path in load_lab(folder).paths:
        for point in path.points:
            place = path.recipe, point.at
            published = place in PUBLISHED and path.seed == 0
            if (cause := OF_THE_LAB.get(place, "")) or published:
                name = f"lab {path.recipe}, step {point.at:g}"
                where = Path(point.candidate.where)
                checkpoint = folder / "trainings" / where.parent.name / where.name
                planted = Planted(name, path.what, cause, path.seed, checkpoint, checkpoint.parent / "data.jsonl")
                sides = load_checked(folder / "comparisons" / point.comparison_id)
                of_base, run = (load_run(folder / "runs" / side.run_id) for side in (sides.base, sides.candidate))
                out = LAB / "diagnoses" / f"{path.recipe}-{point.at:g}" if published else None
                row = diagnosed(of_base, run, planted, Path(sides.base.where).expanduser(), out)
                if cause:
                    save_row(row)


@dataclass(frozen=True, slots=True)
class Planted:
    """A training whose cause of harm is known."""

    recipe: str
    what: str
    cause: str
    seed: int
    checkpoint: Path
    data: Path

    @classmethod
    def of(cls, trained: Trained) -> Planted:
        recipe = trained.recipe
        return cls(recipe.name, recipe.what, str(recipe.cause), trained.seed, trained.last, trained.data)


def diagnosed(of_base: Run, run: Run, planted: Planted, base: Path, out: Path | None = None) -> dict[str, Any]:
    """What was named, with everything that is known of the training and without its log; written in full into `out`."""
    data = read_sft_data(planted.data)
    comparison, items = compare(of_base, run, sft_data=data)
    known = {
        "data": data,
        "drift": weight_drift(base, planted.checkpoint),
        "width": json.loads((base / "config.json").read_text(encoding="utf-8"))["hidden_size"],
    }
    found = diagnose(comparison, items, training=read_training_history(planted.checkpoint), **known)
    blind = diagnose(comparison, items, **known)
    assert found.named is not None and blind.named is not None
    if out is not None:
        publish(comparison, found, out)
    print(f"{planted.recipe}, seed {planted.seed}: {found.named.name}; without its log {blind.named.name}", flush=True)
    contaminated = [m.value for each in found.of("contamination") for m in each.measures if m.name == "of_a_task"]
    return {
        **{field: getattr(planted, field) for field in ("recipe", "what", "cause", "seed")},
        "named": found.named.name,
        "because": found.named.because,
        "runner_up": found.named.runner_up,
        "without_log": blind.named.name,
        "of_a_task_in_the_data": max(contaminated, default=0.0),
        "domains": {row.name: _delta(row) for row in comparison.domains if row.estimate is not None},
        "findings": [
            f"{'' if each.domain is None else each.domain + ': '}{each.cause} {each.state}" for each in found.findings
        ],
    }


def _delta(row: DeltaRow) -> dict[str, Any]:
    assert row.estimate is not None
    numbers = {name: getattr(row.estimate, name) for name in ("delta", "ci_low", "ci_high")}
    return {**numbers, "verdict": row.judgement.verdict, "within_margin": row.judgement.within_margin}


def publish(comparison: Comparison, diagnosis: Diagnosis, folder: Path) -> None:
    """diagnosis.json, diagnosis.md and the heat map of the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    save_diagnosis(folder, diagnosis)
    if diagnosis.weights is not None:
        for path in plots.drift(diagnosis.weights, folder / "plots"):
            if path.suffix != ".png":
                path.unlink()
    write_atomic(folder / "diagnosis.md", diagnosis_markdown(comparison, diagnosis, "plots/drift.png"))


def save_row(row: dict[str, Any]) -> None:
    """Into causes.json, in place of an earlier one of the same recipe and seed."""
    rows = {(each["recipe"], each["seed"]): each for each in read_rows()}
    rows[row["recipe"], row["seed"]] = row
    content = {
        "machine": machine.describe(),
        "suite": SUITE.name,
        "engine": "transformers",
        "tuned_on_seed": TUNED_ON,
        "rows": [rows[key] for key in sorted(rows)],
    }
    LAB.mkdir(parents=True, exist_ok=True)
    write_atomic(LAB / "causes.json", json.dumps(content, indent=1) + "\n")


def read_rows() -> list[dict[str, Any]]:
    path = LAB / "causes.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.is_file() else []
    return rows


# --- tables -----------------------------------------------------------------------------------


def write_tables() -> None:
    head, _, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    DOC.write_text(f"{head}{BEGIN}\n\n" + "\n".join(_told(read_rows())) + f"\n\n{END}{tail}", encoding="utf-8")


def _told(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    test = [row for row in rows if row["seed"] != TUNED_ON]
    tuned = [row for row in rows if row["seed"] == TUNED_ON]
    if not test:
        yield "Not measured yet."
        return
    yield from table(
        ("", "trainings", "named rightly", "95 % interval", "recipes right with every seed"),
        [
            _rate("seeds 1 and 2, with the training's log", test, "named"),
            _rate("seeds 1 and 2, without it", test, "without_log"),
            _rate("seed 0, on which the rules were tuned", tuned, "named"),
            _rate("seed 0, without the log", tuned, "without_log"),
        ],
    )
    for heading, key in (("With the log", "named"), ("Without the log", "without_log")):
        yield f"\n{heading}, seeds 1 and 2; planted causes are rows, named ones columns:\n"
        yield from _confusion(test, key)
    yield "\nEvery recipe, and what was named with seeds 0, 1 and 2:\n"
    yield from table(("recipe", "what", "planted", "named", "without the log"), _recipes(rows))


def _rate(what: str, rows: Sequence[dict[str, Any]], key: str) -> tuple[str, ...]:
    right = [row for row in rows if row[key] == row["cause"]]
    interval = wilson_interval(len(right), max(1, len(rows)))
    wrong = {row["recipe"] for row in rows if row[key] != row["cause"]}
    recipes = {row["recipe"] for row in rows}
    shown = f"{len(right) / max(1, len(rows)):.0%}"
    return (
        what,
        str(len(rows)),
        shown,
        f"{interval.low:.0%} to {interval.high:.0%}",
        f"{len(recipes - wrong)} of {len(recipes)}",
    )


def _confusion(rows: Sequence[dict[str, Any]], key: str) -> list[str]:
    counts = Counter((row["cause"], row[key]) for row in rows)
    causes = [name for name in NAMES if any(cause == name for cause, _ in counts)]
    names = [name for name in NAMES if name in causes or any(named == name for _, named in counts)]
    cells = (
        (_name(cause), *(f"**{n}**" if cause == name else str(n) for name in names for n in [counts[cause, name]]))
        for cause in causes
    )
    return table(("", *map(_name, names)), cells)


def _recipes(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    by_recipe: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_recipe.setdefault(row["recipe"], []).append(row)
    for recipe, members in by_recipe.items():
        named = (", ".join(_name(row[key]) for row in members) for key in ("named", "without_log"))
        yield f"`{recipe}`", members[0]["what"], _name(members[0]["cause"]), *named


def _name(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    main()
