"""Whatever a server says becomes an answer, or a reason why there is none; never more than that."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from served_model import KEY, Served, asking, only, scoring

from forgetbench.engines.openai.door import answer_text, count, finish_reason, logprob
from forgetbench.engines.openai.failures import Unusable
from forgetbench.engines.openai.secrets import Secrets
from forgetbench.errors import EngineError
from forgetbench.records import Response
from forgetbench.storage.ledger import Ledger


def said(content: object) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("alpha", "alpha"),
        (None, ""),
        ([{"type": "text", "text": "al"}, {"type": "output_text", "text": "pha"}], "alpha"),
        ([{"type": "thinking", "thinking": [{"text": "hm"}]}, {"type": "text", "text": "alpha"}], "alpha"),
        (["alpha"], "alpha"),
        ([], ""),
        ("\ud800", "\ufffd"),
        ("a\udc00b\ud83d\ude42", "a\ufffdb🙂"),
        ("\x00\x1b]0;title\x07\u202e", "\x00\x1b]0;title\x07\u202e"),
    ],
)  # fmt: skip
def test_content_becomes_text(content: object, text: str) -> None:
    assert answer_text(said(content)) == text


@pytest.mark.parametrize(
    "choice",
    [
        said(5), said(True), said({"a": 1}), said([5]), said([{"type": "image_url", "image_url": "x"}]),
        said([{"type": "text", "text": None}]), {"message": None}, {"message": "alpha"}, {"message": {}}, {},
        {"text": None}, {"text": ["alpha"]},
    ],
)  # fmt: skip
def test_what_is_no_text_is_no_answer(choice: dict[str, Any]) -> None:
    with pytest.raises(Unusable, match="the server's answer"):
        answer_text(choice)


@pytest.mark.parametrize(
    ("reason", "ours"), [("stop", "stop"), ("length", "length"), ("eos", "stop"), (None, "stop"), (["x"], "stop")]
)
def test_finish_reasons(reason: object, ours: str) -> None:
    assert finish_reason({"finish_reason": reason}) == ours


@pytest.mark.parametrize("reason", ["abort", "error", "content_filter"])
def test_an_answer_that_was_broken_off_is_none(reason: str) -> None:
    with pytest.raises(Unusable):
        finish_reason({"finish_reason": reason})


@pytest.mark.parametrize("value", [-1, 2**31, 1.5, True, "5", None, [5], float("nan")])
def test_what_is_no_count(value: object) -> None:
    assert count(value) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 5.0, 0.01, "a", True, None, [-1.0]])
def test_what_is_no_log_probability(value: object) -> None:
    with pytest.raises(Unusable, match="log-probability"):
        logprob(value)


@pytest.mark.parametrize("value", [0.0, -1, -9999.0, 1e-6])
def test_what_is_one(value: float) -> None:
    assert logprob(value) == value


NAN, INF = float("nan"), float("inf")
ROWS = ["Say", " so", " and"]


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"token_logprobs": [None, NAN, NAN]}, "gives nan as a log-probability"),
        ({"token_logprobs": [None, -INF, -INF]}, "gives -inf as a log-probability"),
        ({"token_logprobs": [None, 5.0, 5.0]}, "gives 5.0 as a log-probability"),
        ({"token_logprobs": [None, "a", "a"]}, "no number (str)"),
        ({"token_logprobs": [None, True, True]}, "no number (bool)"),
        ({"token_logprobs": [None, -1.0]}, "gives no prompt log-probabilities"),
        ({"token_logprobs": "abc"}, "gives no prompt log-probabilities"),
        ({"tokens": [1, 2, 3]}, "tokens that are no text"),
        ({"tokens": None}, "gives no prompt log-probabilities"),
        ({"tokens": ["Some", " thing", " else"]}, "do not spell the text"),
        ({"top_logprobs": "abc"}, "gives no prompt log-probabilities"),
        ({"top_logprobs": [[1], [1], [1]]}, "no table of tokens"),
        ({"top_logprobs": [None, {" so": NAN}, {" and": -1.0}]}, "gives nan as a log-probability"),
    ],
)
def test_log_probabilities_that_cannot_be(server: Served, loaded: Any, overrides: dict[str, Any], reason: str) -> None:
    engine, checkpoint = loaded()
    rows = {
        "tokens": ROWS, "token_logprobs": [None, -1.0, -1.0], "top_logprobs": [None, {"so": -1.0}, {"and": -1.0}],
        "text_offset": ["x"] * 3,
    }  # fmt: skip
    server.choice = {"text": "Say so and", "logprobs": {**rows, **overrides}}
    response = only(engine.score([scoring(engine, checkpoint, "Say", [" so"])]))
    assert reason in str(response.refusal)
    assert response.continuations == ()


def test_log_probabilities_that_never_can_be_are_found_at_first_contact(server: Served, loaded: Any) -> None:
    whole = server.echo({"prompt": "The capital of France is Paris."})["logprobs"]
    count = len(whole["tokens"])
    whole |= {"token_logprobs": [None, *[NAN] * (count - 1)]}
    server.choice = {"logprobs": whole, "text": "The capital of France is Paris. and"}
    engine, checkpoint = loaded()
    requests = [scoring(engine, checkpoint, "Say", [f" {number}"]) for number in range(5)]
    assert {response.refusal for response in engine.score(requests)} == {"the server gives nan as a log-probability"}
    assert len(server.asked) == 1


def test_log_probabilities_of_more_tokens_than_were_sent(server: Served, loaded: Any, letters: Path) -> None:
    """A server that puts BOS in front of token ids shifts every row."""
    engine, checkpoint = loaded(letters)
    spell = server.spell
    server.tokens = lambda prompt: ["<s>", *(spell([token]) for token in prompt)]  # type: ignore[method-assign]
    response = only(engine.score([scoring(engine, checkpoint, "It is", [" so"])]))
    assert response.refusal == "the server's log-probabilities are of other tokens"


def test_a_server_that_read_another_prompt(server: Served, loaded: Any, letters: Path) -> None:
    engine, checkpoint = loaded(letters)
    server.choice = {"prompt_token_ids": [1, 2, 3]}
    for answer, request in (
        (engine.score, scoring(engine, checkpoint, "It is", [" so"])),
        (engine.generate, asking(engine, checkpoint, "Say")),
    ):
        assert only(answer([request])).refusal == "the server answers another prompt than it was sent"


@pytest.mark.parametrize(
    "usage",
    ["x", 5, None, {"prompt_tokens": "abc", "completion_tokens": "5"}, {"completion_tokens": -5},
     {"completion_tokens": 10**30}],
)  # fmt: skip
def test_nonsense_for_usage_is_no_usage(server: Served, loaded: Any, usage: object) -> None:
    engine, checkpoint = loaded()
    server.failures.append((200, {"choices": [{"text": "four", "finish_reason": "stop"}], "usage": usage}, {}))
    (sample,) = only(engine.generate([asking(engine, checkpoint, "Say")])).samples
    assert (sample.text, sample.n_tokens) == ("four", 1)


@pytest.mark.parametrize(
    "body",
    ["", "[]", "5", "null", "{}", '{"choices": []}', '{"choices": {"a": 1}}', '{"choices": [5]}', '{"error": ' * 5000,
     "<html>no</html>", '"\\ud800"', '{"choices": ' + "[" * 5000],
)  # fmt: skip
def test_what_is_no_answer_ends_the_run_in_one_line(server: Served, loaded: Any, body: str) -> None:
    engine, checkpoint = loaded()
    server.failures.append((200, body.encode(), {}))
    with pytest.raises(EngineError, match="OpenAI-compatible") as caught:
        list(engine.generate([asking(engine, checkpoint, "Say")]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "card",
    [[1], "x", {"data": [{"id": 5}]}, {"data": [{"id": "small", "max_model_len": "abc"}]}, {"data": 5},
     {"data": [{"id": "small", "max_model_len": -5}]}, {"data": [{"id": "small", "max_model_len": 10**30}]}],
)  # fmt: skip
def test_a_list_of_models_that_is_none(server: Served, loaded: Any, letters: Path, card: object) -> None:
    server.card = card
    engine, checkpoint = loaded(letters)
    assert engine.max_length(checkpoint) == 999_999


def test_nothing_enters_the_ledger_that_cannot_be_read_back(server: Served, loaded: Any, tmp_path: Path) -> None:
    engine, checkpoint = loaded()
    contents = ["\ud800", "\x00", "𝒳" * 1000, "\u202e", "NaN", "\r\n", "\udfff\ud800", '"\\"', "=1+1", "é", ""]
    requests = [asking(engine, checkpoint, f"Say {number}") for number in range(len(contents))]
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        for content, request in zip(contents, requests, strict=True):
            server.choice = {"text": content}
            response = only(engine.generate([request]))
            ledger.put(response)
            assert ledger.get([request.key]) == {request.key: response}


# --- secrets ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"bad {KEY}", f"bad {KEY.upper()}", f"{KEY[:10]}\u200b{KEY[10:]}", base64.b64encode(KEY.encode()).decode(),
        base64.b64encode(f"Bearer {KEY}".encode()).decode(), KEY[::-1], KEY.replace("-", "%2D"), KEY.encode().hex(),
        " ".join(KEY),
    ],
)  # fmt: skip
def test_no_spelling_of_the_key_is_shown(text: str) -> None:
    shown = Secrets.of([KEY]).hide(f"Error: {text}.")
    assert text not in shown
    assert "***" in shown or "repeats the key" in shown


def test_a_placeholder_is_no_secret() -> None:
    assert Secrets.of(["none", "EMPTY", ""]).hide("none is EMPTY") == "none is EMPTY"


def test_an_answer_that_repeats_the_key(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded()
    server.choice = {"text": f"your key is {KEY}"}
    response: Response = only(engine.generate([asking(engine, checkpoint, "Say")]))
    assert response.samples[0].text == "your key is ***"
