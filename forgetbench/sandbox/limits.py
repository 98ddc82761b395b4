"""Time and memory for someone else's template: what a template asks for, its checkpoint or task must not hang on.

    with limited():
        text = template.render(...)         LimitError where it takes too long or too much memory
        checked_size(text)                  LimitError where it wrote too much

Compiling belongs inside as well: Jinja computes constants, `10 ** (10 ** 10)` among them, while it compiles.
"""

from __future__ import annotations

import contextlib
import resource
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from forgetbench.errors import InputError

SECONDS = 10.0
"""For one rendering, which takes a thousandth of a second."""
MEMORY = 1 << 30
"""Bytes that one rendering may add to the process."""
CHARACTERS = 10_000_000
"""Of what is rendered: forty times a window of 64k tokens."""


class LimitError(InputError):
    """A template did not come to an end within its time or memory, or wrote too much."""


class _TimeIsUp(BaseException):
    """What the timer raises: no `except Exception` on the way, Jinja's optimizer has one, takes it for its own."""


@contextlib.contextmanager
def limited(seconds: float = SECONDS, memory: int = MEMORY) -> Iterator[None]:
    """Raises LimitError inside the block when it takes longer or more memory; a regular expression stops for it too.

    Time is limited in the main thread alone, since only there Python can be interrupted. A timer that was running
    goes on afterwards.
    """
    with _memory(memory), _time(seconds) if _in_main_thread() else contextlib.nullcontext():
        try:
            yield
        except _TimeIsUp as error:
            raise LimitError(f"does not come to an end (stopped after {seconds:g} s)") from error
        except MemoryError as error:
            raise LimitError(f"takes more than {memory / 1e9:.1f} GB of memory") from error


def checked_size(text: str, characters: int = CHARACTERS) -> str:
    """The text. LimitError where it is longer than what any model reads."""
    if len(text) > characters:
        raise LimitError(f"writes {len(text):,} characters; at most {characters:,} are taken")
    return text


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def _time(seconds: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _TimeIsUp

    handler = signal.signal(signal.SIGALRM, stop)
    begun = time.monotonic()
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - begun), 1e-6), interval)


@contextlib.contextmanager
def _memory(most: int) -> Iterator[None]:
    """Beyond this an allocation fails, instead of the machine."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    now = _address_space()
    if now is None or (soft != resource.RLIM_INFINITY and soft <= now + most):
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (now + most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int | None:
    """Bytes of this process's address space; None where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return None
