"""A server that sends elsewhere, stays silent, drips, never ends or sends too much holds nobody."""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import gzip
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from served_model import KEY, Served, asking, only

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.openai import OpenAIEngine, served_checkpoint
from forgetbench.engines.openai.http import _retry_after
from forgetbench.errors import EngineError, InputError

Behaviour = Callable[[Any], None]


def start(handler: Any, **headers: str) -> None:
    handler.send_response(200)
    for name, value in {"Content-Type": "application/json", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def silent(handler: Any) -> None:
    handler.server.ended.wait(20)


def dripping_headers(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not handler.server.ended.wait(0.05):
        handler.wfile.write(b"X: y\r\n")


def dripping_body(handler: Any) -> None:
    start(handler, Transfer_Encoding="chunked")
    while not handler.server.ended.wait(0.05):
        handler.wfile.write(b"1\r\n \r\n")


def dripping_failure(handler: Any) -> None:
    handler.send_response(500)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while not handler.server.ended.wait(0.05):
        handler.wfile.write(b"1\r\n \r\n")


@pytest.mark.parametrize("behaviour", [silent, dripping_headers, dripping_body, dripping_failure])
def test_a_request_ends_by_the_wall_clock(server: Served, loaded: Any, behaviour: Behaviour) -> None:
    engine, checkpoint = loaded(request_timeout=0.4)
    server.behave = behaviour
    began = time.monotonic()
    with pytest.raises(EngineError, match=r"does not answer within 0.4 s.*--request-timeout"):
        list(engine.generate([asking(engine, checkpoint, "Say")]))
    assert time.monotonic() - began < 10, "not the twenty seconds of the server"


def endless(handler: Any) -> None:
    start(handler, Transfer_Encoding="chunked")
    with contextlib.suppress(OSError):
        while not handler.server.ended.is_set():
            handler.wfile.write(b"100000\r\n" + b" " * (1 << 20) + b"\r\n")


def long(handler: Any) -> None:
    handler.send(200, {"choices": [{"text": "x" * 3_000_000}]}, {})


def bomb(handler: Any) -> None:
    handler.send(200, gzip.compress(b" " * 50_000_000), {"Content-Encoding": "gzip"})


@pytest.mark.parametrize("behaviour", [endless, long, bomb])
def test_so_many_bytes_and_no_more(server: Served, loaded: Any, behaviour: Behaviour) -> None:
    engine, checkpoint = loaded()
    server.behave = behaviour
    with pytest.raises(EngineError, match=r"sends more than 2,\d+,\d+ bytes for one answer"):
        list(engine.generate([asking(engine, checkpoint, "Say")]))


def test_an_answer_may_be_compressed_all_the_same(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded()
    body = json.dumps({"choices": [{"text": "alpha", "finish_reason": "stop"}]}).encode()
    server.failures.append((200, gzip.compress(body), {"Content-Encoding": "gzip"}))
    assert only(engine.generate([asking(engine, checkpoint, "Say")])).samples[0].text == "alpha"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("http://elsewhere.example/v1/completions?key=1", "to http://elsewhere.example/v1/completions:"),
        ("http://me:hunter2@elsewhere.example/x", "to http://elsewhere.example/x:"),
        ("/other", "/other:"),
        ("file:///etc/passwd", "to file:///etc/passwd:"),
        (f"http://elsewhere.example/{KEY}", "to http://elsewhere.example/***:"),
    ],
)
def test_a_redirect_is_not_followed(server: Served, loaded: Any, status: int, location: str, shown: str) -> None:
    engine, checkpoint = loaded()
    asked = len(server.asked)
    server.failures.append((status, {}, {"Location": location}))
    with pytest.raises(EngineError, match="prompts and key go to no other address") as caught:
        list(engine.generate([asking(engine, checkpoint, "Say")]))
    assert shown in str(caught.value)
    assert not {KEY, "hunter2", "key=1"} & set(str(caught.value).split("/"))
    assert len(server.asked) == asked + 1


def test_a_list_of_models_is_not_fetched_elsewhere(server: Served) -> None:
    server.behave_get = lambda handler: handler.send(302, {}, {"Location": "http://elsewhere.example/"})
    engine = OpenAIEngine(EngineOptions("openai", base_url=server.url))
    with pytest.raises(EngineError, match=r"redirects \(302\) to http://elsewhere.example/"):
        engine.load([served_checkpoint("small", server.url)])
    engine.close()


# --- Retry-After ------------------------------------------------------------------------------


def in_seconds(seconds: float) -> str:
    return email.utils.format_datetime(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1", 1.0), ("0.5", 0.5), ("100000", 1e5), ("-5", None), ("inf", None), ("nan", None), ("soon", None), ("", None)],
)
def test_how_long_to_wait(text: str, seconds: float | None) -> None:
    assert _retry_after(text) == seconds


def test_a_date_to_wait_for() -> None:
    assert 20 < (_retry_after(in_seconds(30)) or 0) <= 30
    assert _retry_after(in_seconds(-30)) is None


@pytest.mark.parametrize("wait", ["0.3", "date"])
def test_a_server_that_asks_to_wait_is_left_alone_so_long(server: Served, loaded: Any, wait: str) -> None:
    engine, checkpoint = loaded()
    # A date has whole seconds.
    text = in_seconds(1.5) if wait == "date" else wait
    server.failures.extend([(429, {"error": {"message": "slow"}}, {"Retry-After": text})])
    began = time.monotonic()
    list(engine.generate([asking(engine, checkpoint, "Say")]))
    assert time.monotonic() - began > 0.29
    assert engine.counts[checkpoint.fingerprint]["retries"] == 1


def test_a_wait_that_outlasts_the_deadline_is_not_begun(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded()
    server.failures.extend([(429, {"error": {"message": "slow"}}, {"Retry-After": "100000"})] * 9)
    with pytest.raises(EngineError, match=r"\(429: slow; it asks to wait 100000 s\)"):
        list(engine.generate([asking(engine, checkpoint, "Say")]))
    assert len(server.bodies()) == 1


@pytest.mark.parametrize("status", [402, 418])
def test_what_cannot_heal_is_not_tried_again(server: Served, loaded: Any, status: int) -> None:
    engine, checkpoint = loaded()
    server.failures.append((status, {"error": {"message": "no"}}, {}))
    with pytest.raises(EngineError, match=rf"fails \({status}: no\)"):
        list(engine.generate([asking(engine, checkpoint, "Say")]))
    assert len(server.bodies()) == 1


# --- no HTTP at all ---------------------------------------------------------------------------


def garbage(handler: Any) -> None:
    handler.wfile.write(b"\x16\x03\x01garbage\r\n\r\n")


def long_header(handler: Any) -> None:
    with contextlib.suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nx: " + b"a" * 2_000_000 + b"\r\n\r\n")


def cut_short(handler: Any) -> None:
    start(handler, Content_Length="1000")
    handler.wfile.write(b'{"choices":[')


@pytest.mark.parametrize("behaviour", [garbage, long_header, cut_short])
def test_what_is_no_http_is_one_line(server: Served, loaded: Any, behaviour: Behaviour) -> None:
    engine, checkpoint = loaded(max_retries=1)
    server.behave = behaviour
    with pytest.raises(EngineError, match="does not answer, after every retry") as caught:
        list(engine.generate([asking(engine, checkpoint, "Say")]))
    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("key", ["sk-one\nsk-two", "sk-\u200bone", "sk-é"])
def test_a_key_that_cannot_be_sent(server: Served, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    engine = OpenAIEngine(EngineOptions("openai", base_url=server.url))
    with pytest.raises(InputError, match="OPENAI_API_KEY holds characters") as caught:
        engine.load([served_checkpoint("small", server.url)])
    assert key not in str(caught.value)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_deadline_is_a_number_of_seconds(seconds: float) -> None:
    with pytest.raises(InputError, match="--request-timeout"):
        EngineOptions("openai", request_timeout=seconds)
