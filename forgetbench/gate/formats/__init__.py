"""The gate's verdict for those who read it: a terminal, CI servers, GitHub and badges."""

from __future__ import annotations

from pathlib import Path

from forgetbench.errors import InputError, StorageError
from forgetbench.gate.formats.badge import badge_json
from forgetbench.gate.formats.github import append_summary, workflow_commands
from forgetbench.gate.formats.junit import junit_xml
from forgetbench.gate.formats.terminal import print_gate
from forgetbench.gate.formats.verdict_json import verdict_json
from forgetbench.storage.files import write_atomic

__all__ = [
    "append_summary",
    "badge_json",
    "junit_xml",
    "print_gate",
    "verdict_json",
    "workflow_commands",
    "write_output",
]


def write_output(path: Path, text: str) -> None:
    """Write a file that the user named, whole or not at all. InputError when it cannot be written."""
    try:
        write_atomic(path, text)
    except StorageError as error:
        raise InputError(f"{path}: cannot be written; name another file") from error
