"""One program in one cell: started, watched from outside, and how it ended. Nobody's consent is asked here."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import platform
import secrets
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Literal

from forgetbench.errors import EngineError
from forgetbench.sandbox import launcher, seccomp

State = Literal["passed", "failed", "timeout", "killed"]

_STARTING = 30.0
"""Seconds that laying out a cell and starting the interpreter may take; milliseconds as a rule."""
_HEAD, _TAIL = 64, 2000
"""Bytes kept of what a program writes, at either end."""


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
class ProgramOutcome:
    """How a program ended."""

    state: State
    """'passed': it ran to its last line. 'failed': it raised, or exited early, with whatever code. 'timeout': it
    took too long. 'killed': a signal ended it, for instance a crash of the interpreter."""
    exit_code: int | None
    """Minus the signal's number where a signal ended it; None where it took too long by the clock."""
    stderr: str
    """The end of what it wrote there: 2,000 bytes at most, undecodable ones replaced."""

    @property
    def passed(self) -> bool:
        return self.state == "passed"


@dataclass
class _Stream:
    """The two ends of what came out of a pipe; the middle is dropped."""

    head: bytes = b""
    tail: bytes = b""

    def add(self, chunk: bytes) -> None:
        self.head = (self.head + chunk)[:_HEAD] if len(self.head) < _HEAD else self.head
        self.tail = (self.tail + chunk)[-_TAIL:]


@dataclass
class _Output:
    report: _Stream = field(default_factory=_Stream)
    stderr: _Stream = field(default_factory=_Stream)


def execute(program: str, limits: Limits) -> ProgramOutcome:
    """Run a program in a cell. EngineError where the cell cannot be made; nothing that a program does raises."""
    token = secrets.token_hex(16)
    command = [interpreter(), "-I", "-S", "-B", launcher.__file__, json.dumps(asdict(_cell(limits)))]
    with (
        _sealed(f"{token}\n{program}") as stdin,
        subprocess.Popen(  # noqa: S603
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={},
            cwd="/",
            start_new_session=True,
        ) as process,
    ):
        try:
            output = _read(process, _STARTING + limits.patience * limits.seconds)
        finally:
            process.kill()  # and the cell dies with it
    return _outcome(output, token)


def _sealed(text: str) -> IO[bytes]:
    """An anonymous file that holds `text` and cannot be written any more: the cell inherits it."""
    file = os.fdopen(os.memfd_create("program", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "w+b", buffering=0)
    file.write(text.encode("utf-8", "replace"))
    file.seek(0)
    seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    fcntl.fcntl(file, fcntl.F_ADD_SEALS, seals)
    return file


def _read(process: subprocess.Popen[bytes], seconds: float) -> _Output:
    """Read both pipes to their end, or for `seconds`. However much comes, little is kept."""
    output, deadline = _Output(), time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for pipe, stream in ((process.stdout, output.report), (process.stderr, output.stderr)):
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ, stream)
        while selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                if chunk := os.read(key.fd, 1 << 16):
                    key.data.add(chunk)
                else:
                    selector.unregister(key.fileobj)
    return output


def _outcome(output: _Output, token: str) -> ProgramOutcome:
    stderr = output.stderr.tail.decode("utf-8", "replace")
    # The first word comes before the program's first line, so no program can make the sandbox look broken.
    if not output.report.head.startswith(b"ready\n"):
        raise EngineError(f"the sandbox cannot be started: {last_line(stderr) or 'it did not answer'}")
    *before, last = output.report.tail.decode("utf-8", "replace").splitlines()
    if last == "timeout":
        return ProgramOutcome("timeout", None, stderr)
    try:
        code = int(last)
    except ValueError:  # init was ended, and the program with it
        return ProgramOutcome("killed", None, stderr)
    return ProgramOutcome(_state(code, reached_its_end=token in before), code, stderr)


def last_line(text: str) -> str:
    """Where a program's stderr says what went wrong; '' where it says nothing."""
    return next(reversed(text.strip().splitlines()), "")


def _state(code: int, *, reached_its_end: bool) -> State:
    if code == -signal.SIGXCPU:
        return "timeout"
    if code < 0:
        return "killed"
    return "passed" if code == 0 and reached_its_end else "failed"


# --- what a cell is made of -------------------------------------------------------------------


def _cell(limits: Limits) -> launcher.Cell:
    trees, links = visible()
    return launcher.Cell(
        parent=os.getpid(),
        python=interpreter(),
        trees=trees,
        links=links,
        filter=seccomp.filter_for(platform.machine()).hex(),
        cpu_seconds=limits.seconds,
        wall_seconds=limits.patience * limits.seconds,
        memory_bytes=limits.memory_bytes,
        scratch_bytes=limits.scratch_bytes,
    )


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
