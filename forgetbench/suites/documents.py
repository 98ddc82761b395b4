"""A task's rows as the documents that lm-eval reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forgetbench.errors import InputError

if TYPE_CHECKING:
    from datasets import Dataset


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
