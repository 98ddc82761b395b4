"""Levels 6 and 7: kinds of questions with a dial, each answered in as many steps as are asked for."""

from __future__ import annotations

from typing import Any

from . import deep_code, deep_logic, deep_numbers, deep_tracking
from .deepening import Deep, kinds_of
from .drafts import Kind
from .items import draw_rows

DEEP: dict[str, Deep] = {**deep_numbers.DEEP, **deep_tracking.DEEP, **deep_logic.DEEP, **deep_code.DEEP}
KINDS: dict[str, Kind] = kinds_of(DEEP)


def rows_of_depth(depth: int, count: int, seed: object) -> list[dict[str, Any]]:
    """`count` items that take `depth` steps, of every kind that can be asked so, the kind as their stratum.

    Raises ValueError where fewer than four kinds can.
    """
    fitting = {name: one for name, one in DEEP.items() if one.least <= depth <= one.most}
    if len(fitting) < 4:
        raise ValueError(f"depth {depth}: choose one from 2 to 16")
    each = -(-count // len(fitting))
    kinds = {f"{name}_{depth}": Kind(depth, each, one.draw(depth), worked=True) for name, one in fitting.items()}
    rows = draw_rows(kinds, {}, f"{seed}:{depth}")
    named = [row | {"item_id": f"depth:{row['item_id']}", "stratum": row["kind"].rpartition("_")[0]} for row in rows]
    return named[:count]
