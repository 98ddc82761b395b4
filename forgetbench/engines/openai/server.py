"""The server: its address, a call, and its failures in one line without a secret."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit

from forgetbench.errors import EngineError, InputError, did_you_mean, first_line, shown

_FIRST_RETRIES = 2
"""For the first contact, where a server that does not answer is most likely not there."""


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


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """One request that the server will not answer; `str()` is why."""


class NotFound(EngineError):  # noqa: N818 - as above
    """The server has no such model, or no such endpoint."""


class Forbidden(EngineError):  # noqa: N818
    """The key may not ask for this."""


class Unreachable(EngineError):  # noqa: N818
    """No answer at all."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What one call returned: at least one choice, and the tokens generated over all of them where the server says."""

    choices: Sequence[Mapping[str, Any]]
    generated: int | None


class Server:
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
                reply = client.models.with_raw_response.list().http_response.json()
        except (NotFound, Forbidden, Refused):
            return {}
        rows = reply.get("data") if isinstance(reply, dict) else None
        return {str(row["id"]): row for row in rows or [] if isinstance(row, dict) and "id" in row}

    def ask(self, endpoint: str, usage: Counter[str], **body: Any) -> Reply:
        """POST to /completions, or to /chat/completions for `chat`. Adds tokens and retries to `usage`.

        Raises Refused for what the server refuses of this one request, EngineError for all else.
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
        tokens = reply.get("usage") or {}
        usage.update(
            prompt_tokens=tokens.get("prompt_tokens") or 0,
            generated_tokens=tokens.get("completion_tokens") or 0,
            retries=raw.retries_taken,
        )
        return Reply(choices, tokens.get("completion_tokens"))

    @contextlib.contextmanager
    def _failures(self, model: str) -> Iterator[None]:
        """The client's errors as ours. Never chained: theirs may quote the key."""
        try:
            yield
        except self._openai.APIStatusError as error:
            raise self._failure(error.status_code, self._reason(error.body), model) from None
        except self._openai.APIConnectionError as error:
            raise Unreachable(
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
            return Refused(f"the server refuses the request ({status}): {reason}")
        if status in (401, 403):
            kind = EngineError if status == 401 else Forbidden
            return kind(f"{self._url} refuses the key ({status}: {reason}); set OPENAI_API_KEY to one that may ask it")
        if status in (404, 405, 501):
            if self.__dict__.get("models") and model not in self.models:
                hint = did_you_mean(model, self.models)
            else:
                hint = "does --base-url end in /v1, and does the server complete and chat as the protocol needs?"
            return NotFound(f"{self._url} has no model '{model}' for this ({status}: {reason}); {hint}")
        hint = "lower --concurrency, or go on later" if status == 429 else "look at the server's own log"
        return EngineError(
            f"{self._url} still fails after every retry ({status}: {reason}); {hint}; what was done is kept"
        )

    def _reason(self, body: object) -> str:
        """The first line of what the server says of an error."""
        reason = body
        while isinstance(reason, Mapping):
            named = (reason[name] for name in ("error", "message", "detail") if reason.get(name))
            reason = next(named, str(dict(reason)))
        text = str(reason or "no reason given")
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return shown(first_line(text))[:300]
