"""What every request must be, and what every response says to the browser.

A page of any site may make a browser ask this server: by its own name that is made to point here (DNS rebinding), from
a script, in a frame. So a request names this machine or an address, comes from our own pages, and only reads.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING: Final = ("GET", "HEAD")
_OTHERS: Final = ("cross-site", "same-site")
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def policy(scripts: Sequence[str] = ()) -> str:
    """The policy of a page: scripts of these hashes ('sha256-...') run and no other, and nobody else is asked."""
    hashes = " ".join(f"'{script}'" for script in scripts) or "'none'"
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'self'; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class Guard:
    """Lets a request through to `app` where it only reads, is meant for this server and is no other site's."""

    def __init__(self, app: ASGIApp, names: Collection[str], *, loopback: bool) -> None:
        """`names` are those that the server may be called by; `loopback`: of addresses, only those of this machine."""
        self._app = app
        self._names = frozenset(name.lower() for name in names)
        self._loopback = loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # nothing else is served, and nothing starts with the server
        refusal = self._refusal(scope["method"], Headers(scope=scope))
        await (refusal or self._app)(scope, receive, _hardened(send))

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        if method not in READING:
            return PlainTextResponse("nothing can be written here\n", 405, {"Allow": ", ".join(READING)})
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or not self._is_own(host):
            return PlainTextResponse("this server goes by another name\n", 421)
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{host.lower()}":
            return PlainTextResponse("other sites may not ask\n", 403)
        # Pictures and scripts bring no Origin. They would learn nothing, but have us search a million items again and
        # again. A link may lead here.
        if headers.get("sec-fetch-site") in _OTHERS and headers.get("sec-fetch-dest") != "document":
            return PlainTextResponse("other sites may not ask\n", 403)
        return None

    def _is_own(self, host: str) -> bool:
        """Whether a Host header is one of the `names` or an address, which no other site can be called by."""
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        written = f"[{name}]" if ":" in name else name
        if not name or host.lower() not in (written, f"{written}:{port}"):  # user@, a path, [::1]more
            return False
        if name in self._names:
            return True
        try:
            return ipaddress.ip_address(name).is_loopback or not self._loopback
        except ValueError:
            return False


def _hardened(send: Send) -> Send:
    """`send` that adds to every response's headers what it does not say itself."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in {**_ALWAYS, "Content-Security-Policy": policy()}.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
