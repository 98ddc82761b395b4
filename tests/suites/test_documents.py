"""Rows become lm-eval's documents, or are refused."""

from __future__ import annotations

from typing import Any

import pytest

from forgetbench.errors import InputError
from forgetbench.suites.documents import as_dataset


def test_splits_hold_the_rows_in_order() -> None:
    splits = as_dataset([{"item_id": "a"}, {"item_id": "b"}], [{"item_id": "c"}])
    assert {name: split["item_id"][:] for name, split in splits.items()} == {"test": ["a", "b"], "fewshot": ["c"]}
    assert list(as_dataset([{"item_id": "a"}])) == ["test"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "the test split has no documents"),
        ([{"item_id": "a"}, {"item_id": "b", "hint": ""}], "test split, item b: keys differ in hint"),
    ],
)
def test_what_would_be_filled_with_nulls_is_refused(rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        as_dataset(rows)
