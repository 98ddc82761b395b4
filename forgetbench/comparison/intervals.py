"""How sure a delta is: its interval, its one-sided bound and its p-value, by one of two ways.

`FixedSample` is for items that were all asked before any analysis; `GroupSequential` for items that arrive in blocks,
with an interim look after each: wider, and valid at every planned look. Both take the same clustered effects, so all
else is shared.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Protocol

import numpy as np

from forgetbench.comparison.verdict import one_sided_low
from forgetbench.records import DEFAULT_MARGIN
from forgetbench.stats.bootstrap import bootstrap_interval, student_interval
from forgetbench.stats.clustered import ClusterEffects
from forgetbench.stats.paired_tests import mcnemar_exact, paired_test
from forgetbench.stats.sequential import NormalMixture, planned_looks


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """An estimate's interval, bound and p-value, in the estimate's units."""

    low: float
    high: float
    """The two-sided interval."""
    lower: float
    """The one-sided bound at the same level."""
    p_value: float
    """Two-sided, of no change."""


class Method(Protocol):
    """A way to say how sure an estimate is."""

    @property
    def alpha(self) -> float:
        """Intervals and bounds have level 1 - alpha."""
        ...

    def __call__(
        self, effects: ClusterEffects, name: Sequence[str], margin: float, discordant: tuple[int, int] | None = None
    ) -> Uncertainty:
        """The uncertainty of `effects.estimate`.

        `name` identifies the row, `margin` is its non-inferiority margin, and `discordant` are the numbers of losses
        and gains, where items are right or wrong and independent.
        """
        ...

    def bounds(self, effects: ClusterEffects, margin: float) -> Uncertainty:
        """The interval and the bound alone, without a draw or a test: NaN for the p-value."""
        ...


@dataclass(frozen=True, slots=True)
class FixedSample:
    """Cluster bootstrap interval; exact McNemar for independent right-or-wrong items, else the paired test of clusters.

    Formulas and sources: `stats.bootstrap.bootstrap_interval`, `stats.paired_tests`.
    """

    alpha: float
    resamples: int
    seed: int

    def __call__(
        self, effects: ClusterEffects, name: Sequence[str], margin: float, discordant: tuple[int, int] | None = None
    ) -> Uncertainty:
        domain, *_ = name
        interval = bootstrap_interval(
            effects, rng=self._rng("interval", domain, name[-1]), alpha=self.alpha, resamples=self.resamples
        )
        if discordant is not None:
            p_value = mcnemar_exact(*discordant)
        else:
            p_value = paired_test(effects, rng=self._rng("test", *name[1:]), resamples=self.resamples)
        lower = one_sided_low(effects.estimate, interval.low, alpha=self.alpha)
        return Uncertainty(interval.low, interval.high, lower, p_value)

    def bounds(self, effects: ClusterEffects, margin: float) -> Uncertainty:
        """By Student's interval, widened like the bootstrap's."""
        interval = student_interval(effects, self.alpha)
        lower = one_sided_low(effects.estimate, interval.low, alpha=self.alpha)
        return Uncertainty(interval.low, interval.high, lower, nan)

    def _rng(self, *name: str) -> np.random.Generator:
        """A generator of the row's own, so that no row's numbers depend on which other rows there are."""
        return np.random.default_rng([self.seed, zlib.crc32("/".join(name).encode())])


@dataclass(frozen=True, slots=True)
class GroupSequential:
    """Bounds and p-value from one-sided normal-mixture e-values, valid at all planned looks together."""

    alpha: float
    taken: int
    """This look, from 1."""
    planned: int

    def __call__(
        self, effects: ClusterEffects, name: Sequence[str], margin: float, discordant: tuple[int, int] | None = None
    ) -> Uncertainty:
        # Best for changes of the margin's size; where no loss at all is allowed, for the usual one.
        mixture = NormalMixture.of(effects, margin or DEFAULT_MARGIN)
        looks = planned_looks(mixture, self.taken, self.planned)
        low, high = mixture.bounds(looks.threshold(self.alpha / 2))
        lower, _ = mixture.bounds(looks.threshold(self.alpha))
        best = max(mixture.above(0.0), mixture.below(0.0))
        return Uncertainty(low, high, lower, min(1.0, 2.0 * looks.p_value(best)))

    def bounds(self, effects: ClusterEffects, margin: float) -> Uncertainty:
        """The same, whose bounds draw nothing."""
        return self(effects, (), margin)
