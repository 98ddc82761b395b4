from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paired_runs import item, run, scored, task
from scipy import stats
from scipy.stats import binom

from forgetbench.comparison.delta import chat_format_costs, compare
from forgetbench.errors import IncomparableError
from forgetbench.records import DEFAULT_MARGIN, Comparison, DeltaRow, TaskInfo
from forgetbench.storage.runs import Run

OPEN = task("open", view="open")
CHOICE = task("choice", view="choice", chance=0.25)
OTHER = task("other", "reasoning")
OTHER_OPEN = task("other_open", view="open")

Scores = Mapping[TaskInfo, Sequence[float | None] | np.ndarray]


def compared(base: Scores, candidate: Scores, clusters: Sequence[str] | None = None, **settings: Any) -> Comparison:
    options: dict[str, Any] = {"margins": {}, "resamples": 1000} | settings
    comparison, _ = compare(scored("base", base, clusters), scored("sft", candidate, clusters), **options)
    return comparison


def named(rows: Sequence[DeltaRow], name: str) -> DeltaRow:
    return next(row for row in rows if row.name == name)


def right(n_right: int, n: int) -> np.ndarray:
    return np.repeat([1.0, 0.0], [n_right, n - n_right])


def pair_of(losses: int, gains: int, kept: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of both sides with so many items lost, gained and kept."""
    base = np.repeat([1.0, 0.0, 1.0, 0.0], [losses, gains, kept, n - losses - gains - kept])
    candidate = np.repeat([0.0, 1.0, 1.0, 0.0], [losses, gains, kept, n - losses - gains - kept])
    return base, candidate


# --- a task -----------------------------------------------------------------------------------


def test_sixty_losses_and_fifty_gains_in_a_thousand() -> None:
    base, candidate = pair_of(60, 50, 400, 1000)
    (row,) = compared({OPEN: base}, {OPEN: candidate}, resamples=10_000).tasks
    assert (row.n_items, row.estimate.base, row.estimate.candidate) == (1000, 0.46, 0.45)
    assert row.estimate.delta == pytest.approx(-0.01)
    assert row.estimate.se == pytest.approx(0.010483, abs=5e-7)
    assert row.estimate.ci_low == pytest.approx(-0.01 - 1.96 * 0.010483, abs=1.1e-3)
    assert row.estimate.ci_high == pytest.approx(-0.01 + 1.96 * 0.010483, abs=1.1e-3)
    # An exact test needs a little more than the normal 2.80 standard errors, and what is lost comes on top.
    assert 1.0 < row.estimate.mde / (2.8016 * 0.010483) < 1.2
    assert (row.outcomes.forgotten, row.outcomes.gained) == (0.06, 0.05)
    assert row.kept.retention == pytest.approx(0.45 / 0.46)


@pytest.mark.parametrize(("losses", "gains", "p"), [(10, 2, 0.0385742), (5, 0, 0.0625), (0, 0, 1.0)])
def test_independent_right_or_wrong_items_get_mcnemar(losses: int, gains: int, p: float) -> None:
    base, candidate = pair_of(losses, gains, 50, 100)
    assert compared({OPEN: base}, {OPEN: candidate}).tasks[0].estimate.p_value == pytest.approx(p, abs=5e-8)


# --- where nothing can be said of forgetting --------------------------------------------------


def test_a_base_at_chance_has_nothing_to_forget() -> None:
    base, candidate = pair_of(losses=60, gains=20, kept=0, n=240)
    (row,) = compared({CHOICE: base}, {CHOICE: candidate}).tasks
    assert (row.judgement.verdict, row.judgement.at_chance) == ("not_measured", True)
    assert (row.estimate.base, row.outcomes.informative) == (0.25, 0.0)
    assert row.estimate.delta == pytest.approx(-1 / 6)
    assert row.reason == (
        "the base is not shown to be above chance (25.0, guessing gives 25.0): there is nothing to forget"
    )


def test_what_is_learnt_from_nothing_is_an_improvement() -> None:
    base, candidate = pair_of(losses=0, gains=60, kept=0, n=200)
    (row,) = compared({OPEN: base}, {OPEN: candidate}).tasks
    assert (row.judgement.at_chance, row.judgement.verdict) == (True, "improved")


def test_the_target_may_start_from_nothing() -> None:
    target = task("replies", "target")
    (row,) = compared({target: right(0, 200)}, {target: right(0, 200)}).tasks
    assert (row.judgement.at_chance, row.judgement.verdict) == (False, "retained")


def test_informative_items_are_those_the_base_can_do_beyond_guessing() -> None:
    rows = compared({OPEN: right(80, 200), CHOICE: right(125, 200)}, {OPEN: right(80, 200), CHOICE: right(125, 200)})
    assert [row.outcomes.informative for row in rows.tasks] == pytest.approx([0.4, 0.5])
    assert rows.domains[0].outcomes.informative == pytest.approx(0.45)


def test_a_noise_floor_hides_no_loss() -> None:
    """40 lost and none gained of 2,000: p = 2 x 2^-40, whatever the base loses and gains against itself."""
    base, candidate = pair_of(losses=40, gains=0, kept=1200, n=2000)
    noise = {name: {"loss": 0.02} for name in ("open", "knowledge", "overall")}
    comparison = compared({OPEN: base}, {OPEN: candidate}, noise_floor=noise)
    rows = (*comparison.tasks, *comparison.domains, comparison.overall)
    assert {row.judgement.verdict for row in rows} == {"regressed"}


def test_duplicated_items_in_a_cluster_are_no_new_evidence() -> None:
    base, candidate = pair_of(10, 2, 30, 50)
    names = [f"subject-{i}" for i in range(50)]
    once = compared({OPEN: base}, {OPEN: candidate}, names).tasks[0]
    often = compared({OPEN: np.tile(base, 20)}, {OPEN: np.tile(candidate, 20)}, names * 20).tasks[0]
    assert often.n_items == 1000
    assert often.estimate.se == pytest.approx(once.estimate.se)
    assert often.estimate.p_value == pytest.approx(once.estimate.p_value, abs=0.02)
    assert (often.estimate.ci_low, often.estimate.ci_high) == pytest.approx(
        (once.estimate.ci_low, once.estimate.ci_high), abs=0.03
    )


def test_scores_in_between_get_sign_flips_and_no_outcomes() -> None:
    graded = task("graded", binary=False)
    rng = np.random.default_rng(0)
    base = rng.uniform(0.4, 0.9, 80)
    (row,) = compared({graded: base}, {graded: base - rng.uniform(0, 0.2, 80)}).tasks
    assert row.estimate.p_value == pytest.approx(1 / 1001)
    assert row.judgement.verdict == "regressed"
    assert row.outcomes is None


def ranked(first: int) -> tuple[float, ...]:
    """Log-likelihoods of four options, one of them ranked first."""
    return tuple(-1.0 if option == first else -2.0 for option in range(4))


def test_two_random_guessers_forgot_nothing() -> None:
    """k = 4: .1875 forgotten, .1875 gained, .5625 wrong in both."""
    base, candidate = pair_of(3000, 3000, 1000, 16_000)
    wrong = np.cumsum((base == 0) & (candidate == 0))
    # Of three wrong options the second is chosen by the base, and by the candidate once in three times.
    runs = [
        run(name, [CHOICE], [
            item(CHOICE, i, score, responses=(), choices=tuple("abcd"), loglikelihoods=ranked(0 if score else other))
            for i, (score, other) in enumerate(zip(scores, option, strict=True))
        ])
        for name, scores, option in (("base", base, np.ones_like(wrong)), ("sft", candidate, 1 + wrong % 3))
    ]  # fmt: skip
    (row,) = compare(*runs, margins={}, resamples=200)[0].tasks
    assert (row.outcomes.forgotten, row.outcomes.gained) == (0.1875, 0.1875)
    assert (row.outcomes.forgotten_corrected, row.outcomes.gained_corrected) == pytest.approx((0.0, 0.0))
    assert isnan(row.kept.retention)  # at chance: a ratio to nothing


def test_correction_leaves_free_answers_alone() -> None:
    base, candidate = pair_of(10, 5, 50, 100)
    (row,) = compared({OPEN: base}, {OPEN: candidate}).tasks
    assert (row.outcomes.forgotten_corrected, row.outcomes.gained_corrected) == (
        row.outcomes.forgotten,
        row.outcomes.gained,
    )


def test_retention_is_chance_corrected() -> None:
    (row,) = compared({CHOICE: right(150, 200)}, {CHOICE: right(100, 200)}).tasks
    assert row.kept.retention == pytest.approx((0.5 - 0.25) / (0.75 - 0.25))


@pytest.mark.parametrize("n_right", [0, 1, 58])
def test_no_retention_where_the_base_is_not_clearly_above_chance(n_right: int) -> None:
    """58 of 200 is .29: within 1.65 standard errors (.032) of chance .25... and 0 or 1 are below it."""
    (row,) = compared({CHOICE: right(n_right, 200)}, {CHOICE: right(100, 200)}).tasks
    assert isnan(row.kept.retention)


def test_retention_below_chance_is_negative_and_all_right_is_above_chance() -> None:
    (row,) = compared({CHOICE: right(200, 200)}, {CHOICE: right(0, 200)}).tasks
    assert row.kept.retention == pytest.approx(-1 / 3)


def test_no_change_is_bounded_by_wilson_and_shows_what_it_could_see() -> None:
    (row,) = compared({OPEN: right(30, 50)}, {OPEN: right(30, 50)}).tasks
    assert (row.estimate.delta, row.estimate.se, row.estimate.p_value) == (0.0, 0.0, 1.0)
    assert (row.estimate.ci_low, row.estimate.ci_high) == pytest.approx((-0.07135, 0.07135), abs=5e-6)
    # Six losses of 50 are the fewest that a sign test calls significant.
    assert 0.8 < binom.sf(5, 50, row.estimate.mde) < 0.91
    assert row.judgement.verdict == "inconclusive"


def test_no_change_in_many_items_is_retained() -> None:
    (row,) = compared({OPEN: right(300, 500)}, {OPEN: right(300, 500)}).tasks
    assert row.judgement.verdict == "retained"
    assert row.judgement.margin == DEFAULT_MARGIN


@pytest.mark.parametrize("n_clusters", [1, 2, 5, 9])
def test_few_clusters_are_never_retained_on_sameness(n_clusters: int) -> None:
    names = [f"subject-{i % n_clusters}" for i in range(900)]
    (row,) = compared({OPEN: right(300, 900)}, {OPEN: right(300, 900)}, names).tasks
    assert row.judgement.verdict == "inconclusive"
    assert row.estimate.ci_low < -0.25


def test_margins_are_per_domain() -> None:
    same = {OPEN: right(30, 50), OTHER: right(30, 50)}
    comparison = compared(same, same, margins={"knowledge": 0.1})
    assert [row.judgement.margin for row in comparison.domains] == [0.1, 0.03]
    assert [row.judgement.verdict for row in comparison.domains] == ["retained", "inconclusive"]
    assert [row.judgement.margin for row in comparison.tasks] == [0.1, 0.03]


# --- locked and erased ------------------------------------------------------------------------


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


# --- a domain ---------------------------------------------------------------------------------


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


# --- families of tests ------------------------------------------------------------------------


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


# --- what was not measured --------------------------------------------------------------------


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


# --- the whole --------------------------------------------------------------------------------


def test_comparison_says_what_was_compared() -> None:
    base = scored("base", {OPEN: right(30, 50)}, warnings=("answers were cut",))
    candidate = scored("sft", {OPEN: right(20, 50)}, step=40, tokenizer="other")
    comparison, items = compare(base, candidate, margins={}, noise_floor={"flipped": 0.01}, seed=3, resamples=200)
    assert (comparison.base.name, comparison.candidate.name, comparison.candidate.step) == ("base", "sft", 40)
    assert (comparison.suite, comparison.protocol, comparison.seed) == ("core", "native", 3)
    assert comparison.noise_floor == {"flipped": 0.01}
    assert "base: answers were cut" in comparison.warnings
    assert any("tokenizers" in text for text in comparison.warnings)
    assert len(items) == 50


def test_same_seed_same_numbers_and_no_row_depends_on_the_others() -> None:
    base, candidate = pair_of(20, 5, 50, 100)
    alone = compared({OPEN: base}, {OPEN: candidate})
    again = compared({OPEN: base}, {OPEN: candidate})
    beside = compared({OTHER: base, OPEN: base}, {OTHER: base, OPEN: candidate})
    assert dataclasses.replace(again, created=alone.created) == alone
    ours, theirs = alone.domains[0], named(beside.domains, "knowledge")
    assert ours.estimate == theirs.estimate


outcomes = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0])), min_size=1, max_size=40)


@given(outcomes, st.integers(1, 12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_row_is_coherent(pairs: list[tuple[float, float]], n_clusters: int) -> None:
    base, candidate = ([pair[side] for pair in pairs] for side in (0, 1))
    clusters = [f"subject-{i % n_clusters}" for i in range(len(pairs))]
    there = compared({CHOICE: base}, {CHOICE: candidate}, clusters, resamples=200)
    back = compared({CHOICE: candidate}, {CHOICE: base}, clusters, resamples=200)
    for row, swapped in zip(
        [*there.tasks, *there.domains, there.overall], [*back.tasks, *back.domains, back.overall], strict=True
    ):
        assert -1 <= row.estimate.ci_low <= row.estimate.delta <= row.estimate.ci_high <= 1
        assert row.estimate.ci_low < row.estimate.ci_high
        assert row.outcomes.gained - row.outcomes.forgotten == pytest.approx(row.estimate.delta)
        assert swapped.estimate.delta == pytest.approx(-row.estimate.delta)
        assert isnan(row.outcomes.locked) and row.fates is None
        assert 0 < row.estimate.p_value <= 1
        assert 0 < row.estimate.mde <= 1
        # Few clusters show no sameness; what is retained there has risen.
        assert row.judgement.verdict != "retained" or n_clusters > 5 or row.estimate.delta > 0


# --- beside the rows --------------------------------------------------------------------------


def test_a_supporting_task_has_a_row_but_no_part_in_its_domain() -> None:
    beside = task("beside", supporting=True)
    base, lost = np.ones(100), np.zeros(100)
    found = compared({OPEN: base, beside: base}, {OPEN: base, beside: lost})
    assert [row.estimate.delta for row in found.tasks] == [0.0, -1.0]
    assert [row.supporting for row in found.tasks] == [False, True]
    assert named(found.domains, "knowledge").estimate.delta == 0.0 and found.overall.estimate.delta == 0.0
    alone = compared({beside: base}, {beside: lost})
    assert named(alone.domains, "knowledge").judgement.verdict == "not_measured"
    assert named(alone.domains, "knowledge").reason == "only supporting tasks were asked"


def test_numbers_beside_the_scores_are_kept_for_both_sides() -> None:
    scores = {OPEN: np.ones(4)}
    left = scored("base", scores, metrics={"open": {"exact_match": 1.0, "cut": 0.25}})
    right_side = scored("sft", scores, metrics={"open": {"cut": 0.75, "parsed": 1.0}})
    comparison, _ = compare(left, right_side, margins={})
    # The score itself has its own row.
    assert [(row.task, row.metric, row.base, row.candidate) for row in comparison.metrics] == [
        ("open", "cut", 0.25, 0.75),
        ("open", "parsed", None, 1.0),
    ]


def test_costs_of_the_chat_format_are_those_of_one_checkpoint() -> None:
    plain = scored("sft", {OPEN: right(80, 100)}, protocol="completion", fingerprint="w")
    chat = scored("sft", {OPEN: right(50, 100)}, protocol="native", chat_template=True, fingerprint="w")
    (row,) = chat_format_costs(plain, chat)
    assert (row.name, row.estimate.base, row.estimate.candidate) == ("knowledge", 0.8, 0.5)
    assert row.estimate.delta == pytest.approx(-0.3)
    other = scored("other", {OPEN: right(50, 100)}, protocol="native", fingerprint="v")
    with pytest.raises(IncomparableError, match="different checkpoints"):
        chat_format_costs(plain, other)
    # Between two checkpoints the protocol must be the same, as ever.
    with pytest.raises(IncomparableError, match="protocol completion vs native"):
        compare(plain, other, margins={})


def test_strata_show_where_a_domain_lost() -> None:
    numbers = range(200)

    def made(name: str, tail_right: int) -> Run:
        rows = [
            item(OPEN, i, float(i % 2 == 0 or i < tail_right), stratum="head" if i % 2 == 0 else "tail")
            for i in numbers
        ]
        return run(name, [OPEN], rows)

    comparison, _ = compare(made("base", 200), made("sft", 100), margins={})
    head, tail = comparison.strata
    assert [(row.domain, row.stratum, row.n_items) for row in (head, tail)] == [
        ("knowledge", "head", 100),
        ("knowledge", "tail", 100),
    ]
    assert (head.delta, tail.delta) == (0.0, -0.5)
    # 50 of 100 changed: se = sqrt(.25 / 99), t of 99 degrees of freedom 1.9842.
    reach = 1.9842 * np.sqrt(0.25 / 99)
    assert (tail.ci_low, tail.ci_high) == pytest.approx((-0.5 - reach, -0.5 + reach), abs=1e-4)
    # No change among so many is not certainty.
    assert head.ci_low < 0 < head.ci_high
    assert compared({OPEN: np.ones(4)}, {OPEN: np.ones(4)}).strata == ()


def test_a_small_task_that_makes_a_domains_error_is_named_with_the_way_out() -> None:
    warnings = compared(
        {OPEN: right(3, 5), OTHER_OPEN: right(300, 500)}, {OPEN: right(3, 5), OTHER_OPEN: right(300, 500)}
    )
    (line,) = [line for line in warnings.warnings if "of its error" in line]
    assert line.startswith("open has 5 of the 505 items of knowledge's tasks and makes 99% of its error")
    assert "more items" in line and "supporting: true" in line
