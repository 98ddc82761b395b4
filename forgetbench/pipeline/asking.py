"""The two models of a comparison, opened to be asked again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from forgetbench.comparison.sft_data import SftData
from forgetbench.diagnosis import Asked
from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.engines.registry import make_engine, resolve_checkpoint
from forgetbench.errors import EngineError, InputError
from forgetbench.evaluation.dispatch import Dispatcher, RequestCounts, RunRequests
from forgetbench.fingerprint import make_request
from forgetbench.models.checks import ModelChecks
from forgetbench.models.tokenizer import Tokenizer
from forgetbench.progress import Progress
from forgetbench.records import Checkpoint, Comparison, Sample, Sampling, Side
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Questions:
    """What a diagnosis asks of the two models."""

    distribution: bool
    """What they say next."""
    text: Path | None
    """A text of the user's own, beside the embedded passages."""
    n_samples: int
    """Samples of each, from which the training data is read; 0 for none."""

    def __post_init__(self) -> None:
        if self.n_samples < 0:
            raise InputError(f"--without-data {self.n_samples}: must be a number of samples")
        if self.text is not None and not self.distribution:
            raise InputError("--text is read with --distribution only; add that, or leave --text out")


def ask_models(
    questions: Questions,
    compared: Comparison,
    folder: Path,
    data: SftData | None,
    engine: EngineOptions,
    *,
    base: str | None,
    candidate: str | None,
    progress: Progress,
) -> Asked:
    """Ask base and candidate of the comparison in `folder`; errors as `open_models`."""
    from forgetbench.pipeline.distribution import measure_calibration, measure_distribution
    from forgetbench.pipeline.without_data import read_without_data

    with open_models(compared, folder, engine, base, candidate, progress) as models:
        # What is written comes first: an engine that also scores need not be emptied in between.
        readable = (
            read_without_data(models, questions.n_samples, data, seed=compared.seed, alpha=compared.alpha)
            if questions.n_samples
            else ()
        )
        if not questions.distribution:
            return Asked(readable=readable)
        distribution = measure_distribution(
            models,
            sft_data=None if data is None else data.path,
            text=questions.text,
            seed=compared.seed,
            alpha=compared.alpha,
        )
        return Asked(distribution, measure_calibration(models.results, compared), readable)


@dataclass(frozen=True, slots=True)
class Models:
    """Base and candidate, an engine for them, and the ledger in front of it."""

    base: Checkpoint
    candidate: Checkpoint
    engine: Engine
    options: EngineOptions
    ledger: Ledger
    results: ResultsFolder
    log: Path
    """Where an engine that is started writes."""
    progress: Progress

    def tokenizer(self, checkpoint: Checkpoint) -> Tokenizer:
        """A checkpoint's own."""
        return self.engine.tokenizer(checkpoint)

    def sampled(
        self, stage: str, asked: Sequence[tuple[Checkpoint, Sequence[int], Sampling]]
    ) -> list[tuple[Sample, ...]]:
        """What the models write behind prompts (token ids), in their order; from the ledger where they once did.

        () for a prompt that the engine refused.
        """
        requests = [
            make_request(checkpoint.fingerprint, self.engine.settings, tuple(prompt), sampling=sampling)
            for checkpoint, prompt, sampling in asked
        ]
        runs = [
            RunRequests(
                checkpoint.name,
                checkpoint,
                {one.key: one for one in requests if one.checkpoint == checkpoint.fingerprint},
                ModelChecks(checkpoint.name, "", self.tokenizer(checkpoint), False, {}, 0),
                RequestCounts(),
                self.log,
            )
            for checkpoint in (self.base, self.candidate)
        ]
        dispatcher = Dispatcher(self.engine, self.ledger, self.results.claims, self.progress, seed=0)
        wanted = [run for run in runs if run.requests]
        answered = {key: one for responses in dispatcher.answer(stage, wanted) for key, one in responses.items()}
        return [answered[one.key].samples if one.key in answered else () for one in requests]

    def load(self, checkpoint: Checkpoint) -> Engine:
        """The engine, with this checkpoint loaded."""
        if checkpoint not in self.engine.loaded:
            self.engine.load([checkpoint], self.log)
        return self.engine

    @contextlib.contextmanager
    def beside(self, checkpoint: Checkpoint) -> Iterator[Engine]:
        """A second engine with this checkpoint, beside the first. EngineError where both do not fit into memory."""
        self._check_memory(checkpoint)
        with contextlib.closing(make_engine(self.options, [checkpoint])) as engine:
            engine.load([checkpoint], self.log)
            yield engine

    def _check_memory(self, checkpoint: Checkpoint) -> None:
        from forgetbench.evaluation.preflight import memory_fit

        need = self.engine.memory_need(checkpoint)
        fit = memory_fit(need) if need is not None else None
        if fit is not None and not fit.fits:
            raise EngineError(
                f"{self.base.name} and {checkpoint.name} must both be loaded: {checkpoint.name} {fit}; {fit.hint}"
            )


@contextlib.contextmanager
def open_models(
    compared: Comparison,
    folder: Path,
    options: EngineOptions,
    base: str | None = None,
    candidate: str | None = None,
    progress: Progress = Progress(),
) -> Iterator[Models]:
    """Open what it takes to ask the two models of the comparison in `folder`; nothing is loaded yet.

    `base` and `candidate` say where they are, by default where they were evaluated. Raises InputError for a checkpoint
    that is not to be had or not the one that was evaluated, EngineError for an engine that is not installed.
    """
    results = ResultsFolder.of_run(folder)
    results.check_writable()
    with Ledger(results.ledger) as ledger:
        before = resolve_checkpoint(base or compared.base.where, options, hash_file=ledger.file_digest)
        after = resolve_checkpoint(
            candidate or compared.candidate.where, options, base=before, hash_file=ledger.file_digest
        )
        for resolved, side in ((before, compared.base), (after, compared.candidate)):
            check_side(resolved, side)
        with contextlib.closing(make_engine(options, [before, after])) as engine:
            yield Models(before, after, engine, options, ledger, results, folder / "engine.log", progress)


def check_side(resolved: Checkpoint, side: Side) -> None:
    """Raise InputError for another checkpoint than the one that was evaluated."""
    if resolved.fingerprint != side.fingerprint:
        raise InputError(
            f"{resolved.where}: not the checkpoint that was evaluated as {side.name} (its weights or tokenizer "
            "differ); say where that one is with --base and --candidate"
        )
