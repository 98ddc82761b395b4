"""The results folder: where runs and comparisons lie, written whole or not at all.

    results/runs/<run id>/          samples.parquet, scores.json, and last manifest.json
    results/comparisons/<id>/       deltas.csv, items.parquet, the report, and last comparison.json

A folder without its manifest.json or comparison.json is unfinished and is never read.
docs/output_formats.md documents every field.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import math
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from forgetbench.errors import InputError, StorageError
from forgetbench.records import SCHEMA_VERSION, Comparison, DeltaRow, ItemScore, Run, RunManifest
from forgetbench.storage.flat_rows import COLUMNS, GROUPS, flat, grouped

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

T = TypeVar("T")

_LISTS = ("responses", "finish_reasons", "token_counts", "reference_logprobs", "choices", "loglikelihoods")
_REPEATED = ("task", "domain", "view", "cluster", "stratum", "reason")
"""Text columns in which few values stand for many rows."""
CANDIDATE_COLUMNS = (
    "task", "item_id", "doc_hash", "score", "reason", "prompt_hash", "responses", "choices", "loglikelihoods",
    "finish_reasons",
)  # fmt: skip
"""What pairing asks of a candidate's samples, in this order."""
BASE_COLUMNS = (*CANDIDATE_COLUMNS, "cluster", "stratum", "prompt", "gold")
"""What it asks of the base's: where both runs have an item, they say the same of it."""
_BATCH, _BUFFER = 65_536, 1 << 20
"""Rows and bytes that are read from parquet at a time."""


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write a file whole or not at all: a temporary file beside it, flushed, then renamed.

    Raises StorageError when the disk is full or the folder cannot be written.
    """
    with _replacing(path) as stream:
        stream.write(data.encode() if isinstance(data, str) else data)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A stream that becomes `path` when the block ends well, and nothing otherwise."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise StorageError(describe_os_error(path, error)) from error


def describe_os_error(path: Path, error: OSError) -> str:
    """One line for a failed write, with the way out."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{path}: the disk is full; free some space and run the same command again, nothing is lost"
    return f"{path}: cannot be written ({error.strerror or error}); choose another folder with --results"


def slug(text: str) -> str:
    """A name that is safe as a folder name: letters, digits, '.', '_' and '-'."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:60] or "unnamed"


def to_json(value: Any) -> str:
    """JSON of a dataclass (or anything JSON can hold), numbers that are not finite as null."""
    return json.dumps(_plain_data(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain_data(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, DeltaRow):
        return _plain_data(flat(value))
    if dataclasses.is_dataclass(value):
        return {field.name: _plain_data(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain_data(item) for item in value]
    return value


def _load_json(kind: type[T], path: Path, shape: Callable[[dict[str, Any]], dict[str, Any]] = dict) -> T:
    """Read a record; `shape` brings the file's object into the form of `kind`."""
    from pydantic import TypeAdapter, ValidationError

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    try:
        content = json.loads(text)
        version = content.get("schema_version")
        if version != SCHEMA_VERSION:
            raise InputError(
                f"{path}: schema_version is {version!r}, this forgetbench reads {SCHEMA_VERSION}; "
                "run the comparison again with this version"
            )
        return TypeAdapter(kind).validate_python(shape(content))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part not in GROUPS)
        raise InputError(f"{path}: field '{field}': {first['msg'].lower()}") from error
    except (ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: not a JSON object of forgetbench ({error})") from error


# --- runs -------------------------------------------------------------------------------------


def run_folder(results: Path, run_id: str) -> Path:
    return results / "runs" / run_id


def samples_frame(scores: Iterable[ItemScore]) -> pd.DataFrame:
    """The samples table: one row per task and item, columns as the fields of `ItemScore`."""
    import pandas as pd

    names = [field.name for field in dataclasses.fields(ItemScore)]
    rows = list(scores)
    frame = pd.DataFrame({name: [getattr(row, name) for row in rows] for name in names}, columns=names)
    frame["score"] = frame["score"].astype("float64")
    for name in _LISTS:
        frame[name] = frame[name].map(list)
    return frame


def save_run(results: Path, run: Run, scores: Mapping[str, Any]) -> Path:
    """Write a run; manifest.json comes last and makes the folder count. Returns the folder."""
    folder = run_folder(results, run.manifest.run_id)
    frame = run.samples.copy()
    frame["metrics"] = [json.dumps(_plain_data(dict(item)), sort_keys=True) for item in frame["metrics"]]
    _write_parquet(folder / "samples.parquet", frame)
    write_atomic(folder / "scores.json", to_json(scores))
    write_atomic(folder / "manifest.json", to_json(run.manifest))
    return folder


def load_run(folder: Path) -> Run:
    """Read a finished run. InputError when it is missing, unfinished or damaged."""
    manifest = load_manifest(folder)
    path = folder / "samples.parquet"
    _check_columns(path)
    return Run(manifest, _plain(_read_table(path)))


def load_manifest(folder: Path) -> RunManifest:
    """Read a finished run's manifest alone. InputError as for `load_run`."""
    if not (folder / "manifest.json").is_file():
        raise InputError(f"{folder}: no finished run here (no manifest.json); give a folder under results/runs/")
    return _load_json(RunManifest, folder / "manifest.json")


def open_run(folder: Path, ahead: Iterable[str] = ()) -> StoredRun:
    """A finished run whose samples stay in their file until a column is asked for. InputError as for `load_run`.

    The columns `ahead` are read in this order beside whatever is done meanwhile, until they are asked for.
    """
    manifest = load_manifest(folder)
    path = folder / "samples.parquet"
    _check_columns(path)
    return StoredRun(manifest, StoredSamples(path, ahead))


class StoredSamples:
    """A samples table in its file, read column by column into Arrow arrays: a million items need no Python objects."""

    def __init__(self, path: Path, ahead: Iterable[str] = ()) -> None:
        self.path = path
        reader = ThreadPoolExecutor(1)
        self._ahead = {name: reader.submit(_read_column, path, name) for name in ahead}
        reader.shutdown(wait=False)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column; text in which few values stand for many rows comes as a dictionary array."""
        ahead = self._ahead.pop(name, None)
        return _read_column(self.path, name) if ahead is None else ahead.result()

    def rows(self, positions: NDArray[np.intp]) -> pd.DataFrame:
        """Some rows, with Python objects for cells, of the columns that scores over all answers are made from."""
        return _plain(self._answers.take(positions))

    @cached_property
    def _answers(self) -> pa.Table:
        return _read_table(self.path, ["item_id", "cluster", "prompt", "responses", "metrics"])


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A finished run, its samples still in their file."""

    manifest: RunManifest
    samples: StoredSamples


def _check_columns(path: Path) -> None:
    import pyarrow.parquet as pq

    with _parquet_errors(path):
        found = pq.read_schema(path).names
    missing = {field.name for field in dataclasses.fields(ItemScore)} - set(found)
    if missing:
        raise InputError(f"{path}: columns missing: {', '.join(sorted(missing))}")


def finished_run(results: Path, run_id: str) -> Run | None:
    """The run of that id if it is there and whole."""
    folder = run_folder(results, run_id)
    return load_run(folder) if (folder / "manifest.json").is_file() else None


# --- comparisons ------------------------------------------------------------------------------


def save_comparison(folder: Path, comparison: Comparison, items: pd.DataFrame) -> Path:
    """Write items.parquet, deltas.csv and last comparison.json. Returns the folder."""
    _write_parquet(folder / "items.parquet", items)
    write_atomic(folder / "deltas.csv", deltas_frame(comparison).to_csv(index=False))
    write_atomic(folder / "comparison.json", to_json(comparison))
    return folder


def deltas_frame(comparison: Comparison) -> pd.DataFrame:
    """All rows of a comparison as one table; `level` is overall, domain or task."""
    import pandas as pd

    levels = (
        ("overall", (comparison.overall,)),
        ("domain", comparison.domains),
        ("task", comparison.tasks),
    )
    rows = [{"level": level, **flat(row)} for level, group in levels for row in group]
    return pd.DataFrame(rows, columns=["level", *COLUMNS])


def load_comparison(where: Path) -> Comparison:
    """Read a comparison from its folder or its comparison.json. InputError when it cannot be read."""
    path = where / "comparison.json" if where.is_dir() else where
    if not path.is_file():
        raise InputError(f"{path}: no such file; give a folder under results/comparisons/ or its comparison.json")
    return _load_json(Comparison, path, _with_grouped_rows)


def _with_grouped_rows(content: dict[str, Any]) -> dict[str, Any]:
    """A comparison's object with every row that it holds in groups."""

    def rows(value: Any) -> Any:
        if isinstance(value, list):
            return [rows(item) for item in value]
        return grouped(value) if isinstance(value, dict) else value

    shaped: dict[str, Any] = {
        name: rows(content[name]) for name in ("domains", "tasks", "overall", "completion") if name in content
    }
    costs = content.get("chat_format_costs")
    if isinstance(costs, dict):
        shaped["chat_format_costs"] = {side: rows(value) for side, value in costs.items()}
    return {**content, **shaped}


def load_items(folder: Path) -> pd.DataFrame:
    """items.parquet of a comparison."""
    frame: pd.DataFrame = _read_table(folder / "items.parquet").to_pandas()
    return frame


# --- parquet ----------------------------------------------------------------------------------


def _write_parquet(path: Path, frame: pd.DataFrame) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    with _replacing(path) as stream:
        pq.write_table(table, stream, compression="zstd")


def _plain(samples: pa.Table) -> pd.DataFrame:
    """Samples as the records hold them: Python lists, and metrics as mappings."""
    import pyarrow as pa

    frame: pd.DataFrame = samples.to_pandas()
    for name in samples.column_names:
        # pandas hands list columns back as arrays.
        if pa.types.is_list(samples.schema.field(name).type):
            frame[name] = samples.column(name).to_pylist()
    frame["metrics"] = [json.loads(item) for item in frame["metrics"]]
    return frame


def _read_column(path: Path, name: str) -> pa.ChunkedArray:
    return _read_table(path, [name], read_dictionary=[name] if name in _REPEATED else None).column(name)


def _read_table(path: Path, columns: list[str] | None = None, read_dictionary: list[str] | None = None) -> pa.Table:
    """A file's columns, read piece by piece: reading a large one at once takes three times its memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with (
        _parquet_errors(path),
        pq.ParquetFile(path, read_dictionary=read_dictionary, pre_buffer=False, buffer_size=_BUFFER) as file,
    ):
        batches = list(file.iter_batches(_BATCH, columns=columns, use_threads=False))
        schema = batches[0].schema if batches else file.schema_arrow
        return pa.Table.from_batches(batches, schema)


@contextlib.contextmanager
def _parquet_errors(path: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read as parquet ({str(error).splitlines()[0]})") from error
