"""The minimum detectable effect has the power that it promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from independent_items import right_or_wrong
from scipy import stats

from forgetbench.stats.clustered import cluster_effects
from forgetbench.stats.power import minimum_detectable_collapse, minimum_detectable_effect


def exact_power(drop: float, discordance: float, n: int) -> float:
    """The chance that McNemar's exact test calls n independent items with this drop a loss, summed over all counts.

    The lost ones come on top of those that are lost and gained anyway.
    """
    loss, gain = discordance / 2 + drop, discordance / 2
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
    assert 0.77 <= exact_power(drop, changed / n, n) <= 0.89


def test_where_much_varies_it_is_two_point_eight_standard_errors() -> None:
    """Bloom 1995: z(.975) + z(.8) = 1.959964 + .841621."""
    effects = right_or_wrong(5000, 5000, 100_000)
    assert minimum_detectable_effect(effects) == pytest.approx(2.801585 * effects.se, rel=0.02)


def test_from_one_cluster_nothing_is_detectable() -> None:
    assert minimum_detectable_effect(cluster_effects([np.array([-1.0, 0.0])], [np.zeros(2, dtype=np.intp)])) == 1.0


def test_clusters_that_collapse_take_more_of_them_to_be_seen() -> None:
    """Fifty prompts of one size that lose all or nothing, without any noise: it takes six, so eight expected."""
    effects = right_or_wrong(0, 0, 50)
    drop = minimum_detectable_collapse(effects, np.full(50, 0.6 / 50))
    collapsed = round(drop / (0.6 / 50))
    assert stats.binom.sf(5, 50, drop / 0.6) == pytest.approx(0.86, abs=0.06)
    assert collapsed in (8, 9)


def test_a_collapse_of_large_clusters_is_harder_to_see_than_one_of_small() -> None:
    effects = right_or_wrong(10, 10, 200)
    even, uneven = np.full(200, 0.6 / 200), np.repeat([0.3 / 20, 0.3 / 180], [20, 180])
    assert minimum_detectable_collapse(effects, even) < minimum_detectable_collapse(effects, uneven)


def test_nothing_to_lose_cannot_collapse() -> None:
    assert minimum_detectable_collapse(right_or_wrong(1, 1, 50), np.zeros(50)) == 1.0


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 8))
def test_more_of_the_same_items_detect_a_smaller_drop(losses: int, gains: int, times: int) -> None:
    once = minimum_detectable_effect(right_or_wrong(losses, gains, 100))
    assert minimum_detectable_effect(right_or_wrong(losses * times, gains * times, 100 * times)) <= once + 1e-6


def test_graded_changes_of_several_sizes_are_lost_in_the_larger_ones() -> None:
    """Sizes 1, .5, .5: sum |d|^3 sum |d| / (sum d^2)^2 = 1.25 * 2 / 1.5^2; right-or-wrong items have one size."""
    graded = cluster_effects([np.array([-1.0, 0.5, 0.5, 0.0])], [np.arange(4)])
    assert graded.size_ratio == pytest.approx(2.5 / 2.25)
    assert right_or_wrong(3, 5, 20).size_ratio == pytest.approx(1.0)
