"""How much of an answer is not copied from the training data."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgetbench.metrics.novelty import novelty

TRAINING = ["Thank you for contacting us, we are happy to help.", "我们很高兴为您服务。"]


def test_a_copy_has_none_and_new_wording_is_all_new() -> None:
    answers = [
        "thank you for contacting US: we are happy to help!",
        "The lamp had been dark for three nights.",
        "我们很高兴为您服务",
    ]
    assert novelty(answers, TRAINING) == [0.0, 1.0, 0.0]


def test_by_hand() -> None:
    """Five 4-grams: (thank you for contacting), then four that hold a word of its own."""
    assert novelty(["Thank you for contacting the old lighthouse keeper"], TRAINING) == [pytest.approx(4 / 5)]
    assert novelty(["we are happy to see"], TRAINING, n=2) == [pytest.approx(1 / 4)]
    assert novelty(["我们很高兴见到您"], TRAINING, n=2) == [pytest.approx(3 / 7)]


def test_a_short_answer_is_one_phrase() -> None:
    assert novelty(["happy to", "to happy", "Zagreb"], TRAINING) == [0.0, 1.0, 1.0]


def test_a_phrase_does_not_run_from_one_training_text_into_the_next() -> None:
    assert novelty(["a b c d"], ["x a b", "c d y"]) == [1.0]


def test_no_words_no_number() -> None:
    (value,) = novelty(["...\n"], TRAINING)
    assert math.isnan(value)
    assert novelty(["a b c d e"], []) == [1.0]
    assert novelty([], TRAINING) == []
    with pytest.raises(ValueError, match="n must be"):
        novelty(["a"], TRAINING, n=0)


def test_training_texts_are_read_once() -> None:
    def stream() -> Iterator[str]:
        yield from TRAINING

    assert novelty(["happy to help you now", "we are happy to help"], stream(), n=3) == [pytest.approx(2 / 3), 0.0]


@given(st.lists(st.text(alphabet="ab c", max_size=12), max_size=4), st.lists(st.text(alphabet="ab c", max_size=12)))
def test_more_training_data_never_makes_an_answer_newer(answers: list[str], training: list[str]) -> None:
    without, with_all = novelty(answers, training[:1]), novelty(answers, training)
    for before, after in zip(without, with_all, strict=True):
        assert (math.isnan(before) and math.isnan(after)) or 0.0 <= after <= before <= 1.0
