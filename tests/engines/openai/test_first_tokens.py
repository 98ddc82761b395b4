"""Choices of one token, rated together by a server that has `logprob_token_ids`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from served_model import Served, only, scoring

VLLM = [{"id": "small", "owned_by": "vllm"}]


def eighth(token: int) -> float:
    """What `Served.echo` gives for one letter."""
    return -1 / 8 if token else -1 / 16


def test_choices_of_one_token_take_one_request(server: Served, loaded: Any, letters: Path) -> None:
    server.models, server.rates_first_tokens = VLLM, eighth
    engine, checkpoint = loaded(letters)
    server.rates_first_tokens = lambda token: -float(token)
    asked = len(server.asked)
    request = scoring(engine, checkpoint, "Answer:", ["A", "B", "C", "A"])
    rated = only(engine.score([request])).continuations
    assert [item.loglikelihood for item in rated] == [-float(tokens[0]) for tokens in request.continuations]
    assert not any(item.is_greedy for item in rated), "the token that was generated is likelier"
    ((_, body),) = server.asked[asked:]
    assert body["prompt"] == list(request.prompt)
    assert (body["logprob_token_ids"], body["max_tokens"], body["temperature"]) == (
        sorted({tokens[0] for tokens in request.continuations}), 1, 0,
    )  # fmt: skip
    assert (body["top_k"], body["repetition_penalty"]) == (0, 1.0)


def test_longer_choices_are_echoed_beside_them(server: Served, loaded: Any, letters: Path) -> None:
    server.models, server.rates_first_tokens = VLLM, eighth
    engine, checkpoint = loaded(letters)
    asked = len(server.asked)
    rated = only(engine.score([scoring(engine, checkpoint, "It is", ["A", " so"])])).continuations
    assert [(item.loglikelihood, item.n_tokens) for item in rated] == [(-1 / 8, 1), (-3 / 8, 3)]
    assert [bool(body.get("echo")) for _, body in server.asked[asked:]] == [False, True]


def test_more_choices_than_go_into_one_request_are_echoed(server: Served, loaded: Any, letters: Path) -> None:
    server.models, server.rates_first_tokens = VLLM, eighth
    engine, checkpoint = loaded(letters)
    asked = len(server.asked)
    choices = [chr(number) for number in range(33, 127)] + [chr(number) for number in range(0xA1, 0xA3)]
    many = scoring(engine, checkpoint, "It is", choices)
    # Past what there are letters for: ids of any value.
    many = type(many)(many.key, many.checkpoint, many.prompt, tuple((number,) for number in range(1, 130)))
    assert len(only(engine.score([many])).continuations) == 129
    assert all(body.get("echo") for _, body in server.asked[asked:])


@pytest.mark.parametrize(
    ("models", "rates"),
    [
        (VLLM, None),
        (VLLM, lambda token: -5.0),
        (VLLM, lambda token: float("nan")),
        (VLLM, lambda token: 1.0),
        ([{"id": "small", "owned_by": "somebody"}], eighth),
    ],
    ids=["ignored", "other than echo", "not a number", "above zero", "another server"],
)
def test_a_server_that_does_not_rate_them_is_echoed(
    server: Served, loaded: Any, letters: Path, models: Any, rates: Any
) -> None:
    server.models, server.rates_first_tokens = models, rates
    engine, checkpoint = loaded(letters)
    rated = only(engine.score([scoring(engine, checkpoint, "It is", ["A", "B"])])).continuations
    assert [item.loglikelihood for item in rated] == [-1 / 8, -1 / 8]
    assert [bool(body.get("echo")) for _, body in server.asked[-2:]] == [True, True]


def test_a_token_that_is_missing_is_no_answer(server: Served, loaded: Any, letters: Path) -> None:
    server.models, server.rates_first_tokens = VLLM, eighth
    engine, checkpoint = loaded(letters)
    server.choice = {"logprobs": {"top_logprobs": [{"token_id:0": -1.0}]}}
    response = only(engine.score([scoring(engine, checkpoint, "It is", ["A", "B"])]))
    assert response.refusal == "the server's log-probabilities are of other tokens"
