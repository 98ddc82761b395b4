"""A comparison and its two runs become a submission: one folder that anybody can check by itself."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from forgetbench.comparison.checked import load_checked
from forgetbench.errors import InputError
from forgetbench.fingerprint import file_digest
from forgetbench.leaderboard.checking import BASE, CANDIDATE, COMPARISON_FILES, RUN_FILES, check_submission
from forgetbench.leaderboard.submission_file import SubmissionFile, write_submission_file
from forgetbench.messages import translated as _
from forgetbench.storage.files import open_regular, replacing
from forgetbench.storage.folder import ResultsFolder, check_writable

_LEVELS_UP: Final = 2
"""From a comparison's folder to its results folder."""


def write_submission(comparison: Path, out: Path, file: SubmissionFile) -> Path:
    """Write `out`/<comparison id>/ of a comparison's folder under results/comparisons/, its two runs beside it.

    `file` says whose and what it is; the hashes are filled in. Returns the folder, which holds what
    `leaderboard check` asks for. Raises InputError where the comparison contradicts itself, a run is not there, or the
    whole would be refused; nothing is left then.
    """
    comparison = comparison if comparison.is_dir() else comparison.parent
    checked = load_checked(comparison)
    results = ResultsFolder(comparison.resolve().parents[_LEVELS_UP - 1])
    sources = {name: comparison / name for name in COMPARISON_FILES}
    for side, run_id in ((BASE, checked.base.run_id), (CANDIDATE, checked.candidate.run_id)):
        sources |= {f"{side}/{name}": results.run(run_id) / name for name in RUN_FILES}
    lacking = [path for path in sources.values() if not path.is_file()]
    if lacking:
        raise InputError(
            _("{path}: no such file; a submission has its two runs with it, give a folder under results/comparisons/")
            .format(path=lacking[0])
        )  # fmt: skip
    folder = out / checked.comparison_id
    if folder.exists():
        raise InputError(_("{folder}: is there already; take it away, or name another folder").format(folder=folder))
    check_writable(out)
    with tempfile.TemporaryDirectory(dir=out) as unfinished:
        made = Path(unfinished) / folder.name
        for name, path in sources.items():
            with open_regular(path) as source, replacing(made / name) as copy:
                shutil.copyfileobj(source, copy)
        hashes = {name: file_digest(made / name) for name in sources}
        write_submission_file(made, file.model_copy(update={"hashes": hashes}))
        check_submission(made)
        made.rename(folder)
    return folder
