"""What was answered in each row: the first response, or the option ranked first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from forgetbench.comparison.pairing.columns import TEXT, Codes, Floats
from forgetbench.comparison.pairing.join import AlignedSamples

Lengths = NDArray[np.int64]

_TEXTS = pa.list_(pa.string())
_NUMBERS = pa.list_(pa.float64())
_SIZES: Mapping[str, Callable[[pa.Array], Any]] = {"acc_norm": pc.utf8_length, "acc_bytes": pc.binary_length}
"""Metrics that divide an option's log-likelihood by its size."""


@dataclass(frozen=True, slots=True)
class Answers:
    """One entry per row."""

    texts: pa.ChunkedArray
    """The first response, the option ranked first where there is no response, or null."""
    n_options: Codes
    """How many options the answer was ranked first of; 0 for a response."""


def answers(samples: AlignedSamples, tasks: Iterable[tuple[slice, str]]) -> Answers:
    """What one run answered.

    `tasks` are the rows of each task, one task after the other, with the metric by which its options are ranked.
    """
    table = pa.table(
        {
            "responses": samples.column("responses").cast(_TEXTS),
            "choices": samples.column("choices").cast(_TEXTS),
            "loglikelihoods": samples.column("loglikelihoods").cast(_NUMBERS),
        }
    )
    chunks = [
        _answers(batch, metric)
        for rows, metric in tasks
        for batch in table.slice(rows.start, rows.stop - rows.start).to_batches()
    ]
    return Answers(pa.chunked_array(chunks, TEXT), _n_options(table))


def _n_options(table: pa.Table) -> Codes:
    responses, choices, ratings = (_lengths(table.column(name)) for name in table.column_names)
    return np.where((responses == 0) & (choices == ratings), choices, 0)


def _answers(batch: pa.RecordBatch, metric: str) -> pa.Array:
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
    maxima = np.flatnonzero(values == np.repeat(highest, lengths))
    groups = np.repeat(np.arange(len(lengths)), lengths)[maxima]
    _, first = np.unique(groups, return_index=True)
    return maxima[first]


def _lengths(lists: pa.ListArray | pa.ChunkedArray) -> Lengths:
    return np.asarray(pc.list_value_length(lists).fill_null(0), dtype=np.int64)
