"""Quantiles are those of scipy.stats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forgetbench.stats.quantiles import normal_cdf, normal_quantile, student_quantile


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.5, 1e6))
def test_quantiles_are_those_of_scipy_stats(p: float, dof: float) -> None:
    assert normal_quantile(p) == stats.norm.ppf(p)
    assert normal_cdf(4 * p - 2) == stats.norm.cdf(4 * p - 2)
    assert student_quantile(p, dof) == pytest.approx(stats.t.ppf(p, dof), rel=1e-12)
