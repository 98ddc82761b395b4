"""Flip rows small enough to lie in a page: columns, every text once, compressed.

The format is between this module and source.js, which unpacks it: a JSON object, zlib, base64.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from forgetbench.report.flips.rows import Flips
from forgetbench.sanitize import shorten

MOST_ROWS: Final = 10_000
"""Rows that a page holds."""
MOST_BYTES: Final = 1_600_000
"""Bytes of a page that they take."""
MOST_CHARACTERS: Final = 8_000
"""Of one text; of a longer one both ends are kept."""
_NUMBERS: Final = frozenset({"score", "loglikelihoods", "metrics", "lost", "prompts_equal"})
"""Fields that hold no text, as source.js knows too."""
_DIGITS: Final = 4


def packed(flips: Flips) -> tuple[Flips, str]:
    """The rows that fit into a page, the worst of those given, and what the page holds for them."""
    kept = replace(flips, rows=flips.rows[:MOST_ROWS])
    text = deflated(_content(kept))
    while len(text) > MOST_BYTES and len(kept.rows) > 1:
        # Texts are not all alike, so a little less than the share that fits.
        fits = int(0.95 * len(kept.rows) * MOST_BYTES / len(text))
        kept = replace(kept, rows=kept.rows[: max(1, fits)])
        text = deflated(_content(kept))
    return kept, text


def deflated(content: object) -> str:
    """JSON, compressed, as ASCII that may stand anywhere in a page."""
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return b64encode(zlib.compress(plain.encode("utf-8", "replace"), 9)).decode("ascii")


def _content(flips: Flips) -> dict[str, Any]:
    """`rows` is columns, in which a text is its place in `texts`."""
    records = [asdict(row) for row in flips.rows]
    texts: dict[str, int] = {}
    # Texts of one task look alike, and what is alike is compressed well where it is near.
    for record in sorted(records, key=lambda record: (record["task"], record["item_id"])):
        _packed(record, texts)
    return {
        "base": flips.base,
        "candidates": flips.candidates,
        "n_items": flips.n_items,
        "n_rows": len(records),
        "runs_missing": flips.runs_missing,
        "rows": {
            **_columns([{**record, "base": None, "candidates": None} for record in records], texts),
            "base": _columns([record["base"] for record in records], texts),
            "candidates": [
                _columns([record["candidates"][place] for record in records], texts)
                for place in range(len(flips.candidates))
            ],
        },
        "texts": list(texts),
    }


def _columns(records: Sequence[Mapping[str, Any] | None], texts: dict[str, int]) -> dict[str, list[Any]]:
    """A column per field; null in all of them where there is no record."""
    names = list(dict.fromkeys(name for record in records if record is not None for name in record))
    cells = [_packed(record or {}, texts) for record in records]
    return {name: [cell.get(name) for cell in cells] for name in names}


def _packed(record: Mapping[str, Any], texts: dict[str, int]) -> dict[str, Any]:
    return {name: _rounded(value) if name in _NUMBERS else _placed(value, texts) for name, value in record.items()}


def _placed(value: Any, texts: dict[str, int]) -> Any:
    """Every text of a value as its place."""
    if isinstance(value, str):
        return texts.setdefault(shorten(value, MOST_CHARACTERS), len(texts))
    if isinstance(value, Mapping):
        return _packed(value, texts)
    if isinstance(value, (list, tuple)):
        return [_placed(item, texts) for item in value]
    return value


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, _DIGITS)
    if isinstance(value, Mapping):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value
