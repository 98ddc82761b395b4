"""Forgetting at a common target gain: what a recipe costs for the same thing bought.

Raw end points cannot be compared: a recipe that learnt nothing forgot nothing. So each path is read where it first
reaches a gain g*. The rule: from (gain 0, forgetting 0), the base, go along the checkpoints in the order of training to
the first one whose gain is g* or more; between it and the one before, forgetting is linear in the gain. The one before
may lie below the base: what is forgotten before anything is gained counts. A path that never reaches g* has no number
there, and a recipe with such a seed is not ranked. A recipe that goes on from another's end begins there, and has no
number where that is beyond g*; averages end with what they average.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf, nan, sqrt

import numpy as np

from forgetbench.lab.paths import Lab, RecipePath
from forgetbench.stats.multiplicity import holm
from forgetbench.stats.quantiles import student_cdf, student_quantile

SHARES = (0.5, 0.8)
"""Of the reference's final gain, its mean over the seeds: declared before anything was run."""
FEWEST_SEEDS = 3
"""With fewer a recipe is listed, and not ranked."""

Place = tuple[float, float]
"""(gain, cost)"""


@dataclass(frozen=True, slots=True)
class MeanOverSeeds:
    """A mean with Student's interval over the seeds; `low` and `high` are NaN with fewer than two."""

    mean: float
    low: float
    high: float
    n: int
    p_value: float = nan
    """Two-sided, of a mean of 0."""


@dataclass(frozen=True, slots=True)
class Matched:
    """One recipe at one gain."""

    recipe: str
    reached: tuple[int, ...]
    """Seeds whose path reaches the gain."""
    missed: tuple[int, ...]
    """Seeds whose path never does."""
    beyond: tuple[int, ...]
    """Seeds whose path begins beyond it, where another recipe ended."""
    forgetting: MeanOverSeeds | None
    """None where no seed reaches the gain."""
    domains: Mapping[str, MeanOverSeeds]
    against: MeanOverSeeds | None
    """Forgetting less the reference's of the same seed; None for the reference, and without common seeds."""
    p_adjusted: float | None
    """Of that difference, by Holm over the ranked recipes."""
    rank: int | None
    """From 1, by the mean; None where a seed missed the gain or there are fewer than three."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """All recipes at one gain, the best first, then those that are not ranked."""

    share: float
    gain: float
    """g*, chance-corrected."""
    rows: tuple[Matched, ...]


def cost_at(gain: float, points: Sequence[Place]) -> float | None:
    """The cost at which a path first reaches `gain`, linear between the two places on either side.

    None where it never does, or begins beyond it.

    >>> cost_at(0.25, [(0.0, 0.0), (0.5, 0.2)])
    0.1
    >>> cost_at(0.6, [(0.0, 0.0), (0.5, 0.2)])
    """
    if not points or points[0][0] > gain:
        return None
    if points[0][0] == gain:
        return points[0][1]
    for (before, cost), (after, next_cost) in pairwise(points):
        if after >= gain:
            return cost + (next_cost - cost) * (gain - before) / (after - before)
    return None


def places(lab: Lab, path: RecipePath, domain: str | None = None) -> list[Place]:
    """A path's places: from the base, or from where another recipe ended, over its own checkpoints.

    The cost is what was forgotten, of a domain or overall; none where the path's start was not measured.
    """
    own = _measured(path, domain)
    if path.start is None:
        return [(0.0, 0.0), *own]
    start = lab.find(path.start, path.seed)
    end = [] if start is None else _measured(start, domain)[-1:]
    if path.averages:
        return [(0.0, 0.0), *own, *end]
    return [*end, *own] if end else []


def path_cost(lab: Lab, path: RecipePath, gain: float, domain: str | None = None) -> float | None:
    """What a path has forgotten, of a domain or overall, where it first reaches `gain`; None as in `cost_at`."""
    return cost_at(gain, places(lab, path, domain))


def _measured(path: RecipePath, domain: str | None) -> list[Place]:
    pairs = [(point.gain, point.forgetting(domain)) for point in path.points]
    return [(gain, cost) for gain, cost in pairs if gain is not None and cost is not None]


def mean_over_seeds(values: Sequence[float], level: float = 0.95) -> MeanOverSeeds:
    """Mean, Student's interval and test of one value per seed.

    >>> mean_over_seeds([1.0, 2.0, 3.0])
    MeanOverSeeds(mean=2.0, low=-0.484..., high=4.484..., n=3, p_value=0.0741...)

    Raises ValueError without any.
    """
    n = len(values)
    if n == 0:
        raise ValueError("no seeds")
    mean = float(np.mean(values))
    if n == 1:
        return MeanOverSeeds(mean, nan, nan, n)
    se = float(np.std(values, ddof=1)) / sqrt(n)
    reach = student_quantile(0.5 + level / 2, n - 1) * se
    p = 2.0 * student_cdf(-abs(mean) / se, n - 1) if se > 0.0 else float(mean == 0.0)
    return MeanOverSeeds(mean, mean - reach, mean + reach, n, p)


def target_gain(lab: Lab, share: float) -> float | None:
    """g*: `share` of the reference's final gain, its mean over the seeds; None where that is unknown or not above 0."""
    finals = [path.points[-1].gain for path in lab.of(lab.reference).values() if path.points]
    known = [gain for gain in finals if gain is not None]
    return share * float(np.mean(known)) if known and np.mean(known) > 0.0 else None


def rank(lab: Lab, share: float) -> Ranking | None:
    """Every recipe's forgetting at one gain; None where the reference was not run, or gained nothing."""
    gain = target_gain(lab, share)
    if gain is None:
        return None
    rows = [_matched(lab, recipe, gain) for recipe in lab.recipes]
    return Ranking(share, gain, _ranked(rows))


def _matched(lab: Lab, recipe: str, gain: float) -> Matched:
    paths = lab.of(recipe)
    costs = {seed: cost for seed, path in paths.items() if (cost := path_cost(lab, path, gain)) is not None}
    beside = {seed: path_cost(lab, path, gain) for seed, path in lab.of(lab.reference).items()}
    differences = [
        cost - other
        for seed, cost in costs.items()
        if recipe != lab.reference and (other := beside.get(seed)) is not None
    ]
    by_domain = {
        domain: [cost for seed in costs if (cost := path_cost(lab, paths[seed], gain, domain)) is not None]
        for domain in lab.domains
    }
    late = [seed for seed, path in paths.items() if (whole := places(lab, path)) and whole[0][0] > gain]
    return Matched(
        recipe=recipe,
        reached=tuple(costs),
        missed=tuple(seed for seed in paths if seed not in costs and seed not in late),
        beyond=tuple(late),
        forgetting=mean_over_seeds(list(costs.values())) if costs else None,
        domains={domain: mean_over_seeds(values) for domain, values in by_domain.items() if values},
        against=mean_over_seeds(differences) if differences else None,
        p_adjusted=None,
        rank=None,
    )


def _ranked(rows: Sequence[Matched]) -> tuple[Matched, ...]:
    """Those that can be ranked by their mean, with p-values adjusted for one another; then the others."""
    whole = [row for row in rows if not row.missed and not row.beyond]
    can = [row for row in whole if row.forgetting is not None and len(row.reached) >= FEWEST_SEEDS]
    tested = [row for row in can if row.against is not None and row.against.n >= FEWEST_SEEDS]
    adjusted = holm([row.against.p_value for row in tested if row.against is not None])
    by_recipe = {row.recipe: float(p) for row, p in zip(tested, adjusted, strict=True)}
    order = sorted(can, key=lambda row: row.forgetting.mean if row.forgetting else nan)
    ranked = [
        replace(row, rank=place, p_adjusted=by_recipe.get(row.recipe)) for place, row in enumerate(order, start=1)
    ]
    names = {row.recipe for row in ranked}
    others = [row for row in rows if row.recipe not in names]
    return (*ranked, *sorted(others, key=lambda row: inf if row.forgetting is None else row.forgetting.mean))
