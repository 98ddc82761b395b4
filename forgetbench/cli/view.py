"""`forgetbench view`: a results folder in the browser."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from forgetbench.cli.console import say
from forgetbench.cli.guard import INTERRUPTED, TERMINATED, Terminated
from forgetbench.messages import translated as _


def view(
    results: Annotated[Path, Parameter(help="A results folder.")] = Path("results"),
    /,
    *,
    port: Annotated[int, Parameter(help="0 takes any that is free.")] = 8642,
    host: Annotated[str, Parameter(help="Address to listen on.")] = "127.0.0.1",
    allow_remote: Annotated[bool, Parameter(help="Let --host be an address that other machines reach.")] = False,
) -> int:
    """Show a results folder in the browser, items and all, until Ctrl-C.

    Only this machine reaches it, and nothing can be written through it.
    """
    from forgetbench.view.server import serve

    def ready(address: str) -> None:
        say(_("{results} is shown at {address} until Ctrl-C").format(results=results, address=address))
        sys.stdout.flush()  # whoever waits for the address may read a pipe

    try:
        serve(results, host, port, allow_remote=allow_remote, ready=ready)
    except KeyboardInterrupt as stopped:
        # The usual end of it, of which nothing needs to be said.
        return TERMINATED if isinstance(stopped, Terminated) else INTERRUPTED
    return 0
