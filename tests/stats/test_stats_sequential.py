"""E-values and planned looks: their mean, their direction and their error rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from independent_items import right_or_wrong
from scipy import stats
from scipy.optimize import brentq

from forgetbench.stats.clustered import ClusterEffects
from forgetbench.stats.sequential import NormalMixture, PlannedLooks, loss_e_value, normal_mixture_e_value


@pytest.mark.parametrize(("scale", "se"), [(0.03, 0.03), (0.03, 0.005), (0.1, 0.4)])
def test_mixture_e_value_has_mean_one_where_nothing_changed(scale: float, se: float) -> None:
    """Exact for a normal estimate of known error: the integral of E over it."""
    x = np.linspace(-36, 36, 20_001) * se
    e_values = np.array([normal_mixture_e_value(value, se, scale) for value in x])
    assert np.trapezoid(e_values * stats.norm.pdf(x, scale=se), x) == pytest.approx(1.0, abs=1e-4)


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(1e-3, 1.0), st.floats(1e-3, 1.0), st.floats(2.0, 1e4))
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
@settings(max_examples=20)
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
