"""A command in a process of its own, watched by this one, so that what ends it without a word is told all the same.

Compiled code of an engine's libraries may fail in a way that no Python code can catch, and the kernel kills what takes
too much memory: the shell would say "Segmentation fault" or "Killed".
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from typing import IO

from forgetbench.cli.guard import FAILED, INTERRUPTED, KEPT, TERMINATED
from forgetbench.console import tell

_RELAYED = frozenset({signal.SIGINT, signal.SIGTERM})
_PR_SET_PDEATHSIG = 1


def run_watched(command: Callable[[], int]) -> int:
    """Call `command` in a child of this process and return its exit code; a fault that ends it is told, with code 4.

    In the child it returns as well. Elsewhere than on Linux the command runs in this process.
    """
    if sys.platform != "linux":
        return command()
    with tempfile.TemporaryFile() as stack:
        # Whoever started us may have it ignored, and the child would leave no status.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_RELAYED, signal.SIGCHLD})
        watcher, child = os.getpid(), os.fork()
        if child == 0:
            _end_with(watcher)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            faulthandler.enable(stack)
            return command()
        code = os.waitstatus_to_exitcode(_awaited(child))
        return code if code >= 0 else _told(signal.Signals(-code), stack)


def _awaited(child: int) -> int:
    """Wait for a child's end, and hand on what is sent to this process alone; its status."""
    while True:
        info = signal.sigwaitinfo({*_RELAYED, signal.SIGCHLD})
        if info.si_signo == signal.SIGCHLD:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return status
        elif info.si_code <= 0:
            # By a process: what a terminal sends goes to the child as well.
            os.kill(child, info.si_signo)


def _end_with(watcher: int) -> None:
    """Let the kernel kill this process with the one that watches it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != watcher:
        os.kill(os.getpid(), signal.SIGKILL)


def _told(number: signal.Signals, stack: IO[bytes]) -> int:
    """Say what ended the command, and the exit code."""
    if number in _RELAYED:
        return INTERRUPTED if number == signal.SIGINT else TERMINATED
    if number == signal.SIGKILL:
        what = "the process was killed (SIGKILL), as the system does where memory does not suffice"
    else:
        what = (
            f"compiled code of a library ended the process ({number.name}){_stack_file(stack)}; it may not know this "
            "model or machine: take another engine (--engine transformers)"
        )
    tell(f"forgetbench: {what}; {KEPT}")
    return FAILED


def _stack_file(stack: IO[bytes]) -> str:
    """Where Python's stack at that moment was written, for a message; nothing where it is not known."""
    stack.seek(0)
    try:
        if not (frames := stack.read()):
            return ""
        handle, path = tempfile.mkstemp(prefix="forgetbench-", suffix=".stack.txt")
        with os.fdopen(handle, "wb") as stream:
            stream.write(frames)
        return f", where Python was is in {path}"
    except OSError:
        return ""
