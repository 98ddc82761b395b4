"""Rows that borrow from one another: an extra column from stored numbers, held against them, deciding nothing."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import numpy as np
import pytest
from paired_runs import scored, task

from forgetbench.comparison.borrowed import with_shrunk_domains, with_shrunk_tasks
from forgetbench.comparison.checked import check_numbers
from forgetbench.comparison.delta import compare
from forgetbench.errors import InputError
from forgetbench.records import Comparison, TaskInfo


def compared(losses: dict[TaskInfo, int], n: int = 200) -> Comparison:
    """Each task's base has all of `n` items right, and the candidate loses so many of them."""
    base = scored("base", {info: np.ones(n) for info in losses})
    tuned = scored("tuned", {info: np.r_[np.zeros(lost), np.ones(n - lost)] for info, lost in losses.items()})
    return compare(base, tuned, margins={}, resamples=500)[0]


FOUR = {task(f"task-{number}", f"domain-{number}"): lost for number, lost in enumerate((60, 10, 12, 8))}


def test_a_domain_unlike_the_others_is_drawn_towards_them_and_says_how_sure_it_is() -> None:
    domains = compared(FOUR).domains
    first, second = domains[0], domains[1]
    assert first.estimate is not None and second.estimate is not None
    assert first.estimate.delta < first.shrunk.shrunk < second.shrunk.shrunk
    assert first.shrunk.p_beyond_margin > 0.99
    assert 0.0 < first.shrunk.shrunk_sd < (first.estimate.ci_high - first.estimate.ci_low) / 2


def test_the_target_stands_apart_and_so_does_a_base_that_can_lose_nothing() -> None:
    rows = compared({**FOUR, task("new", "target"): 100}).domains
    assert isnan(next(row for row in rows if row.name == "target").shrunk.shrunk)
    at_chance = replace(rows[0], judgement=replace(rows[0].judgement, at_chance=True))
    assert isnan(with_shrunk_domains([at_chance, *rows[1:]], 0.05)[0].shrunk.shrunk)


def test_views_of_the_same_questions_count_as_the_same_evidence() -> None:
    """Three views that agree item by item are as sure together as one alone, not sqrt(3) times surer."""
    (alone,) = compared({task("open"): 20}).tasks
    views = compared({task(name): 20 for name in ("open", "choice", "strict")}).tasks
    assert views[0].shrunk.shrunk_sd == pytest.approx(alone.shrunk.shrunk_sd, rel=0.05)


def test_no_verdict_depends_on_it() -> None:
    comparison = compared(FOUR)
    tasks = with_shrunk_tasks(comparison.tasks, comparison.domains, comparison.alpha)
    assert [row.judgement for row in tasks] == [row.judgement for row in comparison.tasks]


def test_a_made_up_number_contradicts_the_row() -> None:
    comparison = compared(FOUR)
    check_numbers(comparison)
    row = comparison.domains[0]
    better = replace(row, shrunk=replace(row.shrunk, p_beyond_margin=0.01))
    with pytest.raises(InputError, match="p_beyond_margin does not follow"):
        check_numbers(replace(comparison, domains=(better, *comparison.domains[1:])))
