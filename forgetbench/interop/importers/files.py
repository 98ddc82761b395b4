"""The files of a folder of logs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from forgetbench.errors import InputError

_MOST_FILES = 100_000


def files_in(folder: Path, *patterns: str) -> Iterator[Path]:
    """Files of these names at any depth of a folder, in order; links to folders are not followed.

    Raises InputError for a folder that is no folder of logs: it holds too much.
    """
    n_files = 0
    for where, folders, names in os.walk(folder):
        folders.sort()
        n_files += len(names)
        if n_files > _MOST_FILES:
            raise InputError(f"{folder}: more than {_MOST_FILES:,} files in it; give the folder of the logs")
        for name in sorted(names):
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                yield Path(where, name)
