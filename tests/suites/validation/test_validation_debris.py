"""What `validate` finds of mark-up, code and broken characters in texts, and what it lets stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_tasks import (
    OPEN,
    Row,
    breaks,
    changed,
    findings,
    one,
)


@pytest.mark.parametrize(
    ("text", "kind", "failed"),
    [
        ("What\x07 is it", "control characters", True),
        ("What \ufffd is it", "lost in an encoding", True),
        ("What \ue123 is it", "private-use", True),
        ("What\u200b is it", "invisible", True),
        ("Bras\u00c3\u00adlia or not", "wrong encoding", True),
        ("It\u00e2\u20ac\u2122s here", "wrong encoding", True),
        ("Fish &amp; chips", "HTML entities", False),
        ("\u041cосква", "letters of a script", False),
        ("\u4e2d\u56fd", "letters of a script", False),
        ("one \ntwo", "spaces at the end", False),
        ("one  two", "double spaces", False),
        ('He said "yes', "do not close", False),
        ("\u201cyes", "do not close", False),
    ],
)
def test_debris(tmp_path: Path, text: str, kind: str, failed: bool) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["question"] = text

    assert one(breaks(change, tmp_path, OPEN), kind).failed == failed


@pytest.mark.parametrize(
    "text",
    ["São Tomé and Åland: naïve “quotes”", "def f(x):  \n    return  x + '\"'", "AT&T, 5 & 6", "€5 — √2"],
)
def test_what_is_no_debris(tmp_path: Path, text: str) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["question"] = text

    assert findings(breaks(change, tmp_path, OPEN)) == []


def test_the_declared_language_says_which_letters_are_at_home(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["question"] = "\u4e2d\u56fd\u7684\u9996\u90fd\u662f\u54ea\u91cc\uff1f"

    assert findings(breaks(change, tmp_path, changed(OPEN, metadata={"language": ["zh"]}))) == []
