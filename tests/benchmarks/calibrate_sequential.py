"""The sequential gate's errors at all looks together, and the share of the items that it uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from calibrate_worlds import Drawn, World, draw

from forgetbench.records import ALPHA
from forgetbench.stats.clustered import ClusterEffects, cluster_effects
from forgetbench.stats.multiplicity import holm
from forgetbench.stats.sequential import NormalMixture, planned_looks

LOOKS = 20

WORLDS = (
    World("200 items, margin 5", 200, discordance=0.10, margin=0.05),
    World("1,000 items, margin 3", 1000, discordance=0.10),
    World("1,000 items, rare change, margin 3", 1000, accuracy=0.95, discordance=0.02),
    World("2,000 items, margin 3", 2000, discordance=0.10),
    World("2,000 items, margin 5", 2000, discordance=0.10, margin=0.05),
    World("5,000 items, margin 3", 5000, discordance=0.10),
    World("5,000 items, margin 3, much change", 5000, accuracy=0.50, discordance=0.30),
    World("5 tasks of 400, margin 3", 2000, discordance=0.10, tasks=5),
    World("50 clusters of 20, margin 3", 1000, discordance=0.10, cluster=20, correlation=0.1),
    World("clusters of 1 to 20, 3,000 items, margin 3", 3000, discordance=0.10, cluster="unequal", correlation=0.2),
    World("400 prompts, K = 8, margin 5", 400, discordance=0.05, samples=8, margin=0.05),
)


@dataclass(frozen=True, slots=True)
class Path:
    """One domain at every planned look: what the gate decides by."""

    p_loss: np.ndarray
    """Two-sided p-value after each look, 1 where the change is not a loss."""
    within_margin: np.ndarray
    """Whether the lower bound is above -margin."""


def looks(drawn: Drawn, n_looks: int = LOOKS) -> Iterator[ClusterEffects]:
    """The effects after each of `n_looks` blocks, every block the same share of every task's clusters.

    Clusters are drawn independently, so their own order is a random one.
    """
    starts = [int(codes[0]) for codes in drawn.clusters]
    counts = [int(codes[-1]) - start + 1 for codes, start in zip(drawn.clusters, starts, strict=True)]
    for look in range(1, n_looks + 1):
        ends = [
            int(np.searchsorted(codes, start + max(1, round(count * look / n_looks))))
            for codes, start, count in zip(drawn.clusters, starts, counts, strict=True)
        ]
        differences = [task[:end] for task, end in zip(drawn.differences, ends, strict=True)]
        yield cluster_effects(differences, [codes[:end] for codes, end in zip(drawn.clusters, ends, strict=True)])


def walk(world: World, delta: float, rng: np.random.Generator) -> Path:
    """One domain of `world` with a true change of `delta`, from the first look to the last."""
    return walked(draw(world, delta, rng), world.margin)


def walked(drawn: Drawn, margin: float, alpha: float = ALPHA) -> Path:
    """A drawn domain from the first look to the last."""
    return path_of(looks(drawn), margin, alpha)


def path_of(effects_of_looks: Iterable[ClusterEffects], margin: float, alpha: float = ALPHA) -> Path:
    """As `uncertainty.GroupSequential` and the verdict's rules see it.

    Its interval of level .95 lies below 0 where the p-value of a loss is below .05, and its lower bound is above
    -margin where the bet on retention has reached its threshold.
    """
    p_values, within = [], []
    for look, effects in enumerate(effects_of_looks, 1):
        mixture = NormalMixture.of(effects, margin)
        chances = planned_looks(mixture, look, LOOKS)
        p_values.append(min(1.0, 2.0 * chances.p_value(mixture.below(0.0))))
        within.append(mixture.above(-margin) >= chances.threshold(alpha))
    return Path(np.array(p_values), np.array(within))


def regressed(paths: list[Path]) -> np.ndarray:
    """Per look and domain, whether it is called regressed after Holm over the domains; shape (looks, domains)."""
    p_values = np.stack([path.p_loss for path in paths], axis=1)
    return np.array([holm(look) < ALPHA for look in p_values])


def share_used(path: Path) -> float:
    """The share of looks until one domain, gated alone, is decided; 1 where it never is."""
    decided = regressed([path])[:, 0] | path.within_margin
    return (int(np.argmax(decided)) + 1) / len(decided) if decided.any() else 1.0
