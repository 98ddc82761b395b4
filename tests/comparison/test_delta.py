"""What a task's row says: tests, intervals, chance, retention, verdicts; and that rows are coherent."""

from __future__ import annotations

import dataclasses
from math import isnan

import numpy as np
import pytest
from compared_scores import compared, named, pair_of, right
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paired_runs import item, run, scored, task
from scipy.stats import binom

from forgetbench.comparison.delta import compare
from forgetbench.records import DEFAULT_MARGIN

OPEN = task("open", view="open")
CHOICE = task("choice", view="choice", chance=0.25)
OTHER = task("other", "reasoning")


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
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
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
