"""One evaluation during a training: the weights of this step against those before it, as an ordinary comparison."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.engines.registry import make_engine, resolve_checkpoint
from forgetbench.errors import EngineError
from forgetbench.evaluation.evaluate import evaluate
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.session import LoadedSuite, Session, load_suite_of, open_session
from forgetbench.integrations.trainer.memory import MemoryEngine, undisturbed
from forgetbench.progress import Progress
from forgetbench.records import Checkpoint, Comparison
from forgetbench.storage.comparisons import save_comparison
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import Run

if TYPE_CHECKING:
    import pandas as pd

_GONE = "the weights before training are not in memory after a resume, and only they could rate this text"


@dataclass(frozen=True, slots=True)
class Questions:
    """What every evaluation of a training asks, and how: the same each time."""

    suite: LoadedSuite
    evaluation: EvaluationOptions


def read_questions(evaluation: EvaluationOptions, margins: Mapping[str, float]) -> Questions:
    """Reads the tasks; `margins` of domains stand in place of the suite's.

    Raises InputError for a suite or task that cannot be had, or that runs programs.
    """
    loaded = load_suite_of(evaluation)
    suite = loaded.suite.model_copy(update={"margins": {**loaded.suite.margins, **margins}})
    return Questions(LoadedSuite(suite, loaded.tasks), evaluation)


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

    def __init__(self, model: Any, options: EngineOptions, base: str, output: Path) -> None:
        """Raises InputError where `base` is no checkpoint, or the engine is none."""
        self._model, self._options, self._output = model, options, output
        self.base = resolve_checkpoint(base, options)
        make_engine(options).close()

    def at_step(self, step: int) -> Checkpoint:
        return resolve_checkpoint(str(self._output / f"checkpoint-{step}"), self._options, base=self.base)

    @contextlib.contextmanager
    def answering(self, checkpoint: Checkpoint) -> Iterator[Engine]:
        engine = make_engine(self._options, [self.base, checkpoint])
        with undisturbed(self._model), contextlib.closing(engine):
            yield engine

    def close(self) -> None:
        """Nothing is held between evaluations."""


@dataclass(frozen=True, slots=True)
class StepComparison:
    """What the evaluation after some step showed."""

    step: int
    comparison: Comparison
    items: pd.DataFrame
    folder: Path


def evaluate_base(questions: Questions, weights: Weights, progress: Progress) -> Run:
    """The base's run: its answers are in the ledger from here on. Raises InputError, EngineError or StorageError."""
    with _session(questions, weights, weights.base, progress) as session:
        run = evaluate(session)[0]
    if run.samples["score"].isna().all():
        raise EngineError(f"nothing could be measured of the base; {run.manifest.run_id}/samples.parquet says why")
    return run


def evaluate_step(questions: Questions, weights: Weights, step: int, progress: Progress) -> StepComparison:
    """Ask the weights of this step, and write their run and their comparison with the base."""
    from forgetbench.comparison.delta import compare, comparison_id

    with _session(questions, weights, weights.at_step(step), progress) as session:
        runs = evaluate(session)
    base, candidate = runs[0], runs[-1]
    margins, seed = questions.suite.suite.margins, questions.evaluation.seed
    comparison, items = compare(base, candidate, margins=margins, seed=seed)
    results = ResultsFolder(questions.evaluation.results)
    folder = results.comparison(comparison_id(base.manifest, candidate.manifest))
    save_comparison(folder, comparison, items)
    return StepComparison(step, comparison, items, folder)


@contextlib.contextmanager
def _session(questions: Questions, weights: Weights, checkpoint: Checkpoint, progress: Progress) -> Iterator[Session]:
    # At a learning rate of 0, as a warm-up may begin, the weights are still the base's.
    changed = [] if checkpoint.fingerprint == weights.base.fingerprint else [checkpoint]
    with (
        weights.answering(checkpoint) as engine,
        open_session(
            changed,
            weights.base,
            evaluation=questions.evaluation,
            engine=engine,
            suite=questions.suite,
            progress=progress,
        ) as session,
    ):
        yield session


def logged_values(comparison: Comparison) -> dict[str, float]:
    """What a training's log is told of a comparison; numbers that there are not are left out."""
    values: dict[str, float] = {}
    for row in comparison.domains:
        if (estimate := row.estimate) is not None:
            numbers = {
                "delta": estimate.delta,
                "ci_low": estimate.ci_low,
                "ci_high": estimate.ci_high,
                "retention": row.kept.retention,
            }
            values |= {f"forgetting/{row.name}_{name}": value for name, value in numbers.items() if not isnan(value)}
    if comparison.overall.estimate is not None:
        values["forgetting/overall_delta"] = comparison.overall.estimate.delta
    return values
