"""What one command made, named exactly: the file of `--out-id`, which later commands take in place of a folder.

Where a results folder outlives a job, its newest folder need not be that of the last command: what is remembered is not
written again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from forgetbench.errors import InputError, listed
from forgetbench.records import SCHEMA_VERSION, Comparison, RunManifest
from forgetbench.storage.files import keeps_its_place, unwritable, write_atomic
from forgetbench.storage.json_files import load_json, plain_data, to_json

T = TypeVar("T")

_KIND = "forgetbench out-id"


@dataclass(frozen=True, slots=True)
class MadeRun:
    """A run that a command made, or found made already."""

    run_id: str
    name: str
    folder: str
    """Absolute."""

    @classmethod
    def of(cls, manifest: RunManifest, folder: Path) -> MadeRun:
        return cls(manifest.run_id, manifest.label, str(folder.resolve()))


@dataclass(frozen=True, slots=True)
class MadeComparison:
    """A comparison that a command made."""

    comparison_id: str
    base: str
    candidate: str
    """Names of its two sides."""
    fingerprint: str
    """The candidate's."""
    protocol: str
    folder: str
    """Absolute."""

    @classmethod
    def of(cls, comparison: Comparison, folder: Path) -> MadeComparison:
        sides = (comparison.base.name, comparison.candidate.name, comparison.candidate.fingerprint)
        return cls(comparison.comparison_id, *sides, comparison.protocol, str(folder.resolve()))


@dataclass(frozen=True, slots=True)
class Made:
    """All that one command made, in the order of its arguments."""

    runs: tuple[MadeRun, ...] = ()
    comparisons: tuple[MadeComparison, ...] = ()
    kind: Literal["forgetbench out-id"] = "forgetbench out-id"
    schema_version: int = SCHEMA_VERSION


def made_line(made: Made) -> str:
    """The same as one line of JSON, in ASCII."""
    return json.dumps(plain_data(made))


def write_made(path: Path, made: Made) -> None:
    """Write the file. Raises as `unwritable`."""
    write_atomic(path, to_json(made))


def forget_made(path: Path) -> None:
    """Take away the file that an earlier command left there: a command that fails must not leave another's answer."""
    try:
        if not keeps_its_place(path):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error


def run_folder(where: Path) -> Path:
    """The folder of the one run in a file of `--out-id`; any other path as it is."""
    made = _read(where)
    return where if made is None else Path(_only(where, made.runs, [run.name for run in made.runs], "run").folder)


def comparison_folder(where: Path) -> Path:
    """The folder of the comparison in a file of `--out-id`; any other path as it is.

    InputError where there are several.
    """
    made = _read(where)
    if made is None:
        return where
    own = _own(made)
    return Path(_only(where, own, [each.candidate for each in own], "comparison").folder)


def comparison_folders(where: Path) -> list[Path]:
    """The folders of all comparisons in a file of `--out-id`, under the candidates' own protocol; any other path."""
    made = _read(where)
    if made is None:
        return [where]
    return [Path(each.folder) for each in _own(made)]


def _own(made: Made) -> Sequence[MadeComparison]:
    """A candidate that was asked under both protocols is meant under its own."""
    return [each for each in made.comparisons if each.protocol != "completion"] or made.comparisons


def _only(where: Path, found: Sequence[T], names: Sequence[str], what: str) -> T:
    if len(found) != 1:
        raise InputError(
            f"{where}: holds {f'{len(found)} {what}s' if found else f'no {what}'}, one is wanted"
            + (f": {listed(names)}; give the folder of one" if found else "")
        )
    return found[0]


def _read(where: Path) -> Made | None:
    if not where.is_file() or where.suffix == ".parquet":
        return None
    try:
        with where.open(encoding="utf-8") as stream:
            start = stream.read(1 << 20)
    except (OSError, UnicodeDecodeError):
        return None
    return load_json(Made, where) if f'"kind": "{_KIND}"' in start else None
