"""Documents that are decoded many at once are those that `datasets` decodes one by one."""

from __future__ import annotations

from typing import Any

import pytest
from datasets import Dataset

from forgetbench.lm_eval_bridge import rows as module
from forgetbench.lm_eval_bridge.rows import rows

DOCUMENTS: list[dict[str, Any]] = [
    {"item_id": f"{n}", "gold": n, "choices": ["a", "b"][: n % 3], "turns": [{"role": "user", "content": f"{n}"}],
     "about": {"level": n / 2, "none": None}, "missing": None if n % 2 else "here"}
    for n in range(7)
]  # fmt: skip


@pytest.mark.parametrize("at_once", [1, 3, 7, 100])
def test_rows_are_as_they_are_one_by_one(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    data = Dataset.from_list(DOCUMENTS)
    assert list(rows(data)) == list(data)
    assert list(rows(data.select([4, 2]))) == [data[4], data[2]]


def test_rows_of_a_list_are_its_own() -> None:
    assert list(rows(DOCUMENTS)) == DOCUMENTS
    assert list(rows(())) == []
