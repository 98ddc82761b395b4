"""Several trainings from one base: forgetting over learning rate and steps, gathered from their logs and weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from forgetbench.comparison.ship import checkpoint_to_ship
from forgetbench.comparison.surface import Checkpointed, surface
from forgetbench.diagnosis.training_log import TrainingHistory, read_training_history
from forgetbench.fingerprint import digest
from forgetbench.models.tuned import tuned_parameters
from forgetbench.pipeline.results import SavedSurface
from forgetbench.pipeline.trajectories import Group
from forgetbench.records import Checkpoint
from forgetbench.report import write_surface
from forgetbench.storage.comparisons import load_items
from forgetbench.storage.folder import ResultsFolder


def surfaces(
    results: ResultsFolder, trainings: Mapping[Path, Group], base: Checkpoint | None
) -> tuple[SavedSurface, ...]:
    """What two or more trainings show together, written; nothing of fewer."""
    if len(trainings) < 2:
        return ()
    names = _names(list(trainings))
    folder = None if base is None else base.weights
    known = [
        each for training, group in trainings.items() for each in _of_training(names[training], training, group, folder)
    ]
    members = [(step, saved) for group in trainings.values() for step, _checkpoint, saved in group]
    ship = checkpoint_to_ship([(step, saved.comparison, load_items(saved.folder)) for step, saved in members])
    found = surface(known, ship)
    ids = sorted(each.comparison.comparison_id for each in known)
    made = results.surface(f"{len(trainings)}-trainings-{digest(ids)[:10]}-vs-{known[0].comparison.base.run_id}")
    write_surface(found, made)
    return (SavedSurface(found, made),)


def _of_training(name: str, training: Path, group: Group, base: Path | None) -> list[Checkpointed]:
    histories = {step: _history(training / f"checkpoint-{step}") for step, _checkpoint, _saved in group}
    rates = [history.peak_rate for history in histories.values() if history is not None and history.peak_rate]
    # The same tensors are trained from the first step to the last.
    tuned = tuned_parameters(group[-1][1], base)
    return [
        Checkpointed(
            name,
            step,
            saved.comparison,
            learning_rate=max(rates, default=None),
            tokens=None if (history := histories[step]) is None else history.tokens_seen,
            tuned_parameters=tuned,
        )
        for step, _checkpoint, saved in group
    ]


def _history(folder: Path) -> TrainingHistory | None:
    return read_training_history(folder) if (folder / "trainer_state.json").is_file() else None


def _names(trainings: list[Path]) -> dict[Path, str]:
    """The folders' names; with their parents' where two have the same."""
    short = [training.name for training in trainings]
    return {
        training: training.name if short.count(training.name) == 1 else f"{training.parent.name}/{training.name}"
        for training in trainings
    }
