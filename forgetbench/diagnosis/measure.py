"""A number of a diagnosis, with what is known of its error."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that a finding rests on."""

    name: str
    value: float
    low: float = nan
    """Interval at the comparison's level; NaN where there is none."""
    high: float = nan
