"""Training in a process of its own, one recipe ahead of the evaluation.

An engine that is loaded keeps threads, memory and a process group to itself, which a trainer in the same process would
take for its own. The child ends with its parent, however that ends.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from forgetbench.errors import EngineError, ForgetbenchError, first_line

Job = TypeVar("Job")
Done = TypeVar("Done")


class OwnProcess(Generic[Job, Done]):
    """Calls `work` with one job after another in a child process; `work` and jobs must be picklable."""

    def __init__(self, work: Callable[[Job], Done]) -> None:
        self._work = work
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._work), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> OwnProcess[Job, Done]:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child, whatever it is doing: what it has not finished is made again."""
        self._pipe.close()
        self._process.terminate()
        self._process.join()

    def submit(self, job: Job) -> None:
        """Start on a job, in a new child where the last one was killed; the job before must have been received."""
        if not self._process.is_alive():
            self._pipe.close()
            self._start()
        self._pipe.send(job)

    def result(self) -> Done:
        """What the job came to. Raises what it raised; EngineError where the child was killed."""
        try:
            done = self._pipe.recv()
        except EOFError as error:
            self._process.join(5)
            raise EngineError(
                f"training ended without a word (exit code {self._process.exitcode}; a negative one is the signal that "
                "killed it, -9 where memory did not suffice); what was done is kept"
            ) from error
        if isinstance(done, ForgetbenchError):
            raise done
        return done  # type: ignore[no-any-return]


class SameProcess(Generic[Job, Done]):
    """The same without a child, for models so small that starting one takes longer."""

    def __init__(self, work: Callable[[Job], Done]) -> None:
        self._work = work
        self._waiting: list[Job] = []

    def __enter__(self) -> SameProcess[Job, Done]:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._waiting.clear()

    def submit(self, job: Job) -> None:
        self._waiting.append(job)

    def result(self) -> Done:
        return self._work(self._waiting.pop())


def _serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
    # The terminal's interrupt reaches both; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        try:
            done = work(job)
        except ForgetbenchError as error:
            done = error
        except Exception as error:  # a trainer is a program of others: it can raise anything
            done = EngineError(f"training failed: {type(error).__name__}: {first_line(error)}")
        try:
            pipe.send(done)
        except BrokenPipeError:
            return
