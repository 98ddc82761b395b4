"""Flip rows small enough to lie in a page: columns, every text once, compressed.

The format is between this module and source.js, which unpacks it: a JSON object, zlib, base64.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Final

from forgetbench.report.flips.rows import Answered, Flip, FlipRow, Flips
from forgetbench.sanitize import shorten

MOST_ROWS: Final = 10_000
"""Rows that a page holds."""
MOST_BYTES: Final = 2_100_000
"""Bytes of a page that they take."""
MOST_CHARACTERS: Final = 8_000
"""Of one text; of a longer one both ends are kept."""
_NUMBERS: Final = frozenset({"score", "loglikelihoods", "metrics", "lost", "prompts_equal"})
"""Fields that hold no text, as source.js knows too."""
_DIGITS: Final = 3
_SHARED: Final = tuple(field.name for field in fields(FlipRow) if field.name not in ("base", "candidates"))
_ANSWERED: Final = tuple(field.name for field in fields(Answered))
_FLIP: Final = tuple(field.name for field in fields(Flip))


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
    return b64encode(zlib.compress(plain.encode("utf-8", "replace"))).decode("ascii")


def _content(flips: Flips) -> dict[str, Any]:
    """`rows` is columns, in which a text is its place in `texts`."""
    n_rows = len(flips.rows)
    shared, base = _empty(_SHARED, n_rows), _empty(_ANSWERED, n_rows)
    candidates = [_empty(_FLIP, n_rows) for _ in flips.candidates]
    texts: dict[str, int] = {}
    # Texts of one task look alike, and what is alike is compressed well where it is near.
    for place, row in sorted(enumerate(flips.rows), key=lambda each: (each[1].task, each[1].item_id)):
        sides = zip(candidates, row.candidates, strict=True)
        for columns, record in ((shared, row), (base, row.base), *sides):
            for name, cells in columns.items() if record is not None else ():
                value = getattr(record, name)
                cells[place] = _rounded(value) if name in _NUMBERS else _placed(value, texts)
    return {
        "base": flips.base,
        "candidates": flips.candidates,
        "n_items": flips.n_items,
        "n_rows": n_rows,
        "runs_missing": flips.runs_missing,
        "rows": {**shared, "base": base, "candidates": candidates},
        "texts": list(texts),
    }


def _empty(names: Sequence[str], n_rows: int) -> dict[str, list[Any]]:
    return {name: [None] * n_rows for name in names}


def _placed(value: Any, texts: dict[str, int]) -> Any:
    """Every text of a value as its place."""
    if isinstance(value, str):
        return texts.setdefault(shorten(value, MOST_CHARACTERS), len(texts))
    if isinstance(value, tuple):
        return [_placed(item, texts) for item in value]
    return value


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, _DIGITS)
    if isinstance(value, Mapping):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_rounded(item) for item in value]
    return value
