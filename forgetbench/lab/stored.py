"""A lab's folder: lab.json, which holds all that the tables and pictures are made of, and what is made of it.

lab.json              every path, written anew after each
lab.csv, lab.md       a line per checkpoint; the ranking
plots/                gain against forgetting
trainings/            checkpoints, one folder per recipe and seed
runs/, comparisons/   as in every results folder
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from forgetbench.errors import InputError
from forgetbench.lab.paths import Lab
from forgetbench.storage.files import write_atomic
from forgetbench.storage.json_files import load_json, to_json

LAB_JSON = "lab.json"


def load_lab(folder: Path) -> Lab:
    """Read lab.json. InputError, one line, where there is none or it cannot be read."""
    path = folder / LAB_JSON if folder.is_dir() else folder
    if not path.is_file():
        raise InputError(f"{path}: no such file; forgetbench lab RECIPE... --out {folder} makes it")
    try:
        return load_json(Lab, path)
    except InputError as error:
        raise InputError(
            f"{error}; delete it, and forgetbench lab makes it again from the ledger and the trainings"
        ) from error


def save_lab(folder: Path, lab: Lab) -> None:
    """Write lab.json whole."""
    write_atomic(folder / LAB_JSON, to_json(lab))


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a second lab out of `folder` meanwhile: each would write lab.json without the other's paths. InputError."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lab.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise InputError(
            f"{folder}: another forgetbench lab is at work here; wait for it, or name another --out"
        ) from error
    try:
        yield
    finally:
        lock.release()


def opened(folder: Path, new: Lab) -> Lab:
    """The lab that lies in `folder`, or `new` where there is none. InputError where it measured something else."""
    if not (folder / LAB_JSON).is_file():
        return new
    found = load_lab(folder)
    differs = [name for name in ("base", "suite_fingerprint", "data") if getattr(found, name) != getattr(new, name)]
    if differs:
        words = {"base": "base", "suite_fingerprint": "suite", "data": "training data"}
        raise InputError(
            f"{folder / LAB_JSON}: holds paths of another {' and '.join(words[name] for name in differs)}; "
            "name another folder with --out"
        )
    return replace(found, reference=new.reference)
