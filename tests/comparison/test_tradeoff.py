"""Gain on the target against change elsewhere."""

from __future__ import annotations

from math import isnan

from trained_checkpoints import FACTS, GOAL, SUMS, narrow, training

from forgetbench.comparison.tradeoff import tradeoffs
from forgetbench.report.course import tradeoff_lines


def test_a_point_per_checkpoint_with_its_intervals() -> None:
    made = training({10: {FACTS: (0.1, 0.0), SUMS: (0.3, 0.0), GOAL: (0.0, 0.5)}})
    (point,) = tradeoffs([(step, comparison) for step, comparison, _ in made])
    ((_, comparison, _),) = made
    rows = {row.name: row.estimate for row in comparison.domains}
    elsewhere = [rows[name] for name in ("knowledge", "reasoning")]
    assert rows["target"] is not None and point.gain == rows["target"].delta > 0.3
    assert abs(point.change - sum(each.delta for each in elsewhere if each) / 2) < 1e-12
    assert point.change_low < point.change < point.change_high < 0.0 < point.gain_low < point.gain_high
    assert point.on_front


def test_the_front_is_that_of_all_runs() -> None:
    mild = {10: {FACTS: (0.0, 0.0), GOAL: (0.0, 0.5)}}
    harsh = {10: {FACTS: (0.5, 0.0), GOAL: (0.0, 0.3)}, 20: {FACTS: (0.6, 0.0), GOAL: (0.0, 0.9)}}
    both = [*training(mild, name="mild"), *training(harsh, name="harsh")]
    points = tradeoffs([(step, comparison) for step, comparison, _ in both], ["mild", "harsh", "harsh"])
    assert [(point.run, point.step, point.on_front) for point in points] == [
        ("mild", 10, True), ("harsh", 10, False), ("harsh", 20, True)
    ]  # fmt: skip
    (line,) = tradeoff_lines(points)
    assert line.startswith("not beaten in gain and loss at once: mild-10 (gain +") and "harsh-10" not in line


def test_without_a_target_nobody_is_on_a_front() -> None:
    made = training({step: {FACTS: rates[FACTS]} for step, rates in narrow([10, 20]).items()})
    points = tradeoffs([(step, comparison) for step, comparison, _ in made])
    assert all(isnan(point.gain) and point.on_front is None and not isnan(point.change) for point in points)
    (line,) = tradeoff_lines(points)
    assert line.startswith("no target was measured")
