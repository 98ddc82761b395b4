"""Tasks drawn for the hard cases of `calibrate_cases`: scores of base and candidate whose true change is known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from calibrate_compared import Floats, Task
from calibrate_worlds import World, draw

Rng = np.random.Generator
Bools = np.ndarray
ACCURACY = 0.6


def items(rng: Rng, n: int, loss: float, gain: float, accuracy: float = ACCURACY) -> list[Task]:
    """Independent right-or-wrong items, lost and gained with these probabilities."""
    return [Task(*_changed(rng, n, loss, gain, accuracy))]


def _changed(rng: Rng, n: int, loss: float, gain: float, accuracy: float = ACCURACY) -> tuple[Floats, Floats]:
    place, able = rng.random(n), rng.random(n) < (accuracy - loss) / (1.0 - loss - gain)
    lost, won = place < loss, (place >= loss) & (place < loss + gain)
    return (lost | (able & ~won)).astype(float), (won | (able & ~lost)).astype(float)


def _moved(delta: float, discordance: float = 0.1) -> tuple[float, float]:
    total = max(discordance, abs(delta))
    return (total - delta) / 2, (total + delta) / 2


def of_world(world: World, rng: Rng, delta: float) -> list[Task]:
    drawn = draw(world, delta, rng)
    parts = zip(drawn.base, drawn.candidate, drawn.clusters, strict=True)
    return [Task(base, candidate, clusters, binary=world.samples == 1) for base, candidate, clusters in parts]


# --- missing items ----------------------------------------------------------------------------


def unmeasured_losses(rng: Rng) -> list[Task]:
    """50 of 100 right; 40 of them are lost and unmeasured on the candidate, 12 of the others gained."""
    base = np.repeat([1.0, 0.0], 50)
    candidate = base.copy()
    candidate[:40] = np.nan
    candidate[50:62] = 1.0
    order = rng.permutation(100)
    return [Task(base[order], candidate[order])]


def missing_at_random(rng: Rng, n: int, share: float, delta: float) -> list[Task]:
    base, candidate = _changed(rng, n, *_moved(delta))
    return [Task(base, np.where(rng.random(n) < share, np.nan, candidate))]


def missing_where_lost(rng: Rng, n: int, delta: float) -> list[Task]:
    """Of what the candidate lost every second item is not measured on its side."""
    base, candidate = _changed(rng, n, *_moved(delta))
    gone = (base > candidate) & (rng.random(n) < 0.5)
    return [Task(base, np.where(gone, np.nan, candidate))]


def lost_in_one_task(rng: Rng) -> list[Task]:
    """True change -6 points: in one task -2 (30 % of its items lost and unmeasured, 28 % gained), in the other -10."""
    n = 2000
    base = (rng.random(n) < 0.3).astype(float)
    candidate = np.where(base == 1.0, np.nan, rng.random(n) < 0.4)
    return [Task(base, candidate.astype(float)), Task(*_changed(rng, n, 0.12, 0.02))]


# --- sampled prompts --------------------------------------------------------------------------


def sampled_prompts(rng: Rng, n: int, samples: int, drop: float, calm: bool = True) -> list[Task]:
    """Prompts whose chance of a right answer falls by an equal share each; answers are sampled.

    A `calm` candidate gives each prompt's expected number of right answers, as one does whose answers hardly vary.
    """
    before = rng.beta(1.2, 0.8, n)
    after = before * (1.0 - drop / ACCURACY)
    right = np.floor(samples * after + rng.random(n)) if calm else rng.binomial(samples, after)
    return [Task(rng.binomial(samples, before) / samples, right / samples, binary=False)]


@dataclass(frozen=True, slots=True)
class Steady:
    """Clusters of items with a chance of a right answer of their own, the same for base and unchanged candidate."""

    clusters: int
    per: int = 1
    """Items of a cluster."""
    samples: int = 1
    accuracy: float = ACCURACY
    spread: float = 0.0
    """How much clusters differ, as the correlation of answers within one."""
    churn: float = 0.1
    """Share of right-or-wrong items that are lost or won without a change, at accuracy .5; less near the ends."""


def steady(world: Steady, rng: Rng, drop: float = 0.0, uneven: bool = False) -> list[Task]:
    """The candidate loses `drop`, by an equal share everywhere, or in whole clusters that collapse to nothing."""
    chance = np.full(world.clusters, world.accuracy)
    if world.spread:
        strength = 1.0 / world.spread - 1.0
        chance = rng.beta(strength * world.accuracy, strength * (1.0 - world.accuracy), world.clusters)
    share = drop / world.accuracy
    stays = rng.random(world.clusters) >= share if uneven else np.full(world.clusters, 1.0 - share)
    codes = np.repeat(np.arange(world.clusters), world.per)
    n, kept = len(codes), stays[codes]
    if world.samples > 1:
        k, before = world.samples, chance[codes]
        return [Task(rng.binomial(k, before) / k, rng.binomial(k, before * kept) / k, codes, binary=False)]
    base = rng.random(n) < chance[codes]
    # Most answers repeat; the others are given anew, right with the same chance.
    anew = rng.random(n) < world.churn / (2 * 0.25)
    again = np.where(anew, rng.random(n) < chance[codes], base)
    return [Task(base.astype(float), (again & (rng.random(n) < kept)).astype(float), codes)]


# --- low bases --------------------------------------------------------------------------------


def known_share(rng: Rng, n: int, right: float, keeps: float, gains: float = 0.0) -> list[Task]:
    """The base has `right` items right (a count, or a share drawn); the candidate keeps each with chance `keeps`.

    `gains` is what it wins elsewhere, as a share of what the base has right.
    """
    base = np.arange(n) < right if right >= 1 else rng.random(n) < right
    accuracy = right / n if right >= 1 else right
    won = ~base & (rng.random(n) < gains * accuracy / (1.0 - accuracy))
    kept = base & (rng.random(n) < keeps)
    return [Task(base.astype(float), (kept | won).astype(float))]


# --- fates ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fates:
    """Free answers, and the same items as choices among `options`; shares are of the forgotten items."""

    n: int
    locked: float = 0.0
    never: float = 0.0
    """The base said the answer, and does not know it among the options."""
    options: int = 4
    views: int = 1
    forgotten: float = 0.3
    cluster: int = 1


def fates(world: Fates, rng: Rng) -> list[Task]:
    """Open answers in the first task; who knows an item ranks it first, who does not guesses."""
    clusters = np.arange(world.n // world.cluster)
    codes = np.repeat(clusters, world.cluster)
    base = rng.random(world.n) < 0.7
    lost = base & (rng.random(world.n) < world.forgotten / 0.7)
    fate = rng.random(len(clusters))[codes] if world.cluster > 1 else rng.random(world.n)
    locked, never = fate < world.locked, fate >= 1.0 - world.never
    knows_before, knows_after = base & ~(lost & never), base & (~lost | locked)
    open_view = Task(base.astype(float), (base & ~lost).astype(float), codes, items=np.arange(world.n), view="open")
    choice = partial(Task, first=codes, items=np.arange(world.n), view="choice", chance=1.0 / world.options)
    guess = partial(_or_guess, rng, world.options)
    return [open_view, *(choice(guess(knows_before), guess(knows_after)) for _ in range(world.views))]


def _or_guess(rng: Rng, options: int, knows: Bools) -> Floats:
    return (knows | (rng.random(len(knows)) < 1.0 / options)).astype(float)


@dataclass(frozen=True, slots=True)
class Guessers:
    """Choice items that are known or guessed; of those that neither knows the share `repeats` gets the same guess."""

    n: int
    options: int = 4
    known: float = 0.42
    forgotten: float = 0.0
    repeats: float = 0.0


def guessers(world: Guessers, rng: Rng) -> list[Task]:
    """The right option is the first."""
    place = rng.random(world.n)
    knows, still = place < world.known, place < world.known - world.forgotten
    guess = rng.integers(world.options, size=world.n)
    again = np.where(rng.random(world.n) < world.repeats, guess, rng.integers(world.options, size=world.n))
    before, after = np.where(knows, 0, guess), np.where(still, 0, again)
    picked = (before, after)
    return [
        Task(*((side == 0).astype(float) for side in picked), view="choice", chance=1.0 / world.options, picked=picked,
             options=world.options)
    ]  # fmt: skip


# --- clusters ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Crossed:
    """Every relation asked of every entity. The correlations are of the change, within a relation and an entity.

    Where entities do not correlate every item has one of its own.
    """

    relations: int
    entities: int
    relation: float = 0.0
    entity: float = 0.0


def crossed(world: Crossed, rng: Rng, delta: float) -> list[Task]:
    """An item's chances of a loss and a gain are those of its relation or of its entity, each with one half.

    Where only relations correlate they are the relation's.
    """
    loss, gain = _moved(delta, 0.2)
    relation = np.repeat(np.arange(world.relations), world.entities)
    entity = np.tile(np.arange(world.entities), world.relations)
    n = len(relation)
    if not world.entity:
        lost, won = _dirichlet(rng, loss, gain, world.relation, world.relations)
        chances = lost[relation], won[relation]
        first = np.arange(n) if world.relation else entity
    else:
        # Half of each: a mixture's correlation is a quarter of its part's.
        of_relation = _dirichlet(rng, loss, gain, min(0.95, 4 * world.relation), world.relations)
        of_entity = _dirichlet(rng, loss, gain, min(0.95, 4 * world.entity), world.entities)
        chances = tuple((r[relation] + e[entity]) / 2 for r, e in zip(of_relation, of_entity, strict=True))
        first = entity
    place = rng.random(n)
    lost = place < chances[0]
    won = ~lost & (place < chances[0] + chances[1])
    able = rng.random(n) < (ACCURACY - loss) / (1.0 - loss - gain)
    base, candidate = (lost | (able & ~won)).astype(float), (won | (able & ~lost)).astype(float)
    return [Task(base, candidate, first, second=relation)]


def _dirichlet(rng: Rng, loss: float, gain: float, correlation: float, n: int) -> tuple[Floats, Floats]:
    if not correlation:
        return np.full(n, loss), np.full(n, gain)
    strength = 1.0 / correlation - 1.0
    lost, won, same = (rng.standard_gamma(strength * share, n) for share in (loss, gain, 1.0 - loss - gain))
    total = np.maximum(lost + won + same, np.finfo(float).tiny)
    return lost / total, won / total


def views(rng: Rng, n: int, correlation: float, delta: float) -> list[Task]:
    """Three tasks ask about the same items, and each calls an item's cluster by another name."""
    drawn = draw(World("", 3 * n, discordance=0.12, correlation=correlation, tasks=3, shared=True), delta, rng)
    return [
        Task(base, candidate, first=view * n + np.arange(n), items=np.arange(n))
        for view, (base, candidate) in enumerate(zip(drawn.base, drawn.candidate, strict=True))
    ]


def giant_collapse(rng: Rng) -> list[Task]:
    """One cluster of 30 % of the items, the others of five, with accuracies of their own; nothing is right any more."""
    sizes = np.concatenate([[150], np.full(70, 5)])
    chance = rng.beta(4 * ACCURACY, 4 * (1.0 - ACCURACY), len(sizes))
    codes = np.repeat(np.arange(len(sizes)), sizes)
    return [Task((rng.random(500) < chance[codes]).astype(float), np.zeros(500), codes)]


# --- several tasks ----------------------------------------------------------------------------


def unequal(rng: Rng, sizes: tuple[int, int], rate: float, drop: float) -> list[Task]:
    """A small and a large task; of the small one `rate` of the items change, or what a true `drop` in it needs."""
    small, large = sizes
    return [Task(*_changed(rng, small, *_moved(-drop, rate))), Task(*_changed(rng, large, *_moved(0.0)))]


def opposite(rng: Rng) -> list[Task]:
    return [Task(*_changed(rng, 500, 0.0, 0.15)), Task(*_changed(rng, 500, 0.15, 0.0))]
