"""Checkpoints that a training is still writing: which of them is there as a whole.

A trainer makes the folder first and fills it file by file, and a file has its name before it has its content.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from forgetbench.errors import CheckpointError
from forgetbench.models.weights import adapter_files, read_json, safetensors_header, weight_files

Snapshot = Mapping[str, tuple[int, int]]
"""Size in bytes and time of the last change in nanoseconds, by file."""


def snapshot(folder: Path) -> Snapshot:
    """What the files of a folder look like from outside; empty where it is gone."""
    found: dict[str, tuple[int, int]] = {}
    try:
        for path in folder.rglob("*"):
            status = path.stat()
            if not path.is_dir():
                found[path.relative_to(folder).as_posix()] = (status.st_size, status.st_mtime_ns)
    except OSError:
        return {}  # a file that went away while it was looked at: not at rest
    return found


def at_rest(now: Snapshot, before: Snapshot | None, seconds: float) -> bool:
    """Whether nothing has changed between two looks, or for twice as many `seconds` as lie between two."""
    if not now:
        return False
    newest = max(changed for _, changed in now.values())
    return now == before or time.time() - newest / 1e9 > 2.0 * seconds


def is_whole(folder: Path, *, weights: bool = True) -> bool:
    """Whether a checkpoint's files are all there and as long as they say.

    That is every shard that an index names, every safetensors file down to the end that its header announces (pickles
    do not say), the configuration, and a trainer_state.json that can be read, where there is one. Without `weights`
    that file alone must be there.
    """
    state = folder / "trainer_state.json"
    try:
        if state.is_file():
            read_json(state)
        if not weights:
            return state.is_file()
        files = weight_files(folder)
        config = folder / ("config.json" if files else "adapter_config.json")
        files = files or adapter_files(folder)
        if not files or not config.is_file():
            return False
        read_json(config)
        for path in files:
            if path.suffix == ".safetensors":
                safetensors_header(path)
    except (CheckpointError, OSError):
        return False
    return True
