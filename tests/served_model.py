"""A server in a thread that speaks the OpenAI-compatible protocol over real HTTP and answers by a script."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import tokenizers

from forgetbench.engines.openai import OpenAIEngine
from forgetbench.fingerprint import make_request
from forgetbench.models.tokenizer import encode_pair
from forgetbench.records import Checkpoint, Request, Response, Sampling

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
        self.card: Any = None
        """In place of the list of models, whatever it is."""
        self.behave: Callable[[Handler], None] | None = None
        """Answers every POST, HTTP and all, in place of everything below."""
        self.behave_get: Callable[[Handler], None] | None = None
        self.ended = threading.Event()
        """Set when the test is over: what hangs goes on."""
        self.rates = True
        self.rates_first_tokens: Callable[[int], float] | None = None
        """Log-probability of a token id, on servers that rate chosen ones; all other servers ignore the field."""
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

    def first_tokens(self, body: dict[str, Any]) -> dict[str, Any]:
        """As vLLM answers: chosen tokens, and the one that was generated, by their ids."""
        assert self.rates_first_tokens is not None
        top = {f"token_id:{token}": self.rates_first_tokens(token) for token in (*body["logprob_token_ids"], 0)}
        logprobs = {"tokens": ["token_id:0"], "token_logprobs": [top["token_id:0"]], "top_logprobs": [top]}
        return {"index": 0, "text": "<s>", "finish_reason": "length", "logprobs": logprobs}

    def sampled(self, body: dict[str, Any], number: int) -> dict[str, Any]:
        text = f" answer {body.get('seed', 0) + number}"
        said = {"message": {"role": "assistant", "content": text, "reasoning_content": "hm"}}
        return {"index": number, "finish_reason": "stop", **(said if "messages" in body else {"text": text})}

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("echo"):
            choices = [self.echo(body)]
        elif "logprob_token_ids" in body and self.rates_first_tokens is not None:
            choices = [self.first_tokens(body) | self.choice]
        else:
            choices = [
                self.sampled(body, number) | self.choice for number in range(min(body.get("n", 1), self.most_choices))
            ]
        usage = {"prompt_tokens": 10, "completion_tokens": 7 * len(choices)}
        return {"choices": choices, **({"usage": usage} if self.usage else {})}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Served

    def do_GET(self) -> None:
        self.server.keys.add(self.headers["Authorization"])
        if self.server.behave_get is not None:
            self.server.behave_get(self)
        elif self.server.card is not None:
            self.send(200, self.server.card, {})
        elif self.server.failures and self.server.failures[0][0] == 401:
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
        if served.behave is not None:
            self.close_connection = True
            served.behave(self)
            return
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
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
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


def spelled(ids: list[int]) -> str:
    """What ids of the `letters` tokenizer stand for (ASCII)."""
    return "".join("<s>" if token == 0 else ALPHABET[token - 1].replace("Ġ", " ") for token in ids)


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


def no_logprobs(server: Served) -> None:
    server.rates = False
