"""Forms that an answer may be in, wherever they stand in it. All of it is linear in the length of the text."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

from forgetbench.metrics.text import CJK_UNIFIED, UNSPACED, fold

OPENING_TOKENS = 3
_TOKEN = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+|[^\w\s]|_")
HEADER = re.compile(r"^#{1,6}[ \t]+\S", re.MULTILINE)
LIST_ITEM = re.compile(
    rf"^[ \t]*(?:(?:[-*+\u2022]|\d{{1,3}}[.)])[ \t]+\S|\d{{1,3}}(?:[.)\uff0e](?=[{CJK_UNIFIED}])|\u3001))", re.MULTILINE
)
"""A bulleted or numbered line; in Chinese the item may follow its number at once: '1.苹果', '1、苹果'."""
BOLD = re.compile(r"\*\*(?=[^\s*])[^*\n]+\*\*")


def tokens(text: str) -> list[str]:
    """Words, marks, and characters of scripts without spaces, case-folded."""
    return _TOKEN.findall(fold(text).casefold())


def opening(text: str, n: int = OPENING_TOKENS) -> tuple[str, ...]:
    """The first `n` tokens of `text`; punctuation is a token, so '{"answer":' is an opening."""
    # A long answer need not be tokenised for its opening; blanks in front must not hide it.
    return tuple(tokens(text.lstrip()[:500])[:n])


_DASHES = re.compile(r"\|?(?:[ \t]*:?-+:?[ \t]*\|)*(?:[ \t]*:?-+:?[ \t]*)?")


def parse_json(text: str) -> dict[str, Any] | list[Any] | None:
    """The JSON object or array that `text` is, alone or inside one code fence; else None.

    Bare numbers and words parse as JSON as well, but nobody would say that "42" is in JSON.
    """
    body = text.strip()
    if body.startswith("```") and body.endswith("```") and len(body) > 6:
        first, _, rest = body[3:-3].partition("\n")
        body = rest.strip() if first.strip().casefold() in ("", "json") else body[3:-3].strip()
    if body[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):  # hostile text may nest deeper than the parser goes
        return None
    return value if isinstance(value, dict | list) else None


def has_table(text: str) -> bool:
    """Whether `text` holds a Markdown table (GFM): a row, and under it a line of dashes with as many columns."""
    lines = text.split("\n")
    return any(
        "|" in above and "|" in below and "-" in below and _DASHES.fullmatch(below.strip()) is not None
        and _columns(above) == _columns(below)
        for above, below in pairwise(lines)
    )  # fmt: skip


def _columns(line: str) -> int:
    row = line.strip().replace("\\|", "")
    return row.removeprefix("|").removesuffix("|").count("|") + 1


def _no_constant(name: str) -> None:
    """Python reads NaN and Infinity, JSON has neither."""
    raise ValueError(f"{name} is no JSON")
