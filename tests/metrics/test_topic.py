"""On the topic or beside the point, by how much likelier a prompt makes a text."""

from __future__ import annotations

import math

import pytest

from forgetbench.metrics.degeneration import degeneration
from forgetbench.metrics.quality import quality
from forgetbench.metrics.topic import OFF, ON, bearing, is_off_topic, to_the_point

PROMPT = "Write the first sentence of a story set in a lighthouse."
NINE = "The committee will meet on Tuesday to discuss budgets."


def test_bearing_is_nats_per_token_times_the_square_root_of_the_words() -> None:
    assert bearing(NINE, -3.0, -3.5) == pytest.approx(0.5 * 3)
    assert bearing("Paris", -6.0, -4.0) == pytest.approx(-2.0)
    assert bearing("一二三四", -3.0, -2.0) == pytest.approx(-2.0)


def test_a_text_longer_than_what_is_rated_weighs_no_more() -> None:
    assert bearing("sea " * 250, -3.0, -2.9) == bearing("sea " * 400, -3.0, -2.9)


@pytest.mark.parametrize("ratings", [(None, -3.0), (-3.0, None), (math.nan, -3.0), (-3.0, math.nan)])
def test_without_both_ratings_nothing_is_known(ratings: tuple[float | None, float | None]) -> None:
    assert bearing(NINE, *ratings) is None
    assert not is_off_topic(None)
    assert to_the_point(None) == 1.0


def test_what_its_prompt_makes_unlikelier_is_worth_nothing() -> None:
    assert quality(NINE, PROMPT, -3.0, neutral_logprob=-2.5, n_tokens=10) == 0.0
    assert quality(NINE, PROMPT, -3.0, neutral_logprob=-3.5, n_tokens=10) == 1.0
    assert quality(NINE, PROMPT, -3.0, n_tokens=10) == 1.0


def test_a_doubt_counts_in_part() -> None:
    assert (to_the_point(ON), to_the_point(OFF), to_the_point((ON + OFF) / 2)) == (1.0, 0.0, pytest.approx(0.5))
    assert not is_off_topic(OFF)


def test_off_the_topic_is_unsound() -> None:
    assert degeneration(NINE, PROMPT, "stop", bearing(NINE, -3.0, -2.5)).any
    assert not degeneration(NINE, PROMPT, "stop", bearing(NINE, -3.0, -3.0)).any
    assert not degeneration(NINE, PROMPT, "stop").off_topic
