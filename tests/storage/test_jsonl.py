"""JSON Lines are read line by line, and a bad line is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from forgetbench.errors import InputError
from forgetbench.storage.jsonl import iter_jsonl, read_jsonl


def test_lines_are_numbered_and_blank_ones_skipped(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n\n{"a": "\u2028"}\n', encoding="utf-8")
    assert list(iter_jsonl(path)) == [(1, {"a": 1}), (3, {"a": "\u2028"})]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": 1}\n{"a": ', r"rows\.jsonl:2: not valid JSON .*one object per line"),
        (b"[1]", r"rows\.jsonl:1: a JSON object is expected, not list"),
        (b"\xff", r"rows\.jsonl: cannot be read as UTF-8 text"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "rows.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_jsonl(tmp_path / "rows.jsonl")


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}\r\n')
    assert read_jsonl(tmp_path / "rows.jsonl") == [{"a": 1}, {"a": 2}]
