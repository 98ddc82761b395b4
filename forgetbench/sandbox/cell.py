"""One program in one cell: started, watched from outside, and how it ended. Nobody's consent is asked here."""

from __future__ import annotations

import os
import secrets
import selectors
import signal
import time
from dataclasses import dataclass
from typing import Literal

from forgetbench.errors import EngineError
from forgetbench.sandbox.bubblewrap import Cell, Limits, started

State = Literal["passed", "failed", "timeout", "killed"]

_STARTING = 30.0
"""Seconds that laying out a cell and starting the interpreter may take; milliseconds as a rule."""
_READY = b"ready\n"
"""Comes before the program's first line, so no program can make the sandbox look broken."""
_HEAD, _TAIL = 64, 2000
"""Bytes kept of what a program writes, at either end."""
_FILE_NAMES, _TICK = 4096, 0.1
"""Files in the scratch folder that no honest program has, and how often in seconds that is looked at: an empty file
takes memory of the kernel, and bubblewrap bounds only what files hold."""


@dataclass(frozen=True, slots=True)
class ProgramOutcome:
    """How a program ended."""

    state: State
    """'passed': it ran to its last line. 'failed': it raised, or exited early, with whatever code. 'timeout': it
    took too long. 'killed': a signal ended it, for instance a crash of the interpreter, or it made too many files."""
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


def execute(program: str, limits: Limits) -> ProgramOutcome:
    """Run a program in a cell. EngineError where the cell cannot be made; nothing that a program does raises."""
    word = secrets.token_hex(16)
    text = f"{word}\n{program}".encode("utf-8", "replace")
    report, stderr = _Stream(), _Stream()
    with started(text, limits) as cell:
        stopped = _follow(cell, report, stderr, limits.patience * limits.seconds)
        code = cell.process.wait()
    said = stderr.tail.decode("utf-8", "replace")
    if not report.head.startswith(_READY):
        raise EngineError(f"the sandbox cannot be started: {last_line(said) or 'it did not answer'}")
    if stopped == "timeout":
        return ProgramOutcome("timeout", None, said)
    # bubblewrap says of a signal what a shell says.
    code = 128 - code if 128 < code <= 128 + signal.SIGRTMAX else code
    return ProgramOutcome(_state(code, reached_its_end=report.tail.endswith(word.encode())), code, said)


def _follow(cell: Cell, report: _Stream, stderr: _Stream, seconds: float) -> State | None:
    """Read both pipes to their end; why the cell was ended before it, if it was. However much comes, little is kept."""
    stopped: State | None = None
    ready, deadline = False, time.monotonic() + _STARTING
    with selectors.DefaultSelector() as selector:
        for pipe, stream in ((cell.process.stdout, report), (cell.process.stderr, stderr)):
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ, stream)
        while selector.get_map():
            for key, _ in selector.select(_TICK):
                if chunk := os.read(key.fd, 1 << 16):
                    key.data.add(chunk)
                else:
                    selector.unregister(key.fileobj)
            if not ready and report.head.startswith(_READY):
                ready, deadline = True, time.monotonic() + seconds
            if stopped is None and (stopped := _excess(cell, deadline)):
                cell.end()
    return stopped


def _excess(cell: Cell, deadline: float) -> State | None:
    if time.monotonic() > deadline:
        return "timeout"
    return "killed" if cell.files > _FILE_NAMES else None


def last_line(text: str) -> str:
    """Where a program's stderr says what went wrong; '' where it says nothing."""
    return next(reversed(text.strip().splitlines()), "")


def _state(code: int, *, reached_its_end: bool) -> State:
    if code == -signal.SIGXCPU:
        return "timeout"
    if code < 0:
        return "killed"
    return "passed" if code == 0 and reached_its_end else "failed"
