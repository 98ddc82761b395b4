"""The columns of two runs as Arrow arrays, whether a run is in memory or in its file.

Arrow keeps a column's text in one block and works on all of it at once, which is what makes a million items cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from forgetbench.records import Run
from forgetbench.storage.results import StoredRun

Bools = NDArray[np.bool_]
Codes = NDArray[np.intp]
Floats = NDArray[np.float64]
Lengths = NDArray[np.int64]

TEXT = pa.large_string()
"""The type of every text column: 64-bit offsets, since a million prompts may pass 2 GiB."""
_TEXTS = pa.list_(pa.string())
_NUMBERS = pa.list_(pa.float64())

_SIZES: Mapping[str, Callable[[pa.Array], Any]] = {"acc_norm": pc.utf8_length, "acc_bytes": pc.binary_length}
"""Metrics that divide an option's log-likelihood by its size."""


class Samples(Protocol):
    """A samples table, column by column."""

    def column(self, name: str) -> pa.ChunkedArray:
        """A column as it is held; missing values are null."""
        ...

    def rows(self, positions: Codes) -> pd.DataFrame:
        """Some rows as Python objects, with the columns that a corpus metric looks at."""
        ...


@dataclass(frozen=True, slots=True)
class _InMemory:
    """The samples of a run that was made or read whole."""

    frame: pd.DataFrame

    def column(self, name: str) -> pa.ChunkedArray:
        found = pa.array(self.frame[name], from_pandas=True)
        return found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])

    def rows(self, positions: Codes) -> pd.DataFrame:
        return self.frame.iloc[positions]


def samples_of(run: Run | StoredRun) -> Samples:
    return _InMemory(run.samples) if isinstance(run, Run) else run.samples


@dataclass(frozen=True, slots=True)
class Side:
    """One run's samples in the order of the joined rows."""

    samples: Samples
    at: Codes
    """Each row's position in the samples, -1 where the run does not have it."""
    in_order: bool
    """The rows are the samples, one after the other: columns need not be copied."""

    @property
    def absent(self) -> Bools:
        return self.at < 0

    def column(self, name: str) -> pa.ChunkedArray:
        """A column as it is held, null where the run does not have the row."""
        held = self.samples.column(name)
        if not len(held):
            # A column without rows has no type of its own.
            held = pa.chunked_array([pa.nulls(0)])
        return held if self.in_order else taken(held, self.at)

    def texts(self, name: str) -> pa.ChunkedArray:
        """A text column, likewise."""
        return self.column(name).cast(TEXT)

    def scores(self) -> Floats:
        """The scores, NaN where there is none."""
        return np.array(self.column("score").cast(pa.float64()).to_numpy(), dtype=np.float64)


def codes(values: pa.ChunkedArray) -> tuple[Codes, pa.Array]:
    """Each value's position among the distinct values, -1 for null; and the distinct values."""
    # A column without any value has no type of its own.
    typed = values.cast(TEXT) if pa.types.is_null(values.type) else values
    encoded = typed.unify_dictionaries().combine_chunks().dictionary_encode()
    indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return indices.astype(np.intp, copy=False), encoded.dictionary


def taken(values: pa.ChunkedArray, positions: Codes) -> pa.ChunkedArray:
    """`values` at `positions`, null where the position is -1."""
    found = values.take(pa.array(positions, mask=positions < 0))
    return found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])


def differ(left: pa.ChunkedArray, right: pa.ChunkedArray) -> Bools:
    """Where two columns say something else; null equals null."""
    unlike = pc.not_equal(left.cast(TEXT), right.cast(TEXT))
    one_missing = pc.xor(left.is_null(), right.is_null())
    return np.asarray(pc.or_kleene(unlike, one_missing).fill_null(False))


def filled(lists: pa.ChunkedArray) -> Bools:
    """Where a list has an entry."""
    if pa.types.is_null(lists.type):
        return np.zeros(len(lists), dtype=np.bool_)
    return np.asarray(pc.greater(pc.list_value_length(lists).fill_null(0), 0))


def holds(lists: pa.ChunkedArray, text: str) -> Bools:
    """Where a list of texts has `text` as an entry."""
    found = np.zeros(len(lists), dtype=np.bool_)
    if pa.types.is_null(lists.type) or not filled(lists).any():
        return found
    start = 0
    for chunk in lists.chunks:
        entries = pc.equal(pc.list_flatten(chunk), text)
        found[start + np.asarray(pc.list_parent_indices(chunk))[np.asarray(entries)]] = True
        start += len(chunk)
    return found


# --- what was answered ------------------------------------------------------------------------


def answers(side: Side, parts: Iterable[tuple[slice, str]]) -> pa.ChunkedArray:
    """What was answered in each row: the first response, or the option ranked first, or null.

    `parts` are the rows of each task, one task after the other, with the metric by which its options are ranked.
    """
    said = pa.table(
        {
            "responses": side.column("responses").cast(_TEXTS),
            "choices": side.column("choices").cast(_TEXTS),
            "loglikelihoods": side.column("loglikelihoods").cast(_NUMBERS),
        }
    )
    found = [
        _answer(batch, metric)
        for part, metric in parts
        for batch in said.slice(part.start, part.stop - part.start).to_batches()
    ]
    return pa.chunked_array(found, TEXT)


def _answer(batch: pa.RecordBatch, metric: str) -> pa.Array:
    lengths = _lengths(batch.column("responses"))
    if not lengths.any():
        return _ranked_first(batch, metric)
    first = _first(batch.column("responses"), lengths)
    return first if lengths.all() else pc.coalesce(first, _ranked_first(batch, metric))


def _first(lists: pa.ListArray, lengths: Lengths) -> pa.Array:
    """The first entry of each list."""
    if (lengths == 1).all():
        # Nothing needs to be copied.
        return lists.flatten().cast(TEXT)
    return lists.values.take(pa.array(lists.offsets.to_numpy()[:-1], mask=lengths == 0)).cast(TEXT)


def _ranked_first(batch: pa.RecordBatch, metric: str) -> pa.Array:
    """The option with the highest log-likelihood, per character or byte where the metric is; the first of equals."""
    lengths = _lengths(batch.column("choices"))
    rated = (lengths > 0) & (lengths == _lengths(batch.column("loglikelihoods")))
    if not rated.any():
        return pa.nulls(len(batch), TEXT)
    batch = batch.filter(pa.array(rated))
    options = batch.column("choices").flatten()
    values = batch.column("loglikelihoods").flatten().to_numpy(zero_copy_only=False)
    if metric in _SIZES:
        values = values / np.maximum(_SIZES[metric](options), 1)
    # A rating that is no number never ranks first before one that is.
    values = np.where(np.isnan(values), -np.inf, values)
    positions = np.full(len(rated), -1)
    positions[rated] = _first_highest(values, lengths[rated])
    return options.take(pa.array(positions, mask=positions < 0)).cast(TEXT)


def _first_highest(values: Floats, lengths: Lengths) -> Codes:
    """Where the highest value of each group first stands; groups lie one after the other, none is empty."""
    highest = np.maximum.reduceat(values, np.cumsum(lengths) - lengths)
    candidates = np.flatnonzero(values == np.repeat(highest, lengths))
    groups = np.repeat(np.arange(len(lengths)), lengths)[candidates]
    _, first = np.unique(groups, return_index=True)
    return candidates[first]


def _lengths(lists: pa.ListArray) -> Lengths:
    return np.asarray(pc.list_value_length(lists).fill_null(0), dtype=np.int64)
