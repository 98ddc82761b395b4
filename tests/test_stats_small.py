"""The statistics that are one formula each: chance, multiplicity, power, sequential evidence, backward transfer."""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from forgetbench.stats.chance import chance_corrected, latent_correction, marginal_correction
from forgetbench.stats.multiplicity import benjamini_hochberg, holm
from forgetbench.stats.power import smallest_detectable_drop
from forgetbench.stats.quantiles import fair_coin_share, normal_quantile, normal_share, student_quantile
from forgetbench.stats.sequential import discordance_e_value
from forgetbench.stats.transfer import backward_transfer

# --- chance -----------------------------------------------------------------------------------


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
def test_latent_correction_finds_what_was_known(weights: list[float], k: int) -> None:
    """Known to both, base only, candidate only, neither; guesses are independent and right in 1 of k."""
    _, before, after, never = (weight / sum(weights) for weight in weights)
    g = 1 / k
    n10 = before * (1 - g) + never * g * (1 - g)
    n01 = after * (1 - g) + never * g * (1 - g)
    latent = latent_correction(n10, n01, never * (1 - g) ** 2, g)
    assert (latent.forgotten, latent.gained) == pytest.approx((before, after), abs=1e-12)


def test_corrections_differ_in_the_floor() -> None:
    """One option in two, everything right before and after: nothing to explain. Fewer losses than luck: only
    the latent rate shows it."""
    assert marginal_correction(0.0, 0.0, 0.5, 0.5, 0.5).forgotten == 0.0
    assert latent_correction(0.0, 0.0, 0.5, 0.5).forgotten == pytest.approx(-1.0)


@pytest.mark.parametrize("chance", [-0.1, 1.0])
def test_chance_out_of_range_is_refused(chance: float) -> None:
    with pytest.raises(ValueError, match="lucky guess"):
        chance_corrected(0.5, chance)


# --- quantiles --------------------------------------------------------------------------------


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.5, 1e6))
@settings(deadline=None)
def test_quantiles_are_those_of_scipy_stats(p: float, freedom: float) -> None:
    assert normal_quantile(p) == stats.norm.ppf(p)
    assert normal_share(4 * p - 2) == stats.norm.cdf(4 * p - 2)
    assert student_quantile(p, freedom) == pytest.approx(stats.t.ppf(p, freedom), rel=1e-12)


@given(st.integers(0, 5000), st.integers(0, 5000))
@settings(deadline=None)
def test_coin_tosses_are_those_of_scipy_stats(heads: int, tails: int) -> None:
    assert fair_coin_share(heads, heads + tails) == pytest.approx(stats.binom.cdf(heads, heads + tails, 0.5), abs=1e-14)


# --- multiplicity -----------------------------------------------------------------------------


def test_holm_known_answer() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize(("adjust", "method"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
def test_adjustments_agree_with_statsmodels(adjust: Callable[[list[float]], np.ndarray], method: str) -> None:
    p_values = np.random.default_rng(0).random(40) ** 3
    p_values[:4] = p_values[4]
    assert adjust(p_values.tolist()) == pytest.approx(multipletests(p_values, method=method)[1], rel=1e-12)


def test_benjamini_hochberg_by_hand() -> None:
    """Sorted .005 .01 .03 .04 times 4/1, 4/2, 4/3, 4/4, made monotone from the end."""
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.02, 0.04, 0.04, 0.02])


@given(st.lists(st.floats(1e-9, 1), min_size=1, max_size=30))
@settings(deadline=None)
def test_adjusted_p_values_only_grow_and_holm_is_the_stricter(p_values: list[float]) -> None:
    strict, lenient = holm(p_values), benjamini_hochberg(p_values)
    assert np.all(strict >= np.array(p_values) - 1e-12)
    assert np.all(strict >= lenient - 1e-12)
    assert np.all(strict <= 1.0)


def test_no_p_values_no_adjustment() -> None:
    assert len(holm([])) == len(benjamini_hochberg([])) == 0


# --- power ------------------------------------------------------------------------------------


def test_smallest_detectable_drop_is_two_point_eight_standard_errors() -> None:
    assert smallest_detectable_drop(0.010483) == pytest.approx(2.8015852 * 0.010483)
    assert smallest_detectable_drop(0.9) == 1.0


def test_the_detectable_drop_is_detected_four_times_in_five() -> None:
    drop = smallest_detectable_drop(0.02)
    seen = np.random.default_rng(0).normal(-drop, 0.02, 20_000)
    assert np.mean(seen < -1.959964 * 0.02) == pytest.approx(0.8, abs=0.01)


# --- sequential evidence ----------------------------------------------------------------------


def test_eight_losses_in_a_row_are_the_first_rejection() -> None:
    assert discordance_e_value(8, 0) == pytest.approx(28.44, abs=5e-3)
    assert next(n for n in range(100) if discordance_e_value(n, 0) >= 1 / 0.05) == 8


@given(st.integers(0, 60), st.integers(0, 60))
@settings(deadline=None)
def test_e_value_is_its_formula(losses: int, gains: int) -> None:
    n = losses + gains
    assert discordance_e_value(losses, gains) == pytest.approx(2**n / ((n + 1) * comb(n, gains)), rel=1e-9)


def test_e_value_has_mean_one_under_no_effect() -> None:
    n = 40
    assert sum(comb(n, k) / 2**n * discordance_e_value(n - k, k) for k in range(n + 1)) == pytest.approx(1.0)


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        discordance_e_value(-1, 2)


# --- backward transfer ------------------------------------------------------------------------


def test_backward_transfer_known_answer() -> None:
    scores = np.array([[0.9, 0.1, 0.1], [0.7, 0.8, 0.2], [0.6, 0.7, 0.9]])
    assert backward_transfer(scores) == pytest.approx(-0.20)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (4,)])
def test_backward_transfer_needs_a_square_of_stages(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="square"):
        backward_transfer(np.zeros(shape))
