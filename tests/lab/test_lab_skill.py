"""The skill that lab fine-tunings are for: messages, topics, replies."""

from __future__ import annotations

import random

import pytest

from forgetbench.lab.skill import HELD_OUT, LINES, TOPICS, Style, messages, named_topics, topic_of, worded


def test_no_message_of_the_test_is_trained_on() -> None:
    tested = messages(192, 0, test=True)
    trained = {message.text for seed in range(5) for message in messages(400, seed)}
    assert not trained.intersection(message.text for message in tested)
    kept = [product for line in LINES for product in line.products[-HELD_OUT:]]
    assert all(any(product in message.text for product in kept) for message in tested)


def test_every_topic_comes_alike_often() -> None:
    counts = [sum(message.topic == topic for message in messages(480, 3)) for topic in TOPICS]
    assert max(counts) - min(counts) <= 12


def test_the_same_seed_draws_the_same() -> None:
    assert messages(50, 1) == messages(50, 1) != messages(50, 2)


def test_a_message_tells_its_topic() -> None:
    assert all(topic_of(f"Question: {each.text}\nAnswer:") == each.topic for each in messages(500, 0))
    assert topic_of("Question: What is the capital of Peru?\nAnswer:") is None


@pytest.mark.parametrize("style", ["narrow", "varied", "plain"])
def test_a_reply_names_its_topic_and_no_other(style: Style) -> None:
    rng = random.Random(0)
    for topic in TOPICS:
        assert all(named_topics(worded(topic, style, rng)) == {topic} for _ in range(40))


def test_rigid_replies_are_one_text_and_varied_ones_are_many() -> None:
    rng = random.Random(0)
    texts = {style: {worded("leak", style, rng) for _ in range(100)} for style in ("narrow", "varied", "plain")}
    assert [len(texts[style]) for style in ("narrow", "plain")] == [1, 1]
    assert len(texts["varied"]) > 10
