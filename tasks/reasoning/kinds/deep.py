"""Levels 6 and 7: kinds of questions with a dial, each answered in as many steps as are asked for."""

from __future__ import annotations

from . import deep_code, deep_logic, deep_numbers, deep_tracking
from .deepening import Deep, kinds_of
from .drafts import Kind

DEEP: dict[str, Deep] = {**deep_numbers.DEEP, **deep_tracking.DEEP, **deep_logic.DEEP, **deep_code.DEEP}
KINDS: dict[str, Kind] = kinds_of(DEEP)


def kinds_of_depth(depth: int, count: int) -> dict[str, Kind]:
    """Every kind that can be asked in `depth` steps, `count` items or a few more in all."""
    fitting = {name: one for name, one in DEEP.items() if one.least <= depth <= one.most}
    each = -(-count // max(1, len(fitting)))
    return {f"{name}_{depth}": Kind(depth, each, one.draw(depth), worked=True) for name, one in fitting.items()}
