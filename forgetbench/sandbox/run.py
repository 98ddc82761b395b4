"""Running model-written programs: only with the user's consent, only in a sandbox, several at a time."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

from forgetbench.errors import InputError
from forgetbench.sandbox.bubblewrap import Limits
from forgetbench.sandbox.cell import ProgramOutcome, execute
from forgetbench.sandbox.self_test import unavailable

_ALLOWED: ContextVar[bool] = ContextVar("model-written code may run", default=False)


@contextlib.contextmanager
def allowed(yes: bool = True) -> Iterator[None]:
    """Within it, `run_python` and `run_all` do what they say; without it they refuse."""
    before = _ALLOWED.set(yes)
    try:
        yield
    finally:
        _ALLOWED.reset(before)


def require(what: str) -> None:
    """Refuse to go on with `what`, which runs code, where it may not or cannot be run.

    Raises InputError, with a hint at what to do, without consent or without a sandbox.
    """
    if not _ALLOWED.get():
        raise InputError(f"{what} runs code that the model writes; add --run-code to run it, in a sandbox")
    if reason := unavailable():
        raise InputError(f"{what} runs code that the model writes, and no sandbox can be made here: {reason}")


def run_python(program: str, limits: Limits = Limits()) -> ProgramOutcome:
    """Run a program by itself, as `python -I -S` would, with an empty stdin; what it prints is dropped.

    Raises InputError without consent or without a sandbox, EngineError where the sandbox fails to start.
    """
    return run_all([program], limits)[0]


def run_all(programs: Sequence[str], limits: Limits = Limits()) -> list[ProgramOutcome]:
    """Run programs apart from one another, as many at a time as there are processors; outcomes in their order.

    Raises what `run_python` raises; programs that wait for their turn are then not started.
    """
    require("this task")
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(functools.partial(execute, limits=limits), programs))
