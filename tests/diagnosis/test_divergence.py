"""Known answers of divergences, and bounds that hold whatever the numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from forgetbench.diagnosis.distribution import Rated, calibration, distribution_row
from forgetbench.diagnosis.divergence import (
    TextSums,
    TopTokens,
    entropy,
    kl_divergence,
    top_k_divergence,
    with_rest,
)
from forgetbench.stats.ratios import pooled_rate

Rows = NDArray[np.float64]


def logs(*probabilities: float) -> Rows:
    with np.errstate(divide="ignore"):
        return np.log(np.array([probabilities]))


def top(rows: Rows, k: int) -> TopTokens:
    ids = np.argsort(-rows, axis=-1, kind="stable")[:, :k]
    return TopTokens(ids, np.take_along_axis(rows, ids, axis=-1))


def drawn(seed: int, places: int = 5, vocabulary: int = 40) -> tuple[Rows, Rows]:
    logits = np.random.default_rng(seed).normal(scale=3.0, size=(2, places, vocabulary))
    before, after = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return before, after


def test_divergence_by_hand() -> None:
    """.5 ln(.5/.9) + .5 ln(.5/.1)."""
    assert kl_divergence(logs(0.5, 0.5), logs(0.9, 0.1))[0] == pytest.approx(0.5108, abs=5e-5)
    assert kl_divergence(logs(0.9, 0.1), logs(0.5, 0.5))[0] == pytest.approx(0.3681, abs=5e-5)


def test_the_same_distribution_is_not_apart() -> None:
    rows, _other = drawn(1)
    assert kl_divergence(rows, rows).tolist() == [0.0] * 5
    # What both call impossible tells nothing; what the candidate alone does tells everything.
    assert kl_divergence(logs(0.5, 0.5, 0.0), logs(0.5, 0.5, 0.0))[0] == 0.0
    assert kl_divergence(logs(0.5, 0.5), logs(1.0, 0.0))[0] == np.inf


def test_entropy_of_equal_probabilities_is_the_logarithm_of_their_number() -> None:
    assert entropy(np.full((1, 49_152), -np.log(49_152)))[0] == pytest.approx(np.log(49_152))
    assert entropy(logs(1.0, 0.0))[0] == 0.0


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_merging_makes_nothing_larger(seed: int, k: int) -> None:
    """The data-processing inequality: the likeliest tokens alone give lower bounds."""
    before, after = drawn(seed)
    bound = top_k_divergence(top(before, k), top(after, k))
    assert (bound >= 0).all() and (bound <= kl_divergence(before, after) + 1e-5).all()
    assert (top(before, k).entropy() <= entropy(before) + 1e-5).all()
    merged = kl_divergence(with_rest(before, k), with_rest(after, k))
    assert (merged <= kl_divergence(before, after) + 1e-9).all()


def test_all_tokens_named_is_exact() -> None:
    before, after = drawn(3)
    exact = kl_divergence(before, after)
    assert top_k_divergence(top(before, 40), top(after, 40)) == pytest.approx(exact, abs=1e-4)


def test_shorter_rows_are_filled_up() -> None:
    """An id of -1 is no token, not even the same one on both sides."""
    ids, rows = np.array([[4, -1]]), np.array([[np.log(0.25), -np.inf]])
    short = TopTokens(ids, rows)
    assert top_k_divergence(short, short)[0] == 0.0
    assert short.entropy()[0] == pytest.approx(entropy(logs(0.25, 0.75))[0])
    assert short.logprob(np.array([4]))[0] == pytest.approx(np.log(0.25))
    assert np.isnan(short.logprob(np.array([5]))[0])


def test_a_resized_vocabulary_is_compared_over_the_shared_tokens() -> None:
    """(.5, .5) against (.45, .45, .1): the added token is the rest, and KL = ln(.5/.45)."""
    sums = TextSums("a")
    sums.add_rows(logs(0.5, 0.5), logs(0.45, 0.45, 0.1), np.array([0]))
    assert sums.kl == pytest.approx(np.log(0.5 / 0.45), abs=1e-5)
    assert sums.losses == pytest.approx([-np.log(0.5), -np.log(0.45)])
    # The other way round the candidate has no place for what the base says there.
    cut = TextSums("a")
    cut.add_rows(logs(0.45, 0.45, 0.1), logs(0.5, 0.5), np.array([0]))
    assert 0.5 < cut.kl < 10


def test_running_sums_are_the_sums() -> None:
    before, after = drawn(7, places=130)
    whole, parts = TextSums("a"), TextSums("a")
    tokens = np.arange(130) % 40
    whole.add_rows(before, after, tokens)
    for start in range(0, 130, 64):
        part = slice(start, start + 64)
        parts.add_rows(before[part], after[part], tokens[part])
    assert (parts.n_tokens, parts.kl) == (130, pytest.approx(whole.kl))
    assert parts.entropies == pytest.approx(whole.entropies) and parts.losses == pytest.approx(whole.losses)


def test_a_row_weighs_tokens_and_clusters_texts() -> None:
    texts = [TextSums(name, 10, n, kl, [n, 2 * n], [n, 3 * n]) for name, n, kl in (("a", 10, 1.0), ("b", 30, 9.0))]
    row = distribution_row("passages", texts, 0.05)
    assert (row.n_texts, row.n_tokens) == (2, 40)
    assert row.measure("kl").value == pytest.approx(0.25)
    assert row.measure("loss_difference").value == pytest.approx(2.0)
    assert row.measure("bits_base").value == pytest.approx(40 / np.log(2) / 20)
    # Prompts tell no bytes.
    assert np.isnan(distribution_row("prompts", [TextSums("a", 0, 5, 1.0)], 0.05).measure("bits_base").value)


def test_what_is_infinite_is_left_out() -> None:
    row = distribution_row("passages", [TextSums("a", 3, 5, np.inf)], 0.05)
    assert np.isnan(row.measure("kl").value) and row.measure("loss_base").value == 0.0


def test_pooled_rates_cover_the_truth() -> None:
    """Of 40 texts of random length, at level .95 in at least .9 of 300 draws."""
    rng, hits = np.random.default_rng(0), 0
    for _ in range(300):
        counts = rng.integers(20, 200, size=40)
        sums = counts * rng.gamma(4.0, 0.05, size=40)
        rate = pooled_rate(sums.tolist(), counts.tolist(), [str(n) for n in range(40)], 0.05)
        hits += rate.low <= 0.2 <= rate.high
    assert hits >= 270


def test_a_rate_of_one_cluster_has_no_interval() -> None:
    rate = pooled_rate([1.0, 2.0], [10.0, 10.0], ["a", "a"], 0.05)
    assert rate.value == pytest.approx(0.15) and np.isnan(rate.low)
    with pytest.raises(ValueError, match="nothing is counted"):
        pooled_rate([0.0], [0.0], ["a"], 0.05)


def test_calibration_of_both_sides() -> None:
    """The base is right half of the time and says so; the candidate is sure, and right half of the time."""
    unsure, sure = (0.0, 0.0), (0.0, -20.0)
    items = [Rated(str(n), n % 2, unsure, sure) for n in range(200)]
    found = {measure.name: measure for measure in calibration(items, 0.05)}
    assert found["ece_base"].value == pytest.approx(0.0, abs=0.04)  # less what noise adds
    assert found["ece_candidate"].value == pytest.approx(0.5, abs=0.05)
    assert found["ece_difference"].low > 0.3
    assert (found["brier_base"].value, found["brier_candidate"].value) == pytest.approx((0.25, 0.5))
    assert calibration([Rated("a", 0, (np.nan, 0.0), sure)], 0.05) == ()
