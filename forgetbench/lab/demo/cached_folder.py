"""Folders that are either whole or absent, whatever kills the process that makes them.

A folder is built under a temporary name beside its place and renamed when finished. It carries a record of what it was
made from and of the size of each file, so a later call can tell that it is whole, and whose. A file lock beside it
keeps two processes from building it at once: the second waits, then finds the first one's work.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

from filelock import FileLock

from forgetbench.errors import ForgetbenchError, InputError
from forgetbench.storage.files import unwritable

RECORD = "made_from.json"


def build_folder(folder: Path, made_from: Mapping[str, Any], build: Callable[[Path], None]) -> Path:
    """Return `folder`, calling `build(temporary folder)` first unless it is whole and made from the same.

    `made_from` is any JSON object that decides the content. A folder of ours that is damaged or made from
    something else is replaced, after the new one is finished. Raises InputError when `folder` is not of our
    making (it is never touched), and as `unwritable` when its place cannot be written; what `build` raises
    passes through and leaves nothing behind.
    """
    if _is_whole(folder, made_from):
        return folder
    with _write_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            if not _is_whole(folder, made_from):
                _check_ours(folder)
                _build_beside(folder, made_from, build)
    return folder


def read_made_from(folder: Path) -> dict[str, Any] | None:
    """What `folder` was made from; None when it does not exist or is not of our making."""
    record = _read_record(folder)
    return None if record is None else record["made_from"]


def check_same_training(folder: Path, made_from: Mapping[str, Any]) -> None:
    """Raise InputError where `folder` was made from something else, naming what differs: a training is not replaced."""
    existing = read_made_from(folder)
    differs = [key for key, value in made_from.items() if existing is not None and existing.get(key) != value]
    if differs:
        raise InputError(
            f"{folder} holds another training (other {', '.join(differs)}); name another folder, or delete that one"
        )


def _read_record(folder: Path) -> dict[str, Any] | None:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    shape = isinstance(record, dict) and all(isinstance(record.get(key), dict) for key in ("made_from", "sizes"))
    return record if shape else None


def _is_whole(folder: Path, made_from: Mapping[str, Any]) -> bool:
    record = _read_record(folder)
    if record is None or record["made_from"] != dict(made_from):
        return False
    return all(_has_size(folder / name, size) for name, size in record["sizes"].items())


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _check_ours(folder: Path) -> None:
    empty = folder.is_dir() and not any(folder.iterdir())
    if folder.exists() and not empty and _read_record(folder) is None:
        raise InputError(f"{folder} exists and was not made by forgetbench; name another place, or move it away")


@contextmanager
def _write_errors(folder: Path) -> Iterator[None]:
    """Turn what a full or read-only disk raises into one line."""
    try:
        yield
    except ForgetbenchError:
        raise
    except Exception as error:
        # Not by type alone: safetensors reports a full disk by an error of its own, and transformers raises an
        # OSError without a number for a model that it cannot read.
        if isinstance(error, OSError) and error.errno:
            raise unwritable(folder, error) from error
        if "No space left" in str(error):
            raise unwritable(folder, OSError(errno.ENOSPC, "")) from error
        raise


def _build_beside(folder: Path, made_from: Mapping[str, Any], build: Callable[[Path], None]) -> None:
    partial = folder.with_name(f".{folder.name}.partial")
    # Only the lock's holder is ever here, so an existing one was left by a process that was killed.
    rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        build(partial)
        sizes = {
            path.relative_to(partial).as_posix(): path.stat().st_size
            for path in sorted(partial.rglob("*"))
            if path.is_file()
        }
        record = json.dumps({"made_from": dict(made_from), "sizes": sizes}, indent=2) + "\n"
        (partial / RECORD).write_text(record, encoding="utf-8")
        if folder.exists():
            rmtree(folder)
        partial.replace(folder)
    finally:
        rmtree(partial, ignore_errors=True)
