"""How programs end in the sandbox, whatever they do to look otherwise."""

from __future__ import annotations

import signal

import pytest
from sandboxed import SHORT, ask

from forgetbench import sandbox
from forgetbench.sandbox import Limits

pytestmark = pytest.mark.usefixtures("consent")


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
