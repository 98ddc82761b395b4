"""Scoring and sampling by what a server offers."""

from __future__ import annotations

import contextlib
import importlib.metadata
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from forgetbench.engines.base import EngineOptions, TokenCounts
from forgetbench.engines.memory import MemoryNeed
from forgetbench.engines.openai.door import (
    LARGEST_COUNT,
    answer_text,
    count,
    finish_reason,
    rows_of,
    said_text,
    same_tokens,
)
from forgetbench.engines.openai.failures import NotFound, Refused, Unreachable, Unusable
from forgetbench.engines.openai.logprobs import NO_LOGPROBS, OtherTokens, Rows, first_token_ratings
from forgetbench.engines.openai.parallel import in_parallel
from forgetbench.engines.openai.served import served_checkpoint, served_model
from forgetbench.engines.openai.server import Reply, Server, address, server_url
from forgetbench.engines.openai.text_tokens import CHAT_MARK, ServedTokenizer
from forgetbench.errors import EngineError, first_line, shown
from forgetbench.fingerprint import file_digest
from forgetbench.models.spelling import Speller
from forgetbench.models.tokenizer import HFTokenizer, Tokenizer
from forgetbench.models.windows import window_of
from forgetbench.records import Checkpoint, Continuation, Request, Response, Sample, Sampling

_RETRIES = 8
"""About 40 s of pauses: long enough for a server's hiccup, short enough to be told of its end."""
_TEXT_LENGTH = 1_000_000
"""In text mode lengths are counted in bytes, which the server's window in tokens says nothing about: it refuses
what is too long."""
_PROBE = ("The capital of France is", " Paris.")
_VLLM_DECODING = {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0, "return_token_ids": True}
"""vLLM else takes what a request leaves out from the model's generation_config.json."""
_MOST_FIRST_TOKENS = 128
"""Token ids that vLLM rates in one request (MAX_LOGPROB_TOKEN_IDS)."""
_AGREEMENT = 0.25
"""Nats by which two ways of asking for one log-probability may differ in bfloat16."""


class OpenAIEngine:
    """An OpenAI-compatible server behind the engine protocol. Importing this module does not import `aiohttp`."""

    takes: ClassVar[frozenset[str]] = frozenset(
        {"base_url", "concurrency", "request_timeout", "tokenizer", "trust_remote_code"}
    )

    def __init__(
        self,
        options: EngineOptions = EngineOptions("openai"),
        checkpoints: Sequence[Checkpoint] = (),
        *,
        max_retries: int = _RETRIES,
    ) -> None:
        """Raises InputError for an unusable address."""
        try:
            importlib.metadata.version("aiohttp")
        except importlib.metadata.PackageNotFoundError as error:
            raise EngineError("--engine openai needs aiohttp: pip install 'forgetbench[openai]'") from error
        self._url = server_url(options.base_url)
        self._query = dict(parse_qsl(address(options.base_url).query))
        self.settings: Mapping[str, Any] = {"name": "openai", "server": self._url}
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.counts: TokenCounts = self._counts
        self.loaded: tuple[Checkpoint, ...] = ()
        self._concurrency, self._seconds = options.concurrency, options.request_timeout
        self._trust_remote_code = options.trust_remote_code
        self._max_retries = max_retries
        self._served: dict[str, _Served] = {}
        self._tokenizers: dict[Path, Tokenizer] = {}
        self._tokenizing = threading.Lock()
        self._one_at_a_time: set[str] = set()

    @classmethod
    def resolve(
        cls,
        text: str,
        options: EngineOptions,
        *,
        base: Checkpoint | None = None,
        hash_file: Callable[[Path], str] = file_digest,
    ) -> Checkpoint:
        """A name that the server knows."""
        return served_checkpoint(text, server_url(options.base_url), options.tokenizer)

    @cached_property
    def _server(self) -> Server:
        return Server(self._url, self._query, retries=self._max_retries, seconds=self._seconds)

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
        with contextlib.suppress(Unreachable):
            window = count(self._server.models.get(served_model(checkpoint), {}).get("max_model_len"))
        if not window:
            declared = (checkpoint.path / "config.json").is_file()
            window = (window_of(checkpoint.path) if declared else None) or _TEXT_LENGTH
        # Scoring generates one token behind what it rates.
        return int(window) - 1

    def group(self, checkpoint: Checkpoint) -> str:
        return ""

    def memory_need(self, checkpoint: Checkpoint) -> MemoryNeed | None:
        return None

    def load(self, checkpoints: Sequence[Checkpoint], log_file: Path | None = None) -> None:
        """Reach the server, and find out once per checkpoint whether it rates prompts."""
        for checkpoint in checkpoints:
            if checkpoint.fingerprint not in self._served:
                self._served[checkpoint.fingerprint] = self._connect(checkpoint)
        self.loaded = tuple(checkpoints)

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._answer_all(requests, self._rate_all)

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        return self._answer_all(requests, self._sample_all)

    def close(self) -> None:
        if "_server" in self.__dict__:
            self._server.close()
            del self.__dict__["_server"]
        self._served, self.loaded = {}, ()

    def _answer_all(
        self, requests: Sequence[Request], answer: Callable[[_Served, Request, Counter[str]], Response]
    ) -> Iterator[Response]:
        def one(request: Request) -> tuple[Request, Response, Counter[str]]:
            usage: Counter[str] = Counter()
            try:
                response = answer(self._served[request.checkpoint], request, usage)
            except Refused as refusal:
                response = Response(request.key, refusal=str(refusal))
            return request, response, usage

        calls = (partial(one, request) for request in requests)
        for request, response, usage in in_parallel(calls, min(self._concurrency, len(requests))):
            self._counts[request.checkpoint].update(usage)
            yield response

    # --- first contact --------------------------------------------------------------------------

    def _connect(self, checkpoint: Checkpoint) -> _Served:
        model = served_model(checkpoint)
        card = self._server.models.get(model, {})
        tokenizer = None if checkpoint.path is None else self.tokenizer(checkpoint)
        served = _Served(model, tokenizer, is_vllm=card.get("owned_by") == "vllm")
        try:
            if tokenizer is None:
                return self._with_text_probed(served)
            tokens = tokenizer.encode("".join(_PROBE))
            choice = self._echo(served, tokens, Counter())
            rows = Rows.of(choice)
            rows.rating(range(1, len(tokens)))
            _check_spelling("".join(_PROBE), choice, rows.tokens[: len(tokens)], checkpoint)
            served = replace(served, rates=True)
        except Unusable as reason:
            served = replace(served, why_not=str(reason))
        except Refused:
            pass
        if tokenizer is not None:
            tokens = tokenizer.encode("".join(_PROBE))
            if not served.rates:
                self._check_token_ids(served, tokens)
            served = replace(served, rates_first_tokens=self._rates_first_tokens(served, tokens))
        return served

    def _rates_first_tokens(self, served: _Served, tokens: Sequence[int]) -> bool:
        """Whether the server says how likely chosen tokens are to follow a prompt, and says of one what its echo does.

        Newer vLLM does (`logprob_token_ids`); older ones do not know the field, and other servers are not asked.
        """
        if not served.is_vllm:
            return False
        *context, last = tokens
        with contextlib.suppress(Refused):
            found = self._rate_first_tokens(served, context, {tokens[0], last}, Counter())[last]
            if not served.rates:
                return True
            echoed = self._rate(served, tuple(context), (last,), Counter())
            return abs(found.loglikelihood - echoed.loglikelihood) < _AGREEMENT
        return False

    def _with_text_probed(self, served: _Served) -> _Served:
        context, continuation = (tuple(ServedTokenizer().encode(text)) for text in _PROBE)
        rating = replace(served, rates=True)
        try:
            self._rate(rating, context, continuation, Counter())
        except OtherTokens:
            pass
        except NotFound:
            if served.model not in self._server.models:
                raise
            # It is served, but not by /v1/completions: chat is all there is.
            return served
        return rating

    def _check_token_ids(self, served: _Served, tokens: Sequence[int]) -> None:
        try:
            self._ask(served, {"prompt": tokens}, Sampling(1), 1, 0, Counter())
        except Refused as refusal:
            raise EngineError(
                f"{self._url} does not take prompts as token ids ({refusal}); name the model without its tokenizer"
            ) from None

    # --- scoring --------------------------------------------------------------------------------

    def _rate_all(self, served: _Served, request: Request, usage: Counter[str]) -> Response:
        together = {tokens[0] for tokens in request.continuations if len(tokens) == 1}
        if not served.rates_first_tokens or not request.prompt or len(together) > _MOST_FIRST_TOKENS:
            together = set()
        first = self._rate_first_tokens(served, request.prompt, together, usage) if together else {}
        rated = [
            first[tokens[0]] if len(tokens) == 1 and first else self._rate(served, request.prompt, tokens, usage)
            for tokens in request.continuations
        ]
        return Response(request.key, continuations=tuple(rated))

    def _rate_first_tokens(
        self, served: _Served, prompt: Sequence[int], tokens: Collection[int], usage: Counter[str]
    ) -> dict[int, Continuation]:
        """Continuations of one token, all in one request that may read the server's prefix cache."""
        body = {
            "model": served.model, "prompt": list(prompt), "max_tokens": 1, "temperature": 0, "logprobs": 1,
            "logprob_token_ids": sorted(tokens), "return_tokens_as_token_ids": True, **served.decoding,
        }  # fmt: skip
        choice = self._server.ask("completions", usage, longest=len(tokens) + len(prompt), **body).choices[0]
        _check_prompt(choice, prompt)
        return first_token_ratings(choice, tokens)

    def _rate(
        self, served: _Served, prompt: tuple[int, ...], tokens: tuple[int, ...], usage: Counter[str]
    ) -> Continuation:
        if not served.rates:
            raise Refused(served.why_not)
        if served.tokenizer is not None:
            whole_ids = [*prompt, *tokens]
            rows = Rows.of(self._echo(served, whole_ids, usage))
            # One more was generated, unless it ends the text and is not shown.
            if len(rows.tokens) not in (len(whole_ids), len(whole_ids) + 1):
                raise Refused("the server's log-probabilities are of other tokens")
            return rows.rating(range(len(prompt), len(whole_ids)))
        context, whole = (ServedTokenizer().decode(part) for part in (prompt, prompt + tokens))
        if context.startswith(CHAT_MARK):
            raise Refused(
                "a continuation of chat messages cannot be scored without the model's tokenizer: "
                "give --tokenizer FOLDER, or ask with --protocol completion"
            )
        if not context:
            whole = ServedTokenizer().decode(tokens)
        rows = Rows.of(self._echo(served, whole, usage))
        return rows.rating(rows.between(len(context), whole))

    def _echo(self, served: _Served, prompt: str | Sequence[int], usage: Counter[str]) -> Mapping[str, Any]:
        # One token is generated and thrown away: some servers refuse to generate none.
        body = {"model": served.model, "prompt": prompt, "echo": True, "logprobs": 1, "max_tokens": 1, "temperature": 0}
        choice = self._server.ask("completions", usage, longest=len(prompt), **body, **served.decoding).choices[0]
        if not isinstance(prompt, str):
            _check_prompt(choice, prompt)
        return choice

    # --- generating -----------------------------------------------------------------------------

    def _sample_all(self, served: _Served, request: Request, usage: Counter[str]) -> Response:
        sampling = request.sampling
        assert sampling is not None
        question = _question(served, request.prompt)
        # Greedy decoding gives one text, however many are asked for.
        distinct = sampling.n if sampling.temperature > 0 else 1
        samples: list[Sample] = []
        while len(samples) < distinct:
            samples += self._some(served, question, sampling, distinct - len(samples), len(samples), usage)
        return Response(request.key, samples=tuple(samples[:distinct] * (sampling.n // distinct)))

    def _some(
        self, served: _Served, question: Mapping[str, Any], sampling: Sampling, n: int, done: int, usage: Counter[str]
    ) -> list[Sample]:
        """At least one sample: a server may give fewer than asked, or refuse to give several at once."""
        if n > 1 and served.model not in self._one_at_a_time:
            try:
                return self._ask(served, question, sampling, n, done, usage)
            except Unusable:
                raise
            except Refused:
                pass
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
        endpoint = "chat" if "messages" in question else "completions"
        longest = len(question.get("prompt", ())) + n * sampling.max_tokens
        reply = self._server.ask(endpoint, usage, longest=longest, **served.decoding, **body)
        for choice in reply.choices:
            _check_prompt(choice, question.get("prompt", ""))
        reasons = [finish_reason(choice) for choice in reply.choices]
        texts = [self._server.plain(served.text(choice, sampling.stop)) for choice in reply.choices]
        counts = self._token_counts(served, reply, texts)
        return [Sample(*fields) for fields in zip(texts, reasons, counts, strict=True)]

    def _token_counts(self, served: _Served, reply: Reply, texts: Sequence[str]) -> list[int]:
        """Tokens of each choice. Exact where the server says so; a total over several is split by their lengths."""
        ids = [rows_of(choice.get("token_ids")) for choice in reply.choices]
        if all(ids):
            return list(map(len, ids))
        if len(texts) == 1 and reply.generated is not None:
            return [reply.generated]
        if served.tokenizer is not None:
            # One at a time: a fast tokenizer is not made for several threads.
            with self._tokenizing:
                return [len(served.tokenizer.encode(text, special=False)) for text in texts]
        sizes = [len(text.encode("utf-8", "replace")) for text in texts]
        per_byte = 1 / 4 if reply.generated is None else reply.generated / max(sum(sizes), 1)
        return [min(round(size * per_byte), LARGEST_COUNT) for size in sizes]


@dataclass(frozen=True, slots=True)
class _Served:
    """One loaded checkpoint as its server knows it."""

    model: str
    tokenizer: Tokenizer | None
    """None in text mode."""
    is_vllm: bool
    rates: bool = False
    """The probe came back with log-probabilities of its prompt."""
    why_not: str = NO_LOGPROBS
    """Why it does not rate, if it does not."""
    rates_first_tokens: bool = False
    """It rates chosen tokens behind a prompt, in one request."""

    def text(self, choice: Mapping[str, Any], stops: Sequence[str]) -> str:
        """What a choice says; marks of thinking that the server dropped as special tokens come from its token ids."""
        tokens = rows_of(choice.get("token_ids"))
        if (
            "message" not in choice
            and isinstance(self.tokenizer, HFTokenizer)
            and all(count(token) is not None for token in tokens)
        ):
            speller = Speller.of(self.tokenizer.hf)
            if speller.marked(tokens):
                answer_text(choice)
                return speller.text(tokens, stops)
        return said_text(choice)

    @property
    def decoding(self) -> Mapping[str, Any]:
        """The fields of every request that keep the server from decoding of its own."""
        return _VLLM_DECODING if self.is_vllm else {}


def _question(served: _Served, prompt: tuple[int, ...]) -> Mapping[str, Any]:
    """The fields of a request that say what is asked."""
    if served.tokenizer is not None:
        return {"prompt": list(prompt)}
    text = ServedTokenizer().decode(prompt)
    return ServedTokenizer.messages(text) or {"prompt": text}


def _check_prompt(choice: Mapping[str, Any], prompt: str | Sequence[int]) -> None:
    """Raise Refused where the server says that it read other token ids than it was sent."""
    if not isinstance(prompt, str) and not same_tokens(choice.get("prompt_token_ids"), prompt):
        raise Unusable("the server answers another prompt than it was sent")


def _check_spelling(text: str, choice: Mapping[str, Any], tokens: Sequence[str], checkpoint: Checkpoint) -> None:
    """Token ids of one model mean other words to another; the echoed probe shows it."""

    def bare(spelled: str) -> str:
        # Without the marks that tokenizers put for a space, and in the one case that some of them know.
        return "".join(spelled.encode("ascii", "ignore").decode().lower().split())

    echoed = answer_text(choice)
    if bare(text) not in bare(echoed) and bare(text) not in bare("".join(tokens)):
        raise EngineError(
            f"checkpoint {checkpoint.name}: the server reads the token ids of {checkpoint.path} as "
            f"'{shown(first_line(echoed))[:60]}' where '{text}' was meant; give the folder of the served model's own "
            "tokenizer"
        )
