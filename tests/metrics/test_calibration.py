"""Brier score and calibration error against predictors whose values are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forgetbench.metrics.calibration import (
    brier_score,
    calibration_shares,
    plain_calibration_error,
    probabilities,
)
from forgetbench.metrics.corpus import CORPUS_METRICS, TaskResponses


def simulated(n: int, excess: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Confidences, and outcomes that are right so much less often than they say."""
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.5, 1.0, n)
    return confidence, (rng.random(n) < confidence - excess).astype(float)


def test_probabilities_are_those_of_the_options_among_themselves() -> None:
    assert probabilities([math.log(0.1), math.log(0.3)]) == pytest.approx([0.25, 0.75])
    assert probabilities([-1e4, -1e4 - math.log(3)]) == pytest.approx([0.75, 0.25])
    assert probabilities([-math.inf, -2.0]) == pytest.approx([0.0, 1.0])
    assert np.isnan(probabilities([-math.inf, -math.inf])).all()
    assert np.isnan(probabilities([math.nan, -1.0])).all()


@pytest.mark.parametrize(
    ("probability", "right", "score"),
    [
        ([0.7, 0.2, 0.1], 0, 1 - (0.09 + 0.04 + 0.01) / 2),
        ([0.7, 0.2, 0.1], 2, 1 - (0.49 + 0.04 + 0.81) / 2),
        ([0.25] * 4, 3, 0.625),
    ],
)
def test_brier_scores_by_hand(probability: list[float], right: int, score: float) -> None:
    assert brier_score(np.array(probability), right) == pytest.approx(score)


def test_a_predictor_that_is_always_sure_and_right_in_six_of_ten_is_off_by_four() -> None:
    confidence, right = np.ones(500), np.array(([1.0] * 3 + [0.0] * 2) * 100)
    assert plain_calibration_error(confidence, right) == pytest.approx(0.4)
    assert calibration_shares(confidence, right).mean() == pytest.approx(0.4)


def test_one_that_says_a_quarter_and_is_right_in_a_quarter_is_calibrated() -> None:
    confidence, right = np.full(400, 0.25), np.array([1.0, 0.0, 0.0, 0.0] * 100)
    assert plain_calibration_error(confidence, right) == pytest.approx(0.0)
    assert abs(calibration_shares(confidence, right).mean()) < 0.02


def test_noise_is_taken_off() -> None:
    runs = [simulated(500, 0.0, seed) for seed in range(40)]
    plain = np.mean([plain_calibration_error(*run) for run in runs])
    debiased = np.mean([calibration_shares(*run).mean() for run in runs])
    assert plain > 0.02
    assert abs(debiased) < plain / 2


@pytest.mark.parametrize("excess", [0.15, 0.3])
def test_a_real_error_stays(excess: float) -> None:
    shares = calibration_shares(*simulated(5000, excess, 1))
    assert shares.mean() == pytest.approx(excess, abs=3 * shares.std() / math.sqrt(5000))


def test_intervals_of_a_difference_hold_it() -> None:
    """Of two simulated predictors, the second too sure by 0.15."""
    held = 0
    for seed in range(100):
        confidence, right = simulated(600, 0.0, seed)
        _, worse = simulated(600, 0.15, seed)
        difference = calibration_shares(confidence, worse) - calibration_shares(confidence, right)
        held += abs(difference.mean() - 0.15) < 1.96 * difference.std(ddof=1) / math.sqrt(600)
    assert held >= 85


def test_nothing_has_no_error() -> None:
    nothing = np.zeros(0)
    assert len(calibration_shares(nothing, nothing)) == 0
    assert math.isnan(plain_calibration_error(nothing, nothing))


def test_the_corpus_metric_is_one_less_the_error_and_leaves_out_what_was_not_measured() -> None:
    metrics = [{"confidence": 1.0, "acc": float(i % 5 < 3)} for i in range(100)] + [{}]
    rows = [str(i) for i in range(len(metrics))]
    scores = CORPUS_METRICS["calibration"].alone(TaskResponses(rows, rows, rows, rows, metrics))
    assert scores is not None
    assert math.isnan(scores[-1])
    assert scores[:-1].mean() == pytest.approx(0.6)
