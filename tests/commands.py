"""The command line in processes of their own, forked from one that has imported what every command needs.

A command spends more processor time on imports than on its work. Each still gets a fresh process with its own folder,
environment, streams and exit code: only the imports are shared.
"""

from __future__ import annotations

import contextlib
import json
import os
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_IMPORTS = ["forgetbench.cli.app", "forgetbench.pipeline", "forgetbench.report.plots", "lm_eval.tasks", "scipy.stats"]
_COMMON = {"COLUMNS": "120", "HF_HUB_OFFLINE": "1"}
_READ_AT_IMPORT = ("HF_HOME", "HF_DATASETS_CACHE", "HOME", "LANG", "LC_", "MPL", "PYTHON", "XDG_")
"""Variables that an import reads, by how they begin."""
_ON_PATH = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as asked, asked.makefile("rw") as lines:
    asked.connect({address!r})
    print(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ), os.getpid()]), file=lines, flush=True)
    sys.exit(int(lines.readline()))
"""
_LIMIT = 1800
"""Seconds; more than the slowest command, a real model's, takes."""
_AT_START = dict(os.environ)
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(_IMPORTS)


def call_apart(arguments: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`forgetbench ARGUMENTS...` as a user runs it, imports and all."""
    return subprocess.run(
        [sys.executable, "-m", "forgetbench", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=_LIMIT,
        cwd=folder,
        env={**os.environ, **_COMMON, **environment},
    )


def call_forked(arguments: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The same without the imports."""
    with tempfile.TemporaryDirectory() as streams:
        stdout, stderr = Path(streams, "stdout"), Path(streams, "stderr")
        process = start_forked(arguments, folder, environment, stdout, stderr)
        process.join(_LIMIT)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"forgetbench {' '.join(arguments)} takes more than {_LIMIT} s")
        return subprocess.CompletedProcess(arguments, process.exitcode, stdout.read_text(), stderr.read_text())


@contextlib.contextmanager
def forked_on_path(folder: Path) -> Iterator[Path]:
    """A folder with a `forgetbench` in it for scripts: it hands over to forks, and ends as they do."""
    address = str(folder / "socket")
    program = folder / "forgetbench"
    program.write_text(_ON_PATH.format(python=sys.executable, address=address))
    program.chmod(0o755)
    with socketserver.ThreadingUnixStreamServer(address, _Asked) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield folder
        finally:
            server.shutdown()
            thread.join()


class _Asked(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        arguments, folder, environment, process = json.loads(self.rfile.readline())
        stdout, stderr = (Path(f"/proc/{process}/fd/{number}") for number in (1, 2))
        command = start_forked(arguments, Path(folder), environment, stdout, stderr)
        command.join(_LIMIT)
        self.wfile.write(f"{command.exitcode}\n".encode())


def can_be_forked(environment: dict[str, str]) -> bool:
    """Whether the imports, made anew, would see the environment that they have seen."""
    now = {**os.environ, **environment}
    changed = {name for name in {*now, *_AT_START} if now.get(name) != _AT_START.get(name)}
    return not any(name.startswith(_READ_AT_IMPORT) for name in changed)


def start_forked(
    arguments: list[str], folder: Path, environment: dict[str, str], stdout: Path, stderr: Path
) -> ForkServerProcess:
    """The command at work; what it says goes to the two files."""
    _start_server()
    everything = {**os.environ, **_COMMON, **environment}
    process = _FORKS.Process(target=_command, args=(arguments, folder, everything, stdout, stderr))
    process.start()
    return process


def _start_server() -> None:
    """In the environment of the commands; nothing where it runs already."""
    before = dict(os.environ)
    os.environ.update(_COMMON)
    try:
        forkserver.ensure_running()
    finally:
        os.environ.clear()
        os.environ.update(before)


def _command(arguments: list[str], folder: Path, environment: dict[str, str], stdout: Path, stderr: Path) -> None:
    from forgetbench.cli.app import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for path, number in ((stdout, 1), (stderr, 2)):
        with path.open("a") as stream:
            os.dup2(stream.fileno(), number)
    # The server's know of files where these are pipes, or the other way round.
    sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115
    sys.argv = ["forgetbench", *arguments]
    main()
