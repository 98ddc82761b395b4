"""Columns as Arrow arrays: what is done to a whole column at once.

Arrow keeps a column's text in one block and works on all of it at once, which is what makes a million items cheap.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

TEXT = pa.large_string()
"""The type of every text column: 64-bit offsets, since a million prompts may pass 2 GiB."""


def codes(values: pa.ChunkedArray) -> tuple[Codes, pa.Array]:
    """Each value's position among the distinct values, -1 for null; and the distinct values."""
    # A column without any value has no type of its own.
    typed = values.cast(TEXT) if pa.types.is_null(values.type) else values
    encoded = typed.unify_dictionaries().combine_chunks().dictionary_encode()
    indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return indices.astype(np.intp, copy=False), encoded.dictionary


def take(values: pa.ChunkedArray, positions: Codes) -> pa.ChunkedArray:
    """`values` at `positions`, null where the position is -1."""
    values = values.take(pa.array(positions, mask=positions < 0))
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])


def differ(left: pa.ChunkedArray, right: pa.ChunkedArray) -> Bools:
    """Where two text columns are unequal; null equals null."""
    unequal = pc.not_equal(left.cast(TEXT), right.cast(TEXT))
    one_missing = pc.xor(left.is_null(), right.is_null())
    return np.asarray(pc.or_kleene(unequal, one_missing).fill_null(False))


def nonempty(lists: pa.ChunkedArray) -> Bools:
    """Where a list has an entry."""
    if pa.types.is_null(lists.type):
        return np.zeros(len(lists), dtype=np.bool_)
    return np.asarray(pc.greater(pc.list_value_length(lists).fill_null(0), 0))


def contains(lists: pa.ChunkedArray, text: str) -> Bools:
    """Where a list of texts has `text` as an entry."""
    rows = np.zeros(len(lists), dtype=np.bool_)
    if pa.types.is_null(lists.type) or not nonempty(lists).any():
        return rows
    start = 0
    for chunk in lists.chunks:
        entries = pc.equal(pc.list_flatten(chunk), text)
        rows[start + np.asarray(pc.list_parent_indices(chunk))[np.asarray(entries)]] = True
        start += len(chunk)
    return rows
