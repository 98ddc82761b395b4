"""Whether an answer is to the point, told by likelihood: words cannot tell, a good description may share none.

A prompt makes an answer to it likelier than a request does that any text answers ("Write something."); text beside the
point is likelier after the latter. The difference in log-probability is the pointwise mutual information of prompt and
answer. What the reference itself would say is likelier after its prompt by construction, so a model's own ramblings are
not found out this way; nor always is a template that copies words of the prompt.
"""

from __future__ import annotations

import math

from forgetbench.metrics.text import words

OFF = -1.0
"""Bearing below which an answer is off the topic: `tests/benchmarks/topics.py` says what it tells apart, and how many
answers on the topic lie below it."""
ON = -0.5
"""Bearing from which nothing speaks against an answer."""
_MOST_CHARACTERS = 2000
_MOST_WORDS = 200
"""What is rated of a longer text has about so many."""


def bearing(text: str, prompted: float | None, neutral: float | None) -> float | None:
    """How much likelier its prompt makes a text: nats per token times the square root of its words.

    `prompted` and `neutral` are its mean log-probabilities per token after the prompt and after a neutral request. By
    the square root, since what tokens that owe nothing to the prompt add is noise. None where either is unknown.
    """
    if prompted is None or neutral is None or math.isnan(prompted) or math.isnan(neutral):
        return None
    return (prompted - neutral) * math.sqrt(min(len(words(text[:_MOST_CHARACTERS])), _MOST_WORDS))


def is_off_topic(bears: float | None) -> bool:
    """Whether a `bearing` is surely one of text beside the point; never where it is unknown."""
    return bears is not None and bears < OFF


def to_the_point(bears: float | None) -> float:
    """1 at a bearing of `ON` and above, 0 at `OFF` and below, linear between; 1 if unknown."""
    return 1.0 if bears is None else min(1.0, max(0.0, (bears - OFF) / (ON - OFF)))
