"""Reading a task's JSONL file and handing its documents to lm-eval."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.errors import InputError

if TYPE_CHECKING:
    from datasets import Dataset


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The objects of a UTF-8 JSON Lines file, in file order; blank lines are skipped.

    Raises InputError naming file and line when the file is missing, or a line is not a JSON object.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    rows: list[dict[str, Any]] = []
    # Not splitlines(): it also breaks at characters that JSON allows inside a string (U+2028, U+0085).
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{path}:{number}: not valid JSON ({error.msg}); one object per line") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number}: a JSON object is expected, not {type(row).__name__}")
        rows.append(row)
    return rows


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
