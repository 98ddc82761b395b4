"""What ends a command without a word is told in one line, with exit code 4."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """import os, signal, sys, time
from forgetbench.cli.guard import run_guarded
from forgetbench.cli.watched import run_watched
def command():
    {body}
sys.exit(run_watched(lambda: run_guarded(command)))
"""


def started(body: str) -> subprocess.Popen[str]:
    program = [sys.executable, "-c", PROGRAM.format(body=body)]
    return subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGILL", "SIGABRT", "SIGKILL"])
def test_a_fault_is_one_line_and_exit_code_4(name: str) -> None:
    process = started(f"os.kill(os.getpid(), signal.{name})")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 4
    assert len(errors.splitlines()) == 1 and errors.startswith("forgetbench: ") and f"({name})" in errors
    assert "goes on from there" in errors
    if name != "SIGKILL":
        written = re.search(r"where Python was is in (\S+\.txt)", errors)
        assert written is not None and "--engine transformers" in errors
        assert "in command" in Path(written[1]).read_text()
        Path(written[1]).unlink()


@pytest.mark.parametrize(("body", "code"), [("return 3", 3), ("return None", 0), ("1 / 0", 4)])
def test_what_ends_with_a_word_is_left_as_it_is(body: str, code: int) -> None:
    process = started(body)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert ("ZeroDivisionError" in errors) == (body == "1 / 0")


@pytest.mark.parametrize(("number", "code", "word"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")])
def test_what_is_sent_to_the_watcher_reaches_the_command(number: str, code: int, word: str) -> None:
    process = started("print('ready', flush=True); time.sleep(60)")
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    process.send_signal(signal.Signals[number])
    _, errors = process.communicate(timeout=50)
    assert process.returncode == code and errors.startswith(word)


@pytest.mark.parametrize(("number", "code", "word"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")])
def test_what_a_whole_group_is_sent_counts_once(number: str, code: int, word: str) -> None:
    """The command gets it from the sender and from the watcher, often while it already ends."""
    body = "print('ready', flush=True); time.sleep(60)"
    program = [sys.executable, "-c", PROGRAM.format(body=body)]
    process = subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.Signals[number])
    _, errors = process.communicate(timeout=50)
    assert process.returncode == code and errors.startswith(word) and len(errors.splitlines()) == 1


def test_a_killed_watcher_leaves_nobody_behind() -> None:
    process = started("print(os.getpid(), flush=True); time.sleep(60)")
    assert process.stdout is not None
    child = Path("/proc", process.stdout.readline().strip())
    process.kill()
    process.communicate(timeout=50)
    # A process that has ended stays listed until its new parent, which may take a while, has read its status.
    for _ in range(200):
        if not child.exists() or "State:\tZ" in (child / "status").read_text():
            break
        time.sleep(0.05)
    else:
        pytest.fail("the command outlives the one that watched it")
