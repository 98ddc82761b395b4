"""The server: its address, a call, and its failures in one line without a secret."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from forgetbench.engines.openai.door import count, rows_of
from forgetbench.engines.openai.failures import Forbidden, NotFound, Refused, passes
from forgetbench.engines.openai.secrets import Secrets
from forgetbench.errors import EngineError, InputError, did_you_mean, first_line, shown

if TYPE_CHECKING:
    from forgetbench.engines.openai.http import Answer

_FIRST_RETRIES, _FIRST_SECONDS = 2, 60.0
"""For the first contact, where a server that does not answer is most likely not there."""
_LONGEST_LIST = 16 << 20
"""Bytes of /v1/models: a provider lists hundreds."""
_MOST_NAMES = 200
"""Of the models that are served, looked at for one that is like the name that is not."""
_LONGEST_FRAME, _BYTES_PER_TOKEN = 2 << 20, 1024
"""Bytes of an answer: so many in any case, and so many per token, several times what log-probabilities take."""


def server_url(text: str | None) -> str:
    """The server's address as results show it: origin and path. None stands for OPENAI_BASE_URL.

    Raises InputError when there is none, or when it holds credentials, which results must not show.
    """
    parts = address(text)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def address(text: str | None) -> SplitResult:
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


@dataclass(frozen=True, slots=True)
class Reply:
    """What one call returned: at least one choice, and the tokens generated over all of them where the server says."""

    choices: Sequence[Mapping[str, Any]]
    generated: int | None


class Server:
    """The HTTP side: a call, and its failures in one line without a secret."""

    def __init__(self, url: str, query: Mapping[str, str], *, retries: int, seconds: float) -> None:
        """`seconds` is how long one call may take, with every try. Raises InputError for a key that cannot be sent."""
        from forgetbench.engines.openai.http import Http

        self._url, self._retries, self._seconds = url, retries, seconds
        key = os.environ.get("OPENAI_API_KEY", "").strip()
        if not (key.isascii() and key.isprintable()):
            raise InputError("OPENAI_API_KEY holds characters that no key has; set it again, without line breaks")
        self._secrets = Secrets.of([key, *query.values()])
        # Local servers need no key; some insist on one all the same.
        self._http = Http(url, query, key or "none", self._secrets.hide)

    def close(self) -> None:
        self._http.close()

    @cached_property
    def models(self) -> Mapping[str, Mapping[str, Any]]:
        """/v1/models by name; empty where the server has no such list, or not for this key."""
        try:
            answer = self._http.send(
                "/models",
                limit=_LONGEST_LIST,
                retries=min(self._retries, _FIRST_RETRIES),
                seconds=min(self._seconds, _FIRST_SECONDS),
            )
            listed = self._content(answer, "")
        except (NotFound, Forbidden, Refused):
            return {}
        rows = listed.get("data") if isinstance(listed, dict) else None
        cards = [row for row in rows_of(rows) if isinstance(row, dict) and isinstance(row.get("id"), str)]
        return {self.plain(card["id"]): card for card in cards}

    def ask(self, endpoint: str, usage: Counter[str], *, longest: int, **body: Any) -> Reply:
        """POST to /completions, or to /chat/completions for `chat`. Adds tokens and retries to `usage`.

        `longest` is how many tokens the answer can be about. Raises Refused for what the server refuses of this one
        request, EngineError for all else.
        """
        answer = self._http.send(
            "/chat/completions" if endpoint == "chat" else "/completions",
            body,
            limit=_LONGEST_FRAME + _BYTES_PER_TOKEN * longest,
            retries=self._retries,
            seconds=self._seconds,
        )
        reply = self._content(answer, body["model"])
        choices = reply.get("choices") if isinstance(reply, dict) else None
        if not isinstance(choices, list) or not choices or not all(isinstance(choice, dict) for choice in choices):
            raise EngineError(
                f"{self._url} answered without choices ({self._reason(reply)}); is it an OpenAI-compatible server?"
            )
        tokens = reply.get("usage")
        prompt, generated = (
            count(tokens.get(name)) if isinstance(tokens, dict) else None
            for name in ("prompt_tokens", "completion_tokens")
        )
        usage.update(prompt_tokens=prompt or 0, generated_tokens=generated or 0, retries=answer.retries)
        return Reply(choices, generated)

    def plain(self, text: str) -> str:
        """The text without a secret."""
        return self._secrets.hide(text)

    def _content(self, answer: Answer, model: str) -> Any:
        """The JSON of an answer; one of the failures for an answer that is one."""
        try:
            content = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            if answer.status < 300:
                raise EngineError(
                    f"{self._url} does not answer as an OpenAI-compatible server does ({type(error).__name__}: "
                    f"{self._reason(answer.body.decode(errors='replace'))}); does --base-url end in /v1?"
                ) from None
            content = answer.body.decode(errors="replace")
        if answer.status < 300:
            return content
        raise self._failure(answer, self._reason(content), model)

    def _failure(self, answer: Answer, reason: str, model: str) -> Exception:
        status = answer.status
        if status in (401, 403):
            kind = EngineError if status == 401 else Forbidden
            return kind(f"{self._url} refuses the key ({status}: {reason}); set OPENAI_API_KEY to one that may ask it")
        if status in (404, 405, 501):
            if self.__dict__.get("models") and model not in self.models:
                hint = shown(did_you_mean(model, islice(self.models, _MOST_NAMES)))[:500]
            else:
                hint = "does --base-url end in /v1, and does the server complete and chat as the protocol needs?"
            return NotFound(f"{self._url} has no model '{model}' for this ({status}: {reason}); {hint}")
        if status in (400, 413, 422, 451):
            return Refused(f"the server refuses the request ({status}): {reason}")
        hint = "lower --concurrency, or go on later" if status == 429 else "look at the server's own log"
        fails = "still fails after every retry" if passes(status) else "fails"
        wait = f"; it asks to wait {answer.wait:g} s" if answer.wait is not None and answer.wait > 1 else ""
        return EngineError(f"{self._url} {fails} ({status}: {reason}{wait}); {hint}; what was done is kept")

    def _reason(self, body: object) -> str:
        """The first line of what the server says of an error."""
        reason = body
        while isinstance(reason, Mapping):
            named = (reason[name] for name in ("error", "message", "detail") if reason.get(name))
            reason = next(named, _words(dict(reason)))
        return shown(self.plain(first_line(_words(reason or "no reason given"))[:2000]))[:300]


def _words(value: object) -> str:
    try:
        return str(value)
    except RecursionError:
        return "no reason given"
