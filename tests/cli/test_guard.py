"""Exit code 1 means a regression and nothing else."""

from __future__ import annotations

import errno
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from forgetbench.cli.guard import Terminated, run_guarded
from forgetbench.errors import EngineError, ForgetbenchError, InputError

MISSING = ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib.axes")
FAULTS = [
    (TypeError("bad \x1b[2J\nsecond line"), 4, r"unexpected TypeError: bad \\x1b\[2J; this is a fault in forgetbench"),
    (KeyError("x"), 4, "unexpected KeyError"),
    (ValueError(), 4, "unexpected ValueError: ValueError"),
    (UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range"), 4, "unexpected UnicodeEncodeError"),
    (RecursionError("maximum recursion depth exceeded"), 4, "unexpected RecursionError"),
    (AssertionError(), 4, "unexpected AssertionError"),
    (MemoryError(), 4, "the memory does not suffice"),
    (OSError(errno.ENOSPC, "No space left on device", "x/y"), 4, "x/y: No space left on device"),
    (OSError(errno.EMFILE, "Too many open files"), 4, "Too many open files"),
    (PermissionError(errno.EACCES, "Permission denied", "x/y"), 2, "x/y: Permission denied"),
    (IsADirectoryError(errno.EISDIR, "Is a directory", b"x\xff"), 2, "Is a directory"),
    (OSError(errno.ENAMETOOLONG, "File name too long", "x" * 300), 2, "File name too long"),
    (MISSING, 2, "the package 'matplotlib' is missing"),
    (SystemExit(1), 4, r"ended the program \(SystemExit 1\)"),
    (SystemExit(0), 4, r"ended the program \(SystemExit 0\)"),
    (SystemExit("a message"), 4, "ended the program"),
    (SystemExit(), 4, "ended the program"),
    (GeneratorExit(), 4, "unexpected GeneratorExit"),
    (ExceptionGroup("several", [TypeError("x")]), 4, "unexpected ExceptionGroup"),
    (InputError("a.yaml: field 'x': wrong"), 2, "^forgetbench: a.yaml: field 'x': wrong$"),
    (EngineError("it broke\nbadly"), 4, "^forgetbench: it broke badly$"),
    (KeyboardInterrupt(), 130, "^interrupted"),
    (Terminated(), 143, "^terminated"),
    (SystemExit(143), 143, "^terminated"),
]


@pytest.mark.parametrize(("error", "code", "line"), FAULTS, ids=lambda value: re.sub(r"\W+", " ", repr(value))[:30])
def test_every_way_out_has_its_code_and_one_line(
    error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fails() -> None:
        raise error

    before = signal.getsignal(signal.SIGTERM)
    try:
        assert run_guarded(fails) == code
    finally:
        signal.signal(signal.SIGTERM, before)
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1 and re.search(line, shown.rstrip("\n")), shown
    expected = not isinstance(error, ForgetbenchError) and code < 128
    written = list(tmp_path.glob("forgetbench-*.traceback.txt"))
    assert len(written) == expected
    if written:
        assert str(written[0]) in shown
        assert written[0].stat().st_mode & 0o077 == 0
        assert type(error).__name__ in written[0].read_text()


@pytest.mark.parametrize(("value", "code"), [(None, 0), (0, 0), (3, 3), (1, 1)])
def test_a_command_that_ends_well_says_its_own_code(value: int | None, code: int) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert run_guarded(lambda: value) == code
    finally:
        signal.signal(signal.SIGTERM, before)


def test_without_room_for_a_traceback_the_line_says_where(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/dev/null/nowhere")
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert run_guarded(lambda: 1 / 0) == 4
    finally:
        signal.signal(signal.SIGTERM, before)
    assert re.search(r"ZeroDivisionError.*ends at .*test_guard.py:\d+", capsys.readouterr().err)


def call(code: str, *, shell: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """A program of the given Python code, guarded, in a process of its own; `shell` follows it in a pipe."""
    program = f"import sys\nfrom forgetbench.cli.guard import run_guarded\n{code}\nsys.exit(run_guarded(command))"
    return subprocess.run(
        ["bash", "-c", f'set -o pipefail; "$0" -c "$1" {shell}', sys.executable, program],
        capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin", **environment},
    )  # fmt: skip


def test_a_reader_that_has_left_ends_it_quietly() -> None:
    done = call("def command():\n    [print('x' * 100) for _ in range(100000)]", shell="| head -n 1")
    assert (done.returncode, done.stderr) == (141, "")
    rich = "from forgetbench.console import stdout\ndef command():\n    [stdout().print('x' * 60) for _ in range(5000)]"
    done = call(rich, shell="| head -n 1")
    assert (done.returncode, done.stderr) == (141, "")


def test_help_that_nobody_reads_ends_as_quietly() -> None:
    # `true` has left long before the first line is written.
    script = 'set -o pipefail; "$0" -m forgetbench run --help | true'
    done = subprocess.run(["bash", "-c", script, sys.executable], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_terminal_without_unicode_spells_it_out() -> None:
    done = call("def command():\n    print('−1 ▼')", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout, done.stderr) == (0, "\\u22121 \\u25bc\n", "")


def test_termination_is_told_and_has_its_code() -> None:
    code = "import os, signal, time\ndef command():\n    os.kill(os.getpid(), signal.SIGTERM)\n    time.sleep(60)"
    done = call(code)
    assert done.returncode == 143
    assert done.stderr.startswith("terminated; what was done is kept")
