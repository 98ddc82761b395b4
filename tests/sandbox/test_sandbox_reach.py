"""The sandbox, attacked from inside: what a program must not reach."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from sandboxed import ask, attempt, below, starter, wait_until

from forgetbench.sandbox import bubblewrap, inside

pytestmark = pytest.mark.usefixtures("consent")


def test_a_file_outside_cannot_be_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("password")
    secret.chmod(0o644)
    assert attempt(f"open({str(secret)!r}).read()") == "FileNotFoundError"


def test_only_interpreter_libraries_and_scratch_are_there() -> None:
    shown = set(ask("import os; say(*os.listdir('/'))").split())
    trees, links = bubblewrap.visible()
    assert shown == {Path(path).parts[1] for path in (*trees, *(link for link, _ in links), "/tmp/x")}
    assert ask("import os; say(*os.listdir('/tmp'))") == ""
    for path in ("/proc", "/dev", "/sys", "/etc/passwd", "/etc/shadow", str(Path(__file__)), str(Path.home() / ".ssh")):
        assert ask(f"import os; say(os.path.exists({path!r}))") == "False"


def test_nothing_can_be_written_but_scratch() -> None:
    for place in ("/x", "/usr/lib/x", f"{sys.base_prefix}/lib/x", "/etc/x"):
        assert attempt(f"open({place!r}, 'w')") in ("OSError", "PermissionError")
    assert attempt("os.chmod('/usr/lib', 0o777)") in ("OSError", "PermissionError")
    assert attempt("open('/tmp/x', 'w').write('x')") == "done"
    assert attempt("open('x', 'w').write('x')") == "done"


def test_scratch_is_empty_for_the_next_program() -> None:
    assert attempt("open('/tmp/left', 'w').write('x')") == "done"
    assert ask("import os; say(os.path.exists('/tmp/left'))") == "False"


def test_the_network_cannot_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        assert attempt(f"socket.create_connection({address!r}, timeout=2)", "socket") == "OSError"
    assert attempt("socket.socket(40, socket.SOCK_STREAM)", "socket") == "OSError"  # AF_VSOCK


@pytest.mark.usefixtures("namespaces_alone")
def test_without_the_filter_the_namespaces_still_hold(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert (
            attempt(f"socket.create_connection({server.getsockname()!r}, timeout=2)", "socket")
            == "ConnectionRefusedError"
        )
    assert attempt(f"os.kill({os.getpid()}, 0)") == "ProcessLookupError"
    assert attempt("os.kill(1, 9); time.sleep(0.1)", "os, time") in ("done", "PermissionError")
    assert attempt(f"open({str(tmp_path)!r})") == "FileNotFoundError"
    assert attempt("os.chroot('/tmp')") == "PermissionError"
    assert attempt("os.setuid(0)") in ("PermissionError", "OSError")
    mount = "assert ctypes.CDLL(None).mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0"
    assert attempt(mount, "ctypes") == "AssertionError"


def test_no_process_can_be_seen_signalled_or_started() -> None:
    assert attempt(f"os.kill({os.getpid()}, 0)") == "ProcessLookupError"
    assert attempt("os.kill(1, 9); time.sleep(0.1)", "os, time") in ("done", "PermissionError")
    assert attempt("os.fork()") == "OSError"
    assert attempt(f"os.posix_spawn({bubblewrap.interpreter()!r}, ['python'], {{}})") == "OSError"
    assert (
        attempt(f"subprocess.run([{bubblewrap.interpreter()!r}, '-c', ''], stdin=0, stdout=1)", "subprocess")
        == "OSError"
    )


def test_a_thread_can_be_started() -> None:
    assert ask("import threading\nt = threading.Thread(target=say, args=('hello',)); t.start(); t.join()") == "hello"


def test_no_rights_no_environment_no_input_no_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "password")
    assert ask("import os; say(sorted(os.environ.keys() - {'LC_CTYPE', 'PWD'}))") == "[]"
    assert ask("say(repr(sys.stdin.read()))") == "''"
    assert ask("import os; say(os.getuid(), os.geteuid(), os.getgid())") == "65534 65534 65534"
    opened = "import os\nfor fd in range(64):\n    try: os.fstat(fd); say(fd)\n    except OSError: pass"
    assert ask(opened).split() == ["0", "1", "2", "3"]
    assert ask("say(sys.argv)") == "['-c']"
    # PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP (2: a filter), and no capability of the 41, effective or permitted.
    assert ask("import ctypes; p = ctypes.CDLL(None).prctl; say(p(39, 0, 0, 0, 0), p(21))") == "1 2"
    capget = (
        "import ctypes\nheader = (ctypes.c_uint32 * 2)(0x20080522, 0); data = (ctypes.c_uint32 * 6)()\n"
        "assert ctypes.CDLL(None).capget(header, data) == 0\nsay(data[0], data[1], data[3], data[4])"
    )
    assert ask(capget) == "0 0 0 0"


def test_outside_the_program_is_nobody_or_the_user() -> None:
    process = starter("import time; time.sleep(30)")
    try:
        # The program is the last of the chain; on its way in it is root of its namespace.
        assert wait_until(lambda: len(below(process.pid)) == 3)
        program = Path(f"/proc/{below(process.pid)[-1]}")
        assert wait_until(lambda: program.stat().st_uid == (os.geteuid() or inside.NOBODY))
    finally:
        process.kill()
        process.wait(timeout=20)
