"""The Ray cluster that replicas run on: started or joined, and what each replica gets of it."""

from __future__ import annotations

import contextlib
import importlib
import itertools
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forgetbench.engines.base import engine_errors
from forgetbench.engines.vllm.environment import core_ranges
from forgetbench.errors import EngineError

_REACH_SECONDS = 10.0
_OBJECT_STORE_BYTES = 200 * 2**20
"""Of a cluster of our own: only requests pass through it, responses are small."""
_THREADS = "VLLM_CPU_OMP_THREADS_BIND"


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


@dataclass(frozen=True, slots=True)
class Share:
    """What each replica gets of the cluster."""

    cpus: int = 1
    gpus: int = 0
    cores: Sequence[Sequence[int]] = ()
    """By replica, the numbers of the cores that its threads are bound to; empty: not bound."""

    @property
    def resources(self) -> dict[str, float]:
        """Options of its actor."""
        return {"num_cpus": self.cpus, "num_gpus": self.gpus}

    def environment(self, replica: int) -> Mapping[str, str]:
        """Variables of its process."""
        return {_THREADS: core_ranges(self.cores[replica])} if self.cores else {}

    def fits(self, replicas: int) -> bool:
        """Whether so many find GPUs enough on the cluster, used or not."""
        return self.gpus * replicas <= float(importlib.import_module("ray").cluster_resources().get("GPU", 0))

    def no_room(self, replicas: int) -> EngineError:
        """The error that says what was asked for and what is there."""
        ray = importlib.import_module("ray")
        kind, each = ("GPU", self.gpus) if self.gpus else ("CPU", self.cpus)
        total, free = ray.cluster_resources().get(kind, 0), ray.available_resources().get(kind, 0)
        return EngineError(
            f"{replicas} replicas of {each:g} {kind} each do not fit: Ray has {total:g} {kind}, {free:g} of "
            "them free; lower --replicas, or free or add machines"
        )


def share_out(replicas: int, gpus: int) -> Share:
    """What each of the replicas gets of the connected cluster: so many GPUs and a core, or else cores alone."""
    if gpus:
        return Share(cpus=1, gpus=gpus)
    nodes = [int(node["Resources"].get("CPU", 0)) for node in importlib.import_module("ray").nodes() if node["Alive"]]
    # On one machine each replica binds its threads to cores of its own, unless the user has bound them.
    bound = len(nodes) == 1 and _THREADS not in os.environ
    return Share(cpus=cores_each(nodes, replicas), cores=core_shares(_cores(), replicas) if bound else ())


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


def cause_of_death(error: Exception) -> str:
    """The end of what Ray says of a death, without the common causes that it always lists."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[-1].partition(" Some common causes")[0][:300].rstrip(". ")


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
