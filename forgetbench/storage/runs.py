"""Runs: results/runs/<run id>/ holds samples.parquet, scores.json, and last manifest.json.

A folder without its manifest.json is unfinished and is never read. docs/output_formats.md documents every field.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.errors import InputError, first_line
from forgetbench.records import RunManifest
from forgetbench.storage.files import read_text, write_atomic
from forgetbench.storage.folder import ResultsFolder, told_how_to_mend
from forgetbench.storage.json_files import load_json, to_json
from forgetbench.storage.samples import SamplesInFile, SamplesInMemory, SamplesTable, write_samples

if TYPE_CHECKING:
    import pandas as pd

_MANIFEST, _SAMPLES, _SCORES = "manifest.json", "samples.parquet", "scores.json"


@dataclass(frozen=True, slots=True)
class Run:
    """What was evaluated, and how every item was answered and scored."""

    manifest: RunManifest
    table: SamplesTable
    """The samples, column by column: in memory, or in their file until they are asked for."""

    @classmethod
    def of(cls, manifest: RunManifest, samples: pd.DataFrame) -> Run:
        """A run whose samples are in memory; `samples_frame` makes them."""
        return cls(manifest, SamplesInMemory(samples))

    @property
    def samples(self) -> pd.DataFrame:
        """The samples as one frame, a row per task and item; read on first use and kept."""
        return self.table.frame


def save_run(results: ResultsFolder, run: Run, scores: Mapping[str, Any]) -> Path:
    """Write a run, with its `scores` as scores.json; manifest.json comes last and makes the folder count.

    Returns the folder. Raises as `write_atomic`.
    """
    folder = results.run(run.manifest.run_id)
    write_samples(folder / _SAMPLES, run.samples)
    write_atomic(folder / _SCORES, to_json(scores))
    write_atomic(folder / _MANIFEST, to_json(run.manifest))
    return folder


def load_run(folder: Path | str, ahead: Iterable[str] = ()) -> Run:
    """A finished run, whose samples stay in their file until they are asked for.

    The columns `ahead` are read at once, in this order, beside whatever is done meanwhile. Raises InputError when the
    run is missing, unfinished or damaged.
    """
    folder = Path(folder)
    return Run(load_manifest(folder), SamplesInFile(folder / _SAMPLES, ahead))


def load_manifest(folder: Path) -> RunManifest:
    """A finished run's manifest alone. Raises InputError as `load_run`."""
    if not is_run(folder):
        raise InputError(f"{folder}: no finished run here (no {_MANIFEST}); give a folder under results/runs/")
    with told_how_to_mend(folder / _MANIFEST):
        return load_json(RunManifest, folder / _MANIFEST)


def finished_run(results: ResultsFolder, run_id: str) -> Run | None:
    """The run of that id, None if there is none or it is unfinished. Raises InputError when it is damaged."""
    folder = results.run(run_id)
    if not is_run(folder):
        return None
    try:
        json.loads(read_text(folder / _SCORES))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{folder / _SCORES}: not JSON ({first_line(error)})") from error
    return load_run(folder)


def is_run(folder: Path) -> bool:
    """Whether a folder holds a finished run."""
    return (folder / _MANIFEST).is_file()
