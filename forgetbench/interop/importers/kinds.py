"""Which harnesses' logs can be imported, and who reads them; a reader is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

from forgetbench.errors import InputError, did_you_mean
from forgetbench.interop.importers.log import Choices, ImportedLog

KINDS: Final[Mapping[str, str]] = {
    "lm-eval": "forgetbench.interop.importers.lm_eval",
    "inspect": "forgetbench.interop.importers.inspect",
    "lighteval": "forgetbench.interop.importers.lighteval",
    "eee": "forgetbench.interop.importers.eee",
}


def read_log(kind: str, path: Path, choices: Choices = Choices()) -> ImportedLog:
    """The log of one model that a harness wrote at `path`, a file or a folder.

    Raises InputError for an unknown kind, and where the log cannot be read.
    """
    if kind not in KINDS:
        raise InputError(f"'{kind}': no logs of that kind can be imported; {did_you_mean(kind, KINDS)}")
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    reader: Callable[[Path, Choices], ImportedLog] = import_module(KINDS[kind]).read_log
    return reader(path, choices)
