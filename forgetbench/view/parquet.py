"""Parquet files asked by DuckDB: what a question needs of them is read, and no more.

SQL is ours, values are bound. A database that lives for one server reads files, loads no extension, and neither writes
nor spills anything.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forgetbench.errors import InputError, first_line
from forgetbench.messages import translated as _
from forgetbench.storage.files import open_regular

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

_SETTINGS: Final = {
    "memory_limit": "2GB",
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "lock_configuration": True,
}
_MOST_SECONDS: Final = 60.0
"""Of one question: a file may be made to keep its reader busy for ever."""


class ParquetFiles:
    """Questions about Parquet files; any thread may ask. Raises InputError where one cannot be read."""

    def __init__(self) -> None:
        import duckdb

        self._database = duckdb.connect(":memory:", config=_SETTINGS)

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """The answer's rows as mappings. A `Path` among the values is a file that is read as `read_parquet($name)`."""
        with self._asked(sql, values) as answer:
            names = [column[0] for column in answer.description]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def arrays(self, sql: str, **values: Any) -> dict[str, NDArray[Any]]:
        """The answer's columns of numbers, none of them missing."""
        with self._asked(sql, values) as answer:
            columns: dict[str, NDArray[Any]] = answer.fetchnumpy()
            return columns

    def columns(self, path: Path) -> frozenset[str]:
        """The names of a file's columns."""
        found = self.rows("SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet($path))", path=path)
        return frozenset(row["column_name"] for row in found)

    @contextlib.contextmanager
    def _asked(self, sql: str, values: Mapping[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
        import duckdb

        files = {name: value for name, value in values.items() if isinstance(value, Path)}
        for path in files.values():
            open_regular(path).close()  # a pipe would keep us waiting
        with self._database.cursor() as cursor, _limited(cursor):
            try:
                yield cursor.execute(sql, {**values, **{name: str(path) for name, path in files.items()}})
            except duckdb.Error as error:
                named = ", ".join(f"{path.parent.name}/{path.name}" for path in files.values())
                raise InputError(
                    _("{files}: cannot be read as parquet ({why})").format(files=named, why=first_line(error))
                ) from error


@contextlib.contextmanager
def _limited(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What is asked inside comes to an end."""
    timer = threading.Timer(_MOST_SECONDS, cursor.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
