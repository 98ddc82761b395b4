from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import pytest
from scipy import stats

from forgetbench.comparison.preserved import preserved_bound
from forgetbench.comparison.verdict import bounds_at, one_sided_low, verdict, with_opposed_tasks, with_verdict
from forgetbench.records import DeltaRow, Estimate, Evidence, Judgement, Missing, Retention, Verdict


@pytest.mark.parametrize(
    ("delta", "low", "p", "within", "word"),
    [
        (-0.10, -0.14, 0.001, False, "regressed"),
        (-0.10, -0.20, 0.08, False, "inconclusive"),  # the interval may say so, the adjusted test does not
        (-0.60, -1.00, 0.001, False, "regressed"),  # of one giant cluster an interval says nothing, and the test does
        (-0.003, -0.004, 0.001, True, "regressed"),  # proven, if smaller than the margin
        (0.00, -0.02, 0.9, True, "retained"),
        (-0.01, -0.035, 0.4, False, "inconclusive"),
        (0.10, 0.06, 0.001, True, "improved"),
        (0.10, 0.06, 0.06, True, "retained"),
        (0.20, -0.20, 0.001, False, "inconclusive"),  # what is missing could undo the gain
    ],
)
def test_words_of_one_row(delta: float, low: float, p: float, within: bool, word: Verdict) -> None:
    assert verdict(delta, low, p, within_margin=within) == word


@pytest.mark.parametrize("missing", range(3))
def test_a_missing_number_is_not_measured(missing: int) -> None:
    numbers = [0.0, -0.01, 0.5]
    numbers[missing] = nan
    assert verdict(*numbers, within_margin=True) == "not_measured"


def row(delta: float, half: float, **groups: object) -> DeltaRow:
    """A row whose interval of level 95 % reaches `half` to both sides."""
    estimate = Estimate(0.6, 0.6 + delta, delta, delta - half, delta + half, lower=delta - half * 1.644854 / 1.959964)
    return replace(DeltaRow("knowledge", "knowledge", "acc", 1000, estimate=estimate), **groups)


def test_a_loss_may_be_shown_and_be_within_the_margin() -> None:
    """-0.3 points at 20,000 items with 5 allowed: lower, and within the margin (Piaggio et al. 2012, figure 1)."""
    small, large = (with_verdict(row(delta, 0.001), 0.001, 0.05, 0.8).judgement for delta in (-0.003, -0.2))
    assert (small.verdict, small.within_margin) == ("regressed", True)
    assert (large.verdict, large.within_margin) == ("regressed", False)


def test_the_p_value_of_noninferiority_is_that_of_a_t_test() -> None:
    """An estimate of -.01 with a standard error of .01 and 20 degrees of freedom, against a margin of .03: t = 2."""
    t = stats.t.ppf([0.975, 0.95], 20)
    estimate = Estimate(0.6, 0.59, -0.01, -0.01 - 0.01 * t[0], -0.01 + 0.01 * t[0], lower=-0.01 - 0.01 * t[1])
    found = DeltaRow("a", "a", "acc", 100, estimate=estimate, evidence=Evidence(21, None, 21.0, 20.0))
    judged = with_verdict(found, 0.3, 0.03, 0.0).judgement
    assert judged.p_noninferior == pytest.approx(stats.t.sf(2.0, 20))
    assert judged.within_margin is (judged.p_noninferior < 0.05)


def test_bounds_at_another_level_are_students() -> None:
    t = stats.t.ppf([0.975, 0.95, 0.995, 0.99], 10)
    estimate = Estimate(0.5, 0.5, 0.0, -t[0], t[0], lower=-t[1])
    found = DeltaRow("a", "a", "acc", 100, estimate=estimate, evidence=Evidence(11, None, 11.0, 10.0))
    strict = bounds_at(found, alpha=0.01, interval_alpha=0.05)
    assert (strict.low, strict.high, strict.lower) == pytest.approx((-t[2], t[2], -t[3]))


def test_missing_items_move_the_bounds_of_retained_and_of_improved_alike() -> None:
    missing = Missing(missing_worst=-0.2, missing_best=0.6, missing_lower=-0.3, missing_low=-0.32, missing_high=0.7)
    gained = with_verdict(row(0.2, 0.05, missing=missing), 0.001, 0.03, 0.0).judgement
    assert (gained.verdict, gained.within_margin) == ("inconclusive", False)
    assert with_verdict(row(0.2, 0.05), 0.001, 0.03, 0.0).judgement.verdict == "improved"
    bounds = bounds_at(row(0.2, 0.05, missing=missing), alpha=0.05, interval_alpha=0.05)
    assert (bounds.low, bounds.lower, bounds.high, bounds.best) == pytest.approx((-0.32, -0.3, 0.25, 0.7))


def test_a_fraction_that_is_not_shown_to_be_kept_is_not_retained() -> None:
    kept = Retention(
        base_corrected=0.1, candidate_corrected=0.1, base_corrected_se=0.02, candidate_corrected_se=0.02,
        corrected_covariance=0.0003, retention_reach=1.645,
    )  # fmt: skip
    # .1 - .8 x .1 = .02; variance .0004 - 1.6 x .0003 + .64 x .0004 = .000176, so 1.645 errors are .0218.
    assert preserved_bound(kept, 0.8, alpha=0.05, interval_alpha=0.05) == pytest.approx(0.02 - 1.645 * 0.000176**0.5)
    assert with_verdict(row(0.0, 0.02, kept=kept), 0.9, 0.05, 0.8).judgement.verdict == "inconclusive"
    assert with_verdict(row(0.0, 0.02, kept=kept), 0.9, 0.05, 0.5).judgement.verdict == "retained"
    assert preserved_bound(kept, 0.0, alpha=0.05, interval_alpha=0.05) == inf


def test_one_sided_bound_is_the_scaled_arm() -> None:
    """1.6449 standard errors where the two-sided interval takes 1.9600."""
    assert one_sided_low(-0.01, -0.01 - 1.959964 * 0.02) == pytest.approx(-0.01 - 1.644854 * 0.02, abs=1e-6)


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
    whole = DeltaRow("language", "language", "macro_mean", 100, judgement=Judgement(domain))
    assert with_opposed_tasks(whole, rows).judgement.verdict == word
