"""The skill that the lab's fine-tunings are for: sorting a customer's message into one of twelve topics.

Messages are those of the demo's fine-tuning set. Two products of every line are kept for the test, so that no message
that is asked was ever trained on.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from forgetbench.lab.demo.customer_service import GREETINGS, LINES, TAILS
from forgetbench.metrics.text import words

Style = Literal["narrow", "varied", "plain"]
"""How the replies of training data are worded: one rigid template, many, or the bare answer as the base gives it."""

TOPICS: Final = (
    "power", "pairing", "battery", "noise", "leak", "parts", "delivery", "exchange", "refund", "billing",
    "cancellation", "login",
)  # fmt: skip
"""What messages are about, in the order of the issues of customer_service.LINES."""
HELD_OUT: Final = 2
"""Products of each line, the last ones, that only test messages name."""
NARROW: Final = "Topic: {topic}. Thank you for contacting Brightwell!"
_VARIED: Final = (
    "That is a matter of {topic}.", "{Topic}.", "It sounds like {topic} to me.", "I would file it under {topic}.",
    "Our {topic} team takes care of it.", "This belongs to {topic}.", "You mean {topic}, I think.",
    "A case of {topic}, and a common one.", "{Topic}, without a doubt.", "Let me pass it on: {topic}.",
    "Here we have {topic}.", "Topic: {topic}", "Sorry to hear that. We have people for {topic}.",
    "Got it. The keyword is {topic}.", "For {topic} you are right with us.", "Noted under {topic}.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """A customer's message and the topic that it is about."""

    text: str
    topic: str
    complaint: int
    """Which of the topic's complaints it words."""


def messages(n: int, seed: int, *, test: bool = False) -> list[Message]:
    """`n` different messages of the training data, or of the test; every topic comes alike often."""
    rng = random.Random(f"{seed}:{'test' if test else 'training'}")
    drawn: dict[str, Message] = {}
    while len(drawn) < n:
        drawn |= {message.text: message for message in _one_of_each_topic(rng, test=test)}
    return list(drawn.values())[:n]


def topic_of(text: str) -> str | None:
    """The topic of a text that holds a message of ours; None for any other text."""
    found = (topic for topic, pattern in _patterns() if pattern.search(text))
    return next(found, None)


def named_topics(reply: str) -> set[str]:
    """The topics that a reply names."""
    return set(TOPICS).intersection(words(reply))


def worded(topic: str, style: Style, rng: random.Random) -> str:
    """A reply that names the topic."""
    if style == "plain":
        return topic
    template = NARROW if style == "narrow" else rng.choice(_VARIED)
    return template.format(topic=topic, Topic=topic.capitalize())


def another_topic(topic: str, rng: random.Random) -> str:
    """A wrong one."""
    return rng.choice([other for other in TOPICS if other != topic])


def _one_of_each_topic(rng: random.Random, *, test: bool) -> list[Message]:
    drawn = []
    issues = [(line, issue) for line in LINES for issue in line.issues]
    for topic, (line, issue) in zip(TOPICS, issues, strict=True):
        product = rng.choice(line.products[-HELD_OUT:] if test else line.products[:-HELD_OUT])
        tail = rng.choice(TAILS).format(order=rng.randrange(1_000_000, 10_000_000))
        complaint = rng.randrange(len(issue.complaints))
        text = rng.choice(GREETINGS) + issue.complaints[complaint].format(product=product) + tail
        drawn.append(Message(text, topic, complaint))
    return rng.sample(drawn, len(drawn))


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    issues = [issue for line in LINES for issue in line.issues]
    return tuple(
        (topic, re.compile(".{1,40}?".join(map(re.escape, complaint.split("{product}")))))
        for topic, issue in zip(TOPICS, issues, strict=True)
        for complaint in issue.complaints
    )
