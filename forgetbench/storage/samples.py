"""The samples of a run: a row per task and item, columns as the fields of `ItemScore`.

A table is in memory or stays in its samples.parquet. Either is read as Arrow columns, which keep their text in one
block: a million items need no Python objects.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from forgetbench.errors import InputError, first_line
from forgetbench.records import ItemScore
from forgetbench.storage.admission import well_formed
from forgetbench.storage.json_files import plain_data
from forgetbench.storage.parquet import ColumnKind, check_columns, read_table, write_parquet

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

COLUMNS = tuple(field.name for field in dataclasses.fields(ItemScore))
CANDIDATE_COLUMNS = (
    "task", "item_id", "doc_hash", "score", "reason", "prompt_hash", "responses", "choices", "loglikelihoods",
    "finish_reasons",
)  # fmt: skip
"""What pairing reads of a candidate's samples, in this order."""
BASE_COLUMNS = (*CANDIDATE_COLUMNS, "cluster", "second_cluster", "stratum", "prompt", "gold")
"""What it reads of the base's: these are equal in both runs where both have the item."""

_LISTS = (
    "responses", "finish_reasons", "token_counts", "reference_logprobs", "neutral_logprobs", "choices",
    "loglikelihoods", "read",
)  # fmt: skip
_KINDS: Mapping[str, ColumnKind] = {
    **dict.fromkeys(COLUMNS, "text"),
    "score": "numbers",
    **dict.fromkeys(("responses", "finish_reasons", "choices", "read"), "lists of text"),
    **dict.fromkeys(("token_counts", "reference_logprobs", "neutral_logprobs", "loglikelihoods"), "lists of numbers"),
}
_ADDED = ("second_cluster", "read", "neutral_logprobs")
"""Columns that older files lack; what stands there is empty."""
_CATEGORICAL = ("task", "domain", "view", "cluster", "second_cluster", "stratum", "reason")
"""Text columns in which few values stand for many rows."""
_CORPUS_COLUMNS = ("item_id", "cluster", "prompt", "responses", "metrics")
"""What a corpus metric scores answers by."""


class SamplesTable(Protocol):
    """A samples table, whether in memory or in its file."""

    @property
    def frame(self) -> pd.DataFrame:
        """The whole table, its cells Python objects: lists, and `metrics` as mappings."""
        ...

    def column(self, name: str) -> pa.ChunkedArray:
        """One column, missing values null; text may come as a dictionary array."""
        ...

    def rows(self, positions: NDArray[np.intp]) -> pd.DataFrame:
        """Some rows, their cells Python objects, with at least the columns that corpus metrics look at."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class SamplesInMemory:
    """A samples table that is a frame."""

    frame: pd.DataFrame

    def column(self, name: str) -> pa.ChunkedArray:
        import pyarrow as pa

        values = pa.array(self.frame[name], from_pandas=True)
        return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])

    def rows(self, positions: NDArray[np.intp]) -> pd.DataFrame:
        return self.frame.iloc[positions]


class SamplesInFile:
    """A samples table that stays in its samples.parquet; columns are read anew each time, `frame` once.

    The columns `ahead` are read in this order beside whatever is done meanwhile, until they are asked for.
    Raises InputError when the file cannot be read or lacks a column.
    """

    def __init__(self, path: Path, ahead: Iterable[str] = ()) -> None:
        self._lacking = check_columns(path, _KINDS, _ADDED)
        self.path = path
        reader = ThreadPoolExecutor(1)
        self._ahead = {name: reader.submit(self._read, name) for name in ahead}
        reader.shutdown(wait=False)

    @cached_property
    def frame(self) -> pd.DataFrame:
        frame = _as_frame(read_table(self.path), self.path)
        for name in self._lacking:
            frame[name] = [[] for _ in range(len(frame))] if name in _LISTS else ""
        return frame[list(COLUMNS)] if self._lacking else frame

    def column(self, name: str) -> pa.ChunkedArray:
        ahead = self._ahead.pop(name, None)
        return self._read(name) if ahead is None else ahead.result()

    def rows(self, positions: NDArray[np.intp]) -> pd.DataFrame:
        return _as_frame(self._corpus_columns.take(positions), self.path)

    @cached_property
    def _corpus_columns(self) -> pa.Table:
        return read_table(self.path, _CORPUS_COLUMNS)

    def _read(self, name: str) -> pa.ChunkedArray:
        if name in self._lacking:
            import pyarrow as pa

            return pa.chunked_array([pa.nulls(len(self._read("task")))])
        return read_table(self.path, [name], as_dictionary=name in _CATEGORICAL).column(name)


def samples_frame(scores: Iterable[ItemScore]) -> pd.DataFrame:
    """The samples table of some items, in their order."""
    import pandas as pd

    rows = list(scores)
    frame = pd.DataFrame({name: _column(rows, name) for name in COLUMNS}, columns=list(COLUMNS))
    frame["score"] = frame["score"].astype("float64")
    for name in _LISTS:
        frame[name] = frame[name].map(list)
    return frame


def _column(rows: Sequence[ItemScore], name: str) -> list[Any]:
    """A field of every row; no text that a file of UTF-8 cannot hold."""
    values = [getattr(row, name) for row in rows]
    if _KINDS[name] == "text" and name != "metrics":
        return [None if value is None else well_formed(value) for value in values]
    if _KINDS[name] == "lists of text":
        return [tuple(map(well_formed, value)) for value in values]
    return values


def write_samples(path: Path, frame: pd.DataFrame) -> None:
    """Write samples.parquet; `metrics` is a column of JSON there. Raises as `write_atomic`."""
    frame = frame.copy()
    frame["metrics"] = [json.dumps(plain_data(dict(item)), sort_keys=True) for item in frame["metrics"]]
    write_parquet(path, frame)


def _as_frame(samples: pa.Table, path: Path) -> pd.DataFrame:
    import pyarrow as pa

    try:
        frame: pd.DataFrame = samples.to_pandas()
        for name in samples.column_names:
            # pandas hands list columns back as arrays.
            if pa.types.is_list(samples.schema.field(name).type):
                frame[name] = samples.column(name).to_pylist()
    except (ValueError, pa.ArrowException) as error:
        # Text is decoded only here.
        raise InputError(f"{path}: damaged: its text is no UTF-8 ({first_line(error)})") from error
    try:
        frame["metrics"] = [json.loads(item) for item in frame["metrics"]]
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: column 'metrics' holds no JSON ({first_line(error)})") from error
    return frame
