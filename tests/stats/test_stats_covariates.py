"""The mean of all items from a share of them: what the base's side of the others is worth."""

from __future__ import annotations

import numpy as np
import pytest

from forgetbench.stats.clustered import ClusterEffects
from forgetbench.stats.covariates import Covariates, adjusted_effects, left_out_coefficients
from forgetbench.stats.item_clusters import ItemClusters, effects_by


def both_ways(
    x: np.ndarray, d: np.ndarray, n: int, size: int = 1, second: np.ndarray | None = None
) -> tuple[ClusterEffects, ClusterEffects]:
    """The effects of one task's first `n` items plain, and adjusted for `x` of all; clusters of `size`."""
    codes, x = np.arange(len(d)) // size, x.reshape(len(d), -1)
    clusters = ItemClusters(codes, codes if second is None else second)
    asked, unasked = clusters.at(np.arange(n)), clusters.at(np.arange(n, len(d)))
    known = Covariates(x[:n], x[n:], unasked)
    return effects_by([d[:n]], [asked]), adjusted_effects([d[:n]], [asked], [known])


def test_a_perfect_covariate_leaves_the_variance_of_the_population_alone() -> None:
    """All that the base had right is lost, d = -x: the mean is known of every item, though a tenth was asked."""
    x = np.random.default_rng(0).permutation(np.r_[np.ones(600), np.zeros(400)])
    plain, adjusted = both_ways(x, -x, 100)
    assert adjusted.estimate == pytest.approx(-0.6, abs=0.002)
    assert adjusted.se == pytest.approx(np.sqrt(0.6 * 0.4 / 1000), rel=0.03)
    assert plain.se == pytest.approx(np.sqrt(0.6 * 0.4 / 100), rel=0.1)


def test_two_groups_are_weighted_as_often_as_they_are() -> None:
    """One right-or-wrong covariate is poststratification: of the asked 80 % were right, of all 60 %."""
    x = np.r_[np.ones(400), np.zeros(100), np.ones(800), np.zeros(700)]
    d = np.r_[np.repeat([-1.0, 0.0], [100, 300]), np.repeat([1.0, 0.0], [10, 90]), np.zeros(1500)]
    plain, adjusted = both_ways(x, d, 500)
    assert plain.estimate == pytest.approx((-100 + 10) / 500)
    assert adjusted.estimate == pytest.approx(0.6 * -0.25 + 0.4 * 0.1, abs=5e-4)


def test_it_is_the_control_variates_variance() -> None:
    """Var = residual variance / n + explained variance / (n + m), for n asked and m unasked (Deng et al. 2013)."""
    rng = np.random.default_rng(1)
    x, noise = rng.normal(0.0, 0.2, 20_000), rng.normal(0.0, 0.1, 20_000)
    _, adjusted = both_ways(x, 0.5 * x + noise, 4000)
    assert adjusted.se == pytest.approx(np.sqrt(0.1**2 / 4000 + 0.1**2 / 20_000), rel=0.02)


def test_nothing_is_gained_when_every_item_was_asked() -> None:
    rng = np.random.default_rng(2)
    x = rng.random(300)
    plain, adjusted = both_ways(x, x - rng.random(300), 300)
    assert adjusted.estimate == plain.estimate and adjusted.se == plain.se


@pytest.mark.parametrize(("size", "effect"), [(1, 0.6), (1, 0.0), (4, 0.6)])
def test_estimates_are_unbiased_and_their_errors_true(size: int, effect: float) -> None:
    """Of small samples too, where coefficients fitted to the asked items themselves would flatter."""
    rng = np.random.default_rng(3)
    found = []
    for _ in range(800):
        x = np.repeat(rng.random(600 // size), size)
        d = -effect * x**2 + np.repeat(rng.normal(0.0, 0.1, 600 // size), size) + rng.normal(0.0, 0.2, 600)
        plain, adjusted = both_ways(np.column_stack([x, rng.random(600)]), d, 120, size)
        found.append((plain.estimate, adjusted.estimate, adjusted.corrected_se))
    plain_estimates, estimates, errors = np.array(found).T
    assert estimates.mean() == pytest.approx(-effect / 3, abs=3.5 * estimates.std() / np.sqrt(800))
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(estimates.std(), rel=0.1)
    # A covariate that tells nothing costs a few per cent.
    assert estimates.std() < plain_estimates.std() * (1.05 if effect == 0.0 else 0.95)


def test_two_keys_are_two_keys_still() -> None:
    """Items of a relation move together whatever the base's score says: the second key stays in the error."""
    rng = np.random.default_rng(4)
    relation = np.arange(2000) % 40
    x = rng.random(2000)
    d = -0.5 * x + rng.normal(0.0, 0.2, 40)[relation] + rng.normal(0.0, 0.2, 2000)
    one_way, two_way = both_ways(x, d, 500)[1], both_ways(x, d, 500, second=relation)[1]
    assert two_way.se > 2.0 * one_way.se
    assert (two_way.n_clusters, two_way.n_second_clusters) == (500, 40)


def test_a_coefficient_has_not_seen_its_own_cluster() -> None:
    """Against least squares on all the others, one cluster after another."""
    rng = np.random.default_rng(5)
    x, d, codes = rng.random((60, 1)), rng.random(60), np.repeat(np.arange(30), 2)
    found = left_out_coefficients(d, x, codes)
    for cluster in (0, 7, 29):
        others = codes != cluster
        sums = [values[others].reshape(29, 2).sum(axis=1) for values in (np.ones(60), x[:, 0], d)]
        slope = np.linalg.lstsq(np.column_stack(sums[:2]), sums[2])[0][1]
        assert found[codes == cluster] == pytest.approx(slope, rel=0.1)


@pytest.mark.parametrize("x", [np.ones(200), np.zeros(200)])
def test_a_covariate_without_spread_changes_nothing(x: np.ndarray) -> None:
    plain, adjusted = both_ways(x, np.random.default_rng(6).normal(0.0, 0.1, 200), 100)
    assert adjusted.estimate == pytest.approx(plain.estimate, abs=1e-9)


def test_few_clusters_are_left_as_they_are() -> None:
    rng = np.random.default_rng(7)
    x = rng.random(100)
    plain, adjusted = both_ways(x, -x, 19)
    assert (adjusted.estimate, adjusted.se) == (plain.estimate, plain.se)
    plain, adjusted = both_ways(x, -x, 20)
    assert adjusted.se < plain.se
