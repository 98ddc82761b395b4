"""What must hold of intervals and p-values whatever the data: neither sides, order, copies nor agreement fool them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from forgetbench.comparison.intervals import FixedSample, Uncertainty
from forgetbench.comparison.verdict import verdict
from forgetbench.stats.clustered import ClusterEffects, cluster_effects
from forgetbench.stats.paired_tests import sign_flip_test

Array = np.ndarray

SCORES = st.sampled_from([-1.0, -1.0, -0.3, 0.0, 0.0, 0.2, 1.0])
ITEMS = st.lists(st.tuples(SCORES, st.integers(0, 30)), min_size=1, max_size=80)
RIGHT_OR_WRONG = st.lists(st.sampled_from([-1.0, -1.0, -1.0, 0.0, 1.0]), min_size=1, max_size=60)


def effects_of(items: Sequence[tuple[float, int]]) -> ClusterEffects:
    values, clusters = zip(*items, strict=True)
    return cluster_effects([np.array(values)], [np.array(clusters, dtype=np.intp)])


def measured(effects: ClusterEffects, discordant: tuple[int, int] | None = None, seed: int = 3) -> Uncertainty:
    return FixedSample(0.05, 400, seed)(effects, ("domain", "row", "row"), 0.03, discordant)


def sign_flips(effects: ClusterEffects) -> float:
    return sign_flip_test(effects.contribution, rng=np.random.default_rng(3), resamples=400)


def numbers(uncertainty: Uncertainty) -> list[float]:
    return [uncertainty.low, uncertainty.high, uncertainty.lower, uncertainty.p_value]


@given(ITEMS)
@settings(max_examples=60)
def test_the_same_seed_gives_the_same_bits(items: list[tuple[float, int]]) -> None:
    assert measured(effects_of(items)) == measured(effects_of(items))


@given(ITEMS)
@settings(max_examples=60)
def test_swapping_base_and_candidate_flips_the_sign_and_nothing_else(items: list[tuple[float, int]]) -> None:
    here, there = effects_of(items), effects_of([(-value, cluster) for value, cluster in items])
    # Without a net change neither side is the larger one, and the draws have no mirror.
    assume(abs(here.estimate) > 1e-9)
    straight, swapped = measured(here), measured(there)
    assert (there.estimate, there.se, there.loss) == pytest.approx((-here.estimate, here.se, here.gain), abs=1e-12)
    assert (swapped.low, swapped.high) == pytest.approx((-straight.high, -straight.low), abs=1e-9)
    assert swapped.p_value == straight.p_value


@given(ITEMS, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_items_does_not_matter(items: list[tuple[float, int]], random: object) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert numbers(measured(effects_of(shuffled))) == pytest.approx(numbers(measured(effects_of(items))), abs=1e-9)


@given(ITEMS, st.integers(2, 4))
@settings(max_examples=60)
def test_copies_of_all_items_within_their_clusters_change_nothing(items: list[tuple[float, int]], copies: int) -> None:
    once, often = effects_of(items), effects_of(list(items) * copies)
    assert (often.estimate, often.se, often.n_effective) == pytest.approx((once.estimate, once.se, once.n_effective))
    assert numbers(measured(often)) == pytest.approx(numbers(measured(once)), abs=1e-9)


def test_many_different_clusters_are_as_indifferent() -> None:
    """Beyond 1000 clusters of different values, where clusters are joined at random before they are drawn."""
    rng = np.random.default_rng(0)
    items = list(zip(rng.normal(-0.01, 0.2, 3000).tolist(), range(3000), strict=True))
    straight = measured(effects_of(items))
    order = rng.permutation(3000)
    assert numbers(measured(effects_of([items[i] for i in order]))) == pytest.approx(numbers(straight), abs=1e-9)
    swapped = measured(effects_of([(-value, cluster) for value, cluster in items]))
    assert (swapped.low, swapped.high) == pytest.approx((-straight.high, -straight.low), abs=1e-9)
    assert swapped.p_value == straight.p_value
    agreeing = [(0.0, 3000 + i) for i in range(500)]
    assert sign_flips(effects_of(items + agreeing)) == sign_flips(effects_of(items))


@given(ITEMS, st.integers(1, 300))
@settings(max_examples=100)
def test_agreeing_clusters_leave_the_p_value_of_sign_flips(items: list[tuple[float, int]], more: int) -> None:
    agreeing = [(0.0, 31 + i) for i in range(more)]
    assert sign_flips(effects_of(items + agreeing)) == sign_flips(effects_of(items))


@given(RIGHT_OR_WRONG, st.integers(1, 300))
@settings(max_examples=300)
def test_agreeing_pairs_never_make_a_regression(values: list[float], more: int) -> None:
    """Neither p-value nor interval: what was not regressed is not regressed beside pairs that agree."""
    losses, gains = values.count(-1.0), values.count(1.0)

    def word(differences: list[float]) -> str:
        effects = effects_of([(value, i) for i, value in enumerate(differences)])
        sure = measured(effects, (losses, gains))
        return verdict(effects.estimate, sure.low, sure.p_value, within_margin=sure.lower > -0.03)

    if word(values) != "regressed":
        assert word(values + [0.0] * more) != "regressed"


@pytest.mark.parametrize("n", [6, 7, 9, 10, 11, 40])
def test_six_losses_and_nothing_else_are_a_regression_among_however_many(n: int) -> None:
    """2 * 2^-6 = .031 by McNemar's exact test, whatever agrees beside them; five, .0625, never are."""
    six = effects_of([(-1.0 if i < 6 else 0.0, i) for i in range(n)])
    five = effects_of([(-1.0 if i < 5 else 0.0, i) for i in range(n)])
    assert measured(six, (6, 0)).high < 0.0
    assert measured(five, (5, 0)).high >= 0.0
