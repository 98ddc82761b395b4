"""What stands beside the rows: supporting tasks, further numbers, strata, costs of the chat format."""

from __future__ import annotations

import numpy as np
import pytest
from compared_scores import compared, named, right
from paired_runs import item, run, scored, task

from forgetbench.comparison.delta import chat_format_costs, compare
from forgetbench.errors import IncomparableError
from forgetbench.storage.runs import Run

OPEN = task("open", view="open")
OTHER_OPEN = task("other_open", view="open")


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
