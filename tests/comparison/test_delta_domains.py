"""A domain's row from its tasks', the overall row, and the families that p-values are adjusted in."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from compared_scores import compared, pair_of, right
from paired_runs import item, run, task

from forgetbench.comparison.delta import compare
from forgetbench.records import Comparison

OPEN = task("open", view="open")
CHOICE = task("choice", view="choice", chance=0.25)


def test_forgotten_is_locked_plus_erased_plus_what_cannot_be_told() -> None:
    """Ten items, eight with a choice view; all forgotten in the open view, five of the eight still ranked first."""
    base = run(
        "base", [OPEN, CHOICE], [item(OPEN, i, 1.0) for i in range(10)] + [item(CHOICE, i, 1.0) for i in range(8)]
    )
    candidate = run(
        "sft", [OPEN, CHOICE],
        [item(OPEN, i, 0.0) for i in range(10)] + [item(CHOICE, i, float(i < 5)) for i in range(8)],
    )  # fmt: skip
    comparison, items = compare(base, candidate, margins={}, resamples=200)
    free, choice = comparison.tasks
    assert (free.outcomes.forgotten, free.outcomes.locked, free.outcomes.erased) == (1.0, 0.5, 0.3)
    assert choice.outcomes.forgotten == 0.375 and isnan(choice.outcomes.locked) and choice.fates is None
    (domain,) = comparison.domains
    assert (domain.outcomes.forgotten, domain.outcomes.locked, domain.outcomes.erased) == pytest.approx(
        (0.6875, 0.25, 0.15)
    )
    assert items["fate"].value_counts().to_dict() == {"locked": 5, "erased": 3}


def test_without_a_choice_view_locked_is_unknown_not_zero() -> None:
    (row,) = compared({OPEN: right(50, 50)}, {OPEN: right(0, 50)}).tasks
    assert row.outcomes.forgotten == 1.0 and isnan(row.outcomes.locked) and isnan(row.outcomes.erased)


def test_a_domain_is_the_macro_mean_of_its_tasks() -> None:
    base_a, candidate_a = pair_of(20, 5, 50, 100)
    base_b, candidate_b = pair_of(10, 30, 60, 400)
    apart = task("apart")
    rows_b = [[item(apart, 1000 + i, s) for i, s in enumerate(scores)] for scores in (base_b, candidate_b)]
    rows_a = [[item(OPEN, i, s) for i, s in enumerate(scores)] for scores in (base_a, candidate_a)]
    comparison, _ = compare(
        run("base", [OPEN, apart], rows_a[0] + rows_b[0]), run("sft", [OPEN, apart], rows_a[1] + rows_b[1]), margins={}
    )
    (domain,), (first, second) = comparison.domains, comparison.tasks
    assert domain.estimate.delta == pytest.approx((first.estimate.delta + second.estimate.delta) / 2)
    assert domain.estimate.se == pytest.approx(np.hypot(first.estimate.se, second.estimate.se) / 2)
    assert domain.estimate.base == pytest.approx((0.70 + 0.175) / 2)
    assert domain.outcomes.forgotten == pytest.approx((0.2 + 0.025) / 2)
    assert domain.n_items == 500
    assert domain.metric == "macro_mean"


def test_views_of_one_question_share_their_clusters() -> None:
    """Both views lose the same items: the domain knows no more than one view, and counts its items once."""
    base, candidate = pair_of(20, 5, 50, 100)
    strict = task("strict", view="strict")
    comparison = compared({OPEN: base, strict: base}, {OPEN: candidate, strict: candidate})
    (domain,), task_row = comparison.domains, comparison.tasks[0]
    assert domain.estimate.se == pytest.approx(task_row.estimate.se)
    assert domain.n_items == 100
    assert domain.estimate.p_value == pytest.approx(task_row.estimate.p_value, abs=0.01)
    assert (domain.estimate.ci_low, domain.estimate.ci_high) == pytest.approx(
        (task_row.estimate.ci_low, task_row.estimate.ci_high), abs=0.02
    )


def test_views_that_move_against_each_other_cancel() -> None:
    base, candidate = pair_of(20, 0, 30, 50)
    strict = task("strict", view="strict")
    (domain,) = compared({OPEN: base, strict: candidate}, {OPEN: candidate, strict: base}).domains
    assert (domain.estimate.delta, domain.estimate.se, domain.estimate.p_value) == (0.0, 0.0, 1.0)


def test_domain_retention_divides_corrected_means() -> None:
    comparison = compared(
        {OPEN: right(80, 100), CHOICE: right(75, 100)}, {OPEN: right(40, 100), CHOICE: right(25, 100)}
    )
    expected = (0.4 + (0.25 - 0.25) / 0.75) / (0.8 + (0.75 - 0.25) / 0.75)
    assert comparison.domains[0].kept.retention == pytest.approx(expected)


def test_graded_tasks_do_not_count_in_a_domains_outcomes() -> None:
    graded = task("graded", binary=False)
    base, candidate = pair_of(20, 5, 50, 100)
    comparison = compared({OPEN: base, graded: base * 0.5}, {OPEN: candidate, graded: base * 0.5})
    assert (comparison.domains[0].outcomes.forgotten, comparison.domains[0].outcomes.gained) == (0.2, 0.05)


def four_domains() -> Comparison:
    """Losses of 12, 9, 9 and 30 of 100 items, the last in the target domain."""
    infos = [task("a"), task("b", "reasoning"), task("c", "language"), task("d", "target")]
    pairs = [pair_of(losses, 0, 50, 100) for losses in (12, 9, 9, 30)]
    return compared(
        {info: base for info, (base, _) in zip(infos, pairs, strict=True)},
        {info: candidate for info, (_, candidate) in zip(infos, pairs, strict=True)},
        resamples=4000,
    )


def test_holm_runs_over_the_gated_domains_and_target_stands_alone() -> None:
    comparison = four_domains()
    p = {row.name: row.estimate.p_value for row in comparison.domains}
    adjusted = {row.name: row.judgement.p_adjusted for row in comparison.domains}
    assert adjusted["knowledge"] == pytest.approx(3 * p["knowledge"])
    assert adjusted["target"] == p["target"]
    middle = sorted([p["reasoning"], p["language"]])
    assert adjusted["reasoning"] == adjusted["language"] or max(adjusted.values()) == middle[1]


def test_benjamini_hochberg_runs_over_all_tasks() -> None:
    """Exact McNemar: 2 / 2^12, 2 / 2^9 twice, 2 / 2^30."""
    adjusted = [row.judgement.p_adjusted for row in four_domains().tasks]
    assert adjusted == pytest.approx([2**-11 * 4 / 2, 2**-8, 2**-8, 2**-29 * 4])


def test_overall_leaves_target_out() -> None:
    comparison = four_domains()
    gated = [row for row in comparison.domains if row.name != "target"]
    assert comparison.overall.estimate.delta == pytest.approx(-0.10)
    assert comparison.overall.estimate.se == pytest.approx(np.sqrt(sum(row.estimate.se**2 for row in gated)) / 3)
    assert comparison.overall.n_items == 300
    assert (comparison.overall.name, comparison.overall.domain) == ("overall", "overall")
    assert comparison.overall.judgement.verdict == "regressed"


def test_domains_come_in_the_contracts_order() -> None:
    assert [row.name for row in four_domains().domains] == ["knowledge", "reasoning", "language", "target"]
