"""A served model over real HTTP: a server in a thread speaks the protocol and answers by a script."""

from __future__ import annotations

import json
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import tokenizers
import transformers

from forgetbench import pipeline
from forgetbench.engines.base import EngineOptions
from forgetbench.engines.openai import (
    NO_LOGPROBS,
    OpenAIEngine,
    ServedTokenizer,
    served_checkpoint,
    served_model,
    server_url,
)
from forgetbench.errors import CheckpointError, EngineError, InputError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.fingerprint import make_request
from forgetbench.models.tokenizer import encode_pair
from forgetbench.records import Checkpoint, Request, Response, Sampling
from forgetbench.storage.ledger import Ledger
from forgetbench.storage.runs import load_run

Call = Callable[..., "subprocess.CompletedProcess[str]"]
KEY = "sk-a-secret-that-must-not-leak"
ALPHABET = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())


class Served(ThreadingHTTPServer):
    """A model of words: a token is a word with the space before it, and costs an eighth of a nat per character.

    Words of even length are the most likely ones at their place. Tests set the attributes to make it behave.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.keys: set[str] = set()
        self.failures: deque[tuple[Any, ...]] = deque()
        """Answers that go before the proper one: (status, body, headers), or ('drop',)."""
        self.refuse: Callable[[dict[str, Any]], tuple[int, str] | None] = lambda body: None
        self.models: list[dict[str, Any]] | None = [{"id": "small", "owned_by": "somebody", "max_model_len": 100}]
        self.rates = True
        self.bos = ""
        self.spell: Callable[[list[int]], str] = lambda ids: "".join(chr(token) for token in ids)
        self.most_choices = 99
        self.gate: threading.Barrier | None = None
        self.choice: dict[str, Any] = {}
        """Overrides in every generated choice."""
        self.usage = True
        self.under_way, self.most_under_way = 0, 0
        self.lock = threading.Lock()

    def handle_error(self, *args: object) -> None:
        """A client that has gone away is part of the script."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def bodies(self, path: str = "/completions") -> list[dict[str, Any]]:
        """What was posted there, without the probe."""
        return [body for where, body in self.asked if where == path][1:]

    def words(self, text: str) -> list[str]:
        return ([self.bos] if self.bos else []) + re.findall(r"\s*\S+|\s+$", text)

    def tokens(self, prompt: str | list[int]) -> list[str]:
        return self.words(prompt) if isinstance(prompt, str) else [self.spell([token]) for token in prompt]

    def echo(self, body: dict[str, Any]) -> dict[str, Any]:
        tokens = [*self.tokens(body["prompt"]), " and"]
        text = body["prompt"] if isinstance(body["prompt"], str) else self.spell(body["prompt"])
        costs = [-len(token) / 8 for token in tokens]
        tops = [
            {token: cost} if len(token) % 2 == 0 else {token: cost, "likelier": cost / 2}
            for token, cost in zip(tokens, costs, strict=True)
        ]
        logprobs = {
            "tokens": tokens, "token_logprobs": [None, *costs[1:]], "top_logprobs": [None, *tops[1:]],
            "text_offset": [sum(map(len, tokens[:place])) for place in range(len(tokens))],
        }  # fmt: skip
        choice = {"index": 0, "text": text + " and", "finish_reason": "length"}
        return {**choice, "logprobs": logprobs if self.rates else None, **self.choice}

    def sampled(self, body: dict[str, Any], number: int) -> dict[str, Any]:
        text = f" answer {body.get('seed', 0) + number}"
        said = {"message": {"role": "assistant", "content": text, "reasoning_content": "hm"}}
        return {"index": number, "finish_reason": "stop", **(said if "messages" in body else {"text": text})}

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("echo"):
            choices = [self.echo(body)]
        else:
            choices = [self.sampled(body, number) | self.choice for number in range(min(body["n"], self.most_choices))]
        usage = {"prompt_tokens": 10, "completion_tokens": 7 * len(choices)}
        return {"choices": choices, **({"usage": usage} if self.usage else {})}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Served

    def do_GET(self) -> None:
        self.server.keys.add(self.headers["Authorization"])
        if self.server.failures and self.server.failures[0][0] == 401:
            self.send(*self.server.failures[0])
        elif self.server.models is None:
            self.send(404, {"error": {"message": "no such page"}}, {})
        else:
            self.send(200, {"data": self.server.models}, {})

    def do_POST(self) -> None:
        served = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with served.lock:
            served.asked.append((self.path.removeprefix("/v1"), body))
            served.keys.add(self.headers["Authorization"])
            served.under_way += 1
            served.most_under_way = max(served.most_under_way, served.under_way)
            failure = served.failures.popleft() if served.failures else None
        if served.gate is not None and not body.get("echo"):
            served.gate.wait(5)
        with served.lock:
            served.under_way -= 1
        refusal = served.refuse(body)
        if failure == ("drop",):
            # RST instead of an orderly end, as a killed server does.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif failure is not None:
            self.send(*failure)
        elif refusal is not None:
            self.send(refusal[0], {"error": {"message": refusal[1]}}, {})
        else:
            self.send(200, served.answer(body), {})

    def send(self, status: int, body: object, headers: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), "Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that must not leak, no proxy in between, and a back-off of milliseconds."""
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr("openai._base_client.MAX_RETRY_DELAY", 0.02)


@pytest.fixture
def server() -> Iterator[Served]:
    with Served() as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield served
        served.shutdown()
        thread.join(timeout=10)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer folder whose tokens are bytes; id 0 begins a text."""
    vocabulary = {character: number for number, character in enumerate(["<s>", *ALPHABET])}
    backend = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = tokenizers.decoders.ByteLevel()
    backend.add_special_tokens(["<s>"])
    folder = tmp_path_factory.mktemp("letters")
    template = "{% for message in messages %}<s>{{ message['content'] }}{% endfor %}"
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="<s>")
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    return folder


def spelled(ids: list[int]) -> str:
    """What ids of the `letters` tokenizer stand for (ASCII)."""
    return "".join("<s>" if token == 0 else ALPHABET[token - 1].replace("Ġ", " ") for token in ids)


@pytest.fixture
def loaded(server: Served) -> Iterator[Callable[..., tuple[OpenAIEngine, Checkpoint]]]:
    """An engine that has loaded the served model, in text mode or with a tokenizer's folder."""
    engines = []

    def make(tokenizer: Path | None = None, **settings: Any) -> tuple[OpenAIEngine, Checkpoint]:
        retries = {"max_retries": settings.pop("max_retries")} if "max_retries" in settings else {}
        engine = OpenAIEngine(EngineOptions("openai", base_url=server.url, **settings), **retries)
        engines.append(engine)
        if tokenizer is not None:
            server.spell = spelled
        checkpoint = served_checkpoint("small", server.url, tokenizer)
        engine.load([checkpoint])
        return engine, checkpoint

    yield make
    for engine in engines:
        engine.close()


def scoring(engine: OpenAIEngine, checkpoint: Checkpoint, context: str, continuations: Sequence[str]) -> Request:
    pairs = [encode_pair(engine.tokenizer(checkpoint), context, continuation) for continuation in continuations]
    return make_request(checkpoint.fingerprint, engine.settings, pairs[0][0], tuple(tokens for _, tokens in pairs))


def asking(engine: OpenAIEngine, checkpoint: Checkpoint, prompt: str, **decoding: Any) -> Request:
    tokens = tuple(engine.tokenizer(checkpoint).encode(prompt))
    sampling = Sampling(**{"max_tokens": 8, **decoding})
    return make_request(checkpoint.fingerprint, engine.settings, tokens, sampling=sampling)


def only(responses: Iterator[Response]) -> Response:
    (response,) = responses
    return response


# --- scoring ----------------------------------------------------------------------------------


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


def no_logprobs(server: Served) -> None:
    server.rates = False


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


# --- generating -------------------------------------------------------------------------------


def test_samples_come_in_one_request(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded()
    request = asking(engine, checkpoint, "Say", n=3, temperature=0.7, top_p=0.9, seed=100, stop=("\n", "."))
    response = only(engine.generate([request]))
    assert [sample.text for sample in response.samples] == [" answer 100", " answer 101", " answer 102"]
    assert {sample.finish_reason for sample in response.samples} == {"stop"}
    assert server.bodies() == [
        {"model": "small", "prompt": "Say", "n": 3, "temperature": 0.7, "top_p": 0.9, "seed": 100, "max_tokens": 8,
         "stop": ["\n", "."]}
    ]  # fmt: skip


def test_greedy_is_asked_once_and_repeated(server: Served, loaded: Any, letters: Path) -> None:
    engine, checkpoint = loaded(letters)
    request = asking(engine, checkpoint, "Say", n=3)
    response = only(engine.generate([request]))
    assert len(response.samples) == 3
    assert len(set(response.samples)) == 1
    assert response.samples[0].n_tokens == 7
    ((body),) = server.bodies()
    assert (body["prompt"], body["n"], body["temperature"]) == (list(request.prompt), 1, 0)


def test_missing_choices_are_asked_for_with_another_seed(server: Served, loaded: Any) -> None:
    server.most_choices = 2
    engine, checkpoint = loaded()
    response = only(engine.generate([asking(engine, checkpoint, "Say", n=5, temperature=1.0, seed=10)]))
    assert [sample.text for sample in response.samples] == [f" answer {seed}" for seed in range(10, 15)]
    assert [(body["n"], body["seed"]) for body in server.bodies()] == [(5, 10), (3, 12), (1, 14)]


def test_a_server_that_refuses_several_choices_is_asked_one_by_one(server: Served, loaded: Any) -> None:
    server.refuse = lambda body: (400, "only one completion choice is allowed") if body.get("n", 1) > 1 else None
    engine, checkpoint = loaded(concurrency=1)
    requests = [
        asking(engine, checkpoint, prompt, n=2, temperature=1.0, seed=seed) for prompt, seed in (("One", 1), ("Two", 7))
    ]
    texts = [[sample.text for sample in response.samples] for response in engine.generate(requests)]
    assert texts == [[" answer 1", " answer 2"], [" answer 7", " answer 8"]]
    assert [body["n"] for body in server.bodies()] == [2, 1, 1, 1, 1], "several are asked for once"


def test_chat_messages_go_to_the_chat_endpoint(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded()
    messages = [{"role": "system", "content": "Be ünkind"}, {"role": "user", "content": 'Say "hi"\n'}]
    tokenizer = engine.tokenizer(checkpoint)
    assert tokenizer.has_chat_template
    prompt = tokenizer.render(messages, add_generation_prompt=True)
    open_end = tokenizer.render([*messages, {"role": "assistant", "content": "Well,"}], add_generation_prompt=False)
    for text in (prompt, open_end):
        response = only(engine.generate([asking(engine, checkpoint, text)]))
        assert [sample.text for sample in response.samples] == [" answer 0"]
    asked = [body for path, body in server.asked if path == "/chat/completions"]
    assert [body["messages"][:2] for body in asked] == [messages, messages]
    assert "continue_final_message" not in asked[0]
    assert (asked[1]["continue_final_message"], asked[1]["add_generation_prompt"]) == (True, False)


def test_a_message_without_content_is_an_empty_answer(server: Served, loaded: Any) -> None:
    server.choice = {"message": {"content": None, "reasoning_content": "long"}, "finish_reason": "length"}
    engine, checkpoint = loaded()
    chat = engine.tokenizer(checkpoint).render([{"role": "user", "content": "Hi"}], add_generation_prompt=True)
    (sample,) = only(engine.generate([asking(engine, checkpoint, chat)])).samples
    assert (sample.text, sample.finish_reason) == ("", "length")


def test_vllm_is_told_what_it_would_take_from_the_model(server: Served, loaded: Any) -> None:
    server.models = [{"id": "small", "owned_by": "vllm"}]
    server.choice = {"token_ids": [1, 2, 3, 4, 5]}
    engine, checkpoint = loaded()
    response = only(engine.generate([asking(engine, checkpoint, "Say", n=2, temperature=1.0, seed=0)]))
    assert [sample.n_tokens for sample in response.samples] == [5, 5]
    ((body),) = server.bodies()
    assert (body["top_k"], body["min_p"], body["repetition_penalty"]) == (0, 0.0, 1.0)


def test_token_counts_of_several_choices(server: Served, loaded: Any, letters: Path) -> None:
    """By the tokenizer where there is one; else the total, split by the texts' lengths."""
    for tokenizer, expected in ((letters, [9, 10]), (None, [7, 7])):
        engine, checkpoint = loaded(tokenizer)
        server.usage = True
        response = only(engine.generate([asking(engine, checkpoint, "Say", n=2, temperature=1.0, seed=9)]))
        assert [sample.n_tokens for sample in response.samples] == expected


def test_a_filtered_answer_and_a_refused_prompt_touch_their_request_alone(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded()
    long_line = f"this model's window is 5 tokens, says {KEY}\nsecond line"
    server.refuse = lambda body: (400, long_line) if "long" in body["prompt"] else None
    requests = [asking(engine, checkpoint, text) for text in ("a long prompt", "a short one")]
    responses = {response.key: response for response in engine.generate(requests)}
    assert responses[requests[1].key].refusal is None
    refusal = str(responses[requests[0].key].refusal)
    assert refusal == "the server refuses the request (400): this model's window is 5 tokens, says ***"

    server.choice = {"finish_reason": "content_filter"}
    assert "content filter" in str(only(engine.generate([asking(engine, checkpoint, "short")])).refusal)


# --- failures ---------------------------------------------------------------------------------


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


# --- concurrency ------------------------------------------------------------------------------


def test_so_many_requests_at_once_and_no_more(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded(concurrency=5)
    server.gate = threading.Barrier(5)
    requests = [asking(engine, checkpoint, str(number)) for number in range(20)]
    assert {response.key for response in engine.generate(requests)} == {request.key for request in requests}
    assert server.most_under_way == 5


def test_an_early_end_cancels_what_waits(server: Served, loaded: Any) -> None:
    engine, checkpoint = loaded(concurrency=2)
    answers = engine.generate([asking(engine, checkpoint, str(number)) for number in range(100)])
    next(answers)
    answers.close()
    assert len(server.bodies()) <= 8, "at most the two under way and four ahead, twice"


# --- addresses, names, windows ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://Host:80/v1/", "http://host:80/v1"),
        ("https://api.example.org/v1?token=abcdefgh#part", "https://api.example.org/v1"),
    ],
)
def test_the_address_as_results_show_it(text: str, shown: str) -> None:
    assert server_url(text) == shown
    assert OpenAIEngine(EngineOptions("openai", base_url=text)).settings == {"name": "openai", "server": shown}


@pytest.mark.parametrize(
    "text", ["", "host:8000", "ftp://host/v1", "http://", "http://user:hunter2@host/v1", "http://u:hunter2@h:port/"]
)
def test_an_unusable_address_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(InputError) as caught:
        server_url(text)
    assert "hunter2" not in str(caught.value)


def test_a_served_checkpoint_is_its_address_name_and_revision(letters: Path) -> None:
    plain = served_checkpoint("org/small", "http://host/v1")
    assert (plain.name, plain.where, plain.path, plain.step) == ("small", "org/small", None, None)
    named = served_checkpoint("base=org/small@two", "http://host/v1", letters)
    assert (named.name, named.where, named.path) == ("base", "org/small@two", letters)
    others = (
        plain,
        named,
        served_checkpoint("org/small", "http://host:1/v1"),
        served_checkpoint("x", "http://host/v1"),
    )
    assert len({item.fingerprint for item in others}) == 4
    assert served_checkpoint("base=org/small", "http://host/v1", letters).fingerprint == plain.fingerprint
    with pytest.raises(CheckpointError, match="no tokenizer here"):
        served_checkpoint("x", "http://host/v1", letters.parent)


def test_a_folder_that_is_served_brings_its_tokenizer(letters: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert served_checkpoint(str(letters), "http://host/v1").path == letters
    monkeypatch.setenv("HOME", str(letters.parent))
    shown = served_checkpoint(f"{letters}@two", "http://host/v1")
    assert shown.where == f"~/{letters.name}@two"


@pytest.mark.parametrize("text", ["small", "org/small", "org/small@two", "a@b@two", "n=a=b", "~/x@1", "/served/x"])
def test_the_server_hears_the_name_it_knows(text: str) -> None:
    model = text.removeprefix("n=").removesuffix("@two").removesuffix("@1").replace("~", str(Path.home()))
    assert served_model(served_checkpoint(text, "http://host/v1")) == model


def test_the_window(server: Served, letters: Path) -> None:
    """The server's where it says it, else the model's; of bytes it says nothing."""
    engine = OpenAIEngine(EngineOptions("openai", base_url=server.url))
    with_ids = served_checkpoint("small", server.url, letters)
    assert engine.max_length(served_checkpoint("small", server.url)) == 1_000_000
    assert engine.max_length(with_ids) == 99, "one token is generated behind what is rated"
    engine.close()
    server.models = None
    assert engine.max_length(with_ids) == 999_999
    engine.close()


def test_text_survives_the_byte_tokenizer() -> None:
    tokenizer = ServedTokenizer()
    text = "naïve 🙂\n"
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.decode(tokenizer.encode(text)[:-3]) == "naïve ", "a cut character is dropped"
    assert tokenizer.encode_all([text, "\ud800"]) == [tokenizer.encode(text), [ord("?")]]


# --- the command line -------------------------------------------------------------------------


def everything_written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_run_measures_what_the_server_gives(
    server: Served, forgetbench: Call, tmp_path: Path, tiny_tasks: Path
) -> None:
    no_logprobs(server)
    command = (
        "run", "--engine", "openai", "base=small", "--base-url", f"{server.url}?token=hush-hush-hush",
        "--suite", tiny_tasks / "tiny-suite.yml", "--concurrency", 2,
    )  # fmt: skip
    done = forgetbench(*command)
    assert done.returncode == 0, done.stderr
    assert server.keys == {f"Bearer {KEY}"}
    assert server.most_under_way <= 2
    (folder,) = (tmp_path / "results" / "runs").iterdir()
    run = load_run(folder)
    by_task = run.samples.groupby("task")["reason"]
    assert set(by_task.get_group("tiny_choice")) == {NO_LOGPROBS}
    assert by_task.get_group("tiny_open").isna().all()
    assert run.manifest.engine == {"name": "openai", "server": server.url}
    assert run.manifest.counts["generated_tokens"] == 42
    assert all("messages" in body for _, body in server.asked[1:]), "native: the served model's own template"

    server.failures.extend([(401, {"error": {"message": f"wrong key {KEY}"}}, {})] * 2)
    replayed = forgetbench(*command, "--protocol", "native")
    assert replayed.returncode == 4, "the items that were not measured are asked again"
    assert len(replayed.stderr.strip().splitlines()) == 1, replayed.stderr
    assert "refuses the key (401: wrong key ***); set OPENAI_API_KEY" in " ".join(replayed.stderr.split())

    said = done.stdout + done.stderr + replayed.stdout + replayed.stderr
    for secret in (KEY, "hush-hush-hush"):
        assert secret not in said
        assert secret.encode() not in everything_written(tmp_path)


def test_what_is_answered_needs_no_server(server: Served, tmp_path: Path, tiny_tasks: Path, letters: Path) -> None:
    server.spell = spelled
    server.models = [{"id": "small", "owned_by": "somebody", "max_model_len": 4000}]
    evaluation = EvaluationOptions(
        results=tmp_path / "results", suite=str(tiny_tasks / "tiny-suite.yml"), protocol="completion"
    )
    engine = EngineOptions("openai", base_url=server.url, tokenizer=letters)
    (run,) = pipeline.run("small", evaluation=evaluation, engine=engine).runs
    assert run.samples["reason"].isna().all()
    assert all(isinstance(body["prompt"], list) for _, body in server.asked)
    asked = len(server.asked)
    server.server_close()
    (again,) = pipeline.run("small", evaluation=evaluation, engine=engine).runs
    assert again.samples.equals(run.samples)
    assert len(server.asked) == asked


def test_an_interrupt_does_not_wait_for_the_server(server: Served, tmp_path: Path, tiny_tasks: Path) -> None:
    enough = threading.Event()

    def refuse(body: dict[str, Any]) -> None:
        if len(server.asked) > 3:
            enough.wait(60)

    server.refuse = refuse
    suite = ["--suite", str(tiny_tasks / "tiny-suite.yml"), "--concurrency", "2"]
    command = ["run", "--engine", "openai", "small", "--base-url", server.url, *suite]
    # What a shell starts in the background ignores interrupts, and what that starts would inherit it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [sys.executable, "-m", "forgetbench", *command], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        signal.signal(signal.SIGINT, before)
        deadline = time.monotonic() + 60
        while len(server.asked) < 5 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    enough.set()
    assert process.returncode == 130, said
    with Ledger(tmp_path / "results" / ".ledger.sqlite") as ledger:
        assert len(ledger) == 2, "the answers that came before"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--engine", "openai"], "give --base-url http://HOST:PORT/v1, or set OPENAI_BASE_URL"),
        (["--engine", "openai", "--base-url", "http://me:hunter2@host/v1"], "user name or password"),
        (["--engine", "scripted", "--base-url", "http://host/v1"], "leave it out, or add --engine openai"),
    ],
)
def test_bad_input_is_one_clear_line(forgetbench: Call, arguments: list[str], part: str) -> None:
    done = forgetbench("run", "small", "--suite", "smoke", *arguments)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert part in " ".join(done.stderr.split())
    assert "hunter2" not in done.stdout + done.stderr
