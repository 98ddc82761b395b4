"""Chance-corrected scores and item outcomes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forgetbench.stats.chance import chance_corrected, latent_correction, marginal_correction


@pytest.mark.parametrize(
    ("score", "chance", "corrected"), [(0.25, 0.25, 0.0), (1.0, 0.25, 1.0), (0.625, 0.25, 0.5), (0.1, 0.25, -0.2)]
)
def test_chance_corrected(score: float, chance: float, corrected: float) -> None:
    assert chance_corrected(score, chance) == pytest.approx(corrected)


@pytest.mark.parametrize(("k", "forgotten"), [(2, 0.25), (4, 0.1875)])
def test_two_random_models_forget_nothing(k: int, forgotten: float) -> None:
    chance = 1 / k
    assert chance * (1 - chance) == forgotten
    latent = latent_correction(forgotten, forgotten, (1 - chance) ** 2, chance)
    assert (latent.forgotten, latent.gained) == pytest.approx((0.0, 0.0))
    marginal = marginal_correction(forgotten, forgotten, chance, chance, chance)
    assert (marginal.forgotten, marginal.gained) == pytest.approx((0.0, 0.0))


def test_free_answers_need_no_correction() -> None:
    latent = latent_correction(0.3, 0.1, 0.2, 0.0)
    assert (latent.forgotten, latent.gained) == (0.3, 0.1)


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda w: sum(w) > 0.1), st.integers(2, 10))
@settings(deadline=None)
def test_latent_correction_recovers_what_was_known(weights: list[float], k: int) -> None:
    """Known to both, base only, candidate only, neither; guesses are independent and right in 1 of k."""
    _, before, after, never = (weight / sum(weights) for weight in weights)
    g = 1 / k
    n10 = before * (1 - g) + never * g * (1 - g)
    n01 = after * (1 - g) + never * g * (1 - g)
    latent = latent_correction(n10, n01, never * (1 - g) ** 2, g)
    assert (latent.forgotten, latent.gained) == pytest.approx((before, after), abs=1e-12)


def test_corrections_differ_in_the_floor() -> None:
    """One option in two, everything right before and after: nothing to explain. Fewer losses than guessing
    makes: only the latent rate shows it."""
    assert marginal_correction(0.0, 0.0, 0.5, 0.5, 0.5).forgotten == 0.0
    assert latent_correction(0.0, 0.0, 0.5, 0.5).forgotten == pytest.approx(-1.0)


@pytest.mark.parametrize("chance", [-0.1, 1.0])
def test_chance_out_of_range_is_refused(chance: float) -> None:
    with pytest.raises(ValueError, match="score of guessing"):
        chance_corrected(0.5, chance)
