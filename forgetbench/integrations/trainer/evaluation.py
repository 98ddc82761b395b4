"""One evaluation during a training: the weights of this step against those before it, as an ordinary comparison."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from forgetbench import lm_eval_bridge
from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.engines.registry import make_engine, resolve_checkpoint
from forgetbench.errors import EngineError, InputError
from forgetbench.evaluation import evaluate as runner
from forgetbench.evaluation.evaluate import EvaluationSpec
from forgetbench.integrations.trainer.memory import MemoryEngine, undisturbed
from forgetbench.pipeline import comparison_folder
from forgetbench.progress import Progress
from forgetbench.records import Checkpoint, Comparison, DeltaRow, Run
from forgetbench.storage import results as run_store
from forgetbench.storage.ledger import Ledger
from forgetbench.suites.suite import load_suite, suite_of_tasks

if TYPE_CHECKING:
    import pandas as pd

_GONE = "the weights before training are not in memory after a resume, and only they could rate this text"


@dataclass(frozen=True, slots=True)
class Asked:
    """What every evaluation of a training asks, and how: the same each time."""

    suite: str | Sequence[str]
    """A suite by name or file, or the names of tasks."""
    results: Path
    limit: int | None
    seed: int
    margins: Mapping[str, float]
    """Non-inferiority margins of domains, instead of the suite's."""

    def job(self) -> EvaluationSpec:
        """Reads the tasks. Raises InputError for a suite or task that cannot be had, or that runs programs."""
        if isinstance(self.suite, str):
            suite, folder = load_suite(self.suite)
        else:
            suite, folder = suite_of_tasks(list(self.suite), None), None
        suite = suite.model_copy(update={"margins": {**suite.margins, **self.margins}})
        tasks = tuple(lm_eval_bridge.load_tasks(suite, folder, self.limit))
        for task in tasks:
            if task.executes_code:
                raise InputError(
                    f"task '{task.info.name}' runs code that the model writes, which a training does not; leave it "
                    "out, and evaluate the saved checkpoints with forgetbench sweep --run-code"
                )
        return EvaluationSpec(suite, tasks, self.results, seed=self.seed, limit=self.limit)


class Weights(Protocol):
    """Where the weights that are compared come from."""

    base: Checkpoint

    def at_step(self, step: int) -> Checkpoint:
        """The weights after so many steps, which is now."""
        ...

    def answering(self, checkpoint: Checkpoint) -> contextlib.AbstractContextManager[Engine]:
        """An engine for the base and this checkpoint, while the training waits."""
        ...

    def close(self) -> None: ...


class WeightsInMemory:
    """The model that is being trained, asked in its own memory."""

    def __init__(self, model: Any, engine: MemoryEngine, base: Checkpoint) -> None:
        self._model, self._engine, self.base = model, engine, base

    def at_step(self, step: int) -> Checkpoint:
        return self._engine.checkpoint(f"step-{step}", step)

    @contextlib.contextmanager
    def answering(self, checkpoint: Checkpoint) -> Iterator[Engine]:
        with undisturbed(self._model):
            try:
                yield self._engine
            finally:
                self._engine.put_back()

    def keep_base(self) -> None:
        """The weights as they are now will rate what later ones write."""
        self._engine.keep()

    def lose_base(self) -> None:
        """The weights before training are gone; what they answered is in the ledger."""
        self._engine.gone = {self.base.fingerprint: _GONE}

    def close(self) -> None:
        self._engine.close()


class SavedWeights:
    """The checkpoint folders that the trainer saves, each asked by an engine that is started for it."""

    def __init__(self, model: Any, engine: str, base: str, output: Path) -> None:
        """Raises InputError where `base` is no checkpoint, or the engine is none."""
        self._model, self._options, self._output = model, EngineOptions(engine), output
        self.base = resolve_checkpoint(base, self._options)
        make_engine(self._options).close()

    def at_step(self, step: int) -> Checkpoint:
        return resolve_checkpoint(str(self._output / f"checkpoint-{step}"), self._options, base=self.base)

    @contextlib.contextmanager
    def answering(self, checkpoint: Checkpoint) -> Iterator[Engine]:
        engine = make_engine(self._options, [self.base, checkpoint])
        with undisturbed(self._model):
            try:
                yield engine
            finally:
                engine.close()

    def close(self) -> None:
        """Nothing is held between evaluations."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one evaluation found."""

    step: int
    comparison: Comparison
    items: pd.DataFrame
    folder: Path


def evaluate_base(job: EvaluationSpec, weights: Weights, progress: Progress) -> Run:
    """The base's run: its answers are in the ledger from here on. Raises InputError, EngineError or StorageError."""
    with weights.answering(weights.base) as engine, Ledger(job.results / ".ledger.sqlite") as ledger:
        (run,) = runner.evaluate(job, [weights.base], None, engine, ledger, progress=progress)
    if run.samples["score"].isna().all():
        raise EngineError(f"nothing could be measured of the base; {run.manifest.run_id}/samples.parquet says why")
    return run


def evaluate_step(job: EvaluationSpec, weights: Weights, step: int, progress: Progress) -> Evaluated:
    """Ask the weights of this step, and write their run and their comparison with the base."""
    from forgetbench.comparison.delta import compare

    checkpoint = weights.at_step(step)
    with weights.answering(checkpoint) as engine, Ledger(job.results / ".ledger.sqlite") as ledger:
        # At a learning rate of 0, as a warm-up may begin, the weights are still the base's.
        changed = [] if checkpoint.fingerprint == weights.base.fingerprint else [checkpoint]
        runs = runner.evaluate(job, changed, weights.base, engine, ledger, progress=progress)
    base, candidate = runs[0], runs[-1]
    comparison, items = compare(base, candidate, margins=job.margins, seed=job.seed)
    folder = comparison_folder(job.results, base, candidate)
    run_store.save_comparison(folder, comparison, items)
    return Evaluated(step, comparison, items, folder)


def logged_values(comparison: Comparison) -> dict[str, float]:
    """What a training's log is told of a comparison; numbers that there are not are left out."""
    found: dict[str, float | None] = {}
    for row in comparison.domains:
        found |= _row_values(row)
    found["forgetting/overall_delta"] = comparison.overall.delta
    return {name: value for name, value in found.items() if value is not None}


def _row_values(row: DeltaRow) -> dict[str, float | None]:
    values = {"delta": row.delta, "ci_low": row.ci_low, "ci_high": row.ci_high, "retention": row.retention}
    return {f"forgetting/{row.name}_{name}": value for name, value in values.items()}
