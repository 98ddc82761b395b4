"""Where deltas and their intervals stand on one common scale, in per cent of its width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isnan, log10, nan
from typing import Final

from forgetbench.records import DeltaRow

_MOST_TICKS: Final = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """A delta drawn in a table cell; positions in per cent of the cell's width."""

    zero: float
    margin: float | None
    low: float | None
    high: float | None
    point: float | None


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place of the scale."""

    place: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale of deltas, in score units, that holds zero and everything that is drawn."""

    low: float
    high: float

    @classmethod
    def of(cls, rows: Sequence[DeltaRow]) -> Scale:
        """The scale on which these rows are drawn, their margins among them."""
        values = [0.0]
        for row in rows:
            values += [-row.judgement.margin, *_drawn(row)]
        values = [value for value in values if not isnan(value)]
        low, high = min(values), max(values)
        room = max(0.06 * (high - low), 0.005)
        return cls(low - room, high + room)

    def place(self, value: float) -> float | None:
        """Where a delta stands; None for one that does not exist."""
        return None if isnan(value) else round(100 * (value - self.low) / (self.high - self.low), 2)

    def bar(self, row: DeltaRow) -> Bar:
        """A row's delta, interval and margin."""
        point, low, high = _drawn(row)
        return Bar(
            zero=self.place(0.0) or 0.0,
            margin=self.place(-row.judgement.margin),
            low=self.place(low),
            high=self.place(high),
            point=self.place(point),
        )

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Round numbers of points, zero among them."""
        low, high = 100 * self.low, 100 * self.high
        step = _round_step((high - low) / _MOST_TICKS)
        numbers = range(ceil(low / step), floor(high / step) + 1)
        return tuple(Tick(self.place(number * step / 100) or 0.0, _label(number * step)) for number in numbers)


def delta_bars(rows: Sequence[DeltaRow]) -> dict[tuple[str, str], Bar]:
    """A bar per row on one common scale, keyed by (domain, name)."""
    scale = Scale.of(rows)
    return {(row.domain, row.name): scale.bar(row) for row in rows}


def _round_step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is no less."""
    power = 10.0 ** floor(log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * 0.999)


def _label(points: float) -> str:
    return "0" if not points else f"{points:+g}".replace("-", "−")


def _drawn(row: DeltaRow) -> tuple[float, float, float]:
    """Delta and interval, NaN where there are none."""
    estimate = row.estimate
    return (nan, nan, nan) if estimate is None else (estimate.delta, estimate.ci_low, estimate.ci_high)
