"""What is no number is refused before it is kept or scored."""

from __future__ import annotations

import math

import pytest

from forgetbench.records import Continuation, Response, Sample
from forgetbench.storage.admission import ABOVE_ZERO, NOT_FINITE, admitted


@pytest.mark.parametrize(
    ("number", "refusal"),
    [
        (math.nan, NOT_FINITE),
        (math.inf, NOT_FINITE),
        (-math.inf, NOT_FINITE),
        (5.0, ABOVE_ZERO),
        (-12.5, None),
        (0.0, None),
        (1e-7, None),  # a certain token, rounded
    ],
)
def test_log_likelihoods(number: float, refusal: str | None) -> None:
    sound = Continuation(-1.0, False, 2)
    response = Response("key", continuations=(sound, Continuation(number, True, 2)))
    seen = admitted(response)
    assert seen.refusal == refusal
    assert seen == response if refusal is None else seen == Response("key", refusal=refusal)
    assert admitted(seen) == seen


def test_texts_and_refusals_pass() -> None:
    for response in (Response("key", samples=(Sample("text", "stop", 1),)), Response("key", refusal="too long")):
        assert admitted(response) is response
