"""Sending to the engine what the ledger lacks: each model is loaded once and checked first, each response is kept as
it arrives."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from forgetbench.engines.base import Engine
from forgetbench.fingerprint import digest
from forgetbench.models.checks import ModelChecks
from forgetbench.models.effect import Reference, without_effect
from forgetbench.progress import Progress
from forgetbench.records import Checkpoint, Request, Response
from forgetbench.storage.admission import admitted
from forgetbench.storage.claims import claimed
from forgetbench.storage.ledger import Ledger


@dataclass
class RequestCounts:
    """What became of one run's requests."""

    requests: int = 0
    from_ledger: int = 0
    asked: int = 0
    engine: dict[str, int] = field(default_factory=dict)

    def add_engine(self, before: Mapping[str, int], after: Mapping[str, int]) -> None:
        """Take over what the engine counted between two readings."""
        for name, total in after.items():
            if grown := total - before.get(name, 0):
                self.engine[name] = self.engine.get(name, 0) + grown

    def as_dict(self) -> dict[str, int]:
        return {"requests": self.requests, "from_ledger": self.from_ledger, "asked": self.asked, **self.engine}


@dataclass(frozen=True, slots=True)
class RunRequests:
    """Requests to one checkpoint on behalf of one run."""

    run_of: str
    """Name of the checkpoint whose run it is; another one may be asked, to rate its samples."""
    checkpoint: Checkpoint
    """The one that is asked."""
    requests: Mapping[str, Request]
    """By key."""
    checks: ModelChecks
    """Asked first, where they are among the requests."""
    counts: RequestCounts
    log: Path
    """Where an engine that is started for this writes."""
    replicate: bool = False
    """A second pass, for the noise floor: apart from the first, and in another order."""
    base: Reference | None = None
    """What the run's checkpoint is compared with, where it is the one that is asked."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """An engine, and the ledger in front of it."""

    engine: Engine
    ledger: Ledger
    claims: Path
    """Folder of the locks by which two programs with the same questions ask them once."""
    progress: Progress
    seed: int
    """Of the order in which a second pass is asked."""

    def answer(self, stage: str, runs: Sequence[RunRequests]) -> list[dict[str, Response]]:
        """The responses to each run's requests: from the ledger, and from the engine what it lacks.

        Raises EngineError or StorageError with everything answered so far in the ledger.
        """
        responses = self.ledger.answers({key: request for run in runs for key, request in run.requests.items()})
        if damaged := len(self.ledger.damaged):
            self.progress.note(f"{damaged} damaged rows of the ledger are asked again: forgetbench ledger check")
        missing = {key: request for run in runs for key, request in run.requests.items() if key not in responses}
        if missing:
            self.progress.start(stage, sum(map(_work, missing.values())))
        for batch in self._batches(runs):
            with self._claimed(batch, responses):
                self._answer_batch(batch, responses)
        return [{key: responses[key] for key in run.requests if key in responses} for run in runs]

    def _answer_batch(self, batch: Sequence[RunRequests], responses: dict[str, Response]) -> None:
        unanswered = _unanswered(batch, responses)
        if unanswered:
            self._load(batch)
        checks, rest = _checks_first(self._in_order(unanswered, batch), batch)
        self._ask(checks, responses, batch)
        self._report_checks(batch, responses)
        self._ask(rest, responses, batch)

    @contextlib.contextmanager
    def _claimed(self, batch: Sequence[RunRequests], responses: dict[str, Response]) -> Iterator[None]:
        """Let no other program ask these runs' requests meanwhile; what one has asked by now is in `responses`."""

        def lacking(run: RunRequests) -> dict[str, Request]:
            return {key: request for key, request in run.requests.items() if key not in responses}

        def nothing_left(run: RunRequests) -> bool:
            responses.update(self.ledger.answers(lacking(run)))
            return not lacking(run)

        asking = [run for run in batch if lacking(run)]
        # Not by checkpoint: two programs with other questions to one model need not wait.
        names = {digest(sorted(run.requests)): partial(nothing_left, run) for run in asking}
        with claimed(self.claims, names, self.progress.note):
            for run in asking:
                nothing_left(run)
            yield

    def _batches(self, runs: Sequence[RunRequests]) -> list[list[RunRequests]]:
        """Runs whose checkpoints the engine can hold at once; a second pass is asked apart from the first."""
        batches: dict[tuple[str, bool], list[RunRequests]] = {}
        for run in runs:
            batches.setdefault((self.engine.group(run.checkpoint), run.replicate), []).append(run)
        return list(batches.values())

    def _in_order(self, unanswered: Mapping[str, Request], batch: Sequence[RunRequests]) -> list[Request]:
        requests = list(unanswered.values())
        if batch[0].replicate:
            random.Random(self.seed).shuffle(requests)
        return requests

    def _load(self, batch: Sequence[RunRequests]) -> None:
        checkpoints = list({run.checkpoint.fingerprint: run.checkpoint for run in batch}.values())
        self.progress.label("loading " + ", ".join(item.name for item in checkpoints))
        self.engine.load(checkpoints, batch[0].log)
        self.progress.label(", ".join(dict.fromkeys(run.run_of for run in batch)))

    def _ask(self, requests: Sequence[Request], responses: dict[str, Response], batch: Sequence[RunRequests]) -> None:
        """Ask the engine and put each response in the ledger as it arrives."""
        before = {fingerprint: dict(counts) for fingerprint, counts in self.engine.counts.items()}
        by_key = {request.key: request for request in requests}
        kinds: tuple[tuple[Callable[[Sequence[Request]], Iterable[Response]], bool], ...] = (
            (self.engine.score, False),
            (self.engine.generate, True),
        )
        for answer, generates in kinds:
            of_kind = [request for request in requests if (request.sampling is not None) == generates]
            for response in map(admitted, answer(of_kind) if of_kind else ()):
                if response.refusal is None:
                    self.ledger.put(response)
                responses[response.key] = response
                self.progress.advance(_work(by_key[response.key]))
        first = {run.checkpoint.fingerprint: run for run in reversed(batch)}
        for fingerprint, run in first.items():
            run.counts.add_engine(before.get(fingerprint, {}), self.engine.counts.get(fingerprint, {}))

    def _report_checks(self, batch: Sequence[RunRequests], responses: Mapping[str, Response]) -> None:
        """Say what is wrong with a model before hours are spent on it; EngineError where it gives no numbers, or its
        base's though its weights are others."""
        for run in batch:
            if not run.replicate and run.checks.requests.keys() <= run.requests.keys():
                unchanged = without_effect(run.checkpoint, run.checks, run.base, responses)
                for fault in (*run.checks.faults(responses), *unchanged):
                    self.progress.note(f"{run.checkpoint.name}: {fault}")


def _unanswered(batch: Sequence[RunRequests], responses: Mapping[str, Response]) -> dict[str, Request]:
    """What is to be asked, each request once; counts it for the run that asks for it first."""
    unanswered: dict[str, Request] = {}
    for run in batch:
        # What an earlier run has just asked is answered by now.
        new = {key: request for key, request in run.requests.items() if key not in responses and key not in unanswered}
        unasked = 0
        if new.keys() <= run.checks.requests.keys():
            # A model with nothing else to answer is not loaded only to be checked.
            unasked, new = len(new), {}
        run.counts.requests += len(run.requests) - unasked
        run.counts.asked += len(new)
        run.counts.from_ledger += len(run.requests) - unasked - len(new)
        unanswered |= new
    return unanswered


def _checks_first(requests: Sequence[Request], batch: Sequence[RunRequests]) -> tuple[list[Request], list[Request]]:
    keys = {key for run in batch for key in run.checks.requests}
    checks = [request for request in requests if request.key in keys]
    return checks, [request for request in requests if request.key not in keys]


def _work(request: Request) -> int:
    """Rough cost of a request in tokens; one generated token costs about what two prompt tokens do."""
    if request.sampling is not None:
        return len(request.prompt) + 2 * request.sampling.n * request.sampling.max_tokens
    return sum(len(request.prompt) + len(tokens) for tokens in request.continuations)
