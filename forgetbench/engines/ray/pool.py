"""N engines as Ray actors behind the one engine protocol: Ray starts them, places them and restarts them.

Requests are sorted by prompt and cut into contiguous chunks, so that a shared prefix stays on one replica. Each replica
owns a run of chunks and takes them in order; one that is done takes a chunk from the end of the longest other queue.
The checkpoints travel with every chunk, and responses stream back in small batches: a replica that Ray has restarted
is sent what was not answered yet, so nothing is lost, and nothing is answered twice.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from forgetbench.engines.base import Engine, TokenCounts
from forgetbench.engines.memory import MemoryNeed
from forgetbench.engines.ray import cluster
from forgetbench.engines.ray.chunks import ChunkQueues, chunk_count, cut
from forgetbench.engines.ray.replica import Kind, ReplicaProcess
from forgetbench.errors import EngineError, ForgetbenchError, InputError
from forgetbench.models.tokenizer import Tokenizer
from forgetbench.records import Checkpoint, Request, Response

RESTARTS = 3
"""How often Ray starts a replica again, all in all; one that dies once more is given up."""
PLACEMENT_SECONDS = 120.0
"""How long a replica may wait for room on the cluster."""
TICK_SECONDS = 2.0
"""Between two looks at whether replicas wait for room in vain."""
_CLOSE_SECONDS = 10.0
"""How long idle engines may take to stop before they are killed."""


class RayPool:
    """The engine protocol over replicas. Importing this module does not import Ray."""

    def __init__(
        self, make: Callable[[], Engine], *, replicas: int, address: str | None = None, tensor_parallel: int = 1
    ) -> None:
        """`make` is called once here, for an engine that is never started, and once in each replica's process.

        `address` joins an existing cluster; without it a local one is started by the first `load`. Raises
        EngineError when Ray is not installed, InputError for an address that cannot be joined this way.
        """
        if importlib.util.find_spec("ray") is None:
            raise EngineError("--replicas needs Ray: pip install 'forgetbench[ray]', or run without --replicas")
        if address is not None and address.startswith("ray://"):
            raise InputError(
                f"--ray-address {address}: Ray's client protocol carries no streams; run this command on a machine of "
                "the cluster with --ray-address auto, or give HOST:PORT"
            )
        self._make = make
        self._local = make()
        # The replicas' own: what is in the ledger must not depend on how many there are.
        self.settings: Mapping[str, Any] = self._local.settings
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.counts: TokenCounts = self._counts
        self.loaded: tuple[Checkpoint, ...] = ()
        self._log_file: Path | None = None
        self._address = address
        self._gpus = tensor_parallel if self.settings.get("device") == "cuda" else 0
        self._replicas = [_Replica(index) for index in range(replicas)]
        self._ray: Any = None
        self._connected_here = False
        self._share = cluster.Share()

    def tokenizer(self, checkpoint: Checkpoint) -> Tokenizer:
        return self._local.tokenizer(checkpoint)

    def max_length(self, checkpoint: Checkpoint) -> int:
        return self._local.max_length(checkpoint)

    def group(self, checkpoint: Checkpoint) -> str:
        return self._local.group(checkpoint)

    def memory_need(self, checkpoint: Checkpoint) -> MemoryNeed | None:
        return self._local.memory_need(checkpoint)  # of one replica

    def load(self, checkpoints: Sequence[Checkpoint], log_file: Path | None = None) -> None:
        self._connect()
        self.loaded, self._log_file = tuple(checkpoints), log_file
        for replica in self._replicas:
            replica.failure = None
            self._ask(replica, "score", [])  # a chunk without requests: it loads, and no more
        for _ in self._answer("score", []):
            pass
        for replica in self._replicas:
            if replica.failure is not None:
                raise replica.failure

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._answer("score", requests)

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._answer("generate", requests)

    def close(self) -> None:
        self.loaded = ()
        if self._ray is None:
            return
        idle = [replica.actor.close.remote() for replica in self._replicas if replica.actor and not replica.stream]
        if idle:
            self._ray.wait(idle, num_returns=len(idle), timeout=_CLOSE_SECONDS)
        for replica in self._replicas:
            self._kill(replica)
        if self._connected_here:
            self._ray.shutdown()
        self._ray = None

    # --- asking -----------------------------------------------------------------------------------

    def _answer(self, kind: Kind, requests: Sequence[Request]) -> Iterator[Response]:
        queues = ChunkQueues(cut(requests, chunk_count(len(requests), len(self._replicas))), len(self._replicas))
        try:
            while busy := self._hand_out(kind, queues):
                for replica in self._ready(busy, queues):
                    yield from self._receive(replica, kind, queues)
        finally:
            # Ended early, by the caller, an interrupt or an error: no replica goes on answering for nobody.
            for replica in self._replicas:
                if replica.stream is not None:
                    self._kill(replica)

    def _hand_out(self, kind: Kind, queues: ChunkQueues) -> list[_Replica]:
        """Give every idle replica its next chunk; returns those that are at work. EngineError when none is left."""
        for replica in self._replicas:
            if replica.stream is None and replica.failure is None and (chunk := queues.take(replica.index)):
                self._ask(replica, kind, chunk)
        busy = [replica for replica in self._replicas if replica.stream is not None]
        if queues and not busy:
            raise next(replica.failure for replica in self._replicas if replica.failure is not None)
        return busy

    def _ask(self, replica: _Replica, kind: Kind, requests: Sequence[Request]) -> None:
        if replica.actor is None:
            actor = self._ray.remote(ReplicaProcess).options(max_restarts=RESTARTS, **self._share.resources)
            replica.actor = actor.remote(self._make, self.settings, self._share.environment(replica.index))
        # Ray would repeat a whole call, but skip as many batches as had arrived, whatever is in them: not of use here.
        call = replica.actor.answer.options(num_returns="streaming", max_task_retries=0)
        checkpoints = [absolute(checkpoint) for checkpoint in self.loaded]
        replica.stream = call.remote(kind, checkpoints, self._log_of(replica), requests)
        replica.unanswered = {request.key: request for request in requests}
        replica.placed, replica.since = False, time.monotonic()

    def _ready(self, busy: Sequence[_Replica], queues: ChunkQueues) -> list[_Replica]:
        """The replicas that have something to say; none after a while, so that an interrupt is noticed."""
        streams = [replica.stream for replica in busy]
        ready, _ = self._ray.wait(streams, num_returns=1, timeout=TICK_SECONDS)
        if ready:
            ready, _ = self._ray.wait(streams, num_returns=len(streams), timeout=0)
        for replica in busy:
            if not ready and not replica.placed and time.monotonic() - replica.since > PLACEMENT_SECONDS:
                self._give_up(replica, queues, self._share.no_room(len(self._replicas)))
        return [replica for replica in busy if replica.stream in ready]

    def _receive(self, replica: _Replica, kind: Kind, queues: ChunkQueues) -> Iterator[Response]:
        """Pass on the next batch of a replica's responses; see to it where it has ended, or died."""
        errors = self._ray.exceptions
        try:
            reference = next(replica.stream, None)
            if reference is None:
                replica.stream = None
                return
            batch = self._ray.get(reference)
        except errors.RayTaskError as error:
            if isinstance(error.cause, ForgetbenchError):
                raise error.cause from None
            raise  # not expected from an engine, so a bug: with the traceback from there
        except errors.ActorUnavailableError:
            self._ask(replica, kind, list(replica.unanswered.values()))  # Ray is starting it again
            return
        except errors.RayError as error:
            self._give_up(replica, queues, self._death(replica, error))
            return
        replica.placed = True
        for fingerprint, counts in batch.counts.items():
            self._counts[fingerprint].update(counts)
        for response in batch.responses:
            if replica.unanswered.pop(response.key, None) is not None:
                yield response

    # --- starting and stopping --------------------------------------------------------------------

    def _connect(self) -> None:
        if self._ray is None:
            self._connected_here = cluster.connect(len(self._replicas), self._address)
            self._ray = importlib.import_module("ray")
            self._share = cluster.share_out(len(self._replicas), self._gpus)
            if self._connected_here and self._address is None and not self._share.fits(len(self._replicas)):
                raise self._share.no_room(len(self._replicas))

    def _give_up(self, replica: _Replica, queues: ChunkQueues, failure: EngineError) -> None:
        """Leave the rest of its work to the others; the next `load` tries again."""
        queues.put_back(replica.index, replica.unanswered.values())
        self._kill(replica)
        replica.failure = failure
        self._counts[self.loaded[0].fingerprint]["replicas_given_up"] += 1

    def _kill(self, replica: _Replica) -> None:
        if replica.actor is not None:
            self._ray.kill(replica.actor, no_restart=True)
        replica.actor = replica.stream = None

    def _death(self, replica: _Replica, error: Exception) -> EngineError:
        log = self._log_of(replica)
        return EngineError(
            f"replica {replica.index} died, after {RESTARTS} restarts: {cluster.cause_of_death(error)}"
            f"{f'; its log is {log}' if log else ''}. If memory ran out, lower --replicas"
        )

    def _log_of(self, replica: _Replica) -> Path | None:
        return self._log_file and self._log_file.absolute().with_stem(f"{self._log_file.stem}-{replica.index}")


@dataclass
class _Replica:
    """What the pool knows of one replica."""

    index: int
    actor: Any = None
    stream: Any = None
    """Of the chunk it is answering; None while it is idle."""
    unanswered: dict[str, Request] = field(default_factory=dict)
    """Of that chunk, by key."""
    placed: bool = False
    """Whether it has begun to work on the chunk: until then it may be waiting for room on the cluster."""
    since: float = 0.0
    failure: EngineError | None = None
    """Why it was given up."""


def absolute(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint with paths that hold in a process with another working folder."""
    return replace(
        checkpoint,
        path=checkpoint.path and checkpoint.path.absolute(),
        adapter_base=checkpoint.adapter_base and checkpoint.adapter_base.absolute(),
    )
