"""Run a lab: train each recipe with each seed, evaluate every kept checkpoint against the base, keep the paths.

What is there is taken as it is: a path in lab.json, a finished training, an answer in the ledger. So a lab that was
stopped goes on where it was, and more recipes can join the same folder another day. The first seed of all recipes comes
before the second of any, so that a lab stopped at any time says something of all.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forgetbench.diagnosis.training_log import read_training_history
from forgetbench.errors import EngineError, ForgetbenchError, StorageError
from forgetbench.fingerprint import digest
from forgetbench.lab.evaluator import Evaluator
from forgetbench.lab.paths import Lab, RecipePath, point_of
from forgetbench.lab.recipe import Recipe, with_starts
from forgetbench.lab.stored import opened
from forgetbench.lab.training.trained import Trained
from forgetbench.lab.training_process import OwnProcess, SameProcess
from forgetbench.messages import N_
from forgetbench.progress import Progress


@dataclass(frozen=True, slots=True)
class Learnt:
    """A training, and what was measured of it where it was made."""

    trained: Trained
    kl: tuple[float | None, ...] = ()
    """KL(base || checkpoint) of each checkpoint, per token on the fine-tuning's own prompts, in nats."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A recipe with a seed."""

    recipe: Recipe
    seed: int
    settings: str
    """Hash of all that decides the training, besides base and data."""
    measured: bool = False
    """Its path is there; the training itself is needed, since another starts from it."""


Job = tuple[Wanted, Mapping[str, Trained]]
"""A training to make, and the finished ones that it may start from, by name."""
Learn = Callable[[Job], Learnt]
"""Makes a training whole or not at all; one that is there is taken as it is."""
Trainer = OwnProcess[Job, Learnt] | SameProcess[Job, Learnt]

_TOO_MANY = 3
"""Failures without a path in between that end the lab: they are not of the recipes' making."""
_SAID_ONLY = {"what", "cause"}
"""Fields of a recipe that change no number."""


def run_lab(
    recipes: Sequence[Recipe],
    seeds: Sequence[int],
    learn: Learn,
    evaluator: Evaluator,
    out: Path,
    *,
    data: str,
    reference: str = "full-mid",
    after: Callable[[Lab], None],
    own_process: bool = True,
    progress: Progress = Progress(),
) -> Lab:
    """Every path of `recipes` with `seeds`, and those that `out` held before.

    `data` names what is learned from, `reference` the recipe that others are compared with; `after` is called with the
    lab after each new path, and once at the end. With `own_process` trainings are made in a process of their own, one
    of them while another's checkpoints are evaluated; all of them first where the engine has a device that it does not
    share.

    A recipe that fails is told and left out, and the others go on. Raises InputError for what does not go together
    with `out`; at the end EngineError where recipes failed; StorageError with what was done kept.
    """
    base = evaluator.base_fingerprint()
    suite = evaluator.suite
    lab = opened(out, Lab(suite.suite.name, suite.fingerprint, base, data, reference=reference))
    waiting = lacking(lab, recipes, seeds)
    failures = Failures(progress)
    with OwnProcess(learn) if own_process and waiting else SameProcess(learn) as process:
        progress.start("lab", len(waiting))
        done: Iterable[tuple[Wanted, Learnt]] = trainings(waiting, process, failures, ahead=own_process)
        if not evaluator.shares_device:
            done = list(done)
            process.close()
        for wanted, learnt in done:
            if not wanted.measured:
                with failures.of(wanted):
                    lab = lab.with_path(measured(learnt, wanted, evaluator))
                    failures.in_a_row = 0
                    after(lab)
    after(lab)
    failures.end()
    return lab


def trainings(
    waiting: Sequence[Wanted], process: Trainer, failures: Failures, *, ahead: bool
) -> Iterator[tuple[Wanted, Learnt]]:
    """Each training once it is made, with `ahead` the next one under way; what fails or lacks its start is left out."""
    done: dict[tuple[str, int], Learnt] = {}
    queue = deque(waiting)

    def submit_next() -> Wanted | None:
        while queue:
            wanted = queue.popleft()
            start = wanted.recipe.start
            if start is None or (start, wanted.seed) in done:
                process.submit((wanted, {} if start is None else {start: done[start, wanted.seed].trained}))
                return wanted
            failures.add(wanted, f"recipe '{start}', which it starts from, failed")
        return None

    wanted = submit_next()
    while wanted is not None:
        made = None
        with failures.of(wanted):
            made = done[wanted.recipe.name, wanted.seed] = process.result()
        current, wanted = wanted, submit_next() if ahead else None
        if made is not None:
            yield current, made
        if not ahead:
            wanted = submit_next()


@dataclass
class Failures:
    """Recipes that failed: told when they do, and once more at the end."""

    progress: Progress
    errors: list[str] = field(default_factory=list)
    in_a_row: int = 0

    def add(self, wanted: Wanted, why: str) -> None:
        """Tell that a recipe failed."""
        self.errors.append(f"{wanted.recipe.name}, seed {wanted.seed}: {why}")
        self.progress.note(self.errors[-1])

    @contextlib.contextmanager
    def of(self, wanted: Wanted) -> Iterator[None]:
        """Keep an error of one recipe from ending the others."""
        try:
            yield
        except StorageError:
            raise
        except ForgetbenchError as error:
            self.in_a_row += 1
            if self.in_a_row == _TOO_MANY:
                raise
            self.add(wanted, str(error))

    def end(self) -> None:
        """Raises EngineError where any failed."""
        if self.errors:
            more = f"; {len(self.errors) - 1} more failed" if len(self.errors) > 1 else ""
            raise EngineError(f"{self.errors[0]}{more}; all others are done, and the same command tries these again")


def lacking(lab: Lab, recipes: Sequence[Recipe], seeds: Sequence[int]) -> list[Wanted]:
    """What is still to be trained and evaluated, by seed, starts first, which are evaluated like any other.

    A recipe whose settings changed is made anew.
    """
    settings: dict[str, str] = {}
    for recipe in (whole := with_starts(recipes)):
        before = settings[recipe.start] if recipe.start is not None else ""
        settings[recipe.name] = digest([recipe.model_dump(mode="json", exclude=_SAID_ONLY), before])
    found: list[Wanted] = []
    for seed in seeds:
        paths = {recipe.name: lab.find(recipe.name, seed) for recipe in whole}
        there = {name for name, path in paths.items() if path is not None and path.settings == settings[name]}
        needed: set[str] = set()
        for recipe in reversed(whole):
            if recipe.start is not None and (recipe.name not in there or recipe.name in needed):
                needed.add(recipe.start)
        found += [
            Wanted(recipe, seed, settings[recipe.name], measured=recipe.name in there)
            for recipe in whole
            if recipe.name in needed or recipe.name not in there
        ]
    return found


def measured(learnt: Learnt, wanted: Wanted, evaluator: Evaluator) -> RecipePath:
    """The path of a training: every checkpoint that is not the base itself, compared with it."""
    trained, recipe = learnt.trained, wanted.recipe
    names = [f"{recipe.name}-seed{wanted.seed}-{at:g}" for at, _ in trained.checkpoints]
    folders = [folder for _, folder in trained.checkpoints]
    comparisons = evaluator.compared(list(zip(names, folders, strict=True)), trained.engine)
    kl = learnt.kl or (None,) * len(names)
    points = [
        point_of(at, comparison, divergence)
        for (at, _), comparison, divergence in zip(trained.checkpoints, comparisons, kl, strict=True)
        if comparison is not None
    ]
    return RecipePath(
        recipe=recipe.name,
        what=recipe.what,
        family=family(recipe),
        seed=wanted.seed,
        settings=wanted.settings,
        engine=trained.engine,
        start=recipe.start,
        averages=recipe.method == "average",
        points=tuple(points),
        losses=_losses(trained.log),
    )


def _losses(log: Path | None) -> tuple[tuple[int, float], ...]:
    if log is None:
        return ()
    return tuple((each.step, round(each.loss, 4)) for each in read_training_history(log).logged)


def family(recipe: Recipe) -> str:
    """What is special about a recipe, in a word or two; recipes of one family share a colour."""
    data = recipe.data
    kinds = {
        N_("averaging"): recipe.method == "average",
        N_("preferences"): recipe.method == "dpo",
        N_("on-policy"): recipe.method == "grpo" or data.self_distilled,
        N_("adapters"): recipe.adapter is not None,
        N_("layers"): recipe.layers is not None,
        N_("KL to the base"): recipe.kl_to_base is not None,
        N_("mixed data"): data.replay > 0 or data.multitask > 0,
        N_("other target data"): data.noise > 0 or data.style != "narrow",
    }
    return next((name for name, holds in kinds.items() if holds), N_("all weights"))
