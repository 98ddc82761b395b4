"""What checkpoints gained on the target against what they lost elsewhere, and which of them nobody beats in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

from forgetbench.records import TARGET, Comparison, Estimate
from forgetbench.stats.pareto import pareto_front


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """One checkpoint on the plane of gain and change, in score units with two-sided intervals; NaN: not measured."""

    step: int
    name: str
    gain: float = nan
    """On the target."""
    gain_low: float = nan
    gain_high: float = nan
    change: float = nan
    """The overall row's delta: the mean of all domains but target and format rigidity; a loss is negative."""
    change_low: float = nan
    change_high: float = nan
    on_front: bool | None = None
    """No other checkpoint has as high a gain and as small a loss, by the estimates; None where either is missing."""
    run: str = ""
    """Of which training, where there are several."""


def change_and_gain(comparison: Comparison) -> tuple[Estimate | None, Estimate | None]:
    """The estimates of the overall row and of the target; None for one that was not measured."""
    target = next((row.estimate for row in comparison.domains if row.name == TARGET), None)
    return comparison.overall.estimate, target


def tradeoffs(checkpoints: Sequence[tuple[int, Comparison]], runs: Sequence[str] = ()) -> tuple[Tradeoff, ...]:
    """A point for each checkpoint, given as its step and its comparison with the base, in their order.

    `runs` names the training of each where they are of several; the front is that of all.
    """
    names = runs or [""] * len(checkpoints)
    pairs = [change_and_gain(comparison) for _, comparison in checkpoints]
    both = [at for at, (change, gain) in enumerate(pairs) if change and gain]
    front = pareto_front([(change.delta, gain.delta) for change, gain in pairs if change and gain])
    on_front = dict(zip(both, front, strict=True))
    return tuple(
        Tradeoff(step, comparison.candidate.name, *_numbers(gain), *_numbers(change), on_front.get(at), run)
        for at, ((step, comparison), (change, gain), run) in enumerate(zip(checkpoints, pairs, names, strict=True))
    )


def _numbers(estimate: Estimate | None) -> tuple[float, float, float]:
    return (nan, nan, nan) if estimate is None else (estimate.delta, estimate.ci_low, estimate.ci_high)
