"""Populations in which the true change is known, and comparisons drawn from them.

An item is lost with probability `loss`, won with probability `gain`, and else the same on both sides; the true
delta is gain - loss, exactly, in every task. Clusters are drawn too: a correlated one draws its own probabilities from
a Dirichlet distribution with these means, so that items of one cluster correlate by `correlation`, in all tasks that
share it. Sizes of clusters do not depend on what happens to them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_ABLE, _UNABLE = 0.9, 0.1
"""Where answers are sampled: the chance of a right one before an item is lost, and after."""


@dataclass(frozen=True, slots=True)
class World:
    """One setting: how big a suite is, how its items hang together, and how much changes in it."""

    name: str
    n_items: int
    """Items of a domain, over all its tasks."""
    accuracy: float = 0.6
    """Of the base."""
    discordance: float = 0.1
    """Share of items lost or won."""
    cluster: int | str = 1
    """Items of a cluster in a task; `unequal` from 1 to 20, `giant` where one cluster holds 30 % of the items."""
    correlation: float = 0.0
    samples: int = 1
    """Answers per prompt, averaged within it."""
    tasks: int = 1
    shared: bool = False
    """Whether the tasks ask about the same clusters."""
    domains: int = 1
    margin: float = 0.03

    @property
    def is_task(self) -> bool:
        """Whether its row is that of a task of independent right-or-wrong items, which has McNemar's test."""
        return self.tasks == self.domains == self.samples == self.cluster == 1

    def step(self, delta: float) -> float:
        """The share of items by which more are won than lost, for a change of `delta` in scores."""
        return delta if self.samples == 1 else delta / (_ABLE - _UNABLE)

    def rates(self, delta: float) -> tuple[float, float]:
        """Loss and gain with gain - loss = `delta`; more items change than usual only where `delta` needs it."""
        step = self.step(delta)
        total = max(self.discordance, abs(step))
        return (total - step) / 2, (total + step) / 2


@dataclass(frozen=True, slots=True)
class Drawn:
    """The paired scores of one domain: per task, base and candidate, and the clusters of their items."""

    base: list[Floats]
    candidate: list[Floats]
    clusters: list[Codes]

    @property
    def differences(self) -> list[Floats]:
        return [after - before for before, after in zip(self.base, self.candidate, strict=True)]


def draw(world: World, delta: float, rng: np.random.Generator) -> Drawn:
    """One domain of `world` with a true change of `delta`."""
    loss, gain = world.rates(delta)
    base, candidate, clusters = [], [], []
    chances: tuple[Floats, Floats] | None = None
    sizes = _sizes(world, rng)
    first = 0
    for _ in range(world.tasks):
        if chances is None or not world.shared:
            sizes = _sizes(world, rng) if first else sizes
            chances = _cluster_chances(loss, gain, world.correlation, len(sizes), rng)
        codes = np.repeat(np.arange(len(sizes)), sizes)
        before, after = _scores(world, (loss, gain), (chances[0][codes], chances[1][codes]), rng)
        base.append(before)
        candidate.append(after)
        clusters.append(codes + first)
        first += 0 if world.shared else len(sizes)
    return Drawn(base, candidate, clusters)


def _sizes(world: World, rng: np.random.Generator) -> Codes:
    n = world.n_items // world.tasks
    if world.cluster == "unequal":
        odds = 1.0 / np.arange(1, 21)
        mean = 20 / odds.sum()
        return rng.choice(np.arange(1, 21), round(n / mean), p=odds / odds.sum())
    if world.cluster == "giant":
        return np.concatenate([[round(0.3 * n)], np.full(round(0.7 * n / 5), 5)])
    return np.full(n // int(world.cluster), int(world.cluster))


def _cluster_chances(
    loss: float, gain: float, correlation: float, n: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Every cluster's own chance of a loss and of a gain."""
    if correlation == 0.0:
        return np.full(n, loss), np.full(n, gain)
    strength = 1.0 / correlation - 1.0
    lost, won, same = (rng.standard_gamma(strength * share, n) for share in (loss, gain, 1.0 - loss - gain))
    total = np.maximum(lost + won + same, np.finfo(float).tiny)
    return lost / total, won / total


def _scores(
    world: World, rates: tuple[float, float], chances: tuple[Floats, Floats], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Scores of base and candidate on a task's items."""
    n = len(chances[0])
    place = rng.random(n)
    lost = place < chances[0]
    won = ~lost & (place < chances[0] + chances[1])
    if world.samples == 1:
        able = rng.random(n) < (world.accuracy - rates[0]) / (1.0 - sum(rates))
        return (lost | (able & ~won)).astype(float), (won | (able & ~lost)).astype(float)
    steady = rng.beta(2 * world.accuracy, 2 * (1 - world.accuracy), n)
    before = np.where(lost, _ABLE, np.where(won, _UNABLE, steady))
    after = np.where(lost, _UNABLE, np.where(won, _ABLE, steady))
    k = world.samples
    return rng.binomial(k, before) / k, rng.binomial(k, after) / k


WORLDS = (
    World("50 items, accuracy .95", 50, accuracy=0.95, discordance=0.10),
    World("50 items, hardly a change", 50, accuracy=0.95, discordance=0.02),
    World("50 items, much change", 50, discordance=0.30),
    World("100 items, accuracy .05", 100, accuracy=0.05, discordance=0.05),
    World("200 items", 200, discordance=0.10),
    World("500 items, rare change", 500, accuracy=0.90, discordance=0.02),
    World("1,000 items", 1000, discordance=0.10),
    World("1,000 items, rare change", 1000, accuracy=0.95, discordance=0.03),
    World("2,000 items, much change", 2000, accuracy=0.50, discordance=0.30),
    World("5,000 items, rare change", 5000, accuracy=0.95, discordance=0.02),
    World("5,000 items", 5000, accuracy=0.70, discordance=0.15),
    World("12 clusters of 20", 240, discordance=0.20, cluster=20, correlation=0.1),
    World("6 clusters of 20", 120, discordance=0.30, cluster=20, correlation=0.2),
    World("25 clusters of 20, heavy", 500, discordance=0.20, cluster=20, correlation=0.5),
    World("50 clusters of 20", 1000, discordance=0.10, cluster=20, correlation=0.1),
    World("250 clusters of 20, rare", 5000, accuracy=0.90, discordance=0.02, cluster=20, correlation=0.2),
    World("clusters of 1 to 20", 300, discordance=0.15, cluster="unequal", correlation=0.3),
    World("clusters of 1 to 20, large", 3000, discordance=0.10, cluster="unequal", correlation=0.2),
    World("one giant cluster", 500, discordance=0.15, cluster="giant", correlation=0.2),
    World("50 prompts, K = 8", 50, discordance=0.10, samples=8),
    World("400 prompts, K = 8", 400, accuracy=0.40, discordance=0.05, samples=8),
    World("60 clusters of 5, K = 8", 300, discordance=0.10, cluster=5, correlation=0.3, samples=8),
    World("5 tasks of 100", 500, discordance=0.10, tasks=5),
    World("40 tasks of 50", 2000, accuracy=0.70, discordance=0.10, tasks=40),
    World("40 tasks of 50, clusters of 5", 2000, discordance=0.08, cluster=5, correlation=0.3, tasks=40),
    World("3 views of 200 questions", 600, discordance=0.12, correlation=0.6, tasks=3, shared=True),
    World("5 domains of 300", 300, discordance=0.10, domains=5),
    World(
        "5 domains, 3 tasks each", 300, accuracy=0.85, discordance=0.08, cluster=2, correlation=0.3, tasks=3, domains=5
    ),
)
