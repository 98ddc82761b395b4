"""Trainings of a lab as a surface: forgetting over learning rate, steps and tuned parameters, from its comparisons.

    python tests/benchmarks/lab_surface.py LAB RECIPE... --out FOLDER [--trajectory FOLDER]

LAB is a lab's folder with its trainings. Nothing is evaluated: what `forgetbench sweep` would make of the same
checkpoints, by the same functions. `--trajectory` takes that of the first recipe's first seed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from forgetbench.comparison.ship import checkpoint_to_ship
from forgetbench.comparison.surface import Checkpointed, surface
from forgetbench.console import say
from forgetbench.diagnosis.training_log import read_training_history
from forgetbench.lab.paths import RecipePath
from forgetbench.lab.recipe import load_recipe
from forgetbench.lab.stored import load_lab
from forgetbench.models.tensors import stored
from forgetbench.models.tuned import tuned_parameters
from forgetbench.models.weights import weight_files
from forgetbench.pipeline import SavedComparison, read_training_log
from forgetbench.pipeline.trajectories import write_along
from forgetbench.records import Checkpoint
from forgetbench.report import write_surface
from forgetbench.report.surface import surface_lines
from forgetbench.storage.comparisons import load_comparison, load_items
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import load_manifest


def checkpointed(lab: Path, path: RecipePath) -> list[Checkpointed]:
    """One recipe's path as a training of a surface."""
    results = ResultsFolder(lab)
    comparisons = [load_comparison(results.comparison(point.comparison_id)) for point in path.points]
    base = Path(load_manifest(results.run(comparisons[0].base.run_id)).where).expanduser()
    places = [Path(each.candidate.where) for each in comparisons]
    folders = [lab / "trainings" / place.parent.name / place.name for place in places]
    histories = [read_training_history(folder) for folder in folders]
    tuned = _tuned(path.recipe, folders[-1], base)
    rate = max(history.peak_rate or 0.0 for history in histories) or None
    return [
        Checkpointed(f"{path.recipe}-seed{path.seed}", int(point.at), comparison, rate, history.tokens_seen, tuned)
        for point, comparison, history in zip(path.points, comparisons, histories, strict=True)
    ]


def _tuned(recipe: str, last: Path, base: Path) -> int | None:
    """What a recipe trains; a lab's adapters are saved merged, so that their own numbers are counted by their rank."""
    adapter = load_recipe(recipe).adapter
    if adapter is None or adapter.kind != "lora":
        return tuned_parameters(Checkpoint(last.name, "", "", path=last), base)
    linear = [each.shape for name, each in stored(weight_files(base)).items() if name.endswith("proj.weight")]
    return sum(adapter.rank * (rows + columns) for rows, columns in linear)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lab", type=Path)
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--trajectory", type=Path)
    asked = parser.parse_args()
    every = load_lab(asked.lab).paths
    paths = [path for recipe in asked.recipes for path in every if path.recipe == recipe]
    known = [each for path in paths for each in checkpointed(asked.lab, path)]
    results = ResultsFolder(asked.lab)
    ship = checkpoint_to_ship(
        [(each.step, each.comparison, load_items(results.comparison(each.comparison.comparison_id))) for each in known]
    )
    found = surface(known, ship)
    write_surface(found, asked.out)
    for line in surface_lines(found):
        say(line)
    if asked.trajectory is not None:
        first = [each for each in known if each.run == known[0].run]
        group = [
            (each.step, SavedComparison(each.comparison, results.comparison(each.comparison.comparison_id)))
            for each in first
        ]
        place = Path(paths[0].points[-1].candidate.where)
        log = read_training_log(asked.lab / "trainings" / place.parent.name / place.name / "trainer_state.json")
        write_along(group, log, asked.trajectory)


if __name__ == "__main__":
    main()
