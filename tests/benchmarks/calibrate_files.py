"""The files that calibration is kept in; several processes may write one."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import machine

import forgetbench

OUT = machine.FOLDER / "calibration.json"
BEFORE = machine.FOLDER / "calibration-before.json"
"""The hard cases as an earlier version judged them."""


def read(path: Path) -> dict[str, Any] | None:
    """The content of a file; None where there is none."""
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@contextmanager
def rewritten(path: Path) -> Iterator[dict[str, Any]]:
    """The content of a file, to be changed in place; others that write beside it wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        content = read(path) or {"benchmark": "calibration"}
        yield content
        content["machine"] = machine.describe()
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    finally:
        os.close(folder)


def forget(settings: Sequence[tuple[str, str]], path: Path) -> None:
    """Take out settings, by part and name, that are measured anew: what fails must not leave earlier figures."""
    with rewritten(path) as content:
        for part in {part for part, _ in settings}:
            content[part] = [row for row in content.get(part, []) if (part, row["name"]) not in settings]


def note_version(path: Path, options: str) -> None:
    """Which commit is measured, and by which command."""
    tree = Path(forgetbench.__file__).parents[1]
    command = ["git", "-C", str(tree), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    with rewritten(path) as content:
        content["commit"] = commit
        content["command"] = (
            f"git worktree add ../before {commit}; "
            f"PYTHONPATH=../before .venv/bin/python tests/benchmarks/calibrate.py {options}"
        )
