"""JSON Lines files, read line by line; an error names file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from forgetbench.errors import InputError
from forgetbench.storage.files import open_regular
from forgetbench.storage.json_files import json_of_others

MOST_LINE = 64 << 20
"""Bytes of one line."""


def iter_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers (from 1) and objects of a UTF-8 JSON Lines file, read line by line; blank lines are skipped.

    A byte order mark before the first line is none of its text. Raises InputError naming file and line when the file
    cannot be read, or a line is not a JSON object.
    """
    with open_regular(path) as stream:
        try:
            # Only \n ends a line: JSON allows the other line breaks of Unicode inside a string.
            for number, line in enumerate(iter(lambda: stream.readline(MOST_LINE + 1), b""), start=1):
                if len(line) > MOST_LINE:
                    raise InputError(f"{path}:{number}: is longer than {MOST_LINE >> 20} MiB; one object per line")
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                if text.strip():
                    yield number, _object(text, f"{path}:{number}")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: cannot be read as UTF-8 text ({error})") from error


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The objects of a UTF-8 JSON Lines file, in file order. Raises InputError as `iter_jsonl` does."""
    return [row for _, row in iter_jsonl(path)]


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        row = json_of_others(line)
    except ValueError as error:
        raise InputError(f"{where}: not valid JSON ({error}); one object per line") from error
    if not isinstance(row, dict):
        raise InputError(f"{where}: a JSON object is expected, not {type(row).__name__}")
    return row
