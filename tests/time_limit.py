"""A limit of processor time: a test of running time fails instead of hanging, and does not fail on a busy machine."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises TimeoutError inside the block when it takes more processor time; `re` stops for it too."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"took more than {seconds:g} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
