"""The statistics that are one formula each: chance, multiplicity, power, sequential evidence."""

from __future__ import annotations

from collections.abc import Callable

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
from forgetbench.stats.power import minimum_detectable_effect
from forgetbench.stats.quantiles import normal_cdf, normal_quantile, student_quantile
from forgetbench.stats.sequential import NormalMixture, PlannedLooks, loss_e_value, normal_mixture_e_value

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


# --- quantiles --------------------------------------------------------------------------------


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.5, 1e6))
@settings(deadline=None)
def test_quantiles_are_those_of_scipy_stats(p: float, dof: float) -> None:
    assert normal_quantile(p) == stats.norm.ppf(p)
    assert normal_cdf(4 * p - 2) == stats.norm.cdf(4 * p - 2)
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


def right_or_wrong(losses: int, gains: int, n: int) -> ClusterEffects:
    return cluster_effects([np.repeat([-1.0, 1.0, 0.0], [losses, gains, n - losses - gains])], [np.arange(n)])


def exact_power(drop: float, discordance: float, n: int) -> float:
    """The chance that McNemar's exact test calls n independent items with this drop a loss, summed over all counts."""
    loss, gain = (max(discordance, drop) + drop) / 2, (max(discordance, drop) - drop) / 2
    total = np.arange(n + 1)
    power = 0.0
    for changed, weight in zip(total, stats.binom.pmf(total, n, loss + gain), strict=True):
        losses = np.arange(changed + 1)
        significant = 2 * stats.binom.sf(losses - 1, changed, 0.5) <= 0.05
        power += weight * stats.binom.pmf(losses, changed, loss / (loss + gain))[significant].sum()
    return float(power)


@pytest.mark.parametrize(("changed", "n"), [(6, 60), (20, 200), (40, 200), (100, 1000), (30, 1000), (4, 200), (0, 100)])
def test_the_mde_has_four_in_five_power_by_mcnemars_exact_test(changed: int, n: int) -> None:
    """Within the points that a whole item more or less makes where eight decide."""
    drop = minimum_detectable_effect(right_or_wrong(changed // 2, changed - changed // 2, n))
    assert 0.77 <= exact_power(drop, changed / n, n) <= 0.88


def test_where_much_varies_it_is_two_point_eight_standard_errors() -> None:
    """Bloom 1995: z(.975) + z(.8) = 1.959964 + .841621."""
    effects = right_or_wrong(5000, 5000, 100_000)
    assert minimum_detectable_effect(effects) == pytest.approx(2.801585 * effects.se, rel=0.02)


def test_from_one_cluster_nothing_is_detectable() -> None:
    assert minimum_detectable_effect(cluster_effects([np.array([-1.0, 0.0])], [np.zeros(2, dtype=np.intp)])) == 1.0


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 8))
@settings(deadline=None)
def test_more_of_the_same_items_detect_a_smaller_drop(losses: int, gains: int, times: int) -> None:
    once = minimum_detectable_effect(right_or_wrong(losses, gains, 100))
    assert minimum_detectable_effect(right_or_wrong(losses * times, gains * times, 100 * times)) <= once + 1e-6


# --- sequential evidence ----------------------------------------------------------------------


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
    e_values = [normal_mixture_e_value(0.06, 0.02, 0.03, n) for n in (3, 10, 100, float("inf"))]
    assert e_values == sorted(e_values)
    assert normal_mixture_e_value(0.06, 0.02, 0.03, 1.9) == 0.0


def retention_e_value(effects: ClusterEffects) -> float:
    """Against a loss of the margin, 3 points."""
    return NormalMixture.of(effects, 0.03).above(-0.03)


def test_evidence_of_a_loss_and_of_retention_is_on_opposite_sides_of_one_change() -> None:
    lost, kept = right_or_wrong(60, 10, 500), right_or_wrong(10, 10, 1500)
    assert loss_e_value(lost, 0.03) > 1000 > 1 > retention_e_value(lost)
    assert retention_e_value(kept) > 1000 > 1 > loss_e_value(kept, 0.03)


def test_nothing_changed_in_twenty_items_is_no_evidence_of_retention() -> None:
    assert retention_e_value(right_or_wrong(0, 0, 20)) < 20 < retention_e_value(right_or_wrong(0, 0, 2000))


def test_a_mixture_needs_a_scale() -> None:
    with pytest.raises(ValueError, match="scale > 0"):
        normal_mixture_e_value(0.1, 0.1, 0.0)


def test_of_one_planned_look_the_p_value_is_that_of_the_normal() -> None:
    """Only two lines of the integral: reaching e at the one look is a normal z of what e asks for."""
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
