"""Ratios of two means."""

from __future__ import annotations

from forgetbench.stats.ratios import TwoMeans, fieller_interval


def test_the_ratio_lies_within_its_interval_whatever_the_covariance_is_said_to_be() -> None:
    # No two variables with these errors have a covariance beyond .01.
    for covariance in (-0.05, -0.01, 0.0, 0.01, 0.05):
        interval = fieller_interval(TwoMeans(1.0, -0.3, 0.1, 0.1, covariance), reach=1.96)
        assert interval.low <= -0.3 <= interval.high
