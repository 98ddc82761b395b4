from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from forgetbench.stats.clustered import ClusterEffects, cluster_effects
from forgetbench.stats.paired_tests import mcnemar_exact, paired_test, sign_flip_test, student_test


@pytest.mark.parametrize(("losses", "gains", "p"), [(10, 2, 0.0385742), (5, 0, 0.0625), (0, 0, 1.0), (7, 7, 1.0)])
def test_mcnemar_known_answers(losses: int, gains: int, p: float) -> None:
    assert mcnemar_exact(losses, gains) == pytest.approx(p, abs=5e-8)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_agrees_with_statsmodels(losses: int, gains: int) -> None:
    assert mcnemar_exact(losses, gains) == pytest.approx(mcnemar_exact(gains, losses))
    if losses + gains:
        assert mcnemar_exact(losses, gains) == pytest.approx(mcnemar([[0, losses], [gains, 0]], exact=True).pvalue)


def flip(values: np.ndarray, resamples: int = 10_000) -> float:
    return sign_flip_test(values, rng=np.random.default_rng(0), resamples=resamples)


def test_sign_flips_agree_with_all_signs() -> None:
    values = np.array([-0.9, -0.4, 0.3, -0.8, -0.2, 0.1, -0.5, -0.7])
    signs = np.array(list(itertools.product([-1.0, 1.0], repeat=8)))
    exact = np.mean(np.abs(signs @ values) >= abs(values.sum()) - 1e-12)
    assert flip(values, 40_000) == pytest.approx(exact, abs=0.01)


def test_sign_flips_of_single_items_agree_with_mcnemar() -> None:
    values = np.repeat([-1.0, 1.0, 0.0], [10, 2, 988]) / 1000
    assert flip(values, 40_000) == pytest.approx(mcnemar_exact(10, 2), abs=0.005)


def test_many_different_values_agree_with_the_normal_limit() -> None:
    """Five of them are flipped together, so the spread is known to about 2 %: as much in z."""
    values = np.random.default_rng(1).normal(0.05, 1.0, 5000)
    z = values.sum() / np.sqrt(np.sum(values**2))
    assert stats.norm.isf(flip(values) / 2) == pytest.approx(z, rel=0.06)


def test_no_change_has_p_one_and_p_is_never_zero() -> None:
    assert flip(np.zeros(50)) == 1.0
    assert flip(-np.ones(200), 999) == pytest.approx(0.001)


@given(hnp.arrays(np.float64, st.integers(1, 100), elements=st.sampled_from([-0.2, 0.0, 0.1, 0.3])))
@settings(max_examples=40)
def test_sign_flips_do_not_see_a_swap_of_sides(values: np.ndarray) -> None:
    p = flip(values, 200)
    assert 0.0 < p <= 1.0
    assert flip(-values, 200) == p


@pytest.mark.parametrize("spread", [1, 100])
def test_false_alarms_stay_at_the_level(spread: int) -> None:
    """Under no effect p <= .05 in about 5 % of tries, for few distinct values and for many."""
    rng = np.random.default_rng(2)
    tries = [
        sign_flip_test(rng.integers(-spread, spread + 1, 150).astype(float), rng=rng, resamples=199) for _ in range(400)
    ]
    assert np.mean(np.array(tries) <= 0.05) <= 0.08


def effects_of(*tasks: np.ndarray) -> ClusterEffects:
    starts = np.cumsum([0, *map(len, tasks)])
    return cluster_effects(tasks, [np.arange(len(task)) + start for task, start in zip(tasks, starts, strict=False)])


def paired(effects: ClusterEffects) -> float:
    return paired_test(effects, rng=np.random.default_rng(0))


def test_a_silent_small_task_may_hide_the_gain_that_makes_up_for_losses_elsewhere() -> None:
    """100 of 2,000 lost, and none of 20 changed, whose mean counts as much: signs alone would be sure of a loss."""
    effects = effects_of(np.zeros(20), np.repeat([-1.0, 0.0], [100, 1900]))
    assert flip(effects.contribution) < 0.001
    assert paired(effects) > 0.5


def test_rare_large_gains_against_many_small_losses_are_weakened() -> None:
    """Skewed towards the gains, the mean of so few of them shows too small an error where it is below 0."""
    values = np.repeat([-0.05, 1.0], [196, 4])
    effects = effects_of(values)
    assert student_test(effects) > 2 * stats.norm.cdf(-abs(effects.estimate) / effects.corrected_se)


def test_one_heavy_cluster_does_not_hide_that_all_of_them_lost() -> None:
    """A cluster with 30 % of the items: by its weight there is one degree of freedom, by signs 71 that agree."""
    sizes = np.array([150] + [5] * 70)
    rng = np.random.default_rng(0)
    values = np.concatenate([-(rng.random(size) < 0.55).astype(float) for size in sizes])
    effects = cluster_effects([values], [np.repeat(np.arange(71), sizes)])
    assert effects.dof < 1.5
    assert paired(effects) < 0.01


def test_of_two_keys_signs_of_one_alone_do_not_decide() -> None:
    """Ten relations of sixty entities each, that all lost a little: a change by entity, flipped, would be certain."""
    rng = np.random.default_rng(0)
    relation, entity = np.repeat(np.arange(10), 60), np.arange(600)
    lost = -(rng.random(600) < rng.choice([0.0, 0.1], 10)[relation]).astype(float)
    one, two = cluster_effects([lost], [entity]), cluster_effects([lost], [entity], [relation])
    assert paired(one) < 0.001 < paired(two)
    assert paired(two) == pytest.approx(max(flip(two.contribution), student_test(two)))
