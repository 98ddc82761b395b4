"""The ledger: every response a model ever gave, in one SQLite file, written as it arrives.

A response is keyed by its request, which hashes checkpoint, engine settings, token ids and decoding, so
an answer is never generated twice: not after a crash, not for the next candidate, not tomorrow.
Each `put` is a transaction of its own in write-ahead mode: a killed process loses nothing that `put` returned from.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Self

from forgetbench.errors import StorageError
from forgetbench.fingerprint import file_digest
from forgetbench.records import Continuation, Response, Sample

_SCHEMA = """
CREATE TABLE IF NOT EXISTS responses (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, digest TEXT) WITHOUT ROWID;
"""
_CHUNK = 500
"""Keys per query: SQLite bounds the number of parameters."""
_continuation_fields = attrgetter(*(field.name for field in dataclasses.fields(Continuation)))
_sample_fields = attrgetter(*(field.name for field in dataclasses.fields(Sample)))


class Ledger:
    """A store of responses. Safe against kill -9 and against a second process on the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._storage_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def put(self, response: Response) -> None:
        """Store a response, committed on return. The first answer to a key stays."""
        # Not dataclasses.astuple, which copies deeply: this is done for every response of a run.
        continuations = [_continuation_fields(item) for item in response.continuations]
        body = json.dumps([continuations, [_sample_fields(item) for item in response.samples]])
        with self._storage_errors():
            self._db.execute("INSERT OR IGNORE INTO responses VALUES (?, ?)", (response.key, body))

    def get(self, keys: Iterable[str]) -> dict[str, Response]:
        """The responses that are there, by key."""
        distinct = list(dict.fromkeys(keys))
        responses: dict[str, Response] = {}
        with self._storage_errors():
            for start in range(0, len(distinct), _CHUNK):
                chunk = distinct[start : start + _CHUNK]
                marks = ",".join("?" * len(chunk))
                query = f"SELECT key, body FROM responses WHERE key IN ({marks})"  # noqa: S608 - only marks
                rows = self._db.execute(query, chunk)
                responses.update((key, _response(key, body)) for key, body in rows)
        return responses

    def __len__(self) -> int:
        with self._storage_errors():
            return int(self._db.execute("SELECT count(*) FROM responses").fetchone()[0])

    def file_digest(self, path: Path) -> str:
        """Hash of a file, remembered by path, size and modification time: weights are large."""
        stat = path.stat()
        key = (str(path.resolve()), stat.st_size, stat.st_mtime_ns)
        with self._storage_errors():
            row = self._db.execute("SELECT digest FROM files WHERE path=? AND size=? AND mtime_ns=?", key).fetchone()
            if row is None:
                row = (file_digest(path),)
                self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (*key, *row))
        return str(row[0])

    @contextlib.contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(
                f"ledger {self.path}: {error}; free the disk or move the file away, then run the same command "
                "again: what was answered is kept"
            ) from error


def _response(key: str, body: str) -> Response:
    continuations, samples = json.loads(body)
    return Response(
        key,
        continuations=tuple(Continuation(*item) for item in continuations),
        samples=tuple(Sample(*item) for item in samples),
    )
