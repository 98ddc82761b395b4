"""A comparison is read back, or refused with one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from forgetbench.errors import InputError
from forgetbench.storage.comparisons import load_comparison


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b"\xff\xfe", "cannot be read"),
        (b'{"schema_version": 99}', "schema_version is 99"),
        (b'{"schema_version": 1}', "field"),
        (b"[" * 200_000, "not a JSON object"),
    ],
)
def test_a_damaged_comparison_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "comparison.json").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load_comparison(tmp_path)
    assert "\n" not in str(caught.value)
