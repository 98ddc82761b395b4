"""Ranks, tie groups and the Pareto front, by examples that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from forgetbench.leaderboard.pareto import on_pareto_front, pareto_plot
from forgetbench.leaderboard.ranking import Entry, Group, grouped, standings
from forgetbench.records import Comparison, DeltaRow, Estimate, Evidence, Missing, Side


def row(delta: float, half: float, name: str = "overall", **parts: object) -> DeltaRow:
    """A row whose interval of level 95% reaches `half` to either side, by the normal distribution."""
    estimate = Estimate(0.5, 0.5 + delta, delta, delta - half, delta + half)
    return DeltaRow(name, name, "accuracy", 100, estimate=estimate, **parts)  # type: ignore[arg-type]


def entry(name: str, loss: float, gain: float | None = None) -> Entry:
    sides = [Side(each, each, each, each) for each in ("base", name)]
    domains = () if gain is None else (row(gain, 0.01, "target"),)
    comparison = Comparison(
        name, *sides, "core", "native", {}, domains, (), row(loss, 0.01), None, (), 0, "2025-01-01T00:00:00+00:00"
    )
    return Entry(comparison)


def places(*rows: DeltaRow | None) -> list[tuple[str, int] | None]:
    return [each and (each.ranks, each.tie_group) for each in standings(rows, [0.05] * len(rows))]


def test_a_rank_is_a_range_and_a_group_begins_with_what_is_worse_than_one_before() -> None:
    # At level 1 - .05 / 4 an arm is 1.27 times as long: .0127.
    rows = [row(delta, 0.01) for delta in (0.0, -0.02, -0.04, -0.2)]
    assert places(*rows) == [("1–2", 1), ("1–3", 1), ("2–3", 2), ("4", 3)]


def test_a_wide_interval_on_top_holds_no_group_together() -> None:
    rows = [row(0.01, 0.5), row(0.0, 0.01), row(-0.1, 0.01), row(-0.11, 0.01)]
    assert places(*rows) == [("1–4", 1), ("1–2", 1), ("2–4", 2), ("2–4", 2)]


def test_what_was_not_measured_has_no_place() -> None:
    without = DeltaRow("overall", "overall", "accuracy", 0)
    assert places(without, row(0.0, 0.01), None) == [None, ("1", 1), None]
    assert places(None) == [None]


def test_missing_items_count_at_their_worst_and_at_their_best() -> None:
    missing = Missing(-0.3, 0.1, missing_lower=-0.3, missing_low=-0.31, missing_high=0.11)
    assert places(row(0.0, 0.01), row(-0.2, 0.01)) == [("1", 1), ("2", 2)]
    assert places(row(0.0, 0.01), row(-0.2, 0.01, missing=missing)) == [("1–2", 1), ("1–2", 1)]


def test_few_degrees_of_freedom_ask_for_more() -> None:
    rows = [row(delta, 0.01, evidence=Evidence(dof=2.0)) for delta in (0.0, -0.025)]
    assert places(*rows) == [("1–2", 1), ("1–2", 1)]
    assert places(*(row(delta, 0.01) for delta in (0.0, -0.025))) == [("1", 1), ("2", 2)]


def test_a_narrow_interval_by_a_wide_level_is_worth_no_better_rank() -> None:
    rows = [row(0.0, 0.01), row(-0.025, 0.01)]
    assert [each and each.ranks for each in standings(rows, [0.05, 0.3])] == ["1–2", "1–2"]


@pytest.mark.parametrize("n", [3, 20])
def test_the_ranges_of_all_hold_together(n: int) -> None:
    """With normal errors all true ranks are in their ranges in at least 95% of the draws."""
    rng = np.random.default_rng(0)
    truth = np.linspace(0.0, -0.1, n)
    errors = rng.uniform(0.002, 0.02, n)
    draws, held = 200, 0
    for _ in range(draws):
        deltas = truth + errors * rng.standard_normal(n)
        found = standings([row(delta, 1.959964 * se) for delta, se in zip(deltas, errors, strict=True)], [0.05] * n)
        held += all(each and each.best_rank <= at + 1 <= each.worst_rank for at, each in enumerate(found))
    assert held / draws >= 0.94


def test_suites_are_groups_and_the_best_comes_first() -> None:
    (group,) = grouped([entry("low", -0.2), entry("top", 0.0)])
    assert [each.comparison.candidate.name for each in group.entries] == ["top", "low"]


def test_the_pareto_front_is_what_no_other_reaches_in_both() -> None:
    entries = [
        entry("dear", -0.2, 0.3), entry("good", -0.1, 0.3), entry("cheap", -0.01, 0.1), entry("worse", -0.15, 0.05),
        entry("twin", -0.01, 0.1), entry("untold", -0.01),
    ]  # fmt: skip
    group = Group("core", "native", ("target",), tuple(entries))
    assert on_pareto_front(group) == [False, True, True, False, True, None]
    plot = pareto_plot(group)
    assert plot is not None
    by_name = {point.entry.comparison.candidate.name: point for point in plot.points}
    assert set(by_name) == {"dear", "good", "cheap", "worse", "twin"}
    # To the right less is lost, and up more is gained.
    assert by_name["dear"].x < by_name["good"].x < by_name["cheap"].x
    assert by_name["good"].y == by_name["dear"].y < by_name["worse"].y
    assert {tick.label for tick in plot.x_ticks} >= {"0"} and not any("-" in tick.label for tick in plot.x_ticks)


def test_labels_do_not_lie_over_one_another() -> None:
    group = Group("core", "native", ("target",), tuple(entry(f"model {n}", -0.1, 0.1 + n / 5000) for n in range(12)))
    plot = pareto_plot(group)
    assert plot is not None
    told = [point for point in plot.points if point.label]
    assert 1 <= len(told) < 12
    assert all(abs(one.label_y - two.label_y) >= 12 or abs(one.label_x - two.label_x) > 9
               for one in told for two in told if one is not two)  # fmt: skip


def test_without_a_target_there_is_nothing_to_draw() -> None:
    assert pareto_plot(Group("core", "native", (), (entry("one", -0.1),))) is None
