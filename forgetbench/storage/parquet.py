"""Parquet files as Arrow tables, read in little memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forgetbench.errors import InputError, first_line
from forgetbench.storage.files import replacing

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_BATCH, _BUFFER = 65_536, 1 << 20
"""Rows and bytes that are read at a time."""


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame, without its index, whole or not at all. Raises StorageError as `write_atomic`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    with replacing(path) as stream:
        pq.write_table(table, stream, compression="zstd")


def read_table(path: Path, columns: Sequence[str] | None = None, *, as_dictionary: bool = False) -> pa.Table:
    """A file's columns, or all of them; text as dictionary arrays on request. InputError when it cannot be read.

    Read piece by piece: reading a large file at once takes three times its memory.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with (
        _parquet_errors(path),
        pq.ParquetFile(
            path, read_dictionary=columns if as_dictionary else None, pre_buffer=False, buffer_size=_BUFFER
        ) as file,
    ):
        batches = list(file.iter_batches(_BATCH, columns=columns, use_threads=False))
        schema = batches[0].schema if batches else file.schema_arrow
        return pa.Table.from_batches(batches, schema)


def column_names(path: Path) -> list[str]:
    """The columns that a file has. InputError when it cannot be read."""
    import pyarrow.parquet as pq

    with _parquet_errors(path):
        return list(pq.read_schema(path).names)


@contextlib.contextmanager
def _parquet_errors(path: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read as parquet ({first_line(error)})") from error
