"""Chance-corrected scores and item outcomes.

n10 is the share of items the base has right and the candidate wrong, n01 the reverse, n00 wrong in
both. `chance` is the score of guessing, 1 / k for k options and 0 for a free answer. Nothing is
clipped unless said: a floor at 0 would hide a collapse below chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.intp]
Bools = NDArray[np.bool_]


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


def guess_freshness(n_options: Codes, other_option: Bools) -> float:
    """How often the candidate guessed afresh where it guesses as the base did: 1 always, 0 never.

    One entry per item that both got wrong: of how many options, and whether the two chose different ones. With s the
    share of the same wrong option it is x = k (1 - s) / ((k - 1) - s) for k options; where k varies, the x at which as
    many are expected to differ as do. It may be somewhat above 1, by chance. NaN where no item has more than two
    options: there is only one wrong one. Source: ours (docs/statistics.md derives it).
    """
    telling = n_options > 2
    g, differing = 1.0 / n_options[telling], float(other_option[telling].sum())
    if not len(g):
        return nan
    if not differing:
        return 0.0
    distinct, counts = np.unique(g, return_counts=True)
    low, high = 0.0, 1.5  # three options that never repeat; more options end below
    for _ in range(60):
        x = (low + high) / 2
        expected = float(np.sum(counts * x * (1 - 2 * distinct) / (1 - x * distinct)))
        low, high = (x, high) if expected < differing else (low, x)
    return (low + high) / 2


def changed_by_guessing(n_options: Codes, other_option: Bools) -> float:
    """Items that guessing makes forgotten (and as many gained), over the items that both got wrong.

    Who knows an answer in neither checkpoint is wrong twice with probability (1 - g)(1 - x g), and right first with
    probability (1 - g) x g, x the `guess_freshness` of these items: x g / (1 - x g) of the former, on average.

    >>> changed_by_guessing(np.full(3, 4), np.array([True, True, False]))
    0.3333333333333333

    Arguments and NaN as in `guess_freshness`.
    """
    x = guess_freshness(n_options, other_option)
    return float(np.mean(x / (n_options - x)))


def latent_correction(n10: float, n01: float, by_guessing: float, chance: float) -> CorrectedRates:
    """Shares of items known before and not after, and the reverse, under the guessing model.

    Who knows an answer is right, who does not guesses. `by_guessing` is the share of items that guessing makes
    forgotten, and as many gained (`changed_by_guessing` times n00). Of what one side alone knows the other guesses a
    share `chance` right, hence KU = (n10 - by_guessing) / (1 - chance). Not clipped: it may be negative, by chance.

    Two models that guess among four options forget nothing: afresh, or always the same.

    >>> latent_correction(n10=3 / 16, n01=3 / 16, by_guessing=9 / 16 / 3, chance=1 / 4)
    CorrectedRates(forgotten=0.0, gained=0.0)
    >>> latent_correction(n10=0.0, n01=0.0, by_guessing=0.0, chance=1 / 4)
    CorrectedRates(forgotten=0.0, gained=0.0)

    Source: ours (docs/statistics.md derives it).
    """
    known = 1.0 - _checked(chance)
    return CorrectedRates((n10 - by_guessing) / known, (n01 - by_guessing) / known)


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
