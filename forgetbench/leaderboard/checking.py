"""A submission is checked: its files, its hashes, both runs against the comparison, and every item against the runs.

What this shows is that all numbers follow from the answers and scores in the two runs, and that base and candidate
were asked alike. That these answers were ever given it cannot show: only evaluating again does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Final

import pandas as pd

from forgetbench.comparison.checked import load_checked
from forgetbench.comparison.pairing import Pairing, pair
from forgetbench.comparison.pairing.missing import IN_TRAINING, NEEDS_TRAINING_TEXTS
from forgetbench.comparison.strata import stratum_rows
from forgetbench.errors import InputError, listed
from forgetbench.fingerprint import file_digest
from forgetbench.leaderboard.comparability import reasons_against
from forgetbench.leaderboard.submission_file import NAME, SubmissionFile, read_submission_file
from forgetbench.messages import translated as _
from forgetbench.records import Comparison, StratumRow
from forgetbench.sanitize import one_line
from forgetbench.storage.comparisons import load_items
from forgetbench.storage.runs import load_run

BASE, CANDIDATE = "base", "candidate"
"""Folders of a submission's two runs."""
COMPARISON_FILES: Final = ("comparison.json", "items.parquet")
RUN_FILES: Final = ("manifest.json", "samples.parquet")
HASHED: Final = (*COMPARISON_FILES, *(f"{side}/{name}" for side in (BASE, CANDIDATE) for name in RUN_FILES))
_FILES: Final = frozenset({NAME, BASE, CANDIDATE, *HASHED})
_FROM_THE_RUNS: Final = (
    "domain", "view", "cluster", "second_cluster", "stratum", "base_score", "candidate_score", "outcome", "fate",
    "reason", "prompt", "gold", "base_response", "candidate_response", "prompts_equal",
)  # fmt: skip
"""Columns of items.parquet that follow from the two runs alone."""
_NEAR: Final = 1e-6


@dataclass(frozen=True, slots=True)
class CheckedSubmission:
    """A submission in which nothing contradicts anything."""

    comparison: Comparison
    file: SubmissionFile
    n_items: int
    n_believed: int
    """Items whose scores need the fine-tuning data, which is no part of a submission: they are taken as they are."""

    @property
    def told(self) -> str:
        """One line."""
        holds = _("holds {id}: {n:,} items, all numbers made anew from its runs").format(
            id=one_line(self.comparison.comparison_id), n=self.n_items
        )
        if not self.n_believed:
            return holds
        believed = _("{n:,} items believed, whose scores need the fine-tuning data").format(n=self.n_believed)
        return f"{holds}; {believed}"


class RefusedError(InputError):
    """A submission that is not accepted, and why."""


def check_submission(folder: Path) -> CheckedSubmission:
    """Check one submission's folder. Raises InputError, one line with the reason, where anything does not hold.

    Only the files that a submission has are looked at, each must be a regular file, and no link is followed.
    """
    _check_files(folder)
    file = read_submission_file(folder)
    assert file is not None  # noqa: S101 - it is among the files
    _check_hashes(folder, file)
    comparison = load_checked(folder, intervals=True)
    base, candidate = load_run(folder / BASE), load_run(folder / CANDIDATE)
    for reason in reasons_against(comparison, base.manifest, candidate.manifest):
        raise RefusedError(f"{folder}: {reason}")
    pairing = pair(base, candidate)
    n_believed = _check_items(folder / "items.parquet", pairing)
    _check_strata(folder, comparison, pairing)
    return CheckedSubmission(comparison, file, len(pairing.items), n_believed)


def submission_folders(path: Path) -> list[Path]:
    """A submission's folder itself; else all folders in it, or in its `comparisons`. InputError where none is."""
    if (path / NAME).exists() or (path / COMPARISON_FILES[0]).exists():
        return [path]
    root = path / "comparisons" if (path / "comparisons").is_dir() else path
    if not root.is_dir():
        raise InputError(_("{path}: no such folder; give a submission's, or one of submissions").format(path=path))
    folders = sorted(entry for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if not folders:
        raise InputError(
            _("{path}: no submissions here; make one with forgetbench leaderboard submit").format(path=root)
        )
    return folders


# --- files ------------------------------------------------------------------------------------


def _check_files(folder: Path) -> None:
    """Exactly the files of a submission, none of them a link or anything else that is no regular file."""
    if folder.is_symlink() or not folder.is_dir():
        raise RefusedError(_("{folder}: is no folder of a submission").format(folder=folder))
    if not (folder / NAME).exists():
        raise RefusedError(
            _("{folder}: has no {name}; make a submission with forgetbench leaderboard submit").format(
                folder=folder, name=NAME
            )
        )
    for path in _inside(folder):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise RefusedError(_("{path}: is a link; copy the file instead").format(path=path))
        if name not in _FILES:
            raise RefusedError(
                _("{folder}: {name} is no file of a submission; take it out").format(
                    folder=folder, name=one_line(name, 100)
                )
            )
    for name in HASHED:
        if not (folder / name).is_file():
            raise RefusedError(_("{folder}: {name} is missing").format(folder=folder, name=name))


def _inside(folder: Path) -> Iterator[Path]:
    """What lies in a folder and one level below; links are named, not followed."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = folder / entry.name
        yield path
        if entry.is_dir(follow_symlinks=False) and entry.name in (BASE, CANDIDATE):
            yield from sorted(path.iterdir())


def _check_hashes(folder: Path, file: SubmissionFile) -> None:
    where = folder / NAME
    if set(file.hashes) != set(HASHED):
        odd = sorted(set(file.hashes) ^ set(HASHED))
        raise RefusedError(
            _("{path}: field 'hashes': must name exactly {files}; {odd} does not fit").format(
                path=where, files=", ".join(HASHED), odd=one_line(odd[0], 60)
            )
        )
    for name, told in file.hashes.items():
        if file_digest(folder / name) != told:
            raise RefusedError(
                _("{path}: field 'hashes.{name}': is not the SHA-256 of the file, which was changed since").format(
                    path=where, name=name
                )
            )


# --- items ------------------------------------------------------------------------------------


def _check_items(where: Path, pairing: Pairing) -> int:
    """The two runs, paired anew, give items.parquet. Returns how many items' scores are believed."""
    told, own = _by_key(load_items(where.parent)), _by_key(pairing.items)
    if bool((told["reason"] == IN_TRAINING).any()):
        raise RefusedError(_("{path}: items were left out on request; a leaderboard has all").format(path=where))
    if not told.index.equals(own.index):
        lacking, added = own.index.difference(told.index), told.index.difference(own.index)
        raise RefusedError(
            _("{path}: lacks {lacking} items of the runs and holds {added} that they do not have: {items}").format(
                path=where, lacking=len(lacking), added=len(added), items=_listed(map(_item, [*lacking, *added]))
            )
        )
    believed = own["reason"] == NEEDS_TRAINING_TEXTS
    for name in _FROM_THE_RUNS:
        differs = ~((told[name] == own[name]) | (told[name].isna() & own[name].isna())) & ~believed
        if differs.any():
            raise RefusedError(
                _("{path}: {column} is not that of the runs in {n} items: {items}").format(
                    path=where, column=name, n=int(differs.sum()), items=_listed(map(_item, told.index[differs]))
                )
            )
    return int(believed.sum())


def _check_strata(folder: Path, comparison: Comparison, pairing: Pairing) -> None:
    """Strata, languages among them, follow from the items as well; those of a domain with believed items do not."""
    items = pairing.items
    believed = set(items["domain"][items["reason"] == NEEDS_TRAINING_TEXTS])
    told, own = (
        {(row.domain, row.stratum): row for row in rows if row.domain not in believed}
        for rows in (comparison.strata, stratum_rows(pairing, comparison.alpha))
    )
    for key in told.keys() | own.keys():
        if key not in told or key not in own or not _same_stratum(told[key], own[key]):
            raise RefusedError(
                _("{folder}: stratum {stratum} of {domain} is not that of the items").format(
                    folder=folder, stratum=_short(key[1]), domain=_short(key[0])
                )
            )


def _same_stratum(told: StratumRow, own: StratumRow) -> bool:
    names = ("n_items", "base", "candidate", "delta", "ci_low", "ci_high")
    return all(isclose(getattr(told, name), getattr(own, name), abs_tol=_NEAR, rel_tol=0) for name in names)


def _by_key(items: pd.DataFrame) -> pd.DataFrame:
    return items.set_index(["task", "item_id"]).sort_index()


def _item(key: tuple[object, object]) -> str:
    return one_line(f"{key[0]} {key[1]}", 80)


def _listed(names: Iterable[str]) -> str:
    return listed([one_line(name, 80) for name in names], 3)


def _short(value: object) -> str:
    return one_line(f"{value}", 80)
