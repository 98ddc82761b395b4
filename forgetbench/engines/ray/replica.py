"""One replica: a Ray actor with an engine in a process of its own."""

from __future__ import annotations

import importlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from forgetbench.engines.base import Engine, TokenCounts
from forgetbench.errors import EngineError, ForgetbenchError
from forgetbench.records import Checkpoint, Request, Response

_BATCH, _BATCH_SECONDS = 32, 0.1
"""Responses travel together when so many are there, or when so much time has passed since the last batch."""

Kind = Literal["score", "generate"]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a replica sends at once: responses, and what was counted since the last time."""

    responses: tuple[Response, ...] = ()
    counts: TokenCounts = field(default_factory=dict)


class ReplicaProcess:
    """The actor. What it raises arrives at the pool as the cause of a RayTaskError."""

    def __init__(self, make: Callable[[], Engine], settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        """`settings` are those of the pool's own engine, which this one's must equal."""
        os.environ.update(environment)
        self._make = make
        self._settings = settings
        self._engine: Engine | None = None
        self._reported: dict[str, Counter[str]] = {}
        self._restarts = int(importlib.import_module("ray").get_runtime_context().was_current_actor_reconstructed)

    def answer(
        self, kind: Kind, checkpoints: Sequence[Checkpoint], log_file: Path | None, requests: Sequence[Request]
    ) -> Iterator[Batch]:
        """Load the checkpoints unless they are loaded already, then answer the requests, if there are any.

        The first batch is empty: it says that there was room for this replica, and whether Ray has restarted it.
        """
        yield Batch(counts=self._restarted(requests[0].checkpoint if requests else checkpoints[0].fingerprint))
        engine = self._engine = self._engine or self._make_engine()
        if engine.loaded != tuple(checkpoints):
            engine.load(checkpoints, log_file)
        respond = engine.score if kind == "score" else engine.generate
        for responses in batches(respond(requests) if requests else ()):
            yield Batch(responses, self._counted(engine))

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()

    def _make_engine(self) -> Engine:
        engine = self._make()
        here, there = engine.settings, self._settings
        if differing := [name for name in {**there, **here} if here.get(name) != there.get(name)]:
            differs = ", ".join(f"{name} {here.get(name)} instead of {there.get(name)}" for name in differing)
            raise EngineError(f"a replica has another engine than this machine ({differs}); install the same on all")
        return engine

    def _restarted(self, fingerprint: str) -> TokenCounts:
        """Counted for the checkpoint that was being asked, once."""
        restarts, self._restarts = self._restarts, 0
        return {fingerprint: {"replica_restarts": restarts}} if restarts else {}

    def _counted(self, engine: Engine) -> TokenCounts:
        """What the engine counted since this was last asked."""
        now = {fingerprint: Counter(counts) for fingerprint, counts in engine.counts.items()}
        grown = {fingerprint: Counter(counts) for fingerprint, counts in now.items()}
        for fingerprint, counts in self._reported.items():
            grown[fingerprint].subtract(counts)
        self._reported = now
        return grown


def batches(responses: Iterable[Response]) -> Iterator[tuple[Response, ...]]:
    """Responses in small groups, in the order in which they come; those before an error come before it."""
    batch: list[Response] = []
    sent = time.monotonic()
    try:
        for response in responses:
            batch.append(response)
            if len(batch) >= _BATCH or time.monotonic() - sent > _BATCH_SECONDS:
                yield tuple(batch)
                batch, sent = [], time.monotonic()
    except ForgetbenchError:
        yield tuple(batch)
        raise
    yield tuple(batch)
