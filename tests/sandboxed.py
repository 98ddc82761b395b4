"""Programs asked in the sandbox, and a look at processes outside it."""

from __future__ import annotations

import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from forgetbench import sandbox
from forgetbench.sandbox import Limits

MB = 2**20
SHORT = Limits(seconds=1, patience=30, memory_bytes=256 * MB, scratch_bytes=4 * MB)
IMPATIENT = replace(SHORT, patience=1)


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
