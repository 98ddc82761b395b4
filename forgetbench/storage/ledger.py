"""The ledger: every response a model ever gave, in one SQLite file, written as it arrives.

A response is keyed by its request, which hashes checkpoint, engine settings, token ids and decoding, so
an answer is never generated twice: not after a crash, not for the next candidate, not tomorrow.
Each `put` is a transaction of its own in write-ahead mode: a killed process loses nothing that `put` returned from.
"""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from forgetbench.errors import StorageError
from forgetbench.fingerprint import file_digest
from forgetbench.records import Request, Response
from forgetbench.storage.responses import answers, decoded, encoded

_SCHEMA = """
CREATE TABLE IF NOT EXISTS responses (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS file_digests (path TEXT PRIMARY KEY, identity TEXT, digest TEXT) WITHOUT ROWID;
DROP TABLE IF EXISTS files;
"""
_CHUNK = 500
"""Keys per query: SQLite bounds the number of parameters."""
_SETTLED_NS = 1_000_000_000
"""Age of a file's last change from which its times tell any other change."""


class Ledger:
    """A store of responses. Safe against kill -9 and against a second process on the same file.

    Every use raises StorageError where the file cannot be opened, read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged: set[str] = set()
        """Keys whose rows were read and hold no response: they count as not there, and a new answer replaces them."""

    @functools.cached_property
    def _db(self) -> sqlite3.Connection:
        """Opened when it is first used: a command that is refused before that leaves none behind."""
        with contextlib.ExitStack() as opened:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self.path, timeout=60, isolation_level=None)
            opened.callback(database.close)
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.executescript(_SCHEMA)
            opened.pop_all()
        return database

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "_db" in vars(self):
            self._db.close()

    def put(self, response: Response) -> None:
        """Store a response, committed on return. The first answer to a key stays, unless its row is damaged."""
        verb = "REPLACE" if response.key in self.damaged else "IGNORE"
        with self._storage_errors():
            query = f"INSERT OR {verb} INTO responses VALUES (?, ?)"  # noqa: S608 - one of two words
            self._db.execute(query, (response.key, encoded(response)))
        self.damaged.discard(response.key)

    def get(self, keys: Iterable[str]) -> dict[str, Response]:
        """The responses that are there, by key; a damaged row is none."""
        distinct = list(dict.fromkeys(keys))
        responses: dict[str, Response] = {}
        with self._storage_errors():
            for start in range(0, len(distinct), _CHUNK):
                chunk = distinct[start : start + _CHUNK]
                marks = ",".join("?" * len(chunk))
                # As bytes: SQLite's own decoding ends at the first row that is no UTF-8.
                query = f"SELECT key, CAST(body AS BLOB) FROM responses WHERE key IN ({marks})"  # noqa: S608 - only marks
                for key, body in self._db.execute(query, chunk):
                    try:
                        responses[key] = decoded(key, body)
                    except ValueError:
                        self.damaged.add(key)
        return responses

    def answers(self, requests: Mapping[str, Request]) -> dict[str, Response]:
        """The responses to these requests, by key; one with other parts than its request asks for is damaged."""
        found = self.get(requests)
        misfits = {key for key, response in found.items() if not answers(response, requests[key])}
        self.damaged |= misfits
        return {key: response for key, response in found.items() if key not in misfits}

    def __len__(self) -> int:
        with self._storage_errors():
            return int(self._db.execute("SELECT count(*) FROM responses").fetchone()[0])

    def file_digest(self, path: Path, *, again: bool = False) -> str:
        """Hash of a file, remembered as long as nothing was done to it: weights are large. `again` reads it anyway.

        Size and modification time alone can be those of other content (cp -p, tar, object stores); what was last
        changed when (ctime) and where it lies cannot. A file that was changed a moment ago is not remembered, since it
        could change once more within the clock's tick.
        """
        name, identity = str(path.resolve()), _identity(path)
        with self._storage_errors():
            query = "SELECT digest FROM file_digests WHERE path=? AND identity=?"
            row = None if again else self._db.execute(query, (name, identity)).fetchone()
            if row is not None:
                return str(row[0])
            digest = file_digest(path)
            if _identity(path) == identity and time.time_ns() - path.stat().st_ctime_ns > _SETTLED_NS:
                self._db.execute("INSERT OR REPLACE INTO file_digests VALUES (?, ?, ?)", (name, identity, digest))
        return digest

    @contextlib.contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(f"ledger {self.path}: {error}; {_way_out(self.path, error)}") from error


def _way_out(path: Path, error: sqlite3.Error) -> str:
    # The low byte is the kind of an error, the others say more of it.
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return (
            f"`forgetbench ledger prune {path.parent}` keeps the answers that can still be read, then run the same "
            "command again"
        )
    return "free the disk or move the file away, then run the same command again: what was answered is kept"


def _identity(path: Path) -> str:
    """What a file is on its disk, and when anything of it was last changed."""
    stat = path.stat()
    return f"{stat.st_dev} {stat.st_ino} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"
