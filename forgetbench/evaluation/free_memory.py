"""How much memory this machine has free, on its CPU or its GPUs."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path


def free_memory(device: str) -> tuple[float, ...]:
    """Free bytes of each device of a kind, 'cpu' or 'cuda'; empty where that cannot be read."""
    if device == "cuda":
        return free_gpu_memory()
    available = available_memory()
    return () if available is None else (available,)


def available_memory(
    meminfo: Path = Path("/proc/meminfo"), limit: Path = Path("/sys/fs/cgroup/memory.max")
) -> float | None:
    """Bytes that a new program can have without swapping; at most what this container is allowed in all."""
    available = None
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                available = float(line.split()[1]) * 1024
    with contextlib.suppress(OSError, ValueError):
        allowed = float(limit.read_text())
        return allowed if available is None else min(available, allowed)
    return available


def free_gpu_memory() -> tuple[float, ...]:
    """Free bytes of each visible NVIDIA GPU; empty without a driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    query = [program, "--query-gpu=index,uuid,memory.free", "--format=csv,noheader,nounits"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(query, capture_output=True, text=True, check=True, timeout=20)  # noqa: S603
        return parse_free(done.stdout, os.environ.get("CUDA_VISIBLE_DEVICES"))
    return ()


def parse_free(table: str, visible: str | None) -> tuple[float, ...]:
    """Free bytes from nvidia-smi's rows `index, uuid, MiB`; `visible` names GPUs by index or UUID, None means all."""
    named = None if visible is None else {name.strip() for name in visible.split(",")}
    rows = ([cell.strip() for cell in line.split(",")] for line in table.splitlines())
    return tuple(
        float(free) * 2**20
        for index, uuid, free in rows
        if named is None or index in named or any(name and uuid.startswith(name) for name in named)
        if free.isdigit()
    )
