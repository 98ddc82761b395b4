"""Chance-corrected scores and item outcomes.

n10 is the share of items the base has right and the candidate wrong, n01 the reverse, n00 wrong in
both. `chance` is the score of guessing, 1 / k for k options and 0 for a free answer. Nothing is
clipped unless said: a floor at 0 would hide a collapse below chance.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CorrectedRates:
    """Shares of items forgotten and gained, chance-corrected."""

    forgotten: float
    gained: float


def chance_corrected(score: float, chance: float) -> float:
    """(score - chance) / (1 - chance): 0 at chance, 1 at all right, negative below chance.

    >>> chance_corrected(0.625, chance=0.25)
    0.5

    Raises ValueError unless 0 <= chance < 1.
    """
    return (score - _checked(chance)) / (1.0 - chance)


def latent_correction(n10: float, n01: float, n00: float, chance: float) -> CorrectedRates:
    """Shares of items known before and not after, and the reverse, under the random-guessing model.

    Who knows an answer is right, who does not guesses and is right with probability 1 / k, independently in base and
    candidate. The share known to the base only is then KU = (n10 - n00 / (k - 1)) * k / (k - 1), the raw share where
    chance is 0. It may be negative, when fewer items were lost than guessing alone explains; greedy guesses correlate
    between checkpoints, which makes that common.

    Two models that guess among four options forget nothing:

    >>> latent_correction(n10=3 / 16, n01=3 / 16, n00=9 / 16, chance=1 / 4)
    CorrectedRates(forgotten=0.0, gained=0.0)

    Source: ours (docs/statistics.md derives it).
    """
    guessed = n00 * _checked(chance) / (1.0 - chance)
    return CorrectedRates((n10 - guessed) / (1.0 - chance), (n01 - guessed) / (1.0 - chance))


def marginal_correction(n10: float, n01: float, base: float, candidate: float, chance: float) -> CorrectedRates:
    """Forgotten and gained less what two accuracies alone would give by guessing, not below 0.

    F_chance = G_chance = (1 - base)(1 - candidate) / (k - 1), with base and candidate the accuracies. It over- and
    under-corrects, since it multiplies marginals. Source: "Mapping Post-Training Forgetting in Language
    Models at Scale", arXiv 2510.17776.
    """
    guessed = (1.0 - base) * (1.0 - candidate) * _checked(chance) / (1.0 - chance)
    return CorrectedRates(max(n10 - guessed, 0.0), max(n01 - guessed, 0.0))


def _checked(chance: float) -> float:
    if not 0.0 <= chance < 1.0:
        raise ValueError(f"the score of guessing must be in [0, 1), not {chance}")
    return chance
