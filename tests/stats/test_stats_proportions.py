from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from forgetbench.stats.proportions import rate_difference_interval, wilson_interval


def test_none_in_fifty_is_at_most_seven_per_cent() -> None:
    interval = wilson_interval(0, 50)
    assert interval.low == 0.0
    assert interval.high == pytest.approx(0.07135, abs=5e-6)


@given(st.integers(1, 500), st.data(), st.sampled_from([0.01, 0.05, 0.1]))
def test_wilson_agrees_with_statsmodels(n: int, data: st.DataObject, alpha: float) -> None:
    successes = data.draw(st.integers(0, n))
    low, high = proportion_confint(successes, n, alpha, method="wilson")
    interval = wilson_interval(successes, n, alpha)
    assert (interval.low, interval.high) == pytest.approx((max(low, 0), min(high, 1)), abs=1e-12)
    assert interval.low <= successes / n <= interval.high


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_wilson_refuses_what_is_no_proportion(successes: float, n: float) -> None:
    with pytest.raises(ValueError, match="successes"):
        wilson_interval(successes, n)


def test_no_change_is_as_uncertain_as_none_in_n() -> None:
    interval = rate_difference_interval(0.0, 0.0, 50)
    assert (interval.low, interval.high) == pytest.approx((-0.07135, 0.07135), abs=5e-6)


def test_everything_lost_leaves_room_on_one_side_only() -> None:
    interval = rate_difference_interval(1.0, 0.0, 50)
    assert interval.low == -1.0
    assert -1.0 < interval.high < -0.85


@given(st.floats(0, 1), st.floats(0, 1), st.floats(1, 1e5))
def test_difference_interval_mirrors_holds_the_change_and_has_width(loss: float, share: float, n: float) -> None:
    gain = (1.0 - loss) * share
    interval, mirrored = rate_difference_interval(loss, gain, n), rate_difference_interval(gain, loss, n)
    assert -1.0 <= interval.low <= gain - loss <= interval.high <= 1.0
    assert interval.low < interval.high
    assert (mirrored.low, mirrored.high) == pytest.approx((-interval.high, -interval.low), abs=1e-12)
