"""U-statistics over pairs of answers: R1 as a rate of collisions (methods, section 4), and one value per answer."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgetbench.metrics.pairs import FloatArray, collision_rate, equal_pairs, similar_pairs

LABELS = st.lists(st.sampled_from("abc"), min_size=3, max_size=12)


def pseudovalues(labels: Sequence[Hashable], clusters: Sequence[str] | None = None) -> FloatArray:
    return equal_pairs(labels, clusters).pseudovalues()


@pytest.mark.parametrize(("labels", "rate"), [("aaab", 0.5), ("aaaa", 1.0), ("abcd", 0.0)])
def test_collision_rate(labels: str, rate: float) -> None:
    assert collision_rate(labels) == rate


def test_answers_to_one_prompt_are_no_pair() -> None:
    assert collision_rate("aab", ["p", "p", "q"]) == 0.0
    assert collision_rate("aba", ["p", "p", "q"]) == 0.5
    assert math.isnan(collision_rate("aa", ["p", "p"]))
    assert math.isnan(collision_rate("a"))
    assert math.isnan(collision_rate(""))


@given(LABELS)
def test_pseudovalues_are_the_jackknifes_own(labels: list[str]) -> None:
    n, rate = len(labels), collision_rate(labels)
    if n == 3:
        left_out = [collision_rate(labels[:i] + labels[i + 1 :]) for i in range(n)]
        assert all(value in (0.0, 1.0) for value in left_out)
    expected = [n * rate - (n - 1) * collision_rate(labels[:i] + labels[i + 1 :]) for i in range(n)]
    assert pseudovalues(labels) == pytest.approx(np.array(expected))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("wxyz")), min_size=2, max_size=15))
def test_mean_pseudovalue_is_the_rate(rows: list[tuple[str, str]]) -> None:
    labels, clusters = zip(*rows, strict=True)
    rate = collision_rate(labels, clusters)
    assert np.mean(pseudovalues(labels, clusters)) == pytest.approx(rate, nan_ok=True)


def test_pseudovalues_give_the_rates_standard_error() -> None:
    """Against 600 fresh samples; the labels' own collision rates would give half of it."""
    rng, n = np.random.default_rng(7), 60
    draws = rng.choice(4, size=(600, n), p=[0.6, 0.2, 0.1, 0.1])
    rates = [collision_rate(row.tolist()) for row in draws]
    errors = [pseudovalues(row.tolist()).std(ddof=1) / math.sqrt(n) for row in draws]
    assert np.mean(errors) == pytest.approx(np.std(rates), rel=0.1)


def test_two_clusters_have_no_jackknife() -> None:
    assert pseudovalues("ab").tolist() == [0.0, 0.0]
    assert np.isnan(pseudovalues("a")).all()
    assert pseudovalues("").shape == (0,)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("wxyz")), max_size=12))
def test_any_similarity_gives_what_equality_gives(rows: list[tuple[str, str]]) -> None:
    labels, clusters = [label for label, _ in rows], [cluster for _, cluster in rows]
    codes = np.array([ord(label) for label in labels], dtype=float)
    similar = similar_pairs(lambda some: (codes[some, None] == codes).astype(float), clusters)
    equal = equal_pairs(labels, clusters)
    assert similar.mean() == pytest.approx(equal.mean(), nan_ok=True)
    assert similar.pseudovalues() == pytest.approx(equal.pseudovalues(), nan_ok=True)
