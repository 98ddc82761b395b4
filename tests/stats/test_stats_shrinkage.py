"""Estimates that borrow from one another: the eight schools, limits, and what is known by other means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from forgetbench.stats.shrinkage import shrink

SCHOOLS = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0]) / 100
SCHOOLS_SE = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0]) / 100


def test_the_eight_schools() -> None:
    """Gelman et al. 2013, table 5.2 for the data; the posterior under a uniform prior of tau.

    Medians and quartiles: table 5.3, from 200 draws, hence within 1.5 points. Means and standard deviations: the output
    that RStan's "Getting started" prints for this model, theta 11.4 (8.3), 7.9 (6.2), 6.2 (7.8), 7.7 (6.5), 5.1 (6.4),
    6.1 (6.7), 10.6 (6.8), 8.5 (7.9).
    """
    posterior = shrink(SCHOOLS, SCHOOLS_SE)
    means, sds = (11.4, 7.9, 6.2, 7.7, 5.1, 6.1, 10.6, 8.5), (8.3, 6.2, 7.8, 6.5, 6.4, 6.7, 6.8, 7.9)
    assert 100 * posterior.mean == pytest.approx(means, abs=0.2)
    assert 100 * posterior.sd == pytest.approx(sds, abs=0.2)
    for medians, probability in (((10, 8, 7, 8, 5, 6, 10, 8), 0.5), ((16, 12, 11, 11, 10, 10, 15, 13), 0.75)):
        for shift, between in ((-0.015, (0.0, probability)), (0.015, (probability, 1.0))):
            below = posterior.below(np.array(medians) / 100 + shift)
            assert np.all((between[0] < below) & (below < between[1]))


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_it_is_the_posterior_that_a_fine_grid_and_whole_matrices_give(correlation: float) -> None:
    """Against matrices of every pair, given tau, on a thousand values of tau."""
    ones, covariance = np.ones(8), correlation * np.outer(SCHOOLS_SE, SCHOOLS_SE)
    np.fill_diagonal(covariance, SCHOOLS_SE**2)
    density, means = [], []
    for tau in np.linspace(0.0, 1.0, 1001):
        marginal = stats.multivariate_normal(cov=covariance + tau**2 * np.eye(8))
        inverse = np.linalg.inv(covariance + tau**2 * np.eye(8))
        variance = 1.0 / (ones @ inverse @ ones)
        mu = variance * (ones @ inverse @ SCHOOLS)
        density.append(marginal.pdf(SCHOOLS - mu) * np.sqrt(variance))
        means.append(mu + tau**2 * inverse @ (SCHOOLS - mu))
    expected = np.average(means, axis=0, weights=density)
    assert shrink(SCHOOLS, SCHOOLS_SE, correlation).mean == pytest.approx(expected, abs=5e-4)


def test_one_row_stays_as_it_is() -> None:
    posterior = shrink(np.array([-0.04]), np.array([0.02]))
    assert (posterior.mean[0], posterior.sd[0]) == pytest.approx((-0.04, 0.02))
    assert posterior.below(np.array([-0.03]))[0] == pytest.approx(stats.norm.cdf(0.5))


def test_rows_that_are_sure_and_far_apart_stay_where_they_are() -> None:
    estimates = np.array([-0.3, 0.0, 0.3])
    assert shrink(estimates, np.full(3, 0.001)).mean == pytest.approx(estimates, abs=1e-4)


def test_errors_that_are_shared_tell_less_of_the_mean() -> None:
    """Of ten equal estimates: independent ones make each other surer, ones that err together hardly do."""
    estimates, se = np.zeros(10), np.full(10, 0.02)
    assert shrink(estimates, se).sd[0] < 0.6 * 0.02
    assert shrink(estimates, se, 0.99).sd[0] > 0.97 * 0.02


@settings(max_examples=50)
@given(st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=12), st.floats(0.005, 0.1), st.floats(-0.3, 0.3))
def test_means_lie_between_the_estimates_and_move_with_them(values: list[float], se: float, shift: float) -> None:
    estimates, errors = np.array(values), np.full(len(values), se)
    posterior = shrink(estimates, errors)
    assert posterior.mean.min() >= estimates.min() - 1e-9 and posterior.mean.max() <= estimates.max() + 1e-9
    assert shrink(estimates + shift, errors).mean == pytest.approx(posterior.mean + shift, abs=1e-9)
    assert shrink(-estimates, errors).mean == pytest.approx(-posterior.mean, abs=1e-9)


def test_probabilities_are_calibrated_where_the_model_holds() -> None:
    """Of rows said to be below a limit with probability p, that share is, mu and tau drawn from their priors."""
    rng = np.random.default_rng(0)
    said, true = [], []
    for _ in range(2000):
        theta = rng.normal(rng.uniform(-2.0, 1.4), rng.uniform(0.0, 1.0), 8)
        se = rng.uniform(0.1, 0.6, 8)
        said.append(shrink(rng.normal(theta, se), se).below(np.full(8, -0.3)))
        true.append(theta < -0.3)
    beyond, told = np.concatenate(true), np.concatenate(said)
    for low, high in ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
        chosen = (told >= low) & (told < high)
        assert beyond[chosen].mean() == pytest.approx(told[chosen].mean(), abs=0.05)


@pytest.mark.parametrize(("se", "correlation"), [(0.0, 0.0), (0.1, 1.0), (0.1, -0.1)])
def test_impossible_input_is_refused(se: float, correlation: float) -> None:
    with pytest.raises(ValueError, match="standard errors"):
        shrink(np.zeros(2), np.full(2, se), correlation)
