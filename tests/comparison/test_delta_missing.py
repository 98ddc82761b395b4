"""Nothing missing counts as retained."""

from __future__ import annotations

from math import isnan

import pytest
from compared_scores import Scores, compared, pair_of, right
from paired_runs import task
from scipy import stats

OPEN = task("open", view="open")
OTHER = task("other", "reasoning")
OTHER_OPEN = task("other_open", view="open")


def test_nothing_measured_has_a_reason_and_no_numbers() -> None:
    comparison = compared({OPEN: [None] * 5, OTHER: right(300, 500)}, {OPEN: [1.0] * 5, OTHER: right(300, 500)})
    knowledge, reasoning = comparison.domains
    for row in (comparison.tasks[0], knowledge):
        assert (row.judgement.verdict, row.n_items, row.n_unmeasured) == ("not_measured", 0, 5)
        assert row.reason is not None
        assert "base: no score (5)" in row.reason
        assert row.estimate is None and row.outcomes is None and isnan(row.judgement.p_adjusted)
    assert reasoning.judgement.verdict == "retained"
    assert comparison.overall.judgement.verdict == "inconclusive"
    assert comparison.overall.reason == "domains not measured: knowledge"


def test_a_missing_item_costs_what_the_base_is_known_to_have_there() -> None:
    """Ten items, the base right on the first five; the candidate has no answer to two of those and to two others.

    Measured: 3 kept of 6, one gained: +1/6. At the worst the two are lost and the others stay wrong: (1 - 2) / 10; at
    the best all four are right: (1 + 2) / 10.
    """
    base = [1.0] * 5 + [0.0] * 5
    candidate = [1.0] * 3 + [None] * 2 + [1.0, 0.0, 0.0] + [None] * 2
    row = compared({OPEN: base}, {OPEN: candidate}).domains[0]
    assert row.estimate.delta == pytest.approx(1 / 6)
    assert (row.missing.missing_worst, row.missing.missing_best) == pytest.approx((-0.1, 0.3))
    assert row.missing.missing_lower <= row.missing.missing_worst


def test_what_is_missing_undoes_a_gain() -> None:
    """40 of the base's 50 right items unmeasured on the candidate, 12 others gained of 150."""
    base = [1.0] * 50 + [0.0] * 150
    candidate = [1.0] * 10 + [None] * 40 + [1.0] * 12 + [0.0] * 138
    row = compared({OPEN: base}, {OPEN: candidate}).domains[0]
    assert row.estimate.delta == pytest.approx(12 / 160)
    assert row.missing.missing_worst == pytest.approx((12 - 40) / 200)
    assert row.judgement.verdict == "inconclusive"


def test_the_worst_of_a_domain_is_a_mean_over_its_tasks_of_means_over_items() -> None:
    """A task that nobody answered is lost where the base was right: (-.5 + 0) / 2, not a product of means."""
    right_half = [1.0] * 20 + [0.0] * 20
    row = compared({OPEN: right_half, OTHER_OPEN: [1.0] * 40}, {OPEN: [None] * 40, OTHER_OPEN: [1.0] * 40}).domains[0]
    assert row.missing.missing_worst == pytest.approx(-0.25)


@pytest.mark.parametrize(("after", "verdict"), [(0, "inconclusive"), (5, "inconclusive")])
def test_a_base_of_five_in_three_hundred_shows_neither_loss_nor_its_absence(after: int, verdict: str) -> None:
    """5 of 300 right falling to 0 is a loss of 1.7 points and of everything: no margin of 3 makes it retained."""
    base, candidate = right(5, 300), right(after, 300)
    row = compared({OPEN: base}, {OPEN: candidate}).domains[0]
    assert row.judgement.verdict == verdict
    assert row.estimate.lower > -0.045


def test_retention_has_fiellers_interval() -> None:
    """160 items, 58 right on either side of which 38 are the same: anything from .7 to 1.5 is compatible."""
    base, candidate = pair_of(losses=20, gains=20, kept=38, n=160)
    kept = compared({OPEN: base}, {OPEN: candidate}).domains[0].kept
    x = 58 / 160
    se2, cov = x * (1 - x) / 159, (38 / 160 - x * x) * 160 / 159 / 160
    t = stats.t.ppf(0.975, 158)
    a, b, c = x * x - t * t * se2, x * x - t * t * cov, x * x - t * t * se2
    expected = [(b - sign * (b * b - a * c) ** 0.5) / a for sign in (1, -1)]
    assert kept.retention == pytest.approx(1.0)
    assert (kept.retention_low, kept.retention_high) == pytest.approx(expected, abs=0.01)


def test_a_margin_of_bits_is_one_of_the_base_score() -> None:
    """At .5 = 2^-1 a bit per byte and .05 allowed: .5 (1 - 2^-.05) = .0170."""
    bits = task("bits", "language", metric="bits_per_byte", binary=False)
    comparison = compared({bits: [0.5] * 50}, {bits: [0.5] * 50})
    margins = [row.judgement.margin for row in (*comparison.tasks, *comparison.domains)]
    assert margins == pytest.approx([0.0170309] * 2, abs=1e-6)


def test_the_standardised_effect_is_cohens_d_av() -> None:
    """From .5 to .2 right: -.3 over the mean of the standard deviations .5 and .4."""
    row = compared({OPEN: right(50, 100)}, {OPEN: right(20, 100)}).tasks[0]
    assert row.estimate.effect == pytest.approx(-0.3 / 0.45)


def test_rigidity_is_no_part_of_the_overall_row() -> None:
    shape = task("shape", "format_rigidity")
    comparison = compared({OPEN: right(30, 60), shape: right(60, 60)}, {OPEN: right(30, 60), shape: right(6, 60)})
    assert comparison.overall.estimate.delta == 0.0


def test_nothing_missing_counts_as_retained() -> None:
    """500 equal items are retained at .03, also with 2 missing; with 40 missing, all of which may be lost, not."""

    def verdict_with(missing: int) -> tuple[str, int, str | None]:
        candidate = [1.0] * (500 - missing) + [None] * missing
        row = compared({OPEN: [1.0] * 500}, {OPEN: candidate}).domains[0]
        return row.judgement.verdict, row.n_unmeasured, row.reason

    assert verdict_with(2) == ("retained", 2, "2 items not measured: candidate: no score (2)")
    assert verdict_with(40)[0] == "inconclusive"


def test_a_task_without_any_item_keeps_its_domain_from_retained() -> None:
    same: Scores = {OPEN: right(300, 500), task("empty"): []}
    comparison = compared(same, same)
    assert comparison.domains[0].judgement.verdict == "inconclusive"
    assert comparison.domains[0].reason == "tasks without any measured item: empty"
    assert comparison.tasks[1].reason == "the task has no items"
