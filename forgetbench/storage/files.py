"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from forgetbench.errors import StorageError


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write a file whole or not at all; text as UTF-8.

    Raises StorageError when the disk is full or the folder cannot be written.
    """
    with replacing(path) as stream:
        stream.write(data.encode() if isinstance(data, str) else data)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A stream that becomes `path` when the block ends well, and nothing otherwise.

    It is a temporary file beside `path`, flushed to the disk and then renamed. Raises StorageError as `write_atomic`.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise StorageError(describe_os_error(path, error)) from error


def describe_os_error(path: Path, error: OSError) -> str:
    """One line for a failed write, with a hint."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{path}: the disk is full; free some space and run the same command again, nothing is lost"
    return f"{path}: cannot be written ({error.strerror or error}); choose another folder with --results"
