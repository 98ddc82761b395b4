"""Parquet files as Arrow tables, read in little memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from forgetbench.errors import InputError, first_line
from forgetbench.storage.files import open_regular, replacing
from forgetbench.storage.folder import told_how_to_mend
from forgetbench.storage.parquet_size import check_size

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

ColumnKind = Literal["text", "numbers", "flags", "lists of text", "lists of numbers"]

_BATCH, _BUFFER = 65_536, 1 << 20
"""Rows and bytes that are read at a time."""


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame, without its index, whole or not at all. Raises as `write_atomic`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    with replacing(path) as stream:
        pq.write_table(table, stream, compression="zstd", write_page_checksum=True)


def read_table(path: Path, columns: Sequence[str] | None = None, *, as_dictionary: bool = False) -> pa.Table:
    """A file's columns, or all of them; text as dictionary arrays on request. InputError when it cannot be read.

    Read piece by piece: reading a large file at once takes three times its memory.
    """
    import pyarrow as pa

    with (
        _parquet_errors(path),
        _opened(path, columns if as_dictionary else None) as file,
    ):
        check_size(path, file, columns)
        batches = list(file.iter_batches(_BATCH, columns=columns, use_threads=False))
        schema = batches[0].schema if batches else file.schema_arrow
        return pa.Table.from_batches(batches, schema)


def check_columns(path: Path, kinds: Mapping[str, ColumnKind], optional: Sequence[str] = ()) -> list[str]:
    """Raise InputError unless a file has these columns, each once and of its kind; columns of nulls are of any.

    Returns those of the `optional` ones that it lacks.
    """
    with _parquet_errors(path), _opened(path) as file:
        schema, n_rows = file.schema_arrow, file.metadata.num_rows
    lacking = sorted(set(kinds) - set(schema.names))
    if missing := [name for name in lacking if name not in optional]:
        raise InputError(f"{path}: columns missing: {', '.join(missing)}")
    for name, kind in kinds.items():
        if name in lacking:
            continue
        places = schema.get_all_field_indices(name)
        if len(places) > 1:
            raise InputError(f"{path}: column '{name}' stands there {len(places)} times")
        # A column without rows has no type of its own.
        if n_rows and not _is_of_kind(schema.field(places[0]).type, kind):
            raise InputError(f"{path}: column '{name}' holds {schema.field(places[0]).type}, not {kind}")
    return lacking


def _is_of_kind(found: pa.DataType, kind: ColumnKind) -> bool:
    import pyarrow as pa

    if pa.types.is_null(found):
        return True
    if pa.types.is_dictionary(found):
        return _is_of_kind(found.value_type, kind)
    if kind in ("lists of text", "lists of numbers"):
        inner: ColumnKind = "text" if kind == "lists of text" else "numbers"
        is_list = pa.types.is_list(found) or pa.types.is_large_list(found)
        return is_list and _is_of_kind(found.value_type, inner)
    if kind == "text":
        return bool(pa.types.is_string(found) or pa.types.is_large_string(found))
    if kind == "flags":
        return bool(pa.types.is_boolean(found))
    return bool(pa.types.is_floating(found) or pa.types.is_integer(found))


@contextlib.contextmanager
def _opened(path: Path, as_dictionary: Sequence[str] | None = None) -> Iterator[pq.ParquetFile]:
    """A regular file, opened to be read piece by piece."""
    import pyarrow.parquet as pq

    open_regular(path).close()
    # Pages without a checksum, as others may write them, are read as well.
    with pq.ParquetFile(
        path, read_dictionary=as_dictionary, pre_buffer=False, buffer_size=_BUFFER, page_checksum_verification=True
    ) as file:
        yield file


@contextlib.contextmanager
def _parquet_errors(path: Path) -> Iterator[None]:
    import pyarrow as pa

    with told_how_to_mend(path):
        try:
            yield
        except (OSError, ValueError, pa.ArrowException) as error:
            raise InputError(f"{path}: cannot be read as parquet ({first_line(error)})") from error
