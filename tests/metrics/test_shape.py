"""Signatures of answers and R1, the probability that two of them collide (methods, section 4)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from time_limit import within

from forgetbench.metrics.shape import collision_pseudovalues, collision_rate, has_table, parse_json, signature

LABELS = st.lists(st.sampled_from("abc"), min_size=3, max_size=12)


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
    assert collision_pseudovalues(labels) == pytest.approx(np.array(expected))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("wxyz")), min_size=2, max_size=15))
def test_mean_pseudovalue_is_the_rate(rows: list[tuple[str, str]]) -> None:
    labels, clusters = zip(*rows, strict=True)
    rate = collision_rate(labels, clusters)
    assert np.mean(collision_pseudovalues(labels, clusters)) == pytest.approx(rate, nan_ok=True)


def test_pseudovalues_give_the_rates_standard_error() -> None:
    """Against 600 fresh samples; the labels' own collision rates would give half of it."""
    rng, n = np.random.default_rng(7), 60
    draws = rng.choice(4, size=(600, n), p=[0.6, 0.2, 0.1, 0.1])
    rates = [collision_rate(row.tolist()) for row in draws]
    errors = [collision_pseudovalues(row.tolist()).std(ddof=1) / math.sqrt(n) for row in draws]
    assert np.mean(errors) == pytest.approx(np.std(rates), rel=0.1)


def test_two_clusters_have_no_jackknife() -> None:
    assert collision_pseudovalues("ab").tolist() == [0.0, 0.0]
    assert np.isnan(collision_pseudovalues("a")).all()
    assert collision_pseudovalues("").shape == (0,)


def test_signature_fields() -> None:
    plain = signature("The sky is blue because of scattering.")
    assert plain.opening == ("the", "sky", "is")
    assert plain[1:7] == (False,) * 6
    assert plain.length == 3  # 7 words: the bucket 4-7
    assert signature("## Answer\ntext").header
    assert signature("Two things:\n- one\n- two").bullets
    assert signature("1. one\n2. two").bullets
    assert signature("this is **very** good").bold
    assert signature("```python\nprint(1)\n```").code_fence
    assert signature('{"answer": "Paris"}').json
    assert signature("| a | b |\n|---|---|\n| 1 | 2 |").table


def test_chinese_answers_have_shapes_as_well() -> None:
    """A character is a token, so an opening is no whole clause; list items may follow their numbers at once."""
    assert signature("天空是蓝色的").opening == ("天", "空", "是")
    assert signature("当然可以，苹果很好。") == signature("当然可以，香蕉很甜。")
    assert signature("有：\n1、苹果\n2、香蕉").bullets
    assert signature("1.苹果").bullets
    assert not signature("3.5 米，1.2米").bullets


def test_signature_ignores_what_is_said() -> None:
    assert signature("Sure! Here is a poem about cats.") == signature("Sure! Here is some help with taxes.")
    assert signature('{"answer": "Paris is in France"') == signature('{"answer": "Bees can make honey"')


@pytest.mark.parametrize("text", ["", " \n\t", "\U0001f600\U0001f600", "\ud800", "\x00", "\u0e01\u0e33"])
def test_odd_text_has_a_signature(text: str) -> None:
    assert signature(text) == signature(text)
    assert signature("").opening == ()
    assert signature("").length == 0


@pytest.mark.parametrize(
    "text",
    [
        "**" * 100_000,
        "**a" * 100_000,
        "\n" * 300_000,
        " \t" * 150_000 + "x",
        "[" * 200_000,
        "-" * 300_000,
        "a" * 300_000,
    ],
)
def test_huge_text_is_linear(text: str) -> None:
    with within(2):
        assert signature(text).table is False


def test_parse_json_wants_an_object_or_array() -> None:
    assert parse_json(' {"a": 1} ') == {"a": 1}
    assert parse_json("[1, 2]") == [1, 2]
    assert parse_json('```json\n{"a": 1}\n```') == {"a": 1}
    assert parse_json("``` [1] ```") == [1]
    for text in ("42", '"word"', "true", '{"a": 1', 'Here: {"a": 1}', "", "``````", "[" * 100_000):
        assert parse_json(text) is None


def test_has_table() -> None:
    assert has_table("a | b\n--|--\n1 | 2")
    assert not has_table("a | b\n1 | 2")
    assert not has_table("a line\n-----")
