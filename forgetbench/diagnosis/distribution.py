"""From sums over texts to rows with intervals, and how well choices are calibrated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, log

import numpy as np
from numpy.typing import NDArray

from forgetbench.diagnosis.asked import DistributionRow, Source
from forgetbench.diagnosis.divergence import TextSums
from forgetbench.diagnosis.measure import Measure
from forgetbench.metrics.calibration import brier_score, calibration_shares, probabilities
from forgetbench.stats.bootstrap import student_interval
from forgetbench.stats.clustered import cluster_effects
from forgetbench.stats.ratios import pooled_rate


def distribution_row(source: Source, texts: Sequence[TextSums], alpha: float) -> DistributionRow:
    """The sums as rates per token, and per byte where bytes are told; intervals at level 1 - `alpha`, by cluster.

    What is infinite, since the candidate calls impossible what the base does not, is left out. Raises ValueError where
    no token was scored.
    """
    scored = [text for text in texts if text.n_tokens]
    tokens = [float(text.n_tokens) for text in scored]
    clusters = [text.cluster for text in scored]

    def rate(name: str, value: Callable[[TextSums], float], per: Sequence[float]) -> Measure:
        found = pooled_rate([value(text) for text in scored], per, clusters, alpha)
        return Measure(name, found.value, found.low, found.high)

    def of_sides(name: str, pair: Callable[[TextSums], Sequence[float]], per: Sequence[float]) -> Iterator[Measure]:
        yield rate(f"{name}_base", lambda text: pair(text)[0], per)
        yield rate(f"{name}_candidate", lambda text: pair(text)[1], per)
        yield rate(f"{name}_difference", lambda text: pair(text)[1] - pair(text)[0], per)

    measures = [
        rate("kl", lambda text: text.kl, tokens),
        *of_sides("entropy", lambda text: text.entropies, tokens),
        *of_sides("loss", lambda text: text.losses, tokens),
    ]
    if all(text.n_bytes for text in scored):
        n_bytes = [float(text.n_bytes) for text in scored]
        measures += of_sides("bits", lambda text: [loss / log(2) for loss in text.losses], n_bytes)
    finite = tuple(each for each in measures if isfinite(each.value))
    return DistributionRow(source, len(scored), int(sum(tokens)), finite)


@dataclass(frozen=True, slots=True)
class Rated:
    """One item answered by likelihood on both sides."""

    cluster: str
    right: int
    """The number of the right option, from 0."""
    base: tuple[float, ...]
    """Log-likelihoods of the options, in nats."""
    candidate: tuple[float, ...]


def calibration(items: Sequence[Rated], alpha: float) -> tuple[Measure, ...]:
    """Brier score and debiased calibration error of both sides, and how they differ; () without items.

    `brier_`: over all options, halved, in [0, 1], lower is better. `ece_`: the expected calibration error of the option
    rated highest, in bins of equal mass, less what noise adds (`metrics.calibration`). Intervals by cluster; those of
    the error take bins and signs as given. Items one side has no finite rating of are left out.
    """
    rated = [
        item for item in items if all(np.isfinite(probabilities(side)).all() for side in (item.base, item.candidate))
    ]
    if not rated:
        return ()
    _names, codes = np.unique([item.cluster for item in rated], return_inverse=True)
    right = [item.right for item in rated]
    sides = [
        [probabilities(side) for side in column] for column in ([i.base for i in rated], [i.candidate for i in rated])
    ]
    brier = [np.array([1.0 - brier_score(p, gold) for p, gold in zip(side, right, strict=True)]) for side in sides]
    ece = [_shares(side, right) for side in sides]
    return tuple(
        _mean(f"{name}_{side}", values, codes, alpha)
        for name, (before, after) in (("brier", brier), ("ece", ece))
        for side, values in (("base", before), ("candidate", after), ("difference", after - before))
    )


def _shares(options: Sequence[NDArray[np.float64]], right: Sequence[int]) -> NDArray[np.float64]:
    confidence = np.array([float(each.max()) for each in options])
    correct = np.array([float(each.argmax() == gold) for each, gold in zip(options, right, strict=True)])
    return calibration_shares(confidence, correct)


def _mean(name: str, values: NDArray[np.float64], codes: NDArray[np.intp], alpha: float) -> Measure:
    effects = cluster_effects([values], [codes])
    interval = student_interval(effects, alpha)
    return Measure(name, effects.estimate, interval.low, interval.high)
