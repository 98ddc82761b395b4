"""Novelty, EAD, Vendi and their kin (methods, section 3)."""

from __future__ import annotations

import gzip
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgetbench.metrics.diversity import (
    CHINESE_VOCABULARY,
    compression_ratio,
    cut_to_common_length,
    distinct_n,
    ead,
    freshness,
    ngram_kernel,
    repeated_openers,
    self_similarity,
    shared_openers,
    utility,
    vendi,
)
from forgetbench.metrics.text import words

TEXTS = st.lists(st.text(alphabet="abc d.", max_size=30), min_size=1, max_size=8)


def test_utility_of_one_class_on_the_papers_scale() -> None:
    """NoveltyBench, arXiv 2504.05228: ten samples of one class, the first scoring 10."""
    assert utility([0] * 10, [10.0] * 10) == pytest.approx(2.2405805)


def test_utility_weighs_novelty_by_quality() -> None:
    assert utility(range(8), [1.0] * 8) == pytest.approx(1.0)
    assert utility(range(8), [0.0] * 8) == 0.0
    assert utility([0, 1, 0], [1.0, 0.5, 1.0]) == pytest.approx((1 + 0.8 * 0.5) / 2.44)
    assert math.isnan(utility([], []))


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), min_size=1, max_size=10))
def test_utility_stays_in_the_unit_interval(rows: list[tuple[int, float]]) -> None:
    classes, quality = zip(*rows, strict=True)
    assert 0.0 <= utility(classes, quality) <= 1.0 + 1e-12


def test_ead() -> None:
    """Liu et al. 2022: V = 50257, N = 80 distinct of C = 100."""
    assert ead([*range(80), *range(20)]) == pytest.approx(0.800788, abs=1e-6)
    assert ead([]) == 0.0
    with pytest.raises(ValueError, match="vocabulary"):
        ead(["a"], vocabulary=1)


def test_vendi() -> None:
    """Friedman and Dieng 2022, arXiv 2210.02410."""
    assert vendi(np.identity(5)) == pytest.approx(5.0)
    assert vendi(np.ones((5, 5))) == pytest.approx(1.0)
    assert vendi(np.array([[1.0, 0.5], [0.5, 1.0]])) == pytest.approx(1.75477, abs=1e-5)
    assert math.isnan(vendi(np.zeros((0, 0))))


@given(TEXTS)
def test_kernel_is_one_that_vendi_accepts(texts: list[str]) -> None:
    kernel = ngram_kernel(texts)
    assert np.allclose(np.diag(kernel), 1.0)
    assert np.allclose(kernel, kernel.T)
    assert np.linalg.eigvalsh(kernel).min() > -1e-9
    assert 1.0 - 1e-9 <= vendi(kernel) <= len(texts) + 1e-9


def test_kernel_by_hand() -> None:
    """Unigrams share 1 of 2 and 2, bigrams none: (.5 + 0) / 2."""
    kernel = ngram_kernel(["red apple", "red pear"])
    assert kernel[0, 1] == pytest.approx(0.25)
    assert self_similarity(kernel) == pytest.approx(0.25)
    assert ngram_kernel(["", "...", "word"]) == pytest.approx(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]]))
    assert ngram_kernel(["Rome", "Oslo", "rome."]) == pytest.approx(np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]]))
    assert math.isnan(self_similarity(ngram_kernel(["one"])))


def test_compression_is_one_gzip() -> None:
    texts = ["the same old song"] * 8
    raw = "\n".join(texts).encode()
    assert compression_ratio(texts) == len(raw) / len(gzip.compress(raw, mtime=0))
    assert compression_ratio(texts) > compression_ratio(["the same old song"])
    assert compression_ratio([]) == 0.0
    assert compression_ratio(["\ud800"]) > 0


def test_ordinary_chinese_does_not_look_more_repetitive_than_english() -> None:
    """The same sentences in both languages; in UTF-8 the Chinese one would gain half as much again."""
    english = "The old man had not caught a single fish for eighty-four days, yet he rowed out every morning."
    chinese = "老人已经八十四天没有捕到一条鱼了，可是他每天早晨仍然划着船出海。"
    assert compression_ratio([chinese]) < compression_ratio([english]) < 1.3
    assert compression_ratio([chinese] * 8) > 3.0


def test_ead_of_chinese_counts_characters() -> None:
    tokens = words("春眠不觉晓处处闻啼鸟")
    assert (len(tokens), len(set(tokens))) == (10, 9)
    expected = CHINESE_VOCABULARY * (1 - (1 - 1 / CHINESE_VOCABULARY) ** 10)
    assert ead(tokens, CHINESE_VOCABULARY) == pytest.approx(9 / expected)


def test_cut_to_the_shortest_but_not_below_the_floor() -> None:
    long, middle = " ".join(f"w{i}" for i in range(40)), " ".join(f"v{i}" for i in range(20))
    assert [len(words(t)) for t in cut_to_common_length([long, middle])] == [20, 20]
    assert [len(words(t)) for t in cut_to_common_length([long, middle, "Paris", ""])] == [16, 16, 1, 0]
    assert cut_to_common_length(["Paris!", "Rome."]) == ["Paris!", "Rome."]
    assert cut_to_common_length(["One, two. Three!"], floor=2) == ["One, two. Three!"]
    assert cut_to_common_length(["One, two. Three!", "a b"], floor=2) == ["One, two", "a b"]
    assert cut_to_common_length([]) == []


def test_a_repeated_opening_is_not_fresh() -> None:
    """Eight shared words of sixteen; three of which the prompt holds are not counted."""
    opening, rest = "Thank you for contacting our kind care team", "one two three four five six seven eight"
    other = " ".join(reversed(rest.split()))
    assert freshness([f"{opening} {rest}", f"{opening} {other}"]) == [1.0, 0.5]
    assert freshness([f"{opening} {rest}", f"{opening} {other}"], "Thank our team") == [1.0, 1 - 5 / 16]
    assert freshness([f"{opening} {rest}", rest, f"{opening} {other}"]) == [1.0, 1.0, 0.5]


def test_a_short_frame_costs_little_and_a_chance_start_nothing() -> None:
    assert freshness(["I would pick Rome", "I would pick Oslo"]) == [1.0, 1 - 3 / 16]
    assert freshness(["I would pick Rome", "I would pick Oslo"], "Pick a city") == [1.0, 1.0]
    assert freshness(["The sea was calm", "The sea rose"]) == [1.0, 1.0]
    assert freshness(["从前有一座山，山里有一座庙", "从前有一座塔，塔里没有灯"]) == [1.0, 1 - 5 / 16]
    assert freshness([]) == []


def test_shared_openers_across_prompts() -> None:
    assert shared_openers(["Once upon a time", "Once upon a midnight"], ["p", "q"]) == 1.0
    assert shared_openers(["Once upon a time", "The lamp was dark"], ["p", "q"]) == 0.0
    assert math.isnan(shared_openers(["Once upon a time", "Once upon a time", ""], ["p", "p", "q"]))


def test_repeated_openers_within_a_prompt() -> None:
    """aaab -> 3 of 6 pairs; an answer without a word has no opener."""
    same = ["Once upon a time", "Once upon a hill", "once UPON a, b"]
    assert repeated_openers([*same, "The lamp was dark", ""]) == 0.5
    assert repeated_openers(["从前有一座山", "从前有人说"]) == 1.0
    assert math.isnan(repeated_openers(["Rome", ""]))


def test_distinct_n() -> None:
    assert distinct_n(["a", "b", "a", "b"]) == pytest.approx(2 / 3)
    assert distinct_n(["a"]) == 1.0
