"""Scores and item outcomes with the share of lucky guesses taken out.

n10 is the share of items the base has right and the candidate wrong, n01 the reverse, n00 wrong in
both. `chance` is the chance of a lucky guess, 1 / k for k options and 0 for a free answer. Nothing is
clipped unless said: a floor at 0 would hide a collapse below chance.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CorrectedRates:
    """Shares of items forgotten and gained, lucky guesses taken out."""

    forgotten: float
    gained: float


def chance_corrected(score: float, chance: float) -> float:
    """(score - chance) / (1 - chance): 0 at chance, 1 at all right, negative below chance.

    Raises ValueError unless 0 <= chance < 1.
    """
    return (score - _checked(chance)) / (1.0 - chance)


def latent_correction(n10: float, n01: float, n00: float, chance: float) -> CorrectedRates:
    """Shares of items known before and not after, and the reverse, from a model of guessing.

    Who knows an answer is right, who does not guesses and is right with probability 1 / k, independently in
    base and candidate: KU = (n10 - n00 / (k - 1)) * k / (k - 1). Equal to the raw share where chance is 0. May be
    negative, when fewer items were lost than guessing alone explains; greedy guesses correlate between
    checkpoints, which makes that common. Source: ours (docs/statistics.md derives it).
    """
    lucky = n00 * _checked(chance) / (1.0 - chance)
    return CorrectedRates((n10 - lucky) / (1.0 - chance), (n01 - lucky) / (1.0 - chance))


def marginal_correction(n10: float, n01: float, base: float, candidate: float, chance: float) -> CorrectedRates:
    """Forgotten and gained less what two accuracies alone would give by guessing, floored at 0.

    F_chance = G_chance = (1 - base)(1 - candidate) / (k - 1), with base and candidate the accuracies. It over- and
    under-corrects, since it multiplies marginals. Source: "Mapping Post-Training Forgetting in Language
    Models at Scale", arXiv 2510.17776.
    """
    lucky = (1.0 - base) * (1.0 - candidate) * _checked(chance) / (1.0 - chance)
    return CorrectedRates(max(n10 - lucky, 0.0), max(n01 - lucky, 0.0))


def _checked(chance: float) -> float:
    if not 0.0 <= chance < 1.0:
        raise ValueError(f"the chance of a lucky guess must be in [0, 1), not {chance}")
    return chance
