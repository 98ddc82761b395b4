"""Chance-corrected scores and item outcomes."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgetbench.stats.chance import (
    Bools,
    Codes,
    chance_corrected,
    changed_by_guessing,
    guess_freshness,
    latent_correction,
    marginal_correction,
)


@pytest.mark.parametrize(
    ("score", "chance", "corrected"), [(0.25, 0.25, 0.0), (1.0, 0.25, 1.0), (0.625, 0.25, 0.5), (0.1, 0.25, -0.2)]
)
def test_chance_corrected(score: float, chance: float, corrected: float) -> None:
    assert chance_corrected(score, chance) == pytest.approx(corrected)


def wrong_pairs(k: int, switched: float, n: int = 3000) -> tuple[Codes, Bools]:
    """Items wrong on both sides, that share of them by different options."""
    return np.full(n, k), np.arange(n) < round(switched * n)


@pytest.mark.parametrize(
    ("k", "s", "x"), [(4, 1 / 3, 1.0), (4, 1.0, 0.0), (4, 0.6, 2 / 3), (3, 0.75, 0.6), (10, 0.5, 10 / 17)]
)
def test_how_often_a_guess_is_fresh(k: int, s: float, x: float) -> None:
    """x = k (1 - s) / ((k - 1) - s): fresh guesses meet in one of k - 1 wrong options, the same guess always."""
    assert guess_freshness(*wrong_pairs(k, 1 - s)) == pytest.approx(x)


def test_of_two_options_a_repeat_says_nothing_but_other_items_do() -> None:
    assert isnan(guess_freshness(*wrong_pairs(2, 0.0)))
    two, four = wrong_pairs(2, 0.0), wrong_pairs(4, 2 / 3)
    mixed = (np.concatenate([two[0], four[0]]), np.concatenate([two[1], four[1]]))
    assert guess_freshness(*mixed) == pytest.approx(1.0)
    # Fresh guesses: of two options one in one, of four one in three.
    assert changed_by_guessing(*mixed) == pytest.approx((1.0 + 1 / 3) / 2)


@pytest.mark.parametrize(("k", "forgotten"), [(3, 2 / 9), (4, 0.1875)])
def test_two_random_models_forget_nothing(k: int, forgotten: float) -> None:
    chance = 1 / k
    assert chance * (1 - chance) == pytest.approx(forgotten)
    explained = (1 - chance) ** 2 * changed_by_guessing(*wrong_pairs(k, (k - 2) / (k - 1)))
    latent = latent_correction(forgotten, forgotten, explained, chance)
    assert (latent.forgotten, latent.gained) == pytest.approx((0.0, 0.0))
    marginal = marginal_correction(forgotten, forgotten, chance, chance, chance)
    assert (marginal.forgotten, marginal.gained) == pytest.approx((0.0, 0.0))


def test_the_base_against_itself_has_forgotten_nothing() -> None:
    assert changed_by_guessing(*wrong_pairs(4, 0.0)) == 0.0
    latent = latent_correction(0.0, 0.0, 0.0, 0.25)
    assert (latent.forgotten, latent.gained) == (0.0, 0.0)


def test_free_answers_need_no_correction() -> None:
    latent = latent_correction(0.3, 0.1, 0.0, 0.0)
    assert (latent.forgotten, latent.gained) == (0.3, 0.1)


@given(
    st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda w: sum(w) > 0.1),
    st.integers(3, 10),
    st.floats(0, 1),
)
def test_latent_correction_recovers_what_was_known(weights: list[float], k: int, x: float) -> None:
    """Known to both, base only, candidate only, neither; a guess is right in 1 of k, and made afresh in a share x."""
    _, before, after, never = (weight / sum(weights) for weight in weights)
    g = 1 / k
    n10 = before * (1 - g) + never * x * g * (1 - g)
    n01 = after * (1 - g) + never * x * g * (1 - g)
    n00 = never * (1 - g) * (1 - x * g)
    switched = x * (1 - 2 * g) / (1 - x * g)
    explained = n00 * changed_by_guessing(*wrong_pairs(k, switched, 1_000_000))
    latent = latent_correction(n10, n01, explained, g)
    assert (latent.forgotten, latent.gained) == pytest.approx((before, after), abs=2e-6)


def test_corrections_differ_in_the_floor() -> None:
    """Fewer losses than guessing explains: only the latent rate shows it."""
    assert marginal_correction(0.0, 0.0, 0.5, 0.5, 0.25).forgotten == 0.0
    assert latent_correction(0.0, 0.0, 0.15, 0.25).forgotten == pytest.approx(-0.2)


@pytest.mark.parametrize("chance", [-0.1, 1.0])
def test_chance_out_of_range_is_refused(chance: float) -> None:
    with pytest.raises(ValueError, match="score of guessing"):
        chance_corrected(0.5, chance)
