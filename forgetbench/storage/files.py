"""Files that are written whole or not at all, and read only where reading comes to an end."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import platform
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from forgetbench.errors import InputError, StorageError

MOST_TEXT = 16 << 20
"""Bytes of a file that a person writes: a suite, a policy, a task's YAML or code."""
MOST_DATA = 8 << 30
"""Bytes of a file of rows."""
_CHUNK: Final = 1 << 20
USERS_TO_MEND: Final = frozenset({
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY,
    errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS,
})  # fmt: skip
"""What is wrong with a place that the user named, so that another one mends it; all else is the machine's."""
_OWN_STREAMS: Final = re.compile(r"/dev/(stdout|stderr|fd/\d+)|/proc/\w+/fd/\d+")


def read_text(path: Path, error_type: type[InputError] = InputError, most: int = MOST_TEXT) -> str:
    """The text of a UTF-8 file without its byte order mark. Raises `error_type` as `open_regular`, and for no UTF-8."""
    return decoded(path, read_bytes(path, error_type, most), error_type)


def decoded(path: Path, data: bytes, error_type: type[InputError] = InputError, encoding: str = "utf-8-sig") -> str:
    """The text of a file's bytes. Raises `error_type` for what is none."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise error_type(f"{path}: cannot be read as UTF-8 text ({error})") from error


def read_bytes(path: Path, error_type: type[InputError] = InputError, most: int = MOST_TEXT) -> bytes:
    """All bytes of a regular file. Raises `error_type` as `open_regular`."""
    data = bytearray()
    with open_regular(path, error_type, most) as stream:
        try:
            # A file in /proc has size 0 and no end; and to ask for `most` at once is to take memory for it.
            while len(data) <= most and (chunk := stream.read(_CHUNK)):
                data += chunk
        except OSError as error:
            raise error_type(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(data) > most:
        raise error_type(_too_large(path, most))
    return bytes(data)


def open_regular(path: Path, error_type: type[InputError] = InputError, most: int = MOST_DATA) -> BinaryIO:
    """A stream of a regular file of at most `most` bytes.

    Raises `error_type` for everything else: a named pipe, a device or a terminal may keep its reader waiting, or give
    bytes without end.
    """
    try:
        # Opening a pipe waits for its other end otherwise.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise error_type(f"{path}: cannot be read ({why})") from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise error_type(f"{path}: is no regular file; give a file, not a folder, a pipe or a device")
    if status.st_size > most:
        os.close(handle)
        raise error_type(_too_large(path, most))
    return os.fdopen(handle, "rb")


def _too_large(path: Path, most: int) -> str:
    return f"{path}: is larger than {most >> 20:,} MiB, the most that is read of such a file"


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write a file whole or not at all; text as UTF-8. Raises as `unwritable`."""
    with replacing(path) as stream:
        # Half a surrogate pair, as a file name may hold, has no UTF-8; spelled out it is what JSON writes for it.
        stream.write(data.encode(errors="backslashreplace") if isinstance(data, str) else data)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A stream that becomes `path` when the block ends well, and nothing otherwise.

    It is a temporary file beside `path`, flushed to the disk and then renamed. What is no file, a device or a pipe
    that is read, keeps its place and is written into. Raises as `unwritable`.
    """
    temporary = None
    try:
        if straight := _straight_into(path):
            with straight:
                yield straight
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_strays(path)
        handle, temporary = tempfile.mkstemp(prefix=f"{_temporary(path)}{os.getpid()}.", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unwritable(path, error) from error
        raise


def keeps_its_place(path: Path) -> bool:
    """Whether a path leads to a device, a pipe or our own output: a file in its place would take it from everybody."""
    try:
        kind = path.stat().st_mode
    except (OSError, ValueError):
        return False
    if _OWN_STREAMS.fullmatch(str(path.absolute())):
        return True
    return not (stat.S_ISREG(kind) or stat.S_ISDIR(kind))


def _straight_into(path: Path) -> BinaryIO | None:
    """A stream into what keeps its place. None for all else, and for a pipe that nobody reads."""
    if not keeps_its_place(path):
        return None
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        if error.errno == errno.ENXIO and path.is_fifo():
            return None
        raise
    os.set_blocking(handle, True)
    return os.fdopen(handle, "wb")


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder that becomes `path` when the block ends well, and nothing otherwise: folders above it go again too.

    Raises InputError where something is already, and as `unwritable`.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError(f"{path}: is there already; name a new folder")
    temporary = None
    above = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_strays(path)
        temporary = Path(tempfile.mkdtemp(prefix=f"{_temporary(path)}{os.getpid()}.", dir=path.parent))
        yield temporary
        temporary.chmod(0o755)
        temporary.replace(path)
    except BaseException as error:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        for folder in above:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise unwritable(path, error) from error
        raise


@contextlib.contextmanager
def removed_on_failure(path: Path | None) -> Iterator[None]:
    """Take away what a block that fails has made at `path`, with the folders above that were made for it.

    What was there before stays as it is; without a path there is nothing to take away.
    """
    above = [] if path is None else [each for each in (path, *path.parents) if not os.path.lexists(each)]
    try:
        yield
    except BaseException:
        for made in above[-1:]:
            with contextlib.suppress(OSError):
                made.unlink() if made.is_file() else shutil.rmtree(made)
        raise


def _temporary(path: Path) -> str:
    """How the names of a file's temporary ones begin on this machine; the number of the writing process follows."""
    machine = "".join(filter(str.isalnum, platform.node()))[:32]
    return f".{path.name}.{machine}-"


def _remove_strays(path: Path) -> None:
    """Remove what a process of this machine that was killed while it wrote `path` has left."""
    beginning = _temporary(path)
    for stray in path.parent.glob(f"{glob.escape(beginning)}*"):
        number = stray.name.removeprefix(beginning).partition(".")[0]
        if number.isdecimal() and not _is_running(int(number)):
            if stray.is_dir():
                shutil.rmtree(stray, ignore_errors=True)
            else:
                stray.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def unwritable(path: Path, error: OSError, way_out: str = "name another place") -> InputError | StorageError:
    """What to raise where a place that the user named could not be written: one line with place, cause and way out.

    InputError, exit code 2, where the place itself is why, and StorageError, 4, where the machine is.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"{path}: the disk is full; free some space and run the same command again, nothing is lost"
        )
    if error.errno == errno.EISDIR:
        return InputError(f"{path}: a folder is in the file's place; remove it, or name another file")
    kind = InputError if error.errno in USERS_TO_MEND else StorageError
    return kind(f"{path}: cannot be written ({error.strerror or error}); {way_out}")
