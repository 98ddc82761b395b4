"""A shifted power law: planted ones are found again, their intervals hold the truth, and too few points are told."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forgetbench.stats.power_law import TooFewError, fit_power_law, foretell, usable

STEPS = np.tile([10.0, 20.0, 40.0, 80.0, 160.0], 4)
RATES = np.repeat([1e-5, 3e-5, 1e-4, 3e-4], 5)
RUNS = [f"run-{number}" for number in range(4) for _ in range(5)]


def planted(shift: float, scale: float, by_steps: float, by_rate: float) -> np.ndarray:
    return np.asarray(shift + scale * STEPS**by_steps * RATES**by_rate)


@pytest.mark.parametrize(
    ("shift", "scale", "by_steps", "by_rate"),
    [(-0.02, 3.0, 0.5, 0.6), (0.4, -0.02, -0.4, -0.25), (0.0, 0.5, 1.0, 0.5), (0.1, 1e-7, 2.0, -0.5)],
)
def test_a_planted_law_is_found_exactly(shift: float, scale: float, by_steps: float, by_rate: float) -> None:
    y = planted(shift, scale, by_steps, by_rate)
    law = fit_power_law(y.tolist(), {"steps": STEPS.tolist(), "rate": RATES.tolist()})
    assert [each.value for each in law.exponents] == pytest.approx([by_steps, by_rate], rel=1e-4)
    assert law.shift == pytest.approx(shift, abs=1e-5) and law.r_squared == pytest.approx(1.0)
    place = {"steps": 320.0, "rate": 1e-4}
    assert law.at(place).value == pytest.approx(shift + scale * 320.0**by_steps * 1e-4**by_rate, rel=1e-3)
    assert all(found.measured == pytest.approx(found.foretold.value, rel=1e-3) for found in foretell(
        y.tolist(), {"steps": STEPS.tolist(), "rate": RATES.tolist()}, RUNS))  # fmt: skip


def test_a_straight_line_over_logarithms_is_the_law_between_the_two_kinds() -> None:
    law = fit_power_law((0.1 + 0.05 * np.log(STEPS)).tolist(), {"steps": STEPS.tolist()})
    assert law.curvature.value == pytest.approx(0.0, abs=1e-6)
    assert law.slopes[0].value == pytest.approx(0.05) and math.isnan(law.shift)
    assert law.centre[0] == pytest.approx(40.0) and law.level.value == pytest.approx(0.1 + 0.05 * math.log(40.0))


def test_intervals_hold_a_planted_truth_as_often_as_they_say() -> None:
    """300 draws of 20 points with noise of a tenth of the spread; at 95 % between 91 and 98.5 % hold it."""
    rng = np.random.default_rng(5)
    truth = planted(-0.02, 3.0, 0.5, 0.6)
    held = np.zeros(3)
    for _ in range(300):
        y = truth + rng.normal(0.0, 0.01, len(truth))
        law = fit_power_law(y.tolist(), {"steps": STEPS.tolist(), "rate": RATES.tolist()})
        fresh = -0.02 + 3.0 * 40.0**0.5 * 1e-4**0.6 + rng.normal(0.0, 0.01)
        told = (*law.exponents, law.at({"steps": 40.0, "rate": 1e-4}))
        held += [each.low <= value <= each.high for each, value in zip(told, (0.5, 0.6, fresh), strict=True)]
    shares = held / 300
    assert (shares > 0.91).all() and (shares < 0.985).all(), shares


def test_the_last_points_are_foretold_and_held_apart() -> None:
    rng = np.random.default_rng(2)
    y = planted(-0.02, 3.0, 0.5, 0.6) + rng.normal(0.0, 0.005, 20)
    found = foretell(y.tolist(), {"steps": STEPS.tolist(), "rate": RATES.tolist()}, RUNS)
    assert [each.at for each in found] == [4, 9, 14, 19]
    assert [each.carried for each in found] == [y[3], y[8], y[13], y[18]]
    law = np.mean([abs(each.measured - each.foretold.value) for each in found])
    carried = np.mean([abs(each.measured - each.carried) for each in found])
    assert law < carried / 3 and sum(each.holds for each in found) >= 3


def test_what_no_law_can_follow() -> None:
    steps = [10.0, 20.0, 40.0, 80.0, 160.0]
    for y, predictors, why in (
        ([0.1] * 5, {"steps": steps}, "5 checkpoints; 3 numbers are to be found, which takes 6"),
        ([0.1] * 6, {"steps": [*steps, 320.0]}, "the same at every checkpoint"),
        ([0.1, 0.2] * 4, {"steps": [10.0, 20.0] * 4}, "2 different values of steps"),
        ([0.1], {}, "nothing varies"),
    ):
        with pytest.raises(TooFewError, match=why):
            fit_power_law(y, predictors)


def test_predictors_that_tell_nothing_of_their_own_are_left_out() -> None:
    steps = [10.0, 20.0, 40.0, 80.0]
    predictors: dict[str, list[float | None]] = {
        "steps": [*steps], "rate": [1e-4] * 4, "parameters": [1e6, None, 1e6, 2e6],
        "tokens": [512.0 * step for step in steps], "other": [1.0, 5.0, 2.0, 9.0], "zero": [0.0, 1.0, 2.0, 3.0],
    }  # fmt: skip
    kept, left_out = usable(predictors)
    assert list(kept) == ["steps", "other"]
    assert left_out == {"rate": "same", "parameters": "unknown", "tokens": "given", "zero": "unknown"}
