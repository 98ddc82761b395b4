"""So many requests under way at once, and no more."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar

T = TypeVar("T")


def in_parallel(calls: Iterable[Callable[[], T]], workers: int) -> Iterator[T]:
    """Results as they come, from so many threads. After a failure nothing new begins, what is under way is yielded.

    Daemon threads, unlike an executor's: an interrupted run does not wait for answers that nobody will read.
    """
    tasks: queue.SimpleQueue[tuple[Future[T], Callable[[], T]] | None] = queue.SimpleQueue()
    for _ in range(workers):
        threading.Thread(target=_work, args=(tasks,), daemon=True).start()
    source, failure = iter(calls), None
    pending: set[Future[T]] = set()
    try:
        while True:
            while failure is None and len(pending) < 2 * workers and (call := next(source, None)) is not None:
                future: Future[T] = Future()
                pending.add(future)
                tasks.put((future, call))
            if not pending:
                break
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                if future.cancelled():
                    continue
                if (error := future.exception()) is None:
                    yield future.result()
                    continue
                failure = failure or error
                for other in pending:
                    other.cancel()
        if failure is not None:
            raise failure
    finally:
        for future in pending:
            future.cancel()
        for _ in range(workers):
            tasks.put(None)


def _work(tasks: queue.SimpleQueue[tuple[Future[T], Callable[[], T]] | None]) -> None:
    while (task := tasks.get()) is not None:
        future, call = task
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)
