"""Locked, erased and never known, less what guessing explains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from paired_runs import scored, task

from forgetbench.comparison.checked import check_numbers, load_checked
from forgetbench.comparison.delta import compare
from forgetbench.comparison.fates import share_bounds
from forgetbench.errors import InputError
from forgetbench.gate import Gate, Policy, decide
from forgetbench.records import Comparison, Fates, TaskInfo
from forgetbench.storage.comparisons import save_comparison

OPEN = task("open", view="open")
CHOICE = task("choice", view="choice", chance=0.25)
LETTERS = task("letters", view="choice", chance=0.25)


def compared(
    base: dict[TaskInfo, list[float]], candidate: dict[TaskInfo, list[float]], clusters: list[str] | None = None
) -> Comparison:
    return compare(scored("base", base, clusters), scored("sft", candidate, clusters), margins={}, resamples=200)[0]


def fates(b: list[float], c: list[float], clusters: list[str] | None = None) -> Fates:
    """Of items that are all forgotten, by what base and candidate rank first."""
    n = len(b)
    row = compared({OPEN: [1.0] * n, CHOICE: b}, {OPEN: [0.0] * n, CHOICE: c}, clusters).tasks[0]
    assert row.fates is not None and row.fates.n_fates == n
    return row.fates


def test_known_answer() -> None:
    """Abbott 1925: four options, b right on 9 of 10, c on 5: (.5 - .25) / .75, (.9 - .5) / .75 and (1 - .9) / .75."""
    found = fates([1.0] * 9 + [0.0], [1.0] * 5 + [0.0] * 5)
    shares = (found.locked_of_forgotten, found.erased_of_forgotten, found.never_known_of_forgotten)
    assert shares == pytest.approx((1 / 3, 8 / 15, 2 / 15))
    assert sum(shares) == pytest.approx(1)
    # Everything was forgotten, so the shares of all items are the same.
    assert (found.locked_corrected, found.erased_corrected) == pytest.approx(shares[:2])


def test_where_the_base_ranks_all_right_it_is_the_correction_of_the_counts() -> None:
    """locked* = x - y g / (1 - g) and erased* = y / (1 - g), with x and y the counted shares of all items."""
    base = [1.0] * 80 + [0.0] * 20
    row = compared({OPEN: base, CHOICE: [1.0] * 100}, {OPEN: [0.0] * 100, CHOICE: [1.0] * 30 + [0.0] * 70}).tasks[0]
    x, y = row.outcomes.locked, row.outcomes.erased
    assert (x, y, row.outcomes.never_known) == (0.3, 0.5, 0.0)
    assert row.fates.locked_corrected == pytest.approx(x - y / 3)
    assert row.fates.erased_corrected == pytest.approx(y / 0.75)


def test_the_error_is_that_of_a_mean_over_the_forgotten_items() -> None:
    """60 items in clusters of their own: the error of a mean with n - 1, and Student's reach with 59."""
    c = [1.0] * 24 + [0.0] * 36
    found = fates([1.0] * 60, c)
    values = (np.array(c) - 0.25) / 0.75
    assert found.locked_of_forgotten_se == pytest.approx(values.std(ddof=1) / np.sqrt(60), rel=0.02)
    assert found.of_forgotten_reach == pytest.approx(2.001, abs=1e-3)


def test_copies_within_their_clusters_are_no_new_evidence() -> None:
    c = [1.0] * 12 + [0.0] * 18
    once = fates([1.0] * 30, c, [f"subject-{i}" for i in range(30)])
    twenty = fates([1.0] * 600, c * 20, [f"subject-{i % 30}" for i in range(600)])
    for name in ("locked_of_forgotten", "locked_of_forgotten_se", "of_forgotten_reach", "locked_corrected_se"):
        assert getattr(twenty, name) == pytest.approx(getattr(once, name))


def test_few_items_that_agree_prove_little() -> None:
    assert fates([1.0] * 5, [1.0] * 5).locked_of_forgotten_se > 0.3
    one = fates([1.0], [1.0])
    assert one.locked_of_forgotten == 1.0 and np.isnan(one.locked_of_forgotten_se)


@pytest.mark.parametrize("views", [(CHOICE,), (CHOICE, LETTERS)], ids=["one view", "two views"])
def test_a_pure_guesser_is_not_locked(views: tuple[TaskInfo, ...]) -> None:
    """The base ranks all right, the candidate guesses: 25 in 100 look locked, by two views 44 would."""
    rng = np.random.default_rng(0)
    base: dict[TaskInfo, list[float]] = {OPEN: [1.0] * 4000} | {view: [1.0] * 4000 for view in views}
    guesses = {view: (rng.random(4000) < 0.25).astype(float).tolist() for view in views}
    row = compared(base, {OPEN: [0.0] * 4000} | guesses).tasks[0]
    assert row.outcomes.locked == pytest.approx(0.25, abs=0.02)
    assert row.fates.locked_of_forgotten == pytest.approx(0.0, abs=0.03)
    assert row.fates.erased_of_forgotten == pytest.approx(1.0, abs=0.03)


def test_a_domain_is_the_mean_of_the_tasks_that_have_a_choice_view() -> None:
    strict, sure = task("strict", view="strict"), [1.0] * 40
    made = compared({OPEN: sure, strict: sure, CHOICE: sure}, {OPEN: [0.0] * 40, strict: sure, CHOICE: sure})
    (domain,) = made.domains
    assert domain.fates.locked_corrected == pytest.approx((1.0 + 0.0) / 2)
    # As counted, every right-or-wrong task is in the mean.
    assert domain.outcomes.locked == pytest.approx((1.0 + 0.0 + 0.0) / 3)
    assert domain.fates.n_fates == 40 and domain.fates.locked_of_forgotten == pytest.approx(1.0)
    assert made.overall.fates == domain.fates
    assert compared({OPEN: sure}, {OPEN: [0.0] * 40}).domains[0].fates is None


# --- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "state"), [(160, "passed"), (30, "inconclusive")])
def test_nothing_forgotten_keeps_a_limit_where_items_are_enough(n: int, state: str) -> None:
    found = compared({OPEN: [1.0] * n, CHOICE: [1.0] * n}, {OPEN: [1.0] * n, CHOICE: [1.0] * n})
    (check,) = [
        c for c in decide(found, Policy(gates={"open": Gate(max_erased=0.05)})).decisions if c.check != "verdict"
    ]
    assert check.state == state


def test_bounds_of_another_level_are_scaled_by_normal_quantiles() -> None:
    bounds = share_bounds(0.2, 0.02, 1.96, alpha=0.05, interval_alpha=0.05)
    assert (bounds.low, bounds.high) == pytest.approx((0.2 - 0.0329, 0.2 + 0.0329), abs=1e-4)
    strict = share_bounds(0.2, 0.02, 1.96, alpha=0.01, interval_alpha=0.05)
    assert strict.high - 0.2 == pytest.approx(0.02 * 2.326, abs=1e-4)
    assert share_bounds(0.01, 0.02, 2.0, alpha=0.05, interval_alpha=0.05).low == 0.0


# --- made anew from the items -----------------------------------------------------------------


def of_rows() -> tuple[Comparison, object]:
    rng = np.random.default_rng(1)
    declared = replace(task("strict", view="strict"), choice_view="letters")
    tasks = (OPEN, declared, CHOICE, LETTERS)
    sides = [{info: (rng.random(200) < p).astype(float).tolist() for info in tasks} for p in (0.8, 0.5)]
    return compare(scored("base", sides[0]), scored("sft", sides[1]), margins={}, resamples=200)


def test_fates_are_those_of_the_items(tmp_path: Path) -> None:
    comparison, items = of_rows()
    assert comparison.tasks[1].choice_view == "letters" and comparison.tasks[1].fates is not None
    save_comparison(tmp_path, comparison, items)  # type: ignore[arg-type]
    assert load_checked(tmp_path).tasks[1].fates == comparison.tasks[1].fates
    row = comparison.tasks[0]
    other = replace(row, fates=replace(row.fates, erased_corrected=row.fates.erased_corrected + 0.1))  # type: ignore[type-var]
    save_comparison(tmp_path, replace(comparison, tasks=(other, *comparison.tasks[1:])), items)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"erased_corrected .* is not that of its items"):
        load_checked(tmp_path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"locked_of_forgotten": 0.9}, "are not all of the forgotten items"),
        ({"erased_corrected_se": -0.1}, "error of a share of forgotten items is negative"),
        ({"n_fates": -1}, "n_fates is -1"),
    ],
)
def test_fates_that_contradict_themselves_are_refused(fields: dict[str, float], message: str) -> None:
    comparison, _ = of_rows()
    row = comparison.tasks[0]
    check_numbers(comparison)
    wrong = replace(row, fates=replace(row.fates, **fields))  # type: ignore[type-var]
    with pytest.raises(InputError, match=message):
        check_numbers(replace(comparison, tasks=(wrong, *comparison.tasks[1:])))


def test_a_corrected_rate_that_does_not_follow_is_refused() -> None:
    comparison, _ = of_rows()
    row = comparison.tasks[0]
    wrong = replace(row, outcomes=replace(row.outcomes, forgotten_corrected=0.0))  # type: ignore[type-var]
    with pytest.raises(InputError, match="forgotten_corrected is not forgotten less what guessing explains"):
        check_numbers(replace(comparison, tasks=(wrong, *comparison.tasks[1:])))
