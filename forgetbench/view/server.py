"""The server on its address, until it is interrupted."""

from __future__ import annotations

import importlib.util
import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forgetbench.errors import InputError, first_line
from forgetbench.messages import translated as _

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_NEEDED: Final = ("starlette", "uvicorn", "duckdb")


def serve(results: Path, host: str, port: int, *, allow_remote: bool, ready: Callable[[str], None]) -> None:
    """Show a results folder at http://`host`:`port`/ until the process is interrupted; port 0 takes any that is free.

    `ready` is called with the address once it answers. Raises InputError where the extra is not installed, `results` is
    no folder, or the address cannot be had or is not this machine's own and `allow_remote` does not say so;
    KeyboardInterrupt when interrupted.
    """
    if missing := [name for name in _NEEDED if importlib.util.find_spec(name) is None]:
        raise InputError(
            _("forgetbench view needs {packages}: pip install 'forgetbench[view]'").format(packages=", ".join(missing))
        )
    if not results.is_dir():
        raise InputError(_("{path}: no such folder; give a results folder").format(path=results))
    from forgetbench.view.app import view_app

    with _listening(host, port, allow_remote) as listener:
        loopback = not allow_remote
        app = view_app(results, names=("localhost", host), loopback=loopback)
        _run(app, listener, ready)


def _run(app: ASGIApp, listener: socket.socket, ready: Callable[[str], None]) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready(_address(listener))

    config = uvicorn.Config(
        app, log_level="error", access_log=False, server_header=False, proxy_headers=False, lifespan="off", ws="none",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    Server(config).run(sockets=[listener])


def _listening(host: str, port: int, allow_remote: bool) -> socket.socket:
    """A socket that others can already connect to."""
    try:
        # A name may stand for several addresses; the first is taken, and looked at.
        family, *_rest, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError, OverflowError) as error:
        raise InputError(
            _("--host {host} --port {port}: no such address ({why})").format(host=host, port=port, why=error)
        ) from error
    if not allow_remote and not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback:
        raise InputError(
            _(
                "--host {host} can be reached from elsewhere, and whoever reaches it reads everything in the folder; "
                "say --allow-remote as well if that is meant"
            ).format(host=host)
        )
    try:
        return socket.create_server((str(address[0]), port), family=family)
    except (OSError, OverflowError) as error:
        raise InputError(
            _("--host {host} --port {port} cannot be listened on ({why}); --port 0 takes one that is free").format(
                host=host, port=port, why=first_line(error)
            )
        ) from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
