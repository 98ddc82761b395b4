"""The command line of a task's `build.py`, which makes the task's JSONL files."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from forgetbench.console import say


def build_command(files: Mapping[Path, Callable[[], Sequence[Mapping[str, Any]]]], description: str) -> int:
    """Write a task's JSONL files, or with --check only compare. Returns the exit code.

    `files` gives the rows of each file; the same rows are the same file bit for bit. With --check nothing is
    written, and the exit code is 1 when a file would come out different.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of date")
    check = parser.parse_args().check
    outdated = False
    for path, rows in files.items():
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())
        differs = not path.is_file() or path.read_bytes() != content.encode("utf-8")
        outdated |= differs
        if check:
            say(f"{path.name}: {'differs from what its script builds' if differs else 'as built'}")
        else:
            path.write_bytes(content.encode("utf-8"))
            say(f"{path.name}: {content.count(chr(10))} rows")
    return int(check and outdated)
