"""Whether a sandbox can be made on this machine: it is made, and a program in it tries to get out."""

from __future__ import annotations

import functools
import os
import platform
import socket
import sys
import tempfile
from pathlib import Path

from forgetbench.errors import EngineError
from forgetbench.sandbox.bubblewrap import SCRATCH, Limits, executable, visible
from forgetbench.sandbox.cell import execute, last_line
from forgetbench.sandbox.system_calls import allowed_calls

_INSTALL = (
    "install bubblewrap and libseccomp (apt install bubblewrap libseccomp2, dnf install bubblewrap libseccomp, "
    "pacman -S bubblewrap libseccomp), and pip install 'forgetbench[sandbox]'"
)

_CANARY = """
import os, socket

def closed(what, attempt):
    try:
        attempt()
    except OSError:
        return
    raise SystemExit(what)

closed("a file outside can be read", lambda: open({secret!r}).read())
for folder, shown in {shown!r}.items():
    if os.path.isdir(folder) and not set(os.listdir(folder)) <= set(shown):
        raise SystemExit("files outside can be seen: " + folder)
closed("the root can be written", lambda: open("/canary", "w"))
closed("the system's libraries can be written", lambda: open({library!r} + "/canary", "w"))
closed("other processes can be seen", lambda: os.listdir("/proc"))
closed("other processes can be signalled", lambda: os.kill({parent}, 0))
closed("a process can be started", os.fork)
closed("memory can be had that is not counted", lambda: os.memfd_create("canary"))
closed("the network can be reached", lambda: socket.create_connection(("127.0.0.1", {port}), timeout=1))
if os.environ.keys() - {{"LC_CTYPE", "PWD"}}:
    raise SystemExit("the environment can be read")
if os.getuid() == 0 or os.geteuid() == 0:
    raise SystemExit("it runs as root")
with open("canary", "w") as file:
    file.write("the scratch folder works")
"""


@functools.cache
def unavailable() -> str | None:
    """Why no sandbox can be made here, with a hint at what to do; None where one was made and held."""
    if sys.platform != "linux":
        return f"it is made of Linux namespaces, and this is {platform.system()}; use a Linux machine"
    try:
        executable()
        allowed_calls()
    except EngineError as error:
        return f"{error}; {_INSTALL}"
    try:
        leak = _leak()
    except (EngineError, OSError) as error:
        return f"{error}; {hint(Path('/proc/sys'))}"
    return f"in a trial, {leak}; please report this" if leak else None


def _leak() -> str | None:
    """What a program in a sandbox could do that it must not; None where everything was closed."""
    with tempfile.NamedTemporaryFile() as secret, socket.create_server(("127.0.0.1", 0)) as server:
        os.fchmod(secret.fileno(), 0o644)  # so that only the sandbox stands in the way
        program = _CANARY.format(
            secret=secret.name,
            shown={folder: _shown(folder) for folder in ("/", str(Path.home()))},
            library=os.path.realpath("/lib"),
            parent=os.getpid(),
            port=server.getsockname()[1],
        )
        outcome = execute(program, Limits())
    if outcome.passed:
        return None
    return last_line(outcome.stderr) or f"its program was not run to the end ({outcome.state})"


def _shown(folder: str) -> list[str]:
    """The names in `folder` that lead to what a cell shows."""
    trees, links = visible()
    paths = [Path(SCRATCH), *map(Path, trees), *(Path(link) for link, _ in links)]
    return [path.relative_to(folder).parts[0] for path in paths if Path(folder) in path.parents]


def hint(settings: Path) -> str:
    """What most likely refused the namespaces, by the kernel's own settings under /proc/sys."""

    def value(name: str) -> str:
        file = settings / name
        return file.read_text().strip() if file.is_file() else ""

    if value("kernel/apparmor_restrict_unprivileged_userns") == "1" and os.geteuid() != 0:
        return (
            "AppArmor keeps user namespaces from ordinary users here (Ubuntu 23.10 and later): "
            "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run as root"
        )
    for name, open_ in (("user/max_user_namespaces", "15000"), ("kernel/unprivileged_userns_clone", "1")):
        if value(name) == "0":
            return f"user namespaces are switched off here: sudo sysctl {name.replace('/', '.')}={open_}"
    return (
        "it needs user namespaces, which containers refuse by default: start the container with "
        "--cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
    )
