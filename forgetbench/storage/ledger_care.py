"""A ledger looked over row by row, and rid of what cannot be read."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from forgetbench.errors import InputError, StorageError
from forgetbench.storage.files import unwritable
from forgetbench.storage.ledger import Ledger
from forgetbench.storage.responses import decoded

_MOST_FAULTS = 20
_STARTS = ("", *(f"{number:02x}" for number in range(256)))
"""Keys are hashes in hexadecimal: where a page of the file is damaged, the rows of the other ranges are still there."""


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What a ledger holds."""

    sound: int
    """Rows that hold a response."""
    damaged: tuple[bytes, ...]
    """Keys of those that do not."""
    faults: tuple[str, ...]
    """What SQLite finds wrong with the file itself."""

    @property
    def is_sound(self) -> bool:
        return not self.damaged and not self.faults


@dataclass(frozen=True, slots=True)
class Pruned:
    """What became of a ledger."""

    kept: int
    removed: int
    """Rows that held no response; those of pages that cannot be read are not counted."""
    aside: Path | None = None
    """Where the damaged file went, if what could be read of it was copied to a new one."""


def check(path: Path) -> LedgerState:
    """Read every row of a ledger, changing nothing. InputError where there is none."""
    if not path.is_file():
        raise InputError(f"{path}: no ledger here; give a results folder")
    sound, damaged, faults = 0, [], []
    with _opened(path) as database:
        try:
            found = [str(line) for (line,) in database.execute(f"PRAGMA integrity_check({_MOST_FAULTS})")]
            faults += [line for line in found if line != "ok"]
        except sqlite3.Error as error:
            faults.append(str(error))
        for key, body in _rows(database, faults):
            if _is_sound(key, body):
                sound += 1
            else:
                damaged.append(key)
    return LedgerState(sound, tuple(damaged), tuple(dict.fromkeys(faults)))


def prune(path: Path) -> Pruned:
    """Remove every row that holds no response; of a file that is damaged itself, copy what can be read to a new one.

    Not while another program uses the ledger. Raises InputError where there is none, as
    `unwritable` and StorageError where it cannot be written.
    """
    state = check(path)
    if state.faults:
        return _copied(path)
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as database:
            keys = [(key,) for key in state.damaged]
            database.executemany("DELETE FROM responses WHERE key = CAST(? AS TEXT)", keys)
    except sqlite3.Error as error:
        raise StorageError(f"ledger {path}: {error}") from error
    return Pruned(state.sound, len(state.damaged))


def _copied(path: Path) -> Pruned:
    fresh, aside = path.with_name(f"{path.name}.new"), _free_name(path)
    removed = 0
    try:
        fresh.unlink(missing_ok=True)
        with _opened(path) as database, Ledger(fresh) as ledger:
            for key, body in _rows(database, []):
                if _is_sound(key, body):
                    ledger.put(decoded(key.decode(), body))
                else:
                    removed += 1
            # Asking makes an empty one where nothing could be kept.
            kept = len(ledger)
        path.rename(aside)
        for tail in ("-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + tail).rename(aside.with_name(aside.name + tail))
        fresh.rename(path)
    except OSError as error:
        raise unwritable(path, error) from error
    return Pruned(kept, removed, aside)


def _free_name(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    return aside


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as it is: neither created nor changed."""
    database = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, timeout=60)
    with contextlib.closing(database):
        yield database


def _rows(database: sqlite3.Connection, faults: list[str]) -> Iterator[tuple[bytes, bytes]]:
    """Keys and bodies, range by range; what hinders is added to `faults`."""
    for start, end in zip(_STARTS, (*_STARTS[1:], "\U0010ffff"), strict=True):
        query = "SELECT CAST(key AS BLOB), CAST(body AS BLOB) FROM responses WHERE key >= ? AND key < ?"
        try:
            yield from database.execute(query, (start, end))
        except sqlite3.Error as error:
            faults.append(str(error))


def _is_sound(key: bytes, body: bytes) -> bool:
    try:
        decoded(key.decode(), body)
    except ValueError:
        return False
    return True
