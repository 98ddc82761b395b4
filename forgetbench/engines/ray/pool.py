"""N engines as Ray actors behind the one engine protocol: Ray starts them, places them and carries the answers.

Requests are sorted by prompt and cut into contiguous chunks, so that a shared prefix stays on one replica. Each replica
owns a run of chunks and takes them in order; one that is done takes a chunk from the end of the longest other queue.
Responses stream back in small batches. A replica that dies is started again with the same checkpoints, and what
it had not answered is given out again: nothing is lost, and nothing is answered twice.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import itertools
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from forgetbench.engines.base import Engine, TokenCounts, engine_errors
from forgetbench.engines.memory import MemoryNeed
from forgetbench.engines.ray.chunks import ChunkQueues, chunk_count, cut
from forgetbench.engines.vllm.engine import core_ranges
from forgetbench.errors import EngineError, ForgetbenchError, InputError
from forgetbench.models.tokenizer import Tokenizer
from forgetbench.records import Checkpoint, Request, Response

_MOST_DEATHS = 3
"""So many in a row, with no response in between, and it is no accident."""
_PLACEMENT_SECONDS = 120.0
"""How long a replica may wait for room on the cluster."""
_CLOSE_SECONDS = 10.0
"""How long idle engines may take to stop before they are killed."""
_REACH_SECONDS = 10.0
_TICK_SECONDS = 2.0
"""Between two looks at whether replicas wait for room in vain."""
_BATCH, _BATCH_SECONDS = 32, 0.1
"""Responses travel together when so many are there, or when so much time has passed since the last batch."""
_OBJECT_STORE_BYTES = 200 * 2**20
"""Of a cluster of our own: only requests pass through it, responses are small."""
_THREADS = "VLLM_CPU_OMP_THREADS_BIND"

Kind = Literal["score", "generate"]
Doing = Literal["starting", "loading", "answering"] | None


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
        self._ray: Any = None
        self._connected_here = False
        self._room: Mapping[str, float] = {}
        self._replicas = [_Replica(index) for index in range(replicas)]
        self._checkpoints: list[Checkpoint] = []
        self._restarts: Counter[str] = Counter()
        self._answered = 0

    def tokenizer(self, checkpoint: Checkpoint) -> Tokenizer:
        return self._local.tokenizer(checkpoint)

    def max_length(self, checkpoint: Checkpoint) -> int:
        return self._local.max_length(checkpoint)

    def group(self, checkpoint: Checkpoint) -> str:
        return self._local.group(checkpoint)

    def memory_need(self, checkpoint: Checkpoint) -> MemoryNeed | None:
        return self._local.memory_need(checkpoint)

    def load(self, checkpoints: Sequence[Checkpoint], log_file: Path | None = None) -> None:
        self._log_file = log_file
        self._connect()
        self._checkpoints = [absolute(item) for item in checkpoints]
        for replica in self._replicas:
            replica.given_up, replica.deaths = False, 0
            if replica.actor is None:
                self._start(replica)
            elif replica.doing != "starting":
                self._load(replica)
        nothing = ChunkQueues([], len(self._replicas))
        while any(replica.doing for replica in self._replicas):
            for replica in self._wait():
                list(self._advance(replica, nothing))
        self.loaded = tuple(checkpoints)

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._answer("score", requests)

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._answer("generate", requests)

    def close(self) -> None:
        self.loaded = ()
        if self._ray is None:
            return
        idle = [replica.actor.close.remote() for replica in self._replicas if replica.actor and not replica.doing]
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
        for replica in self._replicas:
            if replica.actor is None and not replica.given_up:
                self._start(replica)
        try:
            while self._hand_out(kind, queues):
                for replica in self._wait():
                    yield from self._advance(replica, queues)
        finally:
            # Ended early, by the caller, an interrupt or an error: no replica goes on answering for nobody.
            for replica in self._replicas:
                if replica.doing == "answering":
                    self._kill(replica)

    def _hand_out(self, kind: Kind, queues: ChunkQueues) -> bool:
        """Give every idle replica its next chunk. False when all is answered."""
        while self._restarts:
            fingerprint, number = self._restarts.popitem()
            self._counts[fingerprint]["replica_restarts"] += number
        for replica in self._replicas:
            if replica.actor is not None and replica.doing is None and (chunk := queues.take(replica.index)):
                replica.unanswered = {request.key: request for request in chunk}
                stream = replica.actor.answer.options(num_returns="streaming").remote(kind, chunk)
                replica.turn_to("answering", stream)
        return bool(queues) or any(replica.doing == "answering" for replica in self._replicas)

    def _wait(self) -> list[_Replica]:
        """The replicas that have something to say; none after a while, so that an interrupt is noticed."""
        busy = [replica for replica in self._replicas if replica.doing]
        pending = [replica.pending for replica in busy]
        ready, _ = self._ray.wait(pending, num_returns=1, timeout=_TICK_SECONDS)
        if not ready:
            self._check_placement(busy)
            return []
        ready, _ = self._ray.wait(pending, num_returns=len(pending), timeout=0)
        return [replica for replica in busy if any(replica.pending is item for item in ready)]

    def _advance(self, replica: _Replica, queues: ChunkQueues) -> Iterator[Response]:
        """Take what a replica has to say, and send it on to its next step."""
        errors = self._ray.exceptions
        try:
            reply = self._ray.get(next(replica.pending) if replica.doing == "answering" else replica.pending)
        except errors.RayTaskError:
            raise  # not expected from an engine, so a bug: with the traceback from there
        except errors.RayError as error:
            self._replace(replica, queues, error)
            return
        for response in reply.responses:
            if replica.unanswered.pop(response.key, None) is not None:
                replica.deaths = 0
                self._answered += 1
                yield response
        if reply.failure is not None:
            replica.turn_to(None)
            raise reply.failure
        if replica.doing == "starting":
            self._check_settings(reply.settings)
            self._load(replica)
        elif reply.last:
            replica.turn_to(None)
            for fingerprint, counts in reply.counts.items():
                self._counts[fingerprint].update(counts)

    # --- starting and stopping --------------------------------------------------------------------

    def _connect(self) -> None:
        if self._ray is None:
            self._connected_here = connect(len(self._replicas), self._address)
            self._ray = importlib.import_module("ray")
            nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
            cpus = cores_each([int(node.get("CPU", 0)) for node in nodes], len(self._replicas))
            self._room = {"num_gpus": self._gpus, "num_cpus": 1 if self._gpus else cpus}
            if len(nodes) == 1 and not self._gpus:
                self._share_cores()
            gpus = sum(node.get("GPU", 0) for node in nodes)
            if self._connected_here and self._address is None and gpus < self._gpus * len(self._replicas):
                raise self._no_room()

    def _share_cores(self) -> None:
        """All replicas are on this machine: each binds its threads to cores of its own."""
        if _THREADS not in os.environ:
            shares = core_shares(_cores(), len(self._replicas))
            for replica, cores in zip(self._replicas, shares, strict=True):
                replica.environment = {_THREADS: core_ranges(cores)}

    def _start(self, replica: _Replica) -> None:
        # Ray restarts none itself: it would not know which checkpoints to load.
        remote = self._ray.remote(ReplicaProcess).options(max_restarts=0, **self._room)
        replica.actor = remote.remote(self._make, replica.environment)
        replica.turn_to("starting", replica.actor.start.remote())

    def _load(self, replica: _Replica) -> None:
        replica.turn_to("loading", replica.actor.load.remote(self._checkpoints, self._log_of(replica)))

    def _replace(self, replica: _Replica, queues: ChunkQueues, error: Exception) -> None:
        """After a death: its unanswered requests go back to the front of its queue, and another one starts."""
        unanswered = list(replica.unanswered.values())
        self._kill(replica)
        queues.put_back(replica.index, unanswered)
        asked = unanswered[0].checkpoint if unanswered else self._checkpoints[0].fingerprint
        if not replica.deaths:
            replica.answered_before = self._answered
        replica.deaths += 1
        if replica.deaths < _MOST_DEATHS:
            self._restarts[asked] += 1
            self._start(replica)
        elif self._answered > replica.answered_before and any(item.actor for item in self._replicas):
            self._give_up(replica, asked)
        else:
            raise EngineError(
                f"replica {replica.index} died {replica.deaths} times in a row without an answer: {_last_line(error)}; "
                f"its log is {self._log_of(replica)}. If memory ran out, lower --replicas"
            ) from error

    def _give_up(self, replica: _Replica, fingerprint: str) -> None:
        """Leave the rest of the work to the others, which do answer; the next `load` tries again."""
        self._kill(replica)
        replica.given_up = True
        self._counts[fingerprint]["replicas_given_up"] += 1

    def _kill(self, replica: _Replica) -> None:
        if replica.actor is not None:
            self._ray.kill(replica.actor, no_restart=True)
            replica.actor = None
        replica.turn_to(None)

    def _check_placement(self, busy: Sequence[_Replica]) -> None:
        for replica in busy:
            if replica.doing == "starting" and time.monotonic() - replica.since > _PLACEMENT_SECONDS:
                others = [item for item in self._replicas if item.actor is not None and item.doing != "starting"]
                if not replica.deaths or not others:
                    raise self._no_room()
                self._give_up(replica, self._checkpoints[0].fingerprint)

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        if settings != self.settings:
            names = [name for name in {**self.settings, **settings} if settings.get(name) != self.settings.get(name)]
            differs = ", ".join(f"{name} {settings.get(name)} instead of {self.settings.get(name)}" for name in names)
            raise EngineError(f"a replica has another engine than this machine ({differs}); install the same on all")

    def _no_room(self) -> EngineError:
        kind, each = ("GPU", self._gpus) if self._gpus else ("CPU", self._room["num_cpus"])
        total, free = (
            cluster().get(kind, 0) for cluster in (self._ray.cluster_resources, self._ray.available_resources)
        )
        return EngineError(
            f"{len(self._replicas)} replicas of {each:g} {kind} each do not fit: Ray has {total:g} {kind}, {free:g} of "
            "them free; lower --replicas, or free or add machines"
        )

    def _log_of(self, replica: _Replica) -> Path | None:
        return self._log_file and self._log_file.absolute().with_stem(f"{self._log_file.stem}-{replica.index}")


@dataclass
class _Replica:
    """What the pool knows of one replica; the actor behind it changes when it dies."""

    index: int
    environment: Mapping[str, str] = field(default_factory=dict)
    actor: Any = None
    doing: Doing = None
    pending: Any = None
    """The reference or stream of what it is doing."""
    since: float = 0.0
    unanswered: dict[str, Request] = field(default_factory=dict)
    deaths: int = 0
    """In a row, without an answer of its own."""
    answered_before: int = 0
    """What the whole pool had answered at the first of these deaths."""
    given_up: bool = False

    def turn_to(self, doing: Doing, pending: Any = None) -> None:
        self.doing, self.pending, self.since = doing, pending, time.monotonic()
        if doing != "answering":
            self.unanswered = {}


# --- in the replica's own process -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reply:
    """What a replica sends back; an answered chunk is several of them."""

    responses: tuple[Response, ...] = ()
    last: bool = True
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """What the engine counted for a whole chunk, in its last reply."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    failure: ForgetbenchError | None = None


class ReplicaProcess:
    """The actor: one engine in a process of its own. Expected errors travel as values, without a traceback."""

    def __init__(self, make: Callable[[], Engine], environment: Mapping[str, str]) -> None:
        os.environ.update(environment)
        self._make = make
        self._engine: Engine
        self._reported: dict[str, dict[str, int]] = {}

    def start(self) -> Reply:
        try:
            self._engine = self._make()
        except ForgetbenchError as error:
            return Reply(failure=error)
        return Reply(settings=dict(self._engine.settings))

    def load(self, checkpoints: Sequence[Checkpoint], log_file: Path | None) -> Reply:
        try:
            self._engine.load(checkpoints, log_file)
        except ForgetbenchError as error:
            return Reply(failure=error)
        return Reply()

    def answer(self, kind: Kind, requests: Sequence[Request]) -> Iterator[Reply]:
        batch: list[Response] = []
        sent = time.monotonic()
        try:
            for response in self._engine.score(requests) if kind == "score" else self._engine.generate(requests):
                batch.append(response)
                if len(batch) >= _BATCH or time.monotonic() - sent > _BATCH_SECONDS:
                    yield Reply(tuple(batch), last=False)
                    batch, sent = [], time.monotonic()
        except ForgetbenchError as error:
            yield Reply(tuple(batch), failure=error)
        else:
            yield Reply(tuple(batch), counts=self._counted())

    def close(self) -> None:
        self._engine.close()

    def _counted(self) -> dict[str, dict[str, int]]:
        """What was counted since this was last asked."""
        now = {fingerprint: dict(counts) for fingerprint, counts in self._engine.counts.items()}
        grown = {
            fingerprint: {
                name: total - self._reported.get(fingerprint, {}).get(name, 0) for name, total in part.items()
            }
            for fingerprint, part in now.items()
        }
        self._reported = now
        return grown


# --- the cluster ----------------------------------------------------------------------------------


def connect(replicas: int, address: str | None) -> bool:
    """Start a local cluster, or join the one at `address`; one that this process is in already is used as it is.

    Returns whether this call did it, so that who began also ends. Raises EngineError when it cannot.
    """
    # Ray reads these when it is imported or started. Its reports of dead workers are ours to make, and a replica that
    # is killed must take the processes of its engine with it.
    for name, value in {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
        "RAY_process_group_cleanup_enabled": "1",
    }.items():
        os.environ.setdefault(name, value)
    ray = importlib.import_module("ray")
    if ray.is_initialized():
        return False
    where: dict[str, Any] = {"address": address}
    if address is None:
        # More replicas than cores share them.
        cores = max(replicas, len(_cores()))
        where = {"address": "local", "num_cpus": cores, "include_dashboard": False}
        where["object_store_memory"] = _OBJECT_STORE_BYTES
    with engine_errors(f"cannot join the Ray cluster at {address}" if address else "cannot start Ray"):
        if address is not None and ":" in address:
            _reach(address)
        try:
            with _interrupt_held_back():
                ray.init(log_to_driver=False, logging_level=logging.ERROR, **where)
        except BaseException:
            ray.shutdown()
            raise
    if threading.current_thread() is threading.main_thread():
        # Ray's own handler prints a native stack trace. This one ends the run in order, replicas first.
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    return True


def _reach(address: str) -> None:
    """Raise OSError when nothing listens at HOST:PORT: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=_REACH_SECONDS).close()


@contextlib.contextmanager
def _interrupt_held_back() -> Iterator[None]:
    """Raise a KeyboardInterrupt at the end instead of in the middle, where it leaves Ray half connected: the process
    then crashes when it exits. A second interrupt gets through at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    held = False

    def hold(number: int, frame: object) -> None:
        nonlocal held
        held = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, hold)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if held:
        raise KeyboardInterrupt


def _cores() -> list[int]:
    """Numbers of the cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def cores_each(nodes: Sequence[int], replicas: int) -> int:
    """The most cores that every replica can have, on nodes with so many: at least 1."""
    fitting = (each for each in range(max(nodes, default=1), 0, -1) if sum(node // each for node in nodes) >= replicas)
    return next(fitting, 1)


def core_shares(cores: Sequence[int], replicas: int) -> list[list[int]]:
    """One share of the cores per replica: contiguous, disjoint where there are enough."""
    if replicas > len(cores):
        return [[cores[index % len(cores)]] for index in range(replicas)]
    ends = [index * len(cores) // replicas for index in range(replicas + 1)]
    return [list(cores[low:high]) for low, high in itertools.pairwise(ends)]


def absolute(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint with paths that hold in a process with another working folder."""
    return replace(
        checkpoint,
        path=checkpoint.path and checkpoint.path.absolute(),
        adapter_base=checkpoint.adapter_base and checkpoint.adapter_base.absolute(),
    )


def _last_line(error: Exception) -> str:
    """The end of what Ray says of a death, without the common causes that it always lists."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[-1].partition(" Some common causes")[0][:300].rstrip(". ")
