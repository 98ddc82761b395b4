from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forgetbench.comparison.missing_data import missing_share
from forgetbench.comparison.verdict import one_sided_low, verdict, with_opposed_tasks
from forgetbench.records import DeltaRow, Judgement, Verdict


@pytest.mark.parametrize(
    ("delta", "low", "high", "one_sided", "p", "word"),
    [
        (-0.10, -0.14, -0.06, -0.13, 0.001, "regressed"),
        (-0.10, -0.20, -0.01, -0.18, 0.08, "inconclusive"),  # the interval says so, the adjusted test does not
        (-0.10, -0.20, 0.00, -0.18, 0.001, "inconclusive"),  # an interval that touches 0 is not below it
        (-0.01, -0.015, -0.005, -0.014, 0.001, "regressed"),  # proven, if smaller than the margin
        (0.00, -0.02, 0.02, -0.017, 0.9, "retained"),
        (-0.01, -0.035, 0.015, -0.0299, 0.4, "retained"),  # one-sided bound inside the margin
        (-0.01, -0.035, 0.015, -0.03, 0.4, "inconclusive"),
        (-0.01, -0.20, 0.18, -0.17, 0.9, "inconclusive"),
        (0.10, 0.06, 0.14, 0.07, 0.001, "improved"),
        (0.10, 0.06, 0.14, 0.07, 0.06, "retained"),
    ],
)
def test_words_of_one_row(delta: float, low: float, high: float, one_sided: float, p: float, word: Verdict) -> None:
    assert verdict(delta, low, high, one_sided, p, margin=0.03) == word


@pytest.mark.parametrize("missing", range(5))
def test_a_missing_number_is_not_measured(missing: int) -> None:
    numbers = [0.0, -0.01, 0.01, -0.01, 0.5]
    numbers[missing] = float("nan")
    delta, low, high, one_sided, p = numbers
    assert verdict(delta, low, high, one_sided, p, margin=0.03) == "not_measured"


def test_one_sided_bound_is_the_scaled_arm() -> None:
    """1.6449 standard errors where the two-sided interval takes 1.9600."""
    assert one_sided_low(-0.01, -0.01 - 1.959964 * 0.02) == pytest.approx(-0.01 - 1.644854 * 0.02, abs=1e-6)


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None)
def test_what_is_missing_only_lowers_the_bound(delta: float, arm: float, share: float) -> None:
    low = max(-1.0, delta - arm)
    bound = one_sided_low(delta, low, missing=share)
    assert -1.0 - 1e-12 <= bound <= one_sided_low(delta, low) + 1e-12


def test_a_domain_of_which_nothing_was_measured_is_never_retained() -> None:
    assert one_sided_low(0.0, 0.0, missing=1.0) == -1.0


def test_missing_share_is_a_mean_over_tasks() -> None:
    whole = DeltaRow("a", "knowledge", "acc", n_items=30)
    part = DeltaRow("b", "knowledge", "acc", n_items=30, n_unmeasured=10)
    empty = DeltaRow("c", "knowledge", "acc", n_items=0)
    assert missing_share([whole]) == 0.0
    assert missing_share([whole, part]) == pytest.approx(0.125)
    assert missing_share([whole, empty]) == 0.5
    assert missing_share([]) == 0.0


@pytest.mark.parametrize(
    ("domain", "tasks", "word"),
    [
        ("retained", {"a": "regressed", "b": "improved"}, "mixed"),
        ("inconclusive", {"a": "regressed", "b": "improved", "c": "retained"}, "mixed"),
        ("improved", {"a": "improved", "b": "regressed"}, "mixed"),
        ("regressed", {"a": "regressed", "b": "improved"}, "regressed"),  # the mean itself is shown to have fallen
        ("not_measured", {"a": "regressed", "b": "improved"}, "not_measured"),
        ("retained", {"a": "regressed", "b": "retained"}, "retained"),
        ("retained", {"a": "regressed", "b+": "improved"}, "retained"),  # a supporting task is no part of the mean
        ("retained", {"a": "regressed", "b elsewhere": "improved"}, "retained"),
    ],
)
def test_a_mean_of_tasks_that_oppose_one_another_is_mixed(
    domain: Verdict, tasks: dict[str, Verdict], word: Verdict
) -> None:
    rows = [
        DeltaRow(
            name, "other" if "elsewhere" in name else "language", "acc", 50,
            supporting=name.endswith("+"), judgement=Judgement(own),
        )
        for name, own in tasks.items()
    ]  # fmt: skip
    row = DeltaRow("language", "language", "macro_mean", 100, judgement=Judgement(domain))
    assert with_opposed_tasks(row, rows).judgement.verdict == word
