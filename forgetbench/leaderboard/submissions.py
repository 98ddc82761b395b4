"""The comparisons of a results folder that anybody may have filled: read and checked one by one.

Whatever is wrong with one costs that one its place, and nothing else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forgetbench.comparison.checked import load_checked
from forgetbench.errors import InputError, first_line
from forgetbench.leaderboard.checking import check_submission
from forgetbench.leaderboard.ranking import Entry
from forgetbench.leaderboard.submission_file import SubmissionFile, read_submission_file
from forgetbench.report import html_page
from forgetbench.sanitize import one_line
from forgetbench.storage.comparisons import has_items, load_items
from forgetbench.storage.folder import ResultsFolder

_SAFE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_OWN_FILES: Final = frozenset({"index.html", "leaderboard.json", "leaderboard.csv", "feed.xml", "bases"})
_MOST_FOLDERS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Skipped:
    """A folder that is not on the page, and why."""

    folder: str
    reason: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A comparison that agrees with itself, what is told of it, and its report's page; '' without items to show."""

    entry: Entry
    report: str


def read_submissions(results: Path) -> Iterator[Submission | Skipped]:
    """The comparisons under `results` that compete, one by one, and the folders that are left out.

    Raises InputError when there are none of either.
    """
    taken: dict[str, str] = {}
    for folder in _folders(ResultsFolder(results).comparisons, results):
        try:
            submission = _read(folder, taken)
        except InputError as error:
            # The page is public: it names files from the folder on, not where that lies.
            reason = str(error).replace(f"{folder.parent}{os.sep}", "").replace(f"{results}{os.sep}", "")
            yield _skipped(folder, reason.removeprefix(f"{folder.name}: "))
        except Exception as error:  # what nobody thought of costs this one its place as well
            yield _skipped(folder, f"cannot be read ({type(error).__name__}: {first_line(error)})")
        else:
            comparison = submission.entry.comparison
            taken[comparison.comparison_id] = folder.name
            # A base against itself competes with nobody, a sequential gate asks no more than it needs, and a chosen
            # candidate stands there with all its items.
            in_part = comparison.looks is not None or comparison.selection is not None
            if comparison.base.fingerprint != comparison.candidate.fingerprint and not in_part:
                yield submission


def _skipped(folder: Path, reason: str) -> Skipped:
    return Skipped(one_line(folder.name, 100), one_line(reason, 400))


def _folders(root: Path, results: Path) -> list[Path]:
    if root.is_symlink():
        raise InputError(f"{root}: is a link; copy the folder instead")
    try:
        names = [entry.name for entry in os.scandir(root) if entry.is_symlink() or _holds_comparison(root / entry.name)]
    except OSError:
        names = []
    if not names:
        raise InputError(
            f"{root}: no comparisons here; make one with 'forgetbench run --base BASE SFT --results {results}'"
        )
    if len(names) > _MOST_FOLDERS:
        raise InputError(f"{root}: holds more than {_MOST_FOLDERS:,} comparisons")
    return [root / name for name in sorted(names)]


def _holds_comparison(folder: Path) -> bool:
    path = folder / "comparison.json"
    return path.is_symlink() or path.exists()


def _read(folder: Path, taken: dict[str, str]) -> Submission:
    for path in (folder, folder / "comparison.json", folder / "items.parquet"):
        # A link could make us publish what lies elsewhere on this machine, and may have no end.
        if path.is_symlink():
            raise InputError(f"{path}: is a link; copy the files instead")
    file = read_submission_file(folder)
    # What says that it is a submission must hold as one.
    comparison = load_checked(folder, intervals=True) if file is None else check_submission(folder).comparison
    identity = comparison.comparison_id
    if not _SAFE_ID.fullmatch(identity) or identity.lower() in _OWN_FILES:
        raise InputError(
            f"{folder / 'comparison.json'}: comparison_id {identity[:80]!r} is no safe folder name; "
            "use letters, digits, '.', '_' and '-'"
        )
    if identity in taken:
        raise InputError(f"{folder}: comparison_id '{identity}' is already taken by {taken[identity]}")
    report = html_page(comparison, load_items(folder)) if has_items(folder) else ""
    return Submission(Entry(comparison, file or SubmissionFile()), report)
