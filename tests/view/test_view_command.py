"""`forgetbench view` as a user starts it: a server of its own, and the ways out of it."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from drawn_results import write_results
from view_server import shown

from forgetbench.errors import InputError
from forgetbench.view import server

Command = Callable[..., subprocess.CompletedProcess[str]]


def ask(address: str, request: str) -> bytes:
    """The server's raw answer to a raw request: no client makes it decent first."""
    host, port = address.removeprefix("http://").strip("/").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode("latin-1"))
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer


def test_it_answers_and_ends_quietly(tmp_path: Path) -> None:
    with shown(tmp_path) as (process, address):
        assert address.startswith("http://127.0.0.1:")
        answer = ask(address, "GET / HTTP/1.1\nHost: localhost\nConnection: close\n\n")
        assert answer.startswith(b"HTTP/1.1 200") and b"comparisons: 0" in answer
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (130, "")


def test_its_pages_speak_the_language_that_is_asked_for(tmp_path: Path) -> None:
    write_results(tmp_path)
    with shown(tmp_path, "--lang", "zh") as (_, address):
        for page in ("/", "/comparisons/mild-vs-base", "/nowhere"):
            answer = ask(address, f"GET {page} HTTP/1.1\nHost: localhost\nConnection: close\n\n").decode()
            assert '<html lang="zh-CN">' in answer and "What fine-tuning cost" not in answer


def test_being_terminated_is_as_quiet(tmp_path: Path) -> None:
    with shown(tmp_path) as (process, _):
        process.terminate()
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (143, "")


@pytest.mark.parametrize(
    "target",
    ["/../../../../etc/passwd", "/comparisons/../../../../etc/passwd", "/comparisons/..%2f..%2f..%2fetc%2fpasswd",
     "//etc/passwd", "/comparisons/..", "http://evil.example/etc/passwd", "/comparisons/\xff\xfe"],
)  # fmt: skip
def test_raw_targets_lead_nowhere(tmp_path: Path, target: str) -> None:
    with shown(tmp_path) as (_, address):
        answer = ask(address, f"GET {target} HTTP/1.1\nHost: localhost\nConnection: close\n\n")
        assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400")) and b"root:" not in answer


def test_addresses_that_others_reach_are_refused(forgetbench: Command, tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        done = forgetbench("view", tmp_path, "--host", host, "--port", "0")
        assert done.returncode == 2
        assert "--allow-remote" in done.stderr and done.stderr.count("\n") == 1


def test_unless_it_is_told_to(tmp_path: Path) -> None:
    with shown(tmp_path, "--host", "0.0.0.0", "--allow-remote") as (_, address):
        local = address.replace("0.0.0.0", "127.0.0.1")
        answers = [
            ask(local, f"GET / HTTP/1.1\nHost: {host}\nConnection: close\n\n")[:12]
            for host in ("192.0.2.1", "evil.example")
        ]
        assert answers == [b"HTTP/1.1 200", b"HTTP/1.1 421"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["nowhere"], "no such folder"), ([".", "--host", "no such host"], "no such address"),
     ([".", "--port", "99999"], "--port 99999")],
)  # fmt: skip
def test_bad_input_is_one_line(forgetbench: Command, arguments: list[str], says: str) -> None:
    done = forgetbench("view", *arguments)
    assert done.returncode == 2
    assert says in done.stderr and done.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_told_of(forgetbench: Command, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = forgetbench("view", tmp_path, "--port", taken.getsockname()[1])
    assert done.returncode == 2 and "--port 0" in done.stderr


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_NEEDED", ("starlette", "no_such_package"))
    with pytest.raises(InputError, match=r"no_such_package: pip install 'forgetbench\[view\]'"):
        server.serve(tmp_path, "127.0.0.1", 0, allow_remote=False, ready=print)
