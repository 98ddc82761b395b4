"""A server that fails, for a moment or for good."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest
from served_model import KEY, Served, asking, only

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.openai import (
    OpenAIEngine,
    served_checkpoint,
)
from forgetbench.errors import EngineError


@pytest.mark.parametrize(
    "failure",
    [
        (429, {"error": {"message": "slow down"}}, {"Retry-After": "0.05"}),
        (500, {"error": {"message": "oops"}}, {}),
        (503, {"error": {"message": "loading"}}, {"Retry-After": "0.05"}),
        ("drop",),
    ],
    ids=["429", "500", "503", "dropped"],
)
def test_a_passing_failure_is_retried(server: Served, loaded: Any, failure: tuple[Any, ...]) -> None:
    engine, checkpoint = loaded()
    server.failures.append(failure)
    response = only(engine.generate([asking(engine, checkpoint, "Say")]))
    assert [sample.text for sample in response.samples] == [" answer 0"]
    assert engine.counts[checkpoint.fingerprint]["retries"] == 1


@pytest.mark.parametrize(
    ("status", "parts"),
    [
        (401, ["refuses the key (401", "set OPENAI_API_KEY"]),
        (403, ["refuses the key (403", "set OPENAI_API_KEY"]),
        (404, ["has no model 'small' for this (404", "/v1"]),
        (429, ["still fails after every retry (429", "--concurrency"]),
        (500, ["still fails after every retry (500", "what was done is kept"]),
    ],
)
def test_a_lasting_failure_is_one_line(server: Served, loaded: Any, status: int, parts: list[str]) -> None:
    engine, checkpoint = loaded(max_retries=1)
    server.failures.extend([(status, {"error": {"message": f"bad {KEY}\nmore"}}, {"Retry-After": "0.01"})] * 9)
    with pytest.raises(EngineError) as caught:
        list(engine.generate([asking(engine, checkpoint, "Say")]))
    message = str(caught.value)
    assert all(part in message for part in [*parts, "bad ***"]), message
    assert "\n" not in message
    assert caught.value.__cause__ is None
    assert KEY not in message


def test_what_was_under_way_is_kept_when_the_server_goes(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded(concurrency=4, max_retries=0)
    first = threading.Barrier(4)

    def refuse(body: dict[str, Any]) -> tuple[int, str] | None:
        if body["prompt"] in ("0", "1", "2", "3"):
            first.wait(5)
        return (502, "gone") if body["prompt"] == "1" else None

    server.refuse = refuse
    requests = [asking(engine, checkpoint, str(number)) for number in range(40)]
    answered = []
    with pytest.raises(EngineError, match="502"):
        for response in engine.generate(requests):
            answered.append(response.key)
    assert {requests[number].key for number in (0, 2, 3)} <= set(answered)
    assert len(server.bodies()) < 40, "nothing new was begun"


def test_a_local_server_needs_no_key(server: Served, loaded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    loaded()
    assert server.keys == {"Bearer none"}


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        engine = OpenAIEngine(EngineOptions("openai", base_url=url))
        with pytest.raises(EngineError, match=r"does not answer.*check\s+--base-url"):
            engine.load([served_checkpoint("small", url)])
        engine.close()


def test_an_unknown_model_names_the_nearest(server: Served) -> None:
    server.refuse = lambda body: (404, "no such model")
    engine = OpenAIEngine(EngineOptions("openai", base_url=server.url))
    with pytest.raises(EngineError, match=r"has no model 'smal'.*did you mean 'small'"):
        engine.load([served_checkpoint("smal", server.url)])
    engine.close()


def test_a_page_instead_of_an_answer(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded()
    server.failures.append((200, "<html>", {}))
    with pytest.raises(EngineError, match="OpenAI-compatible"):
        list(engine.generate([asking(engine, checkpoint, "Say")]))
