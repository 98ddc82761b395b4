"""The checkpoint to ship: chosen on one half of the items, judged on the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from trained_checkpoints import FACTS, GOAL, RIGHT, SUMS, narrow, training

from forgetbench.comparison.checked import check_numbers
from forgetbench.comparison.chosen import index_of
from forgetbench.comparison.ship import checkpoint_to_ship
from forgetbench.comparison.trajectory import along
from forgetbench.gate import decide
from forgetbench.records import TaskInfo
from forgetbench.report.course import along_lines, ship_lines, shipped


def test_the_largest_gain_within_every_margin_ships() -> None:
    made = training(narrow([10, 20, 40, 60, 80, 100]))
    ship = checkpoint_to_ship(made)
    assert (ship.by, ship.step, ship.name) == ("target", 20, "at-20")
    assert [each.step for each in ship.candidates if each.harmed] == [40, 60, 80, 100]
    gains = [each.gain for each in ship.candidates]
    assert gains == sorted(gains)  # later ones gained more, and lost too much for it
    line, figures = ship_lines(ship)
    assert line == (
        "to ship: at-20, step 20: the largest gain on the target of the 2 of 6 that are within every margin on one half"
    )
    assert figures.startswith("its figures on the other half, which did not choose it: knowledge ")


def all_right_in(items: pd.DataFrame, some: pd.MultiIndex) -> pd.DataFrame:
    return items.assign(candidate_score=items["candidate_score"].where(~index_of(items).isin(some), 1.0))


def test_figures_are_those_of_the_half_that_did_not_choose() -> None:
    made = training(narrow([10, 20, 40]))
    ship = checkpoint_to_ship(made)
    assert ship.comparison is not None and ship.items is not None and ship.comparison.selection is not None
    check_numbers(ship.comparison)
    assert ship.comparison.selection.n_items == ship.n_items == 3 * 400 - len(ship.items)
    # Whatever the judging half says of the others, the choice and its figures stay.
    judging = index_of(ship.items)
    others = [
        (step, comparison, items if step == ship.step else all_right_in(items, judging))
        for step, comparison, items in made
    ]
    again = checkpoint_to_ship(others)
    assert again.step == ship.step and again.comparison is not None
    assert again.comparison.domains == ship.comparison.domains


def test_a_choice_of_noise_does_not_look_good_on_the_other_half() -> None:
    """Ten checkpoints that all gained nothing: the best looks better on the half that chose it, and only there."""
    flat = {step: {GOAL: (0.2, 0.05), FACTS: (0.0, 0.0)} for step in range(1, 11)}
    excess = []
    for seed in range(12):
        ship = checkpoint_to_ship(training(flat, n=100, seed=seed, resamples=50, apart=True), seed=seed)
        assert ship.comparison is not None
        chosen = next(each for each in ship.candidates if each.step == ship.step)
        target = next(row.estimate for row in ship.domains if row.name == "target")
        assert target is not None
        excess.append((chosen.gain, target.delta))
    looked, judged = np.mean(excess, axis=0)
    assert looked > judged + 0.02 and abs(judged) < 0.03


def test_without_a_target_the_smallest_loss_ships_and_ties_go_to_the_earlier() -> None:
    rates = {step: {FACTS: (lost, 0.0), SUMS: (0.0, 0.0)} for step, lost in ((30, 0.02), (10, 0.0), (20, 0.0))}
    ship = checkpoint_to_ship(training(rates))
    assert (ship.by, ship.step) == ("overall", 10)
    assert "the smallest loss of the 3 of 3 that are within every margin on one half; there is no target" in next(
        ship_lines(ship)
    )


def test_none_ships_where_all_have_lost_too_much() -> None:
    found = along(training({step: {FACTS: (0.6, 0.0), GOAL: (0.0, 0.5)} for step in (10, 20)}))
    assert found.ship.step is None and found.ship.comparison is None and shipped(found.pareto, found.ship) is None
    told = list(along_lines(found))[-1]
    assert told == (
        "to ship: none. Every checkpoint is shown to have lost more than a margin, on one half: "
        "at-10 in knowledge; at-20 in knowledge."
    )


def test_where_no_estimate_is_within_the_margins_the_smallest_loss_of_the_others_ships() -> None:
    """Few items show nothing, and half of what they hold is a large loss by the estimate."""
    ship = checkpoint_to_ship(
        training({10: {FACTS: (0.3, 0.0), GOAL: (0.0, 0.1)}, 20: {FACTS: (0.4, 0.0), GOAL: (0.0, 0.9)}}, n=24)
    )
    assert ship.by == "overall" and ship.step == 10
    assert all(each.doubtful == ("knowledge",) and not each.harmed for each in ship.candidates)
    assert "by the estimates all have" in next(ship_lines(ship))


@pytest.mark.parametrize("learns", [{}, {GOAL: (0.0, 0.5)}], ids=["no target", "a gain on the target"])
def test_none_ships_where_the_base_has_nothing_to_lose(
    learns: dict[TaskInfo, tuple[float, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base at chance loses nothing at any checkpoint, which is no reason to ship the one that moved least."""
    guessed = replace(FACTS, chance=0.8)
    monkeypatch.setitem(RIGHT, guessed, 0.8)
    made = training({step: {guessed: (lost, 0.2), **learns} for step, lost in ((10, 0.05), (20, 0.0))}, n=100)
    found = along(made)
    assert found.ship.step is None and found.ship.comparison is None and shipped(found.pareto, found.ship) is None
    told = list(along_lines(found))
    assert told[-1] == ("to ship: cannot be told, the half of the items that chooses has measured nothing to choose by")
    assert "measured at no checkpoint: knowledge" in told
    assert not any(line.startswith("no harm beyond the margin shown") and "knowledge" in line for line in told)


def test_what_is_to_ship_can_be_gated() -> None:
    ship = checkpoint_to_ship(training(narrow([10, 100]), n=800))
    assert ship.comparison is not None and decide(ship.comparison).outcome in ("passed", "inconclusive")


def test_nothing_to_choose_among() -> None:
    with pytest.raises(ValueError, match="no checkpoints"):
        checkpoint_to_ship([])
