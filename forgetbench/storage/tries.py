"""What sequential gates have tried of one candidate and one base: results/tries/<ids>.json.

A gate that is asked again under other settings until it passes passes too often. So a try is written down before
anything is asked, whatever becomes of it: a command that was broken off has looked, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from forgetbench.errors import InputError
from forgetbench.records import SCHEMA_VERSION
from forgetbench.storage.files import unwritable, write_atomic
from forgetbench.storage.json_files import load_json, to_json


@dataclass(frozen=True, slots=True)
class Try:
    """One evaluation by a sequential gate; `settings` tells it from others of the same candidate and base."""

    settings: str
    """Hash of all that decides what is asked and answered."""
    suite: str
    suite_fingerprint: str
    protocol: str
    seed: int
    limit: int | None
    began: str
    """UTC time of the first command with these settings."""
    looks: int | None = None
    """How many were taken by the last command with these settings that came to its end; None before one did."""
    outcome: str | None = None
    """What the gate said then."""
    comparison_id: str | None = None


@dataclass(frozen=True, slots=True)
class Tries:
    """All tries at one candidate, in the order in which they began."""

    base: str
    """Fingerprints."""
    candidate: str
    tries: tuple[Try, ...] = ()
    schema_version: int = SCHEMA_VERSION


def begin_try(path: Path, base: str, candidate: str, begun: Try) -> int:
    """Write down that a try begins; which of the different tries it is, from 1.

    One of the same settings keeps its number. Raises InputError where the file cannot be read, and as `write_atomic`.
    """

    def added(tries: tuple[Try, ...]) -> tuple[Try, ...]:
        return tries if any(each.settings == begun.settings for each in tries) else (*tries, begun)

    tries = _changed(path, base, candidate, added).tries
    return next(number for number, each in enumerate(tries, 1) if each.settings == begun.settings)


def end_try(path: Path, base: str, candidate: str, ended: Try) -> None:
    """Write down what a try came to; when it began stays as it was. Errors are those of `begin_try`."""

    def told(tries: tuple[Try, ...]) -> tuple[Try, ...]:
        return tuple(replace(ended, began=each.began) if each.settings == ended.settings else each for each in tries)

    _changed(path, base, candidate, told)


def load_tries(path: Path, base: str, candidate: str) -> Tries:
    """The tries of one candidate and base; none where no file is there. Raises InputError where it cannot be read."""
    if not path.exists():
        return Tries(base, candidate)
    try:
        found = load_json(Tries, path)
    except InputError as error:
        raise InputError(
            f"{error}; put a copy of {path.name} back, or remove it: tries are counted anew then"
        ) from error
    if (found.base, found.candidate) != (base, candidate):
        raise InputError(f"{path}: is of other checkpoints than its name says; put a copy back, or remove it")
    return found


def _changed(path: Path, base: str, candidate: str, change: Callable[[tuple[Try, ...]], tuple[Try, ...]]) -> Tries:
    with _alone(path):
        before = load_tries(path, base, candidate)
        after = replace(before, tries=change(before.tries))
        if after != before:
            write_atomic(path, to_json(after))
    return after


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """No other program reads and writes this file meanwhile."""
    from filelock import FileLock

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.name}.lock"))
        lock.acquire()
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        yield
    finally:
        lock.release()
