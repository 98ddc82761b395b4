"""How a served model rates continuations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from served_model import Served, no_logprobs, only, scoring

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.openai import (
    NO_LOGPROBS,
    OpenAIEngine,
    served_checkpoint,
)
from forgetbench.errors import EngineError


def test_text_is_scored_from_where_the_context_ends(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded()
    request = scoring(engine, checkpoint, "The capital of France is", [" Paris", " Lyon", " the big Nice"])
    paris, lyon, nice = only(engine.score([request])).continuations
    assert (paris.loglikelihood, paris.is_greedy, paris.n_tokens) == (-6 / 8, True, 1)
    assert (lyon.loglikelihood, lyon.is_greedy, lyon.n_tokens) == (-5 / 8, False, 1)
    assert (nice.loglikelihood, nice.is_greedy, nice.n_tokens) == (-13 / 8, False, 3)
    asked = server.bodies()
    assert [body["prompt"].removeprefix("The capital of France is") for body in asked] == [
        " Paris", " Lyon", " the big Nice",
    ]  # fmt: skip
    assert {(body["echo"], body["logprobs"], body["max_tokens"], body["model"]) for body in asked} == {
        (True, 1, 1, "small")
    }
    assert engine.counts[checkpoint.fingerprint]["prompt_tokens"] == 30


def test_token_ids_are_scored_by_their_place(server: Served, loaded: Any, letters: Path) -> None:
    engine, checkpoint = loaded(letters)
    request = scoring(engine, checkpoint, "It is", [" so", "n't"])
    so, nt = only(engine.score([request])).continuations
    assert (so.loglikelihood, so.is_greedy, so.n_tokens) == (-3 / 8, False, 3)
    assert nt.n_tokens == 3
    assert [body["prompt"] for body in server.bodies()] == [
        [*request.prompt, *tokens] for tokens in request.continuations
    ]


def test_what_the_server_puts_in_front_is_no_part_of_the_text(server: Served, loaded: Any) -> None:
    server.bos = "<s>"
    engine, checkpoint = loaded()
    context = scoring(engine, checkpoint, "One two", [" three"])
    alone = scoring(engine, checkpoint, "", ["One two"])
    rated = {response.key: response.continuations for response in engine.score([context, alone])}
    assert rated[context.key][0].loglikelihood == -6 / 8
    assert rated[alone.key][0].loglikelihood == -7 / 8, "BOS conditions the first word"


def test_a_first_token_that_nothing_conditions_is_refused(loaded: Any) -> None:
    engine, checkpoint = loaded()
    response = only(engine.score([scoring(engine, checkpoint, "", ["One two"])]))
    assert response.refusal == "the server gives no log-probability for the first token of a text"


def test_no_boundary_between_tokens_is_a_refusal(loaded: Any) -> None:
    engine, checkpoint = loaded()
    response = only(engine.score([scoring(engine, checkpoint, "The capital of Fra", ["nce"])]))
    assert "no token of the served model starts where the context ends" in str(response.refusal)
    assert "--tokenizer" in str(response.refusal)


@pytest.mark.parametrize("own_offsets", [True, False])
def test_tokens_that_do_not_spell_the_text_need_offsets(server: Served, loaded: Any, own_offsets: bool) -> None:
    """OpenAI writes cut characters as 'bytes:...' beside correct offsets; sums of such lengths would be wrong."""
    engine, checkpoint = loaded()
    tokens, costs = ["A", "bytes:\\xc3", "bytes:\\xa9", " end", " and"], [None, -1.0, -2.0, -0.5, -9.0]
    tops = [None, {"x": -1.0}, {"x": -1.0}, {"x": -0.5}, {}]
    lengths = [len(token) for token in tokens]
    sums = [sum(lengths[:place]) for place in range(5)]
    server.choice = {
        "text": "Aé end and",
        "logprobs": {
            "tokens": tokens, "token_logprobs": costs, "top_logprobs": tops,
            "text_offset": [0, 1, 1, 2, 6] if own_offsets else sums,
        },
    }  # fmt: skip
    response = only(engine.score([scoring(engine, checkpoint, "A", ["é end"])]))
    if own_offsets:
        assert response.continuations[0].loglikelihood == -3.5
        assert not response.continuations[0].is_greedy
    else:
        assert "do not spell the text" in str(response.refusal)


def test_chat_messages_cannot_be_scored_as_text(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded()
    chat = engine.tokenizer(checkpoint).render([{"role": "user", "content": "Hi"}], add_generation_prompt=True)
    for context in (chat, chat + "a choice that lm-eval puts behind it"):
        response = only(engine.score([scoring(engine, checkpoint, context, ["yes"])]))
        assert "--protocol completion" in str(response.refusal)
    assert not server.bodies(), "nothing was asked"


def no_echo(server: Served) -> None:
    logprobs = {"tokens": [" and"], "token_logprobs": [-1.0], "top_logprobs": [{" and": -1.0}], "text_offset": [0]}
    server.choice = {"text": " and", "logprobs": logprobs}


def refused_echo(server: Served) -> None:
    server.refuse = lambda body: (400, "echo is not supported") if body.get("echo") else None


def chat_only(server: Served) -> None:
    server.refuse = lambda body: (404, "this is a chat model") if "prompt" in body else None


@pytest.mark.parametrize("lack", [no_logprobs, no_echo, refused_echo, chat_only])
def test_a_server_without_prompt_logprobs_is_asked_once(
    server: Served, loaded: Any, lack: Callable[[Served], None]
) -> None:
    lack(server)
    engine, checkpoint = loaded()
    requests = [scoring(engine, checkpoint, f"Item {number} is", [" a", " b"]) for number in range(20)]
    assert {response.refusal for response in engine.score(requests)} == {NO_LOGPROBS}
    engine.load([checkpoint])
    assert len(server.asked) == 1, "the probe of the first load"


def test_rows_that_break_off_are_a_refusal(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded()
    whole = server.echo({"prompt": "One two three"})
    whole["logprobs"] = {name: rows[:2] for name, rows in whole["logprobs"].items()}
    server.choice = whole
    assert only(engine.score([scoring(engine, checkpoint, "One two", [" three"])])).refusal == NO_LOGPROBS


def test_another_models_tokenizer_is_found_out(server: Served, loaded: Any, letters: Path) -> None:
    engine = OpenAIEngine(EngineOptions("openai", base_url=server.url))
    with pytest.raises(EngineError, match=r"reads the token ids of .* where 'The capital of France is Paris\.' was"):
        engine.load([served_checkpoint("small", server.url, letters)])
    engine.close()


def test_a_server_that_takes_no_token_ids(server: Served, letters: Path) -> None:
    server.refuse = lambda body: (400, "prompt must be a string") if isinstance(body["prompt"], list) else None
    engine = OpenAIEngine(EngineOptions("openai", base_url=server.url))
    with pytest.raises(EngineError, match=r"does not take prompts as token ids .*prompt must be a string"):
        engine.load([served_checkpoint("small", server.url, letters)])
    engine.close()
