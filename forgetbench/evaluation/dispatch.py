"""Asking what the ledger lacks: each model is loaded once and checked first, each response is kept as it arrives."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forgetbench.engines.base import Engine
from forgetbench.models.checks import ModelChecks
from forgetbench.progress import Progress
from forgetbench.records import Checkpoint, Request, Response
from forgetbench.storage.ledger import Ledger


@dataclass
class Counts:
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
class Part:
    """Requests to one checkpoint on behalf of one run."""

    of: str
    """The name of the checkpoint whose run it is; it may be another one that is asked, to judge its samples."""
    checkpoint: Checkpoint
    requests: Mapping[str, Request]
    checks: ModelChecks
    """Asked first, where they are among the requests."""
    count: Counts
    log: Path
    """Where an engine that is started for this writes."""
    again: bool = False
    """A second pass, for the noise floor: apart from what it repeats, and in another order."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """An engine, and the ledger in front of it."""

    engine: Engine
    ledger: Ledger
    progress: Progress
    seed: int
    """Of the order in which a second pass is asked."""

    def answer(self, stage: str, parts: Sequence[Part]) -> list[dict[str, Response]]:
        """The responses to each part's requests: from the ledger, and from the engine what it lacks.

        Raises EngineError or StorageError with everything answered so far in the ledger.
        """
        known = self.ledger.get(key for part in parts for key in part.requests)
        missing = {key: request for part in parts for key, request in part.requests.items() if key not in known}
        if missing:
            self.progress.start(stage, sum(map(_work, missing.values())))
        for batch in self._batches(parts):
            lacking = _lacking(batch, known)
            if lacking:
                self._load(batch)
            checks, rest = _checks_first(self._in_order(lacking, batch), batch)
            self._ask(checks, known, batch)
            self._report_checks(batch, known)
            self._ask(rest, known, batch)
        return [{key: known[key] for key in part.requests if key in known} for part in parts]

    def _batches(self, parts: Sequence[Part]) -> list[list[Part]]:
        """Parts whose checkpoints the engine can hold at once; a second pass is asked apart from the first."""
        found: dict[tuple[str, bool], list[Part]] = {}
        for part in parts:
            found.setdefault((self.engine.group(part.checkpoint), part.again), []).append(part)
        return list(found.values())

    def _in_order(self, lacking: Mapping[str, Request], batch: Sequence[Part]) -> list[Request]:
        requests = list(lacking.values())
        if batch[0].again:
            random.Random(self.seed).shuffle(requests)
        return requests

    def _load(self, batch: Sequence[Part]) -> None:
        checkpoints = list({part.checkpoint.fingerprint: part.checkpoint for part in batch}.values())
        self.progress.label("loading " + ", ".join(item.name for item in checkpoints))
        self.engine.load(checkpoints, batch[0].log)
        self.progress.label(", ".join(dict.fromkeys(part.of for part in batch)))

    def _ask(self, requests: Sequence[Request], known: dict[str, Response], batch: Sequence[Part]) -> None:
        """Ask the engine and put each response in the ledger as it arrives."""
        before = {fingerprint: dict(counts) for fingerprint, counts in self.engine.counts.items()}
        by_key = {request.key: request for request in requests}
        kinds: tuple[tuple[Callable[[Sequence[Request]], Iterable[Response]], bool], ...] = (
            (self.engine.score, False),
            (self.engine.generate, True),
        )
        for answer, generates in kinds:
            mine = [request for request in requests if (request.sampling is not None) == generates]
            for response in answer(mine) if mine else ():
                if response.refusal is None:
                    self.ledger.put(response)
                known[response.key] = response
                self.progress.advance(_work(by_key[response.key]))
        first = {part.checkpoint.fingerprint: part for part in reversed(batch)}
        for fingerprint, part in first.items():
            part.count.add_engine(before.get(fingerprint, {}), self.engine.counts.get(fingerprint, {}))

    def _report_checks(self, batch: Sequence[Part], known: Mapping[str, Response]) -> None:
        """Say what is wrong with a model before hours are spent on it; EngineError where it gives no numbers."""
        for part in batch:
            if not part.again and part.checks.requests.keys() <= part.requests.keys():
                for fault in part.checks.faults(known):
                    self.progress.note(f"{part.checkpoint.name}: {fault}")


def _lacking(batch: Sequence[Part], known: Mapping[str, Response]) -> dict[str, Request]:
    """What is to be asked, each request once; counts it for the part that wants it first."""
    lacking: dict[str, Request] = {}
    for part in batch:
        # What an earlier part has just asked is known by now.
        mine = {key: value for key, value in part.requests.items() if key not in known and key not in lacking}
        unasked = 0
        if mine.keys() <= part.checks.requests.keys():
            # A model with nothing else to answer is not loaded only to be checked.
            unasked, mine = len(mine), {}
        part.count.requests += len(part.requests) - unasked
        part.count.asked += len(mine)
        part.count.from_ledger += len(part.requests) - unasked - len(mine)
        lacking |= mine
    return lacking


def _checks_first(requests: Sequence[Request], batch: Sequence[Part]) -> tuple[list[Request], list[Request]]:
    keys = {key for part in batch for key in part.checks.requests}
    found: tuple[list[Request], list[Request]] = ([], [])
    for request in requests:
        found[request.key not in keys].append(request)
    return found


def _work(request: Request) -> int:
    """Rough cost of a request in tokens; one generated token costs about what two prompt tokens do."""
    if request.sampling is not None:
        return len(request.prompt) + 2 * request.sampling.n * request.sampling.max_tokens
    return sum(len(request.prompt) + len(tokens) for tokens in request.continuations)
