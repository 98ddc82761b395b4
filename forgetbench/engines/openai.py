"""A served model, over the OpenAI-compatible API that vLLM, SGLang, llama.cpp and the providers speak.

With the model's tokenizer at hand (`Checkpoint.path`) prompts travel to /v1/completions as token ids, and scoring and
generation are those of an engine in this process. Without it they travel as text: chat messages to
/v1/chat/completions, plain text to /v1/completions, and a continuation is scored only where the server's own tokens
meet the end of its context. Retries, back-off and Retry-After are the `openai` client's.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import itertools
import json
import os
import queue
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qsl, urlsplit

from forgetbench.checkpoints import served_model
from forgetbench.engines.base import Counts, max_positions
from forgetbench.errors import EngineError, InputError, did_you_mean
from forgetbench.fingerprint import digest
from forgetbench.records import Checkpoint, Continuation, Request, Response, Sample, Sampling
from forgetbench.tokenizer import HFTokenizer, Message, Tokenizer

NO_LOGPROBS = "the server gives no prompt log-probabilities"

_RETRIES = 8
"""About 40 s of the client's back-off: long enough for a server's hiccup, short enough to be told of its end."""
_FIRST_RETRIES = 2
"""For the first contact, where a server that does not answer is most likely not there."""
_TEXT_LENGTH = 1_000_000
"""In text mode lengths are counted in bytes, which the server's window in tokens says nothing about: it refuses
what is too long."""
_PROBE = ("The capital of France is", " Paris.")
_VLLM_DECODING = {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0, "return_token_ids": True}
"""vLLM else takes what a request leaves out from the model's generation_config.json."""
_CHAT_MARK = '{"forgetbench chat": ['

T = TypeVar("T")


def server_url(text: str | None) -> str:
    """The server's address as results show it: origin and path. None stands for OPENAI_BASE_URL.

    Raises InputError when there is none, or when it holds credentials, which results must not show.
    """
    parts = _address(text)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _address(text: str | None) -> SplitResult:
    text = (text or os.environ.get("OPENAI_BASE_URL") or "").strip()
    if not text:
        raise InputError(
            "--engine openai needs the server's address: give --base-url http://HOST:PORT/v1, or set OPENAI_BASE_URL"
        )
    # The text itself is never shown: a password may be anywhere in a malformed address.
    malformed = "the server's address is malformed; expected --base-url http://HOST:PORT/v1"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        raise InputError(malformed) from None
    if "@" in parts.netloc:
        raise InputError(
            "the server's address holds a user name or password; leave it out, the key is read from OPENAI_API_KEY"
        )
    if not usable:
        raise InputError(malformed)
    return parts


class ServedTokenizer:
    """UTF-8 bytes as tokens, for a model whose tokenizer only its server has."""

    fingerprint = digest("served")
    has_chat_template = True
    prefix_token = 0
    bos: int | None = None
    eos: int | None = None

    def encode(self, text: str, *, special: bool = True) -> list[int]:
        # Half a surrogate pair cannot be sent.
        return list(text.encode("utf-8", "replace"))

    def encode_all(self, texts: Sequence[str], *, special: bool = True) -> list[list[int]]:
        return [self.encode(text) for text in texts]

    def decode(self, tokens: Sequence[int]) -> str:
        """The text; nothing for a lone prefix token, and without a character that was cut at the end."""
        return "" if tuple(tokens) == (self.prefix_token,) else bytes(tokens).decode("utf-8", "ignore")

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        """The messages as marked JSON: the server applies its own chat template."""
        rows = ", ".join(json.dumps(message, ensure_ascii=False) for message in messages)
        return f'{_CHAT_MARK}{rows}], "add_generation_prompt": {json.dumps(add_generation_prompt)}}}'

    @staticmethod
    def messages(text: str) -> dict[str, Any] | None:
        """What `render` wrote, as the fields of a chat request; None for any other text."""
        if not text.startswith(_CHAT_MARK):
            return None
        rendered = json.loads(text)
        messages = rendered.pop("forgetbench chat")
        if rendered["add_generation_prompt"]:
            return {"messages": messages}
        return {"messages": messages, "extra_body": {"add_generation_prompt": False, "continue_final_message": True}}


class OpenAIEngine:
    """An OpenAI-compatible server behind the engine protocol. Importing this module does not import `openai`."""

    def __init__(
        self,
        *,
        base_url: str | None = None,
        concurrency: int = 32,
        trust_remote_code: bool = False,
        max_retries: int = _RETRIES,
    ) -> None:
        """`concurrency` bounds the requests under way at once. Raises InputError for an unusable address."""
        try:
            importlib.metadata.version("openai")
        except importlib.metadata.PackageNotFoundError as error:
            raise EngineError("--engine openai needs openai: pip install 'forgetbench[openai]'") from error
        self._url = server_url(base_url)
        self._query = dict(parse_qsl(_address(base_url).query))
        self.settings: Mapping[str, Any] = {"name": "openai", "server": self._url}
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.counts: Counts = self._counts
        self.log_file: Path | None = None
        self._concurrency = concurrency
        self._trust_remote_code = trust_remote_code
        self._max_retries = max_retries
        self._served: dict[str, _Served] = {}
        self._tokenizers: dict[Path, Tokenizer] = {}
        self._tokenizing = threading.Lock()
        self._one_at_a_time: set[str] = set()

    @cached_property
    def _server(self) -> _Server:
        return _Server(self._url, self._query, self._max_retries)

    def tokenizer(self, checkpoint: Checkpoint) -> Tokenizer:
        if checkpoint.path is None:
            return ServedTokenizer()
        if checkpoint.path not in self._tokenizers:
            self._tokenizers[checkpoint.path] = HFTokenizer(checkpoint.path, trust_remote_code=self._trust_remote_code)
        return self._tokenizers[checkpoint.path]

    def max_length(self, checkpoint: Checkpoint) -> int:
        if checkpoint.path is None:
            return _TEXT_LENGTH
        window = None
        # What is in the ledger can be planned again without the server.
        with contextlib.suppress(_Unreachable):
            window = self._server.models.get(served_model(checkpoint), {}).get("max_model_len")
        if not window:
            window = max_positions(checkpoint) if (checkpoint.path / "config.json").is_file() else _TEXT_LENGTH
        # Scoring generates one token behind what it rates.
        return int(window) - 1

    def group(self, checkpoint: Checkpoint) -> str:
        return ""

    def load(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Reach the server, and find out once per checkpoint whether it rates prompts."""
        for checkpoint in checkpoints:
            if checkpoint.fingerprint not in self._served:
                self._served[checkpoint.fingerprint] = self._connect(checkpoint)

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._answer_all(requests, self._rate_all)

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._answer_all(requests, self._sample_all)

    def close(self) -> None:
        if "_server" in self.__dict__:
            self._server.close()
            del self.__dict__["_server"]
        self._served = {}

    def _answer_all(
        self, requests: Sequence[Request], answer: Callable[[_Served, Request, Counter[str]], Response]
    ) -> Iterator[Response]:
        def one(request: Request) -> tuple[Request, Response, Counter[str]]:
            usage: Counter[str] = Counter()
            try:
                response = answer(self._served[request.checkpoint], request, usage)
            except _Refused as refusal:
                response = Response(request.key, refusal=str(refusal))
            return request, response, usage

        jobs = (partial(one, request) for request in requests)
        for request, response, usage in _in_parallel(jobs, min(self._concurrency, len(requests))):
            self._counts[request.checkpoint].update(usage)
            yield response

    # --- first contact --------------------------------------------------------------------------

    def _connect(self, checkpoint: Checkpoint) -> _Served:
        model = served_model(checkpoint)
        card = self._server.models.get(model, {})
        tokenizer = None if checkpoint.path is None else self.tokenizer(checkpoint)
        served = _Served(model, tokenizer, is_vllm=card.get("owned_by") == "vllm")
        with contextlib.suppress(_Refused):
            if tokenizer is None:
                return self._with_text_probed(served)
            tokens = tokenizer.encode("".join(_PROBE))
            choice = self._echo(served, tokens, Counter())
            rows = _Rows.of(choice)
            rows.rating(range(1, len(tokens)))
            _check_spelling("".join(_PROBE), choice, rows.tokens[: len(tokens)], checkpoint)
            return served.that_rates()
        if tokenizer is not None:
            self._check_token_ids(served, tokenizer.encode("".join(_PROBE)))
        return served

    def _with_text_probed(self, served: _Served) -> _Served:
        context, continuation = (tuple(ServedTokenizer().encode(text)) for text in _PROBE)
        try:
            self._rate(served, context, continuation, Counter())
        except _OtherTokens:
            pass
        except _NotFound:
            if served.model not in self._server.models:
                raise
            # It is served, but not by /v1/completions: chat is all there is.
            return served
        return served.that_rates()

    def _check_token_ids(self, served: _Served, tokens: Sequence[int]) -> None:
        try:
            self._ask(served, {"prompt": tokens}, Sampling(1), 1, 0, Counter())
        except _Refused as refusal:
            raise EngineError(
                f"{self._url} does not take prompts as token ids ({refusal}); name the model without its tokenizer"
            ) from None

    # --- scoring --------------------------------------------------------------------------------

    def _rate_all(self, served: _Served, request: Request, usage: Counter[str]) -> Response:
        if not served.rates:
            raise _Refused(NO_LOGPROBS)
        rated = [self._rate(served, request.prompt, tokens, usage) for tokens in request.continuations]
        return Response(request.key, continuations=tuple(rated))

    def _rate(
        self, served: _Served, prompt: tuple[int, ...], tokens: tuple[int, ...], usage: Counter[str]
    ) -> Continuation:
        if served.tokenizer is not None:
            rows = _Rows.of(self._echo(served, [*prompt, *tokens], usage))
            return rows.rating(range(len(prompt), len(prompt) + len(tokens)))
        context, whole = (ServedTokenizer().decode(part) for part in (prompt, prompt + tokens))
        if context.startswith(_CHAT_MARK):
            raise _Refused(
                "a continuation of chat messages cannot be scored without the model's tokenizer: "
                "give --tokenizer FOLDER, or ask with --protocol completion"
            )
        if not context:
            whole = ServedTokenizer().decode(tokens)
        rows = _Rows.of(self._echo(served, whole, usage))
        return rows.rating(rows.between(len(context), whole))

    def _echo(self, served: _Served, prompt: str | Sequence[int], usage: Counter[str]) -> Mapping[str, Any]:
        # One token is generated and thrown away: some servers refuse to generate none.
        return self._server.ask(
            "completions", usage, model=served.model, prompt=prompt, echo=True, logprobs=1, max_tokens=1, temperature=0
        ).choices[0]

    # --- generating -----------------------------------------------------------------------------

    def _sample_all(self, served: _Served, request: Request, usage: Counter[str]) -> Response:
        sampling = request.sampling
        assert sampling is not None
        question = _question(served, request.prompt)
        # Greedy decoding gives one text, however many are asked for.
        wanted = sampling.n if sampling.temperature > 0 else 1
        samples: list[Sample] = []
        while len(samples) < wanted:
            samples += self._some(served, question, sampling, wanted - len(samples), len(samples), usage)
        if any(sample.finish_reason == "content_filter" for sample in samples):
            raise _Refused("the server's content filter cut the answer")
        return Response(request.key, samples=tuple(samples[:wanted] * (sampling.n // wanted)))

    def _some(
        self, served: _Served, question: Mapping[str, Any], sampling: Sampling, n: int, done: int, usage: Counter[str]
    ) -> list[Sample]:
        """At least one sample: a server may give fewer than asked, or refuse to give several at once."""
        if n > 1 and served.model not in self._one_at_a_time:
            with contextlib.suppress(_Refused):
                return self._ask(served, question, sampling, n, done, usage)
            sample = self._ask(served, question, sampling, 1, done, usage)
            self._one_at_a_time.add(served.model)
            return sample
        return self._ask(served, question, sampling, 1, done, usage)

    def _ask(
        self, served: _Served, question: Mapping[str, Any], sampling: Sampling, n: int, done: int, usage: Counter[str]
    ) -> list[Sample]:
        body: dict[str, Any] = {
            "model": served.model, "max_tokens": sampling.max_tokens, "temperature": sampling.temperature,
            "top_p": sampling.top_p, "n": n, **question,
        }  # fmt: skip
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if sampling.seed is not None:
            # The samples that are there already must not come again.
            body["seed"] = sampling.seed + done
        if served.is_vllm:
            body["extra_body"] = {**_VLLM_DECODING, **body.get("extra_body", {})}
        reply = self._server.ask("chat" if "messages" in question else "completions", usage, **body)
        answers = [_answer(choice) for choice in reply.choices]
        counts = self._token_counts(served, reply, [text for text, _ in answers])
        return [Sample(text, reason, count) for (text, reason), count in zip(answers, counts, strict=True)]

    def _token_counts(self, served: _Served, reply: _Reply, texts: Sequence[str]) -> list[int]:
        """Tokens of each choice. Exact where the server says so; a total over several is split by their lengths."""
        if all(isinstance(choice.get("token_ids"), list) for choice in reply.choices):
            return [len(choice["token_ids"]) for choice in reply.choices]
        if len(texts) == 1 and reply.generated is not None:
            return [reply.generated]
        if served.tokenizer is not None:
            # One at a time: a fast tokenizer is not made for several threads.
            with self._tokenizing:
                return [len(served.tokenizer.encode(text, special=False)) for text in texts]
        sizes = [len(text.encode("utf-8", "replace")) for text in texts]
        per_byte = 1 / 4 if reply.generated is None else reply.generated / max(sum(sizes), 1)
        return [round(size * per_byte) for size in sizes]


@dataclass(frozen=True, slots=True)
class _Served:
    """One loaded checkpoint as its server knows it."""

    model: str
    tokenizer: Tokenizer | None
    """None in text mode."""
    is_vllm: bool
    rates: bool = False
    """The probe came back with log-probabilities of its prompt."""

    def that_rates(self) -> _Served:
        return _Served(self.model, self.tokenizer, self.is_vllm, rates=True)


def _question(served: _Served, prompt: tuple[int, ...]) -> Mapping[str, Any]:
    """The fields of a request that say what is asked."""
    if served.tokenizer is not None:
        return {"prompt": list(prompt)}
    text = ServedTokenizer().decode(prompt)
    return ServedTokenizer.messages(text) or {"prompt": text}


def _answer(choice: Mapping[str, Any]) -> tuple[str, str]:
    """Text and finish reason of a choice; reasoning that a server keeps apart is no part of the answer."""
    text = choice["message"].get("content") if "message" in choice else choice.get("text")
    reason = choice.get("finish_reason")
    return text or "", reason if reason in ("length", "content_filter") else "stop"


def _check_spelling(text: str, choice: Mapping[str, Any], tokens: Sequence[str], checkpoint: Checkpoint) -> None:
    """Token ids of one model mean other words to another; the echoed probe shows it."""

    def bare(spelled: str) -> str:
        # Without the marks that tokenizers put for a space, and in the one case that some of them know.
        return "".join(spelled.encode("ascii", "ignore").decode().lower().split())

    echoed = str(choice.get("text"))
    if bare(text) not in bare(echoed) and bare(text) not in bare("".join(tokens)):
        raise EngineError(
            f"checkpoint {checkpoint.name}: the server reads the token ids of {checkpoint.path} as "
            f"'{_line(echoed)[:60]}' where '{text}' was meant; give the folder of the served model's own tokenizer"
        )


# --- reading log-probabilities ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rows:
    """The log-probabilities of an echoed prompt and of what was generated after it, one row per token."""

    tokens: Sequence[str]
    logprobs: Sequence[float | None]
    tops: Sequence[Mapping[str, float] | None]
    offsets: Sequence[int]
    """Where each token starts, as the server counts characters; may be empty."""
    text: str
    """Prompt and answer."""

    @staticmethod
    def of(choice: Mapping[str, Any]) -> _Rows:
        found = choice.get("logprobs") or {}
        tokens, logprobs, tops = (found.get(name) or [] for name in ("tokens", "token_logprobs", "top_logprobs"))
        # The first token of a text follows nothing: a number there means that rows of the prompt are missing.
        if not logprobs or logprobs[0] is not None or not len(tokens) == len(logprobs) == len(tops):
            raise _Refused(NO_LOGPROBS)
        offsets = found.get("text_offset") or []
        return _Rows(tokens, logprobs, tops, offsets, str(choice.get("text") or ""))

    def rating(self, places: range) -> Continuation:
        """The sum over some rows. Raises _Refused when one of them has no log-probability."""
        if places.start == 0:
            raise _Refused("the server gives no log-probability for the first token of a text")
        rows = list(zip(self.logprobs, self.tops, strict=True))[places.start : places.stop]
        known = [(logprob, max(top.values())) for logprob, top in rows if logprob is not None and top]
        if len(known) < len(places):
            raise _Refused(NO_LOGPROBS)
        total = sum(logprob for logprob, _ in known)
        return Continuation(float(total), all(logprob >= best for logprob, best in known), len(known))

    def between(self, start: int, text: str) -> range:
        """The rows of the echoed `text` from its character `start` on.

        Raises _OtherTokens unless a token starts exactly there.
        """
        starts = self._starts(text)
        inside = [place for place, begins in enumerate(starts) if start <= begins < len(text)]
        if not inside or starts[inside[0]] != start:
            raise _OtherTokens(
                "no token of the served model starts where the context ends: give --tokenizer FOLDER to score it"
            )
        return range(inside[0], inside[-1] + 1)

    def _starts(self, text: str) -> list[int]:
        """The character of `text` at which each token starts; negative for what a server puts in front (BOS)."""
        lengths = [len(token) for token in self.tokens]
        running = list(itertools.accumulate(lengths[:-1], initial=0))
        spelled = "".join(self.tokens)
        front = spelled.find(text)
        if front >= 0:
            return [place - front for place in running]
        if text not in self.text or text.startswith(spelled):
            # No echo, or rows that break off.
            raise _Refused(NO_LOGPROBS)
        if len(self.offsets) != len(lengths) or list(self.offsets) == running:
            # Sums of lengths of tokens that do not spell the text point anywhere.
            raise _OtherTokens("the server's tokens do not spell the text: give --tokenizer FOLDER to score it")
        return list(self.offsets)


# --- the server -------------------------------------------------------------------------------


class _Refused(Exception):  # noqa: N818 - an answer, not an error
    """One request that the server will not answer; `str()` is why."""


class _OtherTokens(_Refused):
    """Its tokens do not meet the end of the context."""


class _NotFound(EngineError):  # noqa: N818 - as above
    """The server has no such model, or no such endpoint."""


class _Forbidden(EngineError):  # noqa: N818
    """The key may not ask for this."""


class _Unreachable(EngineError):  # noqa: N818
    """No answer at all."""


@dataclass(frozen=True, slots=True)
class _Reply:
    """What one call returned: at least one choice, and the tokens generated over all of them where told."""

    choices: Sequence[Mapping[str, Any]]
    generated: int | None


class _Server:
    """The HTTP side: a call, and its failures in one line without a secret."""

    def __init__(self, url: str, query: Mapping[str, str], max_retries: int) -> None:
        self._openai = importlib.import_module("openai")
        self._url = url
        key = os.environ.get("OPENAI_API_KEY", "").strip()
        self._secrets = [key] if key else []
        self._secrets += [value for value in query.values() if len(value) > 7]
        # Local servers need no key, the client insists on one.
        self._client = self._openai.OpenAI(
            api_key=key or "none", base_url=url, default_query=dict(query) or None, max_retries=max_retries
        )

    def close(self) -> None:
        self._client.close()

    @cached_property
    def models(self) -> Mapping[str, Mapping[str, Any]]:
        """/v1/models by name; empty where the server has no such list, or not for this key."""
        client = self._client.with_options(max_retries=_FIRST_RETRIES)
        try:
            with self._failures(""):
                listed = client.models.with_raw_response.list().http_response.json()
        except (_NotFound, _Forbidden, _Refused):
            return {}
        rows = listed.get("data") if isinstance(listed, dict) else None
        return {str(row["id"]): row for row in rows or [] if isinstance(row, dict) and "id" in row}

    def ask(self, endpoint: str, usage: Counter[str], **body: Any) -> _Reply:
        """POST to /completions, or to /chat/completions for `chat`. Adds tokens and retries to `usage`.

        Raises _Refused for what the server refuses of this one request, EngineError for all else.
        """
        resource = self._client.chat.completions if endpoint == "chat" else self._client.completions
        with self._failures(body["model"]):
            raw = resource.with_raw_response.create(**body)
            reply = raw.http_response.json()
        choices = reply.get("choices") if isinstance(reply, dict) else None
        if not choices or not all(isinstance(choice, dict) for choice in choices):
            raise EngineError(
                f"{self._url} answered without choices ({self._reason(reply)}); is it an OpenAI-compatible server?"
            )
        told = reply.get("usage") or {}
        usage.update(
            prompt_tokens=told.get("prompt_tokens") or 0,
            generated_tokens=told.get("completion_tokens") or 0,
            retries=raw.retries_taken,
        )
        return _Reply(choices, told.get("completion_tokens"))

    @contextlib.contextmanager
    def _failures(self, model: str) -> Iterator[None]:
        """The client's errors as ours. Never chained: theirs may quote the key."""
        try:
            yield
        except self._openai.APIStatusError as error:
            raise self._failure(error.status_code, self._reason(error.body), model) from None
        except self._openai.APIConnectionError as error:
            raise _Unreachable(
                f"{self._url} does not answer, after every retry ({type(error).__name__}); start the server again, or "
                "check --base-url; what was done is kept"
            ) from None
        except (ValueError, self._openai.OpenAIError) as error:
            raise EngineError(
                f"{self._url} does not answer as an OpenAI-compatible server does ({type(error).__name__}); does "
                "--base-url end in /v1?"
            ) from None

    def _failure(self, status: int, reason: str, model: str) -> Exception:
        if status in (400, 413, 422):
            return _Refused(f"the server refuses the request ({status}): {reason}")
        if status in (401, 403):
            kind = EngineError if status == 401 else _Forbidden
            return kind(f"{self._url} refuses the key ({status}: {reason}); set OPENAI_API_KEY to one that may ask it")
        if status in (404, 405, 501):
            if self.__dict__.get("models") and model not in self.models:
                hint = did_you_mean(model, self.models)
            else:
                hint = "does --base-url end in /v1, and does the server complete and chat as the protocol needs?"
            return _NotFound(f"{self._url} has no model '{model}' for this ({status}: {reason}); {hint}")
        hint = "lower --concurrency, or go on later" if status == 429 else "look at the server's own log"
        return EngineError(
            f"{self._url} still fails after every retry ({status}: {reason}); {hint}; what was done is kept"
        )

    def _reason(self, body: object) -> str:
        """The first line of what the server says of an error."""
        found = body
        while isinstance(found, Mapping):
            found = next((found[name] for name in ("error", "message", "detail") if found.get(name)), str(dict(found)))
        text = str(found or "no reason given")
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return _line(text)[:300]


def _line(text: str) -> str:
    first = (text.strip().splitlines() or [""])[0]
    return "".join(character if character.isprintable() else " " for character in first)


# --- concurrency ------------------------------------------------------------------------------


def _in_parallel(jobs: Iterable[Callable[[], T]], workers: int) -> Iterator[T]:
    """Results as they come, from so many threads. After a failure nothing new begins, what is under way is yielded.

    Daemon threads, unlike an executor's: an interrupted run does not wait for answers that nobody will read.
    """
    tasks: queue.SimpleQueue[tuple[Future[T], Callable[[], T]] | None] = queue.SimpleQueue()
    for _ in range(workers):
        threading.Thread(target=_work, args=(tasks,), daemon=True).start()
    source, failure = iter(jobs), None
    pending: set[Future[T]] = set()
    try:
        while True:
            while failure is None and len(pending) < 2 * workers and (job := next(source, None)) is not None:
                future: Future[T] = Future()
                pending.add(future)
                tasks.put((future, job))
            if not pending:
                break
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                if future.cancelled():
                    continue
                if (error := future.exception()) is None:
                    yield future.result()
                    continue
                failure = failure or error
                for other in pending:
                    other.cancel()
        if failure is not None:
            raise failure
    finally:
        for future in pending:
            future.cancel()
        for _ in range(workers):
            tasks.put(None)


def _work(tasks: queue.SimpleQueue[tuple[Future[T], Callable[[], T]] | None]) -> None:
    while (task := tasks.get()) is not None:
        future, job = task
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(job())
            except BaseException as error:
                future.set_exception(error)
