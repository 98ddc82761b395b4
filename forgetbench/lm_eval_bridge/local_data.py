"""Data files on this machine, as they are now.

`datasets` keeps what it reads under a file's path, size and time; a file that changes and keeps all three would be
answered with its former rows. So local files are read anew into a folder of their own, which the process takes with it.
"""

from __future__ import annotations

import atexit
import codecs
import functools
import glob
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forgetbench.errors import InputError, SuiteError
from forgetbench.lm_eval_bridge.task_yaml import FORMATS
from forgetbench.storage.files import open_regular
from forgetbench.storage.jsonl import iter_jsonl

_TEXT = frozenset({"csv", "json", "text"})
"""Formats of which a byte order mark is no data."""


def is_local(config: Mapping[str, Any]) -> bool:
    """Whether a configuration's data lies on this machine, in files that it names."""
    kwargs = config.get("dataset_kwargs") or {}
    path = config.get("dataset_path")
    return path in FORMATS or "data_files" in kwargs or (isinstance(path, str) and Path(path).is_dir())


def read_anew(config: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The configuration by which `datasets` reads local files as they are now; of other data, as it is.

    Raises SuiteError for a file that is not there, is no regular file or is too large, and for a format without files:
    `datasets` would then search the whole working folder, whatever lies in it, for files to read.
    """
    if not is_local(config) or config.get("custom_dataset"):
        return dict(config)
    scratch = Path(tempfile.mkdtemp(dir=_scratch()))
    kwargs = dict(config.get("dataset_kwargs") or {})
    if config.get("dataset_path") in FORMATS and not (kwargs.get("data_files") or kwargs.get("data_dir")):
        raise SuiteError(
            f"{where}: field 'dataset_kwargs.data_files': none are named; give 'data_files', or 'data_dir' for a folder"
        )
    if "data_files" in kwargs:
        kwargs["data_files"] = _checked(kwargs["data_files"], str(config.get("dataset_path")), where, scratch)
    return {**config, "dataset_kwargs": {**kwargs, "cache_dir": str(scratch / "cache")}}


def _checked(files: Any, data_format: str, where: str, scratch: Path) -> Any:
    if isinstance(files, Mapping):
        return {split: _checked(of_split, data_format, where, scratch) for split, of_split in files.items()}
    if isinstance(files, list):
        each = [_checked(file, data_format, where, scratch) for file in files]
        return [path for checked in each for path in (checked if isinstance(checked, list) else [checked])]
    if not isinstance(files, str) or "://" in files:
        return files
    return _of_files(files, data_format, where, scratch)


def _of_files(files: str, data_format: str, where: str, scratch: Path) -> str | list[str]:
    """A file's name or a pattern, or in its place those of copies without a mark."""
    is_pattern = glob.has_magic(files) and not Path(files).exists()
    paths = (
        sorted(
            map(
                Path,
                glob.iglob(files, recursive=True),  # noqa: PTH207 - an absolute pattern
            )
        )
        if is_pattern
        else [Path(files)]
    )
    paths = [path for path in paths if path.is_file()] if is_pattern else paths
    if not paths:
        raise SuiteError(f"{where}: field 'dataset_kwargs.data_files': no file is named {files}")
    read = [_without_mark(path, data_format, where, scratch) for path in paths]
    if read == paths:
        return files
    return [str(path) for path in read]


def data_mistake(config: Mapping[str, Any]) -> str | None:
    """File, line and fault of the first line that is no JSON object; None where that is not what is wrong.

    To be asked when `datasets` has failed: it also reads JSON that is no JSON Lines.
    """
    if config.get("dataset_path") != "json" or not isinstance(config.get("dataset_kwargs"), Mapping):
        return None
    for path in _paths(config["dataset_kwargs"].get("data_files")):
        try:
            for _ in iter_jsonl(path):
                pass
        except InputError as error:
            return str(error)
    return None


def _paths(files: Any) -> list[Path]:
    if isinstance(files, (Mapping, list)):
        return [path for each in (files.values() if isinstance(files, Mapping) else files) for path in _paths(each)]
    return [Path(files)] if isinstance(files, str) and Path(files).is_file() else []


def _without_mark(path: Path, data_format: str, where: str, scratch: Path) -> Path:
    """The file, or a copy of it without its byte order mark."""
    try:
        with open_regular(path, SuiteError) as stream:
            marked = data_format in _TEXT and stream.read(3) == codecs.BOM_UTF8
            if not marked:
                return path
            copy = scratch / f"{len(list(scratch.iterdir()))}{''.join(path.suffixes)}"
            with copy.open("wb") as target:
                shutil.copyfileobj(stream, target)
            return copy
    except SuiteError as error:
        raise SuiteError(f"{where}: field 'dataset_kwargs.data_files': {error}") from error


@functools.cache
def _scratch() -> Path:
    folder, owner = Path(tempfile.mkdtemp(prefix="forgetbench-data-")), os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # a process that was forked does not take it away
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder
