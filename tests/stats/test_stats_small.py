"""The statistics that are one formula each: chance, multiplicity, power, sequential evidence, backward transfer."""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import brentq
from statsmodels.stats.multitest import multipletests

from forgetbench.stats.chance import chance_corrected, latent_correction, marginal_correction
from forgetbench.stats.clustered import ClusterEffects, cluster_effects
from forgetbench.stats.multiplicity import benjamini_hochberg, holm
from forgetbench.stats.power import items_needed, minimum_detectable_effect, smallest_detectable_drop
from forgetbench.stats.quantiles import normal_quantile, normal_share, student_quantile
from forgetbench.stats.sequential import (
    PlannedLooks,
    discordance_e_value,
    loss_e_value,
    normal_mixture_e_value,
    retention_e_value,
)
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
def test_quantiles_are_those_of_scipy_stats(p: float, dof: float) -> None:
    assert normal_quantile(p) == stats.norm.ppf(p)
    assert normal_share(4 * p - 2) == stats.norm.cdf(4 * p - 2)
    assert student_quantile(p, dof) == pytest.approx(stats.t.ppf(p, dof), rel=1e-12)


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


def right_or_wrong(losses: int, gains: int, n: int) -> ClusterEffects:
    return cluster_effects([np.repeat([-1.0, 1.0, 0.0], [losses, gains, n - losses - gains])], [np.arange(n)])


def exact_power(drop: float, discordance: float, n: int) -> float:
    """The chance that McNemar's exact test calls n independent items with this drop a loss, summed over all counts."""
    loss, gain = (max(discordance, drop) + drop) / 2, (max(discordance, drop) - drop) / 2
    total = np.arange(n + 1)
    found = 0.0
    for changed, weight in zip(total, stats.binom.pmf(total, n, loss + gain), strict=True):
        losses = np.arange(changed + 1)
        significant = 2 * stats.binom.sf(losses - 1, changed, 0.5) <= 0.05
        found += weight * stats.binom.pmf(losses, changed, loss / (loss + gain))[significant].sum()
    return float(found)


@pytest.mark.parametrize(("changed", "n"), [(6, 60), (20, 200), (40, 200), (100, 1000), (30, 1000), (4, 200), (0, 100)])
def test_the_promised_drop_has_four_in_five_power_by_mcnemars_exact_test(changed: int, n: int) -> None:
    """Within the points that a whole item more or less makes where eight decide."""
    drop = minimum_detectable_effect(right_or_wrong(changed // 2, changed - changed // 2, n))
    assert 0.77 <= exact_power(drop, changed / n, n) <= 0.88


def test_the_promised_drop_nears_two_point_eight_standard_errors() -> None:
    effects = right_or_wrong(5000, 5000, 100_000)
    assert minimum_detectable_effect(effects) == pytest.approx(smallest_detectable_drop(effects.se), rel=0.02)


def test_one_cluster_promises_nothing() -> None:
    assert minimum_detectable_effect(cluster_effects([np.array([-1.0, 0.0])], [np.zeros(2, dtype=np.intp)])) == 1.0


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 8))
@settings(deadline=None)
def test_more_of_the_same_items_detect_a_smaller_drop(losses: int, gains: int, times: int) -> None:
    once = minimum_detectable_effect(right_or_wrong(losses, gains, 100))
    assert minimum_detectable_effect(right_or_wrong(losses * times, gains * times, 100 * times)) <= once + 1e-6


def test_items_needed_for_a_drop_and_for_a_margin() -> None:
    """Discordance .1: (1.959964 + .841621)^2 * .1 / .03^2 = 872.1 items detect 3 points; 1.644854 in place of 1.959964
    for `retained` at a margin of 3: 686.9."""
    se = np.sqrt(0.1 / 1000)
    assert items_needed(se, 1000, 0.03) == 873
    assert items_needed(se, 1000, 0.03, one_sided=True) == 687


@given(st.floats(1e-4, 0.5), st.integers(2, 10**6), st.floats(1e-3, 1.0))
@settings(deadline=None)
def test_items_needed_make_the_drop_detectable(se: float, n: int, reach: float) -> None:
    needed = items_needed(se, n, reach)
    assert smallest_detectable_drop(se * np.sqrt(n / needed)) <= reach * (1 + 1e-9)
    assert needed <= 1 or smallest_detectable_drop(se * np.sqrt(n / (needed - 1))) > min(reach, 1.0) * (1 - 1e-9)


@pytest.mark.parametrize(("se", "n", "reach"), [(0.0, 10, 0.1), (0.1, 0, 0.1), (0.1, 10, 0.0), (float("inf"), 1, 0.1)])
def test_items_needed_refuses_what_has_no_answer(se: float, n: int, reach: float) -> None:
    with pytest.raises(ValueError, match="need se > 0"):
        items_needed(se, n, reach)


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


@pytest.mark.parametrize(("scale", "se"), [(0.03, 0.03), (0.03, 0.005), (0.1, 0.4)])
def test_mixture_e_value_has_mean_one_where_nothing_changed(scale: float, se: float) -> None:
    """Exact for a normal estimate of known error: the integral of E over it."""
    x = np.linspace(-36, 36, 20_001) * se
    e_values = np.array([normal_mixture_e_value(value, se, scale) for value in x])
    assert np.trapezoid(e_values * stats.norm.pdf(x, scale=se), x) == pytest.approx(1.0, abs=1e-4)


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(1e-3, 1.0), st.floats(1e-3, 1.0), st.floats(2.0, 1e4))
@settings(deadline=None)
def test_mixture_e_value_grows_with_the_estimate(one: float, other: float, se: float, scale: float, n: float) -> None:
    low, high = sorted((one, other))
    assert normal_mixture_e_value(low, se, scale, n) <= normal_mixture_e_value(high, se, scale, n)


def test_few_clusters_are_weaker_evidence() -> None:
    found = [normal_mixture_e_value(0.06, 0.02, 0.03, n) for n in (3, 10, 100, float("inf"))]
    assert found == sorted(found)
    assert normal_mixture_e_value(0.06, 0.02, 0.03, 1.9) == 0.0


def test_loss_and_retention_bet_on_opposite_sides_of_one_change() -> None:
    lost, kept = right_or_wrong(60, 10, 500), right_or_wrong(10, 10, 1500)
    assert loss_e_value(lost, 0.03) > 1000 > 1 > retention_e_value(lost, 0.03)
    assert retention_e_value(kept, 0.03) > 1000 > 1 > loss_e_value(kept, 0.03)


def test_nothing_changed_in_twenty_items_is_no_evidence_of_retention() -> None:
    assert retention_e_value(right_or_wrong(0, 0, 20), 0.03) < 20 < retention_e_value(right_or_wrong(0, 0, 2000), 0.03)


def test_a_bet_needs_a_scale() -> None:
    with pytest.raises(ValueError, match="scale > 0"):
        normal_mixture_e_value(0.1, 0.1, 0.0)


def test_of_one_planned_look_the_p_value_is_that_of_the_normal() -> None:
    """Only two lines of the integral: a bet of e at the one look is a normal z of what e asks for."""
    for z in (0.5, 1.645, 3.0):
        e_value = normal_mixture_e_value(z * 0.01, 0.01, 0.03)
        # Read between the points of a table.
        assert PlannedLooks((0.03 / 0.01) ** 2, 1).p_value(e_value) == pytest.approx(stats.norm.sf(z), rel=0.01)


@pytest.mark.parametrize("ratio", [1.0, 20.0])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_a_threshold_is_reached_at_any_planned_look_as_often_as_promised(ratio: float, alpha: float) -> None:
    """By simulation of 100,000 Brownian paths, seen at 20 even times."""
    paths = np.random.default_rng(0).standard_normal((100_000, 20)).cumsum(axis=1)
    threshold = PlannedLooks(ratio, 20).threshold(alpha)
    reached = np.zeros(len(paths), dtype=bool)
    for look in range(1, 21):
        se = 1.0 / np.sqrt(ratio * look / 20)  # of a scale of 1
        limit = brentq(lambda x, se=se: normal_mixture_e_value(x, se, 1.0) - threshold, 0.0, 30.0 * se)
        reached |= paths[:, look - 1] / np.sqrt(look) >= limit / se
    error = np.sqrt(alpha * (1 - alpha) / len(paths))
    assert reached.mean() == pytest.approx(alpha, abs=4 * error + 0.01 * alpha)


@given(st.floats(0.05, 500.0), st.floats(1e-6, 0.2), st.integers(2, 20))
@settings(deadline=None, max_examples=20)
def test_planned_looks_ask_for_less_than_endless_ones(ratio: float, alpha: float, looks: int) -> None:
    planned = PlannedLooks(ratio, looks)
    threshold = planned.threshold(alpha)
    assert threshold <= 1.0 / alpha
    assert planned.p_value(threshold) == pytest.approx(alpha, rel=1e-6)
    assert planned.p_value(threshold) >= planned.p_value(threshold * 1.5)
    assert planned.p_value(0.0) == 1.0


@pytest.mark.parametrize(("ratio", "looks"), [(0.0, 20), (1.0, 0)])
def test_planned_looks_need_a_ratio_and_a_look(ratio: float, looks: int) -> None:
    with pytest.raises(ValueError, match="ratio > 0 and looks >= 1"):
        PlannedLooks(ratio, looks)


# --- backward transfer ------------------------------------------------------------------------


def test_backward_transfer_known_answer() -> None:
    scores = np.array([[0.9, 0.1, 0.1], [0.7, 0.8, 0.2], [0.6, 0.7, 0.9]])
    assert backward_transfer(scores) == pytest.approx(-0.20)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (4,)])
def test_backward_transfer_needs_a_square_of_stages(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="square"):
        backward_transfer(np.zeros(shape))
