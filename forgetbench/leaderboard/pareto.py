"""What was gained on the target against what was lost elsewhere: one point per entry, drawn as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, log10
from typing import Final

from forgetbench.comparison.tradeoff import change_and_gain
from forgetbench.leaderboard.ranking import Entry, Group
from forgetbench.records import Estimate
from forgetbench.sanitize import one_line
from forgetbench.stats.pareto import pareto_front

WIDTH: Final = 760
HEIGHT: Final = 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 16, 46
_CHARACTER, _LINE = 6.6, 15.0
_LONGEST_LABEL: Final = 26
_MOST_LABELS: Final = 14
_MOST_TICKS: Final = 7
_Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""


@dataclass(frozen=True, slots=True)
class Point:
    """One entry, in pixels of the drawing."""

    entry: Entry
    x: float
    y: float
    low_x: float
    high_x: float
    low_y: float
    high_y: float
    """Ends of its intervals."""
    on_front: bool
    """No other entry has at least as high a gain and at least as small a loss, by their estimates."""
    label: str = ""
    """'' where there is no room for it."""
    label_x: float = 0.0
    label_y: float = 0.0
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place of an axis."""

    at: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """All that is drawn; `points` has the front last, so that it lies on top."""

    points: tuple[Point, ...]
    front: str
    """Corners of the front's line, as SVG has them."""
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    zero_x: float
    zero_y: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


def on_pareto_front(group: Group) -> list[bool | None]:
    """For each entry of a table whether it is on the front; None where target or overall was not measured."""
    pairs = [_pair(entry) for entry in group.entries]
    measured = iter(pareto_front([(loss.delta, gain.delta) for loss, gain in filter(None, pairs)]))
    return [next(measured) if pair else None for pair in pairs]


def pareto_plot(group: Group) -> Plot | None:
    """The plot of a table's entries; None where no entry measured its target."""
    pairs = {at: pair for at, entry in enumerate(group.entries) if (pair := _pair(entry))}
    if not pairs:
        return None
    losses, gains = ([pair[place] for pair in pairs.values()] for place in (0, 1))
    on_front = pareto_front([(loss.delta, gain.delta) for loss, gain in pairs.values()])
    across = _Axis.over(
        [end for at, loss in enumerate(losses) for end in _ends(loss, on_front[at])], _LEFT, WIDTH - _RIGHT
    )
    up = _Axis.over([end for at, gain in enumerate(gains) for end in _ends(gain, on_front[at])], HEIGHT - _BOTTOM, _TOP)
    points = [
        Point(
            group.entries[entry],
            *(across.place(loss.delta), up.place(gain.delta)),
            *(across.place(loss.ci_low), across.place(loss.ci_high), up.place(gain.ci_low), up.place(gain.ci_high)),
            on_front=on_front[at],
        )
        for at, (entry, (loss, gain)) in enumerate(pairs.items())
    ]
    front = sorted((point for point in points if point.on_front), key=lambda point: (point.x, point.y))
    others = [point for point in points if not point.on_front]
    return Plot(
        points=tuple([*others, *_labelled(front)] if len(points) > _MOST_LABELS else _labelled([*others, *front])),
        front=" ".join(f"{point.x:.1f},{point.y:.1f}" for point in front),
        x_ticks=across.ticks,
        y_ticks=up.ticks,
        zero_x=across.place(0.0),
        zero_y=up.place(0.0),
    )


def _pair(entry: Entry) -> tuple[Estimate, Estimate] | None:
    change, gain = change_and_gain(entry.comparison)
    return (change, gain) if change and gain else None


def _ends(estimate: Estimate, with_interval: bool) -> tuple[float, ...]:
    return (estimate.delta, *((estimate.ci_low, estimate.ci_high) if with_interval else ()))


@dataclass(frozen=True, slots=True)
class _Axis:
    """Score units to pixels."""

    low: float
    high: float
    first: float
    last: float

    @classmethod
    def over(cls, values: Sequence[float], first: float, last: float) -> _Axis:
        """An axis that holds zero and all values, with some room."""
        low, high = min(0.0, *values), max(0.0, *values)
        room = max(0.06 * (high - low), 0.005)
        return cls(low - room, high + room, first, last)

    def place(self, value: float) -> float:
        return round(self.first + (self.last - self.first) * (value - self.low) / (self.high - self.low), 1)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Round numbers of points, zero among them."""
        low, high = 100 * self.low, 100 * self.high
        power = 10.0 ** floor(log10((high - low) / _MOST_TICKS))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power * _MOST_TICKS >= high - low)
        numbers = [step * number for number in range(ceil(low / step), floor(high / step) + 1)]
        return tuple(
            Tick(self.place(number / 100), f"{number:+g}".replace("-", "−") if number else "0") for number in numbers
        )


def _labelled(points: Sequence[Point]) -> list[Point]:
    """Names beside the points, as many as fit without lying over one another; the last points come first."""
    taken: list[_Box] = []
    return [_with_label(point, taken) for point in reversed(points)][::-1]


def _with_label(point: Point, taken: list[_Box]) -> Point:
    label = one_line(point.entry.comparison.candidate.name, _LONGEST_LABEL)
    width = _CHARACTER * len(label)
    for side, rise in ((9.0, -7.0), (9.0, 16.0), (-9.0, -7.0), (-9.0, 16.0)):
        x, y = point.x + side, point.y + rise
        left = x if side > 0 else x - width
        box = (left, y - 0.8 * _LINE, left + width, y + 0.2 * _LINE)
        inside = box[0] >= _LEFT and box[2] <= WIDTH and box[1] >= 0 and box[3] <= HEIGHT - _BOTTOM
        if inside and not any(_overlap(box, other) for other in taken):
            taken.append(box)
            return replace(point, label=label, label_x=x, label_y=y, anchor="start" if side > 0 else "end")
    return point


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
