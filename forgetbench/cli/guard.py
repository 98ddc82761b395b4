"""Every way out of a command: its exit code, and one line where something went wrong.

Exit code 1 says that a checkpoint regressed, and CI acts on it: nothing else may end with it, a bug of ours as little
as `sys.exit(1)` in a task's code. (`os._exit` in a task's code ends the process where it stands; nothing can hold it.)
"""

from __future__ import annotations

import math
import os
import platform
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from itertools import pairwise
from types import FrameType

from cyclopts import CycloptsError, MissingArgumentError, UnusedCliTokensError

from forgetbench import __version__
from forgetbench.console import never_fail_to_encode, tell
from forgetbench.errors import ForgetbenchError, first_line, listed
from forgetbench.storage.files import USERS_TO_MEND

BAD_INPUT, FAILED, INTERRUPTED, BROKEN_PIPE, TERMINATED = 2, 4, 130, 141, 143
KEPT = "what was done is kept, the same command goes on from there"
_BY_PLACE = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_AT_ONCE = 1.0
"""Seconds within which two signals are one."""


class Terminated(KeyboardInterrupt):
    """SIGTERM: everything ends in order, as after an interrupt."""


def run_guarded(command: Callable[[], object]) -> int:
    """Call `command` and return its exit code, whatever happens in it; what went wrong is told on standard error."""
    never_fail_to_encode()
    _listen()
    try:
        code = command()
        for stream in (sys.stdout, sys.stderr):
            # What is written at exit could not be caught any more.
            if stream is not None:
                stream.flush()
    except BaseException as error:  # the last place that can
        return _told(error)
    return code if isinstance(code, int) else 0


def _listen() -> None:
    """Raise where this process is asked to end. What a whole group is sent comes twice (`watched`), and counts once."""
    last = -math.inf

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal last
        earlier, last = last, time.monotonic()
        if last - earlier > _AT_ONCE:
            raise Terminated if number == signal.SIGTERM else KeyboardInterrupt

    try:
        signal.signal(signal.SIGTERM, end)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, end)
    except ValueError:
        return  # not the main thread: whoever runs us listens


def _told(error: BaseException) -> int:
    """Say what went wrong, and the exit code; a reader of standard error that has left is no failure of its own."""
    try:
        code, line = _outcome(error)
        if line:
            tell(line)
        return code
    except BrokenPipeError:
        return _quiet()


def _outcome(error: BaseException) -> tuple[int, str]:
    if isinstance(error, ForgetbenchError):
        return error.exit_code, f"forgetbench: {error}"
    if isinstance(error, CycloptsError):
        return BAD_INPUT, _usage(error)
    if isinstance(error, Terminated) or (isinstance(error, SystemExit) and error.code == TERMINATED):
        return TERMINATED, f"terminated; {KEPT}"
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED, f"interrupted; {KEPT}"
    if isinstance(error, BrokenPipeError):
        return _quiet(), ""
    return _unforeseen(error)


def _usage(error: CycloptsError) -> str:
    """What is wrong with a command's arguments, and the command whose help says how they are given."""
    chain = list(error.command_chain or ())
    # Its parser calls the values of an option so as well.
    told = " ".join(str(error).split()).replace(" positional arguments", " values")
    if isinstance(error, UnusedCliTokensError) and error.target is not None:
        taken = [name.upper() for name, each in signature(error.target).parameters.items() if each.kind in _BY_PLACE]
        many = error.unused_tokens or []
        takes = f"{len(taken)} argument{'s' * (len(taken) > 1)} ({', '.join(taken)}), not {len(taken) + len(many)}"
        told = (
            f'Command "{" ".join(chain)}" takes {takes if taken else "no argument"}: '
            f"{listed(many)} {'is' if len(many) == 1 else 'are'} too many"
        )
    elif isinstance(error, MissingArgumentError) and _follows(error.root_input_tokens, error.keyword, "-"):
        told = f"{error.keyword} -: standard output cannot be given here; name a file or folder"
    command = " ".join(["forgetbench", *chain])
    return f"forgetbench: {told if told.endswith('...') else told.rstrip('.')}; see {command} --help"


def _follows(tokens: Sequence[str] | None, first: str | None, second: str) -> bool:
    return first is not None and (first, second) in pairwise(tokens or ())


def _unforeseen(error: BaseException) -> tuple[int, str]:
    traced = _traceback_file(error)
    if isinstance(error, OSError) and error.errno is not None:
        named = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        theirs = bool(named) and error.errno in USERS_TO_MEND
        line = f"forgetbench: {named}{error.strerror or first_line(error)}; {KEPT}; the traceback is in {traced}"
        return BAD_INPUT if theirs else FAILED, line
    if isinstance(error, MemoryError):
        return FAILED, f"forgetbench: the memory does not suffice; {KEPT}; the traceback is in {traced}"
    if isinstance(error, ModuleNotFoundError):
        package = (error.name or "?").partition(".")[0]
        return BAD_INPUT, (
            f"forgetbench: the package '{package}' is missing; install it, or forgetbench with the extra that brings "
            f"it (forgetbench doctor lists them); the traceback is in {traced}"
        )
    if isinstance(error, SystemExit):
        what = f"code that it called ended the program (SystemExit {error.code!r}); a task's code must not"
        return FAILED, f"forgetbench: {what}; {KEPT}; the traceback is in {traced}"
    what = f"unexpected {type(error).__name__}: {first_line(error)}"
    return (
        FAILED,
        f"forgetbench: {what}; this is a fault in forgetbench, the traceback is in {traced}: please report it",
    )


def _traceback_file(error: BaseException) -> str:
    """Where the traceback was written; if it cannot be, where in the code it happened. It shows no local variables."""
    try:
        lines = traceback.format_exception(error)
        handle, path = tempfile.mkstemp(prefix="forgetbench-", suffix=".traceback.txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(f"forgetbench {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n")
            stream.writelines(lines)
        return path
    except (OSError, MemoryError, RecursionError):
        frames = traceback.extract_tb(error.__traceback__)
        return (
            f"no file, which cannot be written, but ends at {frames[-1].filename}:{frames[-1].lineno}"
            if frames
            else "?"
        )


def _quiet() -> int:
    """Whoever read our output has left: end as a program that does not handle the signal, with nothing more to say."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    return BROKEN_PIPE
