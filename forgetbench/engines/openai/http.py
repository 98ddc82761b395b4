"""One server over HTTP, on our terms: no redirects, a deadline that nothing outlasts, and no more than so many bytes.

A request's deadline is the wall clock's and covers every try: a server that is silent, that drips a byte a second, or
that asks to come back tomorrow holds a run no longer than one that answers.
"""

from __future__ import annotations

import asyncio
import datetime
import email.utils
import json
import math
import random
import threading
import urllib.request
import zlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import aiohttp

from forgetbench.engines.openai.failures import Unreachable, passes
from forgetbench.errors import EngineError, first_line, shown

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between tries: they double, a quarter of them left to chance, so that many clients do not come back at
once. A longer Retry-After is followed."""
_CONNECT_SECONDS = 10.0
_INFLATED = 47
"""zlib's number for gzip or deflate, whichever it is."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of the server, with whatever status."""

    status: int
    body: bytes
    wait: float | None
    """Seconds that it asks to wait (Retry-After)."""
    retries: int = 0


class Http:
    """Requests to one address, from any number of threads."""

    def __init__(self, url: str, query: Mapping[str, str], key: str, hide: Callable[[str], str]) -> None:
        """`hide` takes secrets out of what is shown. Nothing is connected yet."""
        self._url, self._query, self._hide = url, dict(query), hide
        # Uncompressed: what is compressed may be a thousand times as long as what is read.
        self._headers = {
            "Authorization": f"Bearer {key}", "Content-Type": "application/json", "Accept": "application/json",
            "Accept-Encoding": "identity",
        }  # fmt: skip
        parts = urlsplit(url)
        bypassed = urllib.request.proxy_bypass(parts.hostname or "")
        self._proxy = None if bypassed else urllib.request.getproxies().get(parts.scheme)
        self._chance = random.Random(0)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="http", daemon=True)
        self._thread.start()

    def send(
        self, path: str, body: Mapping[str, Any] | None = None, *, limit: int, retries: int, seconds: float
    ) -> Answer:
        """POST `body` as JSON, or GET where there is none.

        The answer may be a failure that stayed after so many `retries`; its body is at most `limit` bytes. Raises
        Unreachable when none came within `seconds`, EngineError for a redirect or one that is too long.
        """
        return self._run(self._within(path, body, limit, retries, seconds))

    def close(self) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _stop(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if "_session" in self.__dict__:
            await self._session.close()

    @cached_property
    def _session(self) -> aiohttp.ClientSession:
        # Made in the loop that it belongs to. How many requests are under way at once is not for it to say.
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
            headers=self._headers,
            auto_decompress=False,
        )

    async def _within(
        self, path: str, body: Mapping[str, Any] | None, limit: int, retries: int, seconds: float
    ) -> Answer:
        try:
            async with asyncio.timeout(seconds) as deadline:
                return await self._tried(path, body, limit, retries, deadline)
        except TimeoutError:
            raise Unreachable(
                f"{self._url} does not answer within {seconds:g} s; look at the server's own log, lower --concurrency, "
                "or allow more with --request-timeout; what was done is kept"
            ) from None

    async def _tried(
        self, path: str, body: Mapping[str, Any] | None, limit: int, retries: int, deadline: asyncio.Timeout
    ) -> Answer:
        """The first answer that is no passing failure, or the last failure."""
        content = None if body is None else json.dumps(body).encode()
        tries = 0
        while True:
            answer, trouble = None, ""
            try:
                answer = await self._once(path, content, limit, tries)
                if not passes(answer.status):
                    return answer
            # aiohttp counts some of what a server should not say among the ValueErrors.
            except (aiohttp.ClientError, OSError, ValueError, zlib.error) as error:
                trouble = f"{type(error).__name__}: {self._hide(first_line(error))}"
            wait = max(self._pause(tries), answer.wait or 0.0 if answer else 0.0)
            if tries == retries or wait > deadline.when() - self._loop.time():  # type: ignore[operator]
                if answer is not None:
                    return answer
                raise Unreachable(
                    f"{self._url} does not answer, after every retry ({trouble}); start the server again, or check "
                    "--base-url; what was done is kept"
                )
            await asyncio.sleep(wait)
            tries += 1

    def _pause(self, tries: int) -> float:
        return float(min(FIRST_PAUSE * 2**tries, LONGEST_PAUSE)) * (1 - self._chance.random() / 4)

    async def _once(self, path: str, content: bytes | None, limit: int, tries: int) -> Answer:
        url = f"{self._url}{path}"
        async with self._session.request(
            "GET" if content is None else "POST",
            url, params=self._query, data=content, allow_redirects=False, proxy=self._proxy,
        ) as response:  # fmt: skip
            if 300 <= response.status < 400:
                target = urlsplit(urljoin(url, response.headers.get("Location", "")))
                # Neither its query nor a password in it.
                place = f"{target.scheme}://{target.netloc.rpartition('@')[2]}{target.path}"
                raise EngineError(
                    f"{self._url} redirects ({response.status}) to {shown(self._hide(place))[:200]}: prompts and key "
                    "go to no other address; give --base-url the address that answers"
                )
            body = await self._body(response, limit)
            return Answer(response.status, body, _retry_after(response.headers.get("Retry-After")), tries)

    async def _body(self, response: aiohttp.ClientResponse, limit: int) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > limit:
                break
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding in ("gzip", "deflate"):
            body = bytearray(zlib.decompressobj(_INFLATED).decompress(body, limit + 1))
        elif encoding != "identity":
            raise EngineError(f"{self._url} compresses its answers ({shown(encoding)[:40]}) unasked")
        if len(body) > limit and response.status < 400:
            raise EngineError(
                f"{self._url} sends more than {limit:,} bytes for one answer; is it an OpenAI-compatible server?"
            )
        return bytes(body[:limit])


def _retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header, which is a number of them or a date; None where it is neither."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            when = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return None
        if when.tzinfo is None:
            when = when.replace(tzinfo=datetime.UTC)
        seconds = (when - datetime.datetime.now(datetime.UTC)).total_seconds()
    return seconds if math.isfinite(seconds) and seconds > 0 else None
