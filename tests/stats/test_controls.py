"""A share less luck, where luck is measured on controls."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from forgetbench.stats.controls import WeightedSample, corrected_difference, corrected_share
from forgetbench.stats.item_clusters import ItemClusters


def sample(right: int, n: int, per_cluster: int = 1) -> WeightedSample:
    successes = (np.arange(n) < right).astype(float)
    codes = np.arange(n) // per_cluster
    return WeightedSample(successes, np.full(n, 1 / n), ItemClusters(codes, codes))


def test_abbott() -> None:
    """(.625 - .25) / .75 = .5; the variance by the delta method, with t of 399 degrees of freedom."""
    found = corrected_share(sample(250, 400), sample(100, 400))
    assert found.value == pytest.approx(0.5)
    se = np.sqrt((0.625 * 0.375 / 400) / 0.75**2 + 0.375**2 / 0.75**4 * (0.25 * 0.75 / 400))
    assert (found.low, found.high) == pytest.approx((0.5 - 1.966 * se, 0.5 + 1.966 * se), abs=0.005)


def test_as_many_as_by_luck_is_nothing() -> None:
    found = corrected_share(sample(30, 100), sample(30, 100))
    assert found.value == pytest.approx(0.0) and found.low < 0 < found.high
    # Below luck is below 0, by chance: nothing is clipped.
    assert corrected_share(sample(10, 100), sample(30, 100)).value < 0


def test_all_and_none_are_not_certain() -> None:
    all_of_few = corrected_share(sample(8, 8), sample(0, 8))
    assert all_of_few.value == 1.0 and all_of_few.low < 0.8
    none = corrected_share(sample(0, 40), sample(0, 40))
    assert none.value == 0.0 and none.low < 0 < none.high < 0.2


def test_controls_that_always_succeed_leave_it_unknown() -> None:
    found = corrected_share(sample(9, 10), sample(10, 10))
    assert isnan(found.value) and isnan(found.low)
    # So few that they might: no end is known.
    assert isnan(corrected_share(sample(1, 2), sample(1, 2)).low)


def test_a_repeated_item_is_no_new_evidence() -> None:
    once, twenty_times = sample(20, 40), sample(400, 800, per_cluster=20)
    a, b = (corrected_share(each, sample(10, 40)) for each in (once, twenty_times))
    assert (b.low, b.high) == pytest.approx((a.low, a.high), abs=0.01)


def test_what_one_side_lost() -> None:
    """Base right and candidate wrong on 60 of 100, the reverse on 10, luck .2 on both: (.6 - .1) / .8 = .625."""
    values = np.repeat([1.0, -1.0, 0.0], [60, 10, 30])
    codes = np.arange(100)
    lost = WeightedSample(values, np.full(100, 0.01), ItemClusters(codes, codes))
    found = corrected_difference(lost, sample(80, 400))
    assert found.value == pytest.approx(0.625) and 0.4 < found.low < 0.625 < found.high < 0.85


def test_weights() -> None:
    """Half of the weight on the first of three: .5 x 1 + .25 x 0 + .25 x 1."""
    codes = np.arange(3)
    weighted = WeightedSample(np.array([1.0, 0.0, 1.0]), np.array([0.5, 0.25, 0.25]), ItemClusters(codes, codes))
    assert weighted.mean == 0.75


def test_the_interval_covers() -> None:
    """300 experiments in which 40 % know and luck is .3: 95 % of the intervals hold .4, give or take their own luck."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(300):
        knows = rng.random(60) < 0.4
        groups = ((knows | (rng.random(60) < 0.3)), rng.random(60) < 0.3)
        codes = np.arange(60)
        some, controls = (
            WeightedSample(group.astype(float), np.full(60, 1 / 60), ItemClusters(codes, codes)) for group in groups
        )
        found = corrected_share(some, controls)
        held += found.low <= 0.4 <= found.high
    assert held >= 277  # 0.1 % of samples of a 95 % interval are below
