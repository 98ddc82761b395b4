"""Numbers of other harnesses' logs, which may be anything that JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def number(value: Any) -> float | None:
    """A number or a truth value; None for all else."""
    try:
        return float(value) if isinstance(value, bool | int | float) else None
    except OverflowError:
        return None


def numbers_of(values: Mapping[str, Any]) -> dict[str, float]:
    """What of some named values is a finite number."""
    found = {str(name): number(value) for name, value in values.items()}
    return {name: value for name, value in found.items() if value is not None and math.isfinite(value)}


def fault_of(scores: Iterable[float | None]) -> str | None:
    """Why values cannot be a task's scores, after the name of their metric; None where they can."""
    numbers = [score for score in scores if score is not None and math.isfinite(score)]
    if not numbers:
        return "is no number of one item"
    outside = next((score for score in numbers if not 0.0 <= score <= 1.0), None)
    return None if outside is None else f"reaches {outside:g}, and a score lies in [0, 1]"


def chance_of(n_options: Sequence[int]) -> float:
    """The score of a guess, by how many options each item has; 0 where one has none, since its answer is written."""
    return sum(1 / n for n in n_options) / len(n_options) if n_options and all(n_options) else 0.0


def mapping(value: Any) -> Mapping[str, Any]:
    """An object of JSON; an empty one for all else."""
    return value if isinstance(value, dict) else {}
