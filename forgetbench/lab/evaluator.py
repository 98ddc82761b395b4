"""Checkpoints of a lab against its base, in as few engine starts as their shapes need.

Full checkpoints of one base have one shape: one engine serves them all, weights swapped in place. Adapters that an
engine cannot serve have another engine, and a run of the base of their own: answers of two engines are not compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import cast

from forgetbench.comparison.delta import compare, comparison_id
from forgetbench.engines.base import Engine, EngineClass, EngineOptions
from forgetbench.engines.registry import make_engine
from forgetbench.errors import InputError
from forgetbench.evaluation.evaluate import evaluate
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.session import LoadedSuite, load_suite_of, open_session
from forgetbench.progress import Progress
from forgetbench.records import Checkpoint, Comparison
from forgetbench.storage.comparisons import load_comparison, save_comparison
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import Run


class Evaluator:
    """Evaluates checkpoints and compares them with one base; engines are started when they are first needed."""

    def __init__(
        self,
        base: str,
        evaluation: EvaluationOptions,
        engine: EngineOptions = EngineOptions(),
        progress: Progress = Progress(),
    ) -> None:
        """`base` is `[NAME=]WHERE`. Raises SuiteError for a suite that cannot be had."""
        self.suite: LoadedSuite = load_suite_of(evaluation)
        self._base, self._evaluation, self._options, self._progress = base, evaluation, engine, progress
        self._results = ResultsFolder(evaluation.results)
        self._stack = ExitStack()
        self._engines: dict[EngineOptions, Engine] = {}
        self._bases: dict[EngineOptions, Checkpoint] = {}

    def __enter__(self) -> Evaluator:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def base_fingerprint(self) -> str:
        """Hash of the base's weights and tokenizer. Raises CheckpointError where it cannot be had."""
        return self._resolved_base(self._options).fingerprint

    @property
    def shares_device(self) -> bool:
        """Whether the engine leaves room for a training beside it: on a GPU it takes the memory for itself."""
        return bool(self._engine(self._options).settings.get("device", "cpu") == "cpu")

    def compared(self, checkpoints: Sequence[tuple[str, Path]], engine: str) -> list[Comparison | None]:
        """Each checkpoint, by name and folder, compared with the base; None for one that is the base itself.

        `engine` is what they need: the default one's name where any will do. Raises InputError for checkpoints that
        cannot be evaluated, EngineError with what was done kept.
        """
        options = self._options if engine == EngineOptions().engine else replace(self._options, engine=engine)
        running = self._engine(options)
        base, resolve = self._resolved_base(options), cast("EngineClass", type(running)).resolve
        resolved = [resolve(f"{name}={folder}", options, base=base) for name, folder in checkpoints]
        changed = {each.fingerprint: each for each in resolved if each.fingerprint != base.fingerprint}
        by_fingerprint: dict[str, Comparison] = {}
        if changed:
            with open_session(
                list(changed.values()),
                base,
                evaluation=self._evaluation,
                engine=running,
                suite=self.suite,
                progress=self._progress,
            ) as session:
                before, *others = evaluate(session, self._evaluation.protocols[-1])
            by_fingerprint = {run.manifest.fingerprint: self._saved(before, run) for run in others}
        return [by_fingerprint.get(each.fingerprint) for each in resolved]

    def _saved(self, base: Run, candidate: Run) -> Comparison:
        """The comparison of two runs, without pages: taken as it is where it was made before."""
        folder = self._results.comparison(comparison_id(base.manifest, candidate.manifest))
        try:
            return load_comparison(folder)
        except InputError:
            comparison, items = compare(base, candidate)
            save_comparison(folder, comparison, items)
            return comparison

    def _resolved_base(self, options: EngineOptions) -> Checkpoint:
        """The base as an engine names it: hashed once."""
        if options not in self._bases:
            engine = cast("EngineClass", type(self._engine(options)))
            self._bases[options] = engine.resolve(self._base, options)
        return self._bases[options]

    def _engine(self, options: EngineOptions) -> Engine:
        if options not in self._engines:
            engine = make_engine(options)
            self._stack.callback(engine.close)
            self._engines[options] = engine
        return self._engines[options]
