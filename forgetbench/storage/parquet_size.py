"""How much memory a Parquet file stands for, known before it is read.

A file of a few kilobytes may stand for hundreds of gigabytes: many rows that are runs of one value, pages that are
compressed well, or a column whose rows all refer to one long entry of its dictionary. The footer declares rows and
uncompressed sizes; of what a dictionary stands for it says nothing, so its longest entry is looked at, and where that
could be too much, the lengths of all rows are added up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forgetbench.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_MOST: Final = 16 << 30
"""Bytes that a file, or the columns wanted of it, may stand for; half of the machine's memory where that is less."""
_PER_VALUE: Final = 8
"""Bytes of a number, or of a text's offset."""
_MOST_CHUNKS: Final = 1_000_000
_DICTIONARIES: Final = {"RLE_DICTIONARY", "PLAIN_DICTIONARY"}
_BATCH: Final = 65_536


def check_size(path: Path, file: pq.ParquetFile, columns: Sequence[str] | None = None) -> None:
    """Raise InputError where the columns (all of them if None) stand for more than can be read."""
    most = min(_MOST, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    meta = file.metadata
    if meta.num_row_groups * meta.num_columns > _MOST_CHUNKS:
        raise InputError(f"{path}: holds {meta.num_row_groups:,} row groups, more than are read")
    declared = 0
    possible: dict[str, int] = {}
    for group in range(meta.num_row_groups):
        for number in range(meta.num_columns):
            chunk = meta.row_group(group).column(number)
            if columns is not None and chunk.path_in_schema.partition(".")[0] not in columns:
                continue
            declared += chunk.total_uncompressed_size + _PER_VALUE * chunk.num_values
            if declared > most or chunk.total_uncompressed_size < 0 or chunk.num_values < 0:
                raise InputError(_too_much(path, declared, most))
            text = chunk.physical_type == "BYTE_ARRAY" and _DICTIONARIES & set(chunk.encodings)
            # No entry of a dictionary is longer than the pages that hold it.
            if text and chunk.num_values * chunk.total_uncompressed_size > most // 16:
                longest = _longest_entry(path, chunk.path_in_schema, group)
                possible[chunk.path_in_schema] = possible.get(chunk.path_in_schema, 0) + chunk.num_values * longest
    if declared + sum(possible.values()) > most:
        measured = 0
        for column in possible:
            for size in _sizes(path, column):
                measured += size
                if measured > most:
                    raise InputError(_too_much(path, measured, most))


def _too_much(path: Path, size: int, most: int) -> str:
    return f"{path}: stands for {size / (1 << 30):,.1f} GiB or more in memory, at most {most / (1 << 30):,.1f} are read"


def _longest_entry(path: Path, column: str, group: int) -> int:
    """Bytes of the longest entry of a row group's dictionary; its first row brings the whole of it."""
    import pyarrow.compute as pc

    for leaf in _leaves(path, column, batch=1, groups=[group]):
        return pc.max(pc.binary_length(leaf.dictionary)).as_py() or 0
    return 0


def _sizes(path: Path, column: str) -> Iterator[int]:
    """Bytes that each batch of a text column stands for."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for leaf in _leaves(path, column, batch=_BATCH, groups=None):
        lengths = pc.binary_length(leaf.dictionary).cast(pa.int64())
        yield pc.sum(lengths.take(leaf.indices)).as_py() or 0


def _leaves(path: Path, column: str, *, batch: int, groups: Sequence[int] | None) -> Iterator[pa.DictionaryArray]:
    """A column's values batch by batch as references to its dictionary, lists laid open."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    name = column.partition(".")[0]
    with pq.ParquetFile(path, read_dictionary=[column], pre_buffer=False) as file:
        for read in file.iter_batches(batch, row_groups=groups, columns=[name], use_threads=False):
            values = read.column(0)
            while pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
                values = values.flatten()
            if not pa.types.is_dictionary(values.type):
                raise InputError(f"{path}: column '{name}' is of a kind that is not read ({values.type})")
            yield values
