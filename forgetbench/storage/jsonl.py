"""A task's JSONL file: built by its script, read, and handed to lm-eval as documents."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.errors import InputError

if TYPE_CHECKING:
    from datasets import Dataset


def iter_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers (from 1) and objects of a UTF-8 JSON Lines file, read line by line; blank lines are skipped.

    Raises InputError naming file and line when the file cannot be read, or a line is not a JSON object.
    """
    try:
        # Only \n ends a line: JSON allows the other line breaks of Unicode inside a string.
        with path.open(encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _object(line, f"{path}:{number}")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error})") from error


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The objects of a UTF-8 JSON Lines file, in file order. Raises InputError as `iter_jsonl` does."""
    return [row for _, row in iter_jsonl(path)]


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{where}: not valid JSON ({error}); one object per line") from error
    if not isinstance(row, dict):
        raise InputError(f"{where}: a JSON object is expected, not {type(row).__name__}")
    return row


def as_dataset(
    rows: Sequence[Mapping[str, Any]], fewshot: Sequence[Mapping[str, Any]] | None = None
) -> dict[str, Dataset]:
    """The splits that lm-eval's `custom_dataset` returns: `test`, and `fewshot` where examples are given.

    Raises InputError when there is no test row, or when rows of a split differ in their keys:
    a column that only some rows have would be filled with nulls silently.
    """
    from datasets import Dataset

    splits = {"test": rows} if fewshot is None else {"test": rows, "fewshot": fewshot}
    for name, split in splits.items():
        if not split:
            raise InputError(f"the {name} split has no documents")
        for row in split:
            if row.keys() != split[0].keys():
                odd = sorted(row.keys() ^ split[0].keys())
                raise InputError(f"{name} split, item {row.get('item_id', '?')}: keys differ in {', '.join(odd)}")
    return {name: Dataset.from_list([dict(row) for row in split]) for name, split in splits.items()}


def build_command(files: Mapping[Path, Callable[[], Sequence[Mapping[str, Any]]]], description: str) -> int:
    """The command line of a task's `build.py`: write its JSONL files, or with --check only compare. The exit code.

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
            print(f"{path.name}: {'differs from what its script builds' if differs else 'as built'}")
        else:
            path.write_bytes(content.encode("utf-8"))
            print(f"{path.name}: {content.count(chr(10))} rows")
    return int(check and outdated)
