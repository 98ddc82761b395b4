"""The two models of a comparison, opened to be asked again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.engines.memory import MemoryNeed
from forgetbench.engines.registry import make_engine, resolve_checkpoint
from forgetbench.errors import EngineError, InputError
from forgetbench.evaluation.dispatch import Dispatcher, RequestCounts, RunRequests
from forgetbench.evaluation.preflight import memory_fit
from forgetbench.fingerprint import make_request
from forgetbench.models.checks import ModelChecks
from forgetbench.models.tokenizer import Tokenizer
from forgetbench.progress import Progress
from forgetbench.records import Checkpoint, Comparison, Sample, Sampling, Side
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.ledger import Ledger


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
        lacking = [each for each in (self.base, checkpoint) if each not in self.engine.loaded]
        check_memory(self.engine, lacking)
        with contextlib.closing(make_engine(self.options, [checkpoint])) as engine:
            engine.load([checkpoint], self.log)
            yield engine


def check_memory(engine: Engine, checkpoints: Sequence[Checkpoint]) -> None:
    """Raise EngineError unless these fit into what is free now, all of them at once."""
    needs = [need for each in checkpoints if (need := engine.memory_need(each)) is not None]
    if not needs:
        return
    whole = MemoryNeed(sum(need.weights for need in needs), sum(need.cache for need in needs), needs[0].device)
    fit = memory_fit(whole)
    if fit is not None and not fit.fits:
        names = " and ".join(each.name for each in checkpoints)
        raise EngineError(f"{names} must be in memory at once, which {fit}; {fit.hint}")


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
