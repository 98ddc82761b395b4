"""A comparison and its two runs become a submission: one folder that anybody can check by itself."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from forgetbench.comparison.checked import load_checked
from forgetbench.errors import InputError
from forgetbench.fingerprint import file_digest
from forgetbench.leaderboard.checking import BASE, CANDIDATE, COMPARISON_FILES, RUN_FILES, check_submission
from forgetbench.leaderboard.submission_file import SubmissionFile, write_submission_file
from forgetbench.messages import translated as _
from forgetbench.storage.files import new_folder, open_regular, replacing
from forgetbench.storage.folder import ResultsFolder

_LEVELS_UP: Final = 2
"""From a comparison's folder to its results folder."""


def write_submission(comparison: Path, out: Path, file: SubmissionFile) -> Path:
    """Write `out`/<comparison id>/ of a comparison's folder under results/comparisons/, its two runs beside it.

    `file` says whose and what it is; the hashes are filled in. Returns the folder, which holds what
    `leaderboard check` asks for. Raises InputError where the comparison contradicts itself, a run is not there, or the
    whole would be refused; nothing is left then. StorageError as `new_folder`.
    """
    comparison = comparison if comparison.is_dir() else comparison.parent
    checked = load_checked(comparison)
    results = ResultsFolder(comparison.resolve().parents[_LEVELS_UP - 1])
    sides = {BASE: checked.base, CANDIDATE: checked.candidate}
    runs = {side: results.run(run.run_id) for side, run in sides.items()}
    sources = {name: comparison / name for name in COMPARISON_FILES}
    sources |= {f"{side}/{name}": run / name for side, run in runs.items() for name in RUN_FILES}
    lacking = [path for path in sources.values() if not path.is_file()]
    if lacking:
        raise InputError(
            _("{path}: no such file; a submission has its two runs with it, give a folder under results/comparisons/")
            .format(path=lacking[0])
        )  # fmt: skip
    folder = out / checked.comparison_id
    if folder.exists():
        raise InputError(_("{folder}: is there already; take it away, or name another folder").format(folder=folder))
    with new_folder(folder) as made:
        for name, path in sources.items():
            with open_regular(path) as source, replacing(made / name) as copy:
                shutil.copyfileobj(source, copy)
        hashes = {name: file_digest(made / name) for name in sources}
        write_submission_file(made, file.model_copy(update={"hashes": hashes}))
        try:
            check_submission(made)
        except InputError as error:
            raise InputError(_of_what_was_given(str(error), made, comparison, runs)) from error
    return folder


def _of_what_was_given(told: str, made: Path, comparison: Path, runs: Mapping[str, Path]) -> str:
    """What is told of the unfinished copy, which is gone when it is read, as told of the files it was made from."""
    for side, run in runs.items():
        told = told.replace(str(made / side), str(run))
    return told.replace(str(made), str(comparison))
