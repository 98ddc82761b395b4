"""Everything forgetbench raises on purpose, and the exit code each carries.

    ForgetbenchError
    |- InputError               exit 2: the user can mend it; one line names what and how
    |  |- CheckpointError       a checkpoint that is missing, unsafe, or not a checkpoint
    |  |- SuiteError            an unknown or malformed suite, task or domain
    |  `- IncomparableError     two runs that must not be paired
    |- EngineError              exit 4: the engine or the machine failed; what was done is kept
    `- StorageError             exit 4: the disk is full or failed; what was done is kept

Anything else that escapes is a bug of ours: the command ends with 4, and its traceback in a file.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import ClassVar


class ForgetbenchError(Exception):
    """Base of all expected failures; `str(error)` is the one line the user sees."""

    exit_code: ClassVar[int] = 4


class InputError(ForgetbenchError):
    """Bad usage or bad input."""

    exit_code = 2


class CheckpointError(InputError):
    """A checkpoint that is missing, unsafe to load, or not a checkpoint."""


class SuiteError(InputError):
    """An unknown or malformed suite, task or domain."""


class IncomparableError(InputError):
    """Two runs that must not be paired; the message lists what differs."""


class EngineError(ForgetbenchError):
    """The engine or the machine failed; everything answered so far is in the ledger."""


class StorageError(ForgetbenchError):
    """The machine took no file, as on a full disk; everything written so far is whole."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A tail for 'unknown X' messages: the nearest known name, else the list of all."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known) or 'none'}"


def first_line(error: BaseException | str) -> str:
    """What an error says, on one line: its first line that is not blank, else the name of its type."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__ if isinstance(error, BaseException) else ""


def listed(names: Sequence[str], most: int = 5) -> str:
    """'a, b, c and 4 more'."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def shown(name: str) -> str:
    """A name on one line: what cannot be seen in it is spelled out."""
    return name if name.isprintable() else repr(name)[1:-1]
