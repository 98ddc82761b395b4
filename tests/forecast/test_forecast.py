"""The forecast on matrices whose structure is known."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import rankdata

from forgetbench.stats.clustered import Floats

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from forecasting.baseline import fit_baseline
from forecasting.choice import BASELINE, ask, cross_validate, log_loss
from forecasting.deltas import cross_fitted, domain_forecasts
from forecasting.logistic import logit, ridge_logistic, sigmoid
from forecasting.low_rank import fit_low_rank
from forecasting.matrix import Candidates, Items
from forecasting.nearest import Nearest


def drawn(rank: int, n_items: int = 600, families: int = 20, strength: float = 5.0) -> tuple[Items, Candidates]:
    """Three candidates of each family, whose log-odds are those of item, candidate, and `rank` factors; two domains of
    two tasks each."""
    rng = np.random.default_rng(rank)
    number = np.arange(n_items)
    family = np.repeat(np.arange(families), 3)
    own = rng.normal(size=(families, rank))
    own = (own / np.linalg.norm(own, axis=1, keepdims=True))[family]
    together = strength * own @ rng.normal(size=(n_items, rank)).T if rank else 0.0
    ease, base = rng.normal(size=n_items), rng.random(n_items) < 0.7
    mean = np.where(base, 1.0, -1.0) + ease + rng.normal(0.0, 0.7, families)[family][:, None]
    right = (rng.random((len(family), n_items)) < sigmoid(mean + together)).astype(np.float64)
    margin = ease + rng.normal(size=n_items)
    return Items(base, number % 4, number % 4 // 2, number, margin), Candidates(right, family)


def auroc(chance: Floats, right: Floats) -> float:
    """How often an item that is right is given a higher chance than one that is not (Hanley and McNeil 1982)."""
    ranks, n_right = rankdata(chance), right.sum()
    return float((ranks[right == 1].sum() - n_right * (n_right + 1) / 2) / (n_right * (len(right) - n_right)))


def held_out(known: Candidates, family: int) -> tuple[Candidates, Sequence[Floats]]:
    own = known.family == family
    return known.at(~own), list(known.right[own])


# --- regression -------------------------------------------------------------------------------


def test_an_intercept_is_the_log_odds_of_the_share() -> None:
    outcomes = np.array([[1.0, 1.0, 1.0, 0.0, np.nan]])
    (found,) = ridge_logistic(np.ones((5, 1)), outcomes, np.zeros((1, 5)), np.array([1e-9]))
    assert sigmoid(found)[0] == pytest.approx(0.75)
    assert logit(np.array([0.75]))[0] == pytest.approx(found[0])


def test_a_regression_without_outcomes_stays_at_its_prior() -> None:
    found = ridge_logistic(np.ones((3, 2)), np.full((1, 3), np.nan), np.zeros((1, 3)), np.ones(2))
    assert found.tolist() == [[0.0, 0.0]]


def test_outcomes_that_a_column_separates_have_finite_coefficients() -> None:
    design = np.column_stack([np.ones(40), np.repeat([-1.0, 1.0], 20)])
    found = ridge_logistic(design, (design[:, 1] > 0).astype(np.float64)[None], np.zeros((1, 40)), np.full(2, 0.01))
    assert np.isfinite(found).all() and found[0, 1] > 3.0


# --- which items ------------------------------------------------------------------------------


def test_a_planted_matrix_of_rank_two_is_recovered() -> None:
    items, candidates = drawn(rank=2)
    known, new = held_out(candidates, 0)
    rng = np.random.default_rng(0)
    choice = cross_validate(items, known, shares=[0.1], rng=rng)[0.1]
    assert choice.best(["rank 1", "rank 2", "rank 4", "rank 8"]) in ("rank 2", "rank 4", "rank 8")
    baseline = fit_baseline(items, known)
    model = fit_low_rank(baseline, known, 2)
    for right in new:
        asked = ask(items, right, 0.1, rng)
        hidden = np.isnan(asked) & items.base
        found, without = (auroc(each.predict(asked[None])[0, hidden], right[hidden]) for each in (model, baseline))
        assert found > 0.9 and found > without + 0.1


def test_without_structure_the_baseline_is_chosen() -> None:
    items, candidates = drawn(rank=0)
    choice = cross_validate(items, candidates, shares=[0.1], rng=np.random.default_rng(0))[0.1]
    assert choice.best() == BASELINE


def test_rank_0_is_the_baseline() -> None:
    items, candidates = drawn(rank=0, n_items=200, families=6)
    known, (right, *_) = held_out(candidates, 0)
    baseline = fit_baseline(items, known)
    asked = ask(items, right, 0.2, np.random.default_rng(0))
    assert fit_low_rank(baseline, known, 0).predict(asked[None]) == pytest.approx(baseline.predict(asked[None]))


def test_two_families_leave_nothing_to_hold_out() -> None:
    items, candidates = drawn(rank=2, n_items=100, families=2)
    assert cross_validate(items, candidates, shares=[0.1], rng=np.random.default_rng(0))[0.1].best() == BASELINE


def test_the_asked_share_moves_the_mean() -> None:
    """A candidate that lost everything it was asked about has probably lost the rest."""
    items, candidates = drawn(rank=0)
    baseline = fit_baseline(items, candidates)
    nothing = np.full(len(items), np.nan)
    lost = np.where(np.arange(len(items)) % 10 == 0, 0.0, np.nan)
    after, before = baseline.predict(np.stack([lost, nothing]))[:, items.base].mean(axis=1)
    assert after < before - 0.3


def test_a_twin_is_the_nearest() -> None:
    items, candidates = drawn(rank=2)
    twin = candidates.right[0]
    asked = ask(items, twin, 0.1, np.random.default_rng(0))
    found = Nearest(fit_baseline(items, candidates), candidates, 1).predict(asked[None])[0]
    assert auroc(found, twin) > 0.95


def test_the_loss_of_a_coin_is_one_bit() -> None:
    assert log_loss(np.full(4, 0.5), np.array([1.0, 0.0, np.nan, 1.0])) == pytest.approx(np.log(2.0))


# --- domain deltas ----------------------------------------------------------------------------


class Oracle:
    """Knows every answer, all but certainly."""

    def __init__(self, right: Floats) -> None:
        self.right = right

    def predict(self, asked: Floats) -> Floats:
        return self.right + np.random.default_rng(0).normal(0.0, 1e-4, asked.shape)


def whole_deltas(items: Items, right: Floats) -> list[float]:
    changes = right - items.base
    by_task = [float(changes[items.task == task].mean()) for task in range(4)]
    return [float(np.mean(by_task[:2])), float(np.mean(by_task[2:]))]


def test_who_knows_every_answer_has_the_delta_without_an_error() -> None:
    items, candidates = drawn(rank=0)
    right = candidates.right[0]
    asked = ask(items, right, 0.2, np.random.default_rng(0))
    for found, truth in zip(
        domain_forecasts(items, asked, Oracle(right).predict), whole_deltas(items, right), strict=True
    ):
        assert found.delta == pytest.approx(truth, abs=1e-3)
        assert found.interval.high - found.interval.low < 0.01 < found.asked_interval.high - found.asked_interval.low


def test_all_items_asked_leave_nothing_open() -> None:
    items, candidates = drawn(rank=0)
    right = candidates.right[0]
    for found, truth in zip(
        domain_forecasts(items, right, Oracle(right).predict), whole_deltas(items, right), strict=True
    ):
        assert found.n_asked == found.n_items == 300
        assert [found.delta, found.interval.low, found.interval.high] == pytest.approx([truth] * 3)


@pytest.mark.parametrize("flattery", [0.0, 0.3])
def test_intervals_hold_the_planted_deltas_whatever_the_model_is_worth(flattery: float) -> None:
    """Also where the model is off by 30 points everywhere."""
    items, candidates = drawn(rank=2)
    known, _ = held_out(candidates, 0)
    baseline = fit_baseline(items, known)
    rng = np.random.default_rng(0)
    held = []
    for _ in range(40):
        for right in candidates.right[:3]:
            asked = ask(items, right, 0.1, rng)
            found = domain_forecasts(items, asked, lambda given: baseline.predict(given) + flattery)
            held += [
                each.interval.low <= truth <= each.interval.high
                for each, truth in zip(found, whole_deltas(items, right), strict=True)
            ]
    assert np.mean(held) > 0.92


def test_an_asked_item_s_own_answer_is_no_evidence_for_its_prediction() -> None:
    items, candidates = drawn(rank=0, n_items=200, families=6)
    asked = ask(items, candidates.right[0], 0.2, np.random.default_rng(0))
    parrot = np.where(np.isnan(asked), 0.5, asked)
    echoed = cross_fitted(items, asked, lambda given: np.where(np.isnan(given), 0.5, given))
    assert parrot.tolist() != echoed.tolist() and set(echoed[~np.isnan(asked)]) == {0.5}


def test_a_domain_with_a_task_that_was_not_asked_has_no_forecast() -> None:
    items, candidates = drawn(rank=0)
    right = candidates.right[0]
    asked = np.where(items.task == 0, np.nan, right)
    assert [found.domain for found in domain_forecasts(items, asked, Oracle(right).predict)] == [1]
