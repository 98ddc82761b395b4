"""Who asks what: of two programs with the same questions one asks, and the other takes its answers.

A claim is a lock of the operating system on a file, so it ends with the process that holds it, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from forgetbench.storage.files import unwritable

_POLL = 0.5
"""Seconds between two looks at whether a claim is free."""
_SLOT = 3
"""Hexadecimal digits of a claim's name that its file is called by: so many files, and no more, ever."""


@contextlib.contextmanager
def claimed(folder: Path, claims: Mapping[str, Callable[[], bool]], note: Callable[[str], None]) -> Iterator[None]:
    """Hold the claims of these names (hashes), each as soon as it is free.

    A claim that another program holds is waited for until the function beside its name says that there is nothing left
    to ask; `note` is told of the first wait. Raises as `unwritable` where the folder takes no files.
    """
    slots: dict[str, list[Callable[[], bool]]] = {}
    # In one order, so that two programs never wait for each other.
    for name in sorted(claims):
        slots.setdefault(name[:_SLOT], []).append(claims[name])
    told: list[str] = []

    def tell(holder: str) -> None:
        if not told:
            note(f"another forgetbench ({holder}) is asking the same in this results folder; waiting for its answers")
        told.append(holder)

    with contextlib.ExitStack() as held:
        for slot, finished in slots.items():
            with _write_errors(folder):
                folder.mkdir(parents=True, exist_ok=True)
                _hold(folder / slot, held, finished, tell)
        yield


def _hold(
    path: Path, held: contextlib.ExitStack, finished: list[Callable[[], bool]], tell: Callable[[str], None]
) -> None:
    from filelock import FileLock, Timeout

    lock, holder = FileLock(path), path.with_name(f"{path.name}.holder")
    while True:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if all(done() for done in finished):
                return
            tell(_text(holder))
            time.sleep(_POLL)
        else:
            held.callback(lock.release)
            holder.write_text(f"pid {os.getpid()}", encoding="utf-8")
            return


def _text(holder: Path) -> str:
    with contextlib.suppress(OSError, ValueError):
        return holder.read_text(encoding="utf-8")[:40]
    return "whose number is not known"


@contextlib.contextmanager
def _write_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable(folder, error) from error
