"""Adjusted p-values: known answers, and statsmodels'."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from forgetbench.stats.multiplicity import benjamini_hochberg, holm


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
def test_adjusted_p_values_only_grow_and_holm_is_the_stricter(p_values: list[float]) -> None:
    strict, lenient = holm(p_values), benjamini_hochberg(p_values)
    assert np.all(strict >= np.array(p_values) - 1e-12)
    assert np.all(strict >= lenient - 1e-12)
    assert np.all(strict <= 1.0)


def test_no_p_values_no_adjustment() -> None:
    assert len(holm([])) == len(benjamini_hochberg([])) == 0
