"""The sandbox, attacked from inside: what a program must not use up."""

from __future__ import annotations

import os
import resource
import signal
import time
from pathlib import Path

import pytest
from sandboxed import IMPATIENT, MB, SHORT, attempt, below, starter, wait_until

from forgetbench import sandbox
from forgetbench.sandbox import Limits

pytestmark = pytest.mark.usefixtures("consent")


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
