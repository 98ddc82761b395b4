"""One place prints, and what it prints steers nothing."""

from __future__ import annotations

import ast
import io
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from forgetbench import console
from forgetbench.progress import Progress, show_progress

PACKAGE = Path(console.__file__).parent
STEERING = "name \x1b]0;title\x07\x1b]52;c;ZXZpbA==\x07\x9b2J\u202e[red]x[/] {evil} \r::error::x"


def prints(path: Path) -> list[int]:
    """Lines that write to a terminal without `forgetbench.console`."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            own = called in ("print", "sys.stdout.write", "sys.stderr.write", "os.write", "Console", "rich.print")
            if own or called.endswith(("stdout.buffer.write", "stderr.buffer.write", "traceback.print_exc")):
                found.append(node.lineno)
    return found


def test_one_place_prints() -> None:
    # The sandbox's own processes have pipes, no terminal.
    elsewhere = [path for path in PACKAGE.rglob("*.py") if path.name != "console.py" and "sandbox" not in path.parts]
    assert {str(path.relative_to(PACKAGE)): prints(path) for path in elsewhere if prints(path)} == {}


@pytest.mark.parametrize("printed", [console.say, console.tell, console.command], ids=lambda each: each.__name__)
def test_a_message_is_one_harmless_line(printed: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(printed)
    printed(f"two\nlines {STEERING}")
    shown = "".join(capsys.readouterr())
    assert shown.count("\n") == 1
    assert not set(shown) & set("\x1b\x07\x9b\r\u202e")
    assert "[red]x[/] {evil}" in shown  # markup is text


@pytest.mark.parametrize(
    "text",
    ["::error::x", "  ::set-output name=a::1", "::add-mask::x", "x ##[error]y", "##vso[task.setvariable]x",
     "##teamcity[x]", "\x1b[0Ksection_start:1:x\r\x1b[0K", "a\n::error::x", "a\r::error::x", "a\u2028::error::x"],
)  # fmt: skip
def test_no_text_becomes_a_workflow_command(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    console.say(text)
    console.tell(text)
    console.say_lines(text)
    table = Table(box=None, pad_edge=False)
    table.add_column("name")
    table.add_row(text)
    console.stdout().print(table)
    for line in "".join(capsys.readouterr()).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line and "##vso[" not in line and "##teamcity[" not in line
        assert "section_start:" not in line


def test_a_command_for_github_stays_one(capsys: pytest.CaptureFixture[str]) -> None:
    console.command("::error title=x::y")
    assert capsys.readouterr().out == "::error title=x::y\n"


def test_progress_takes_names_as_text() -> None:
    """On a terminal the bar is drawn by a thread of its own, which broken markup would end."""
    stream = io.StringIO()
    terminal = console.SafeConsole(file=stream, force_terminal=True, width=200)
    with show_progress(terminal) as progress:
        progress.start("asking [/] [red]x\x1b]0;title\x07\nmore", 10)
        progress.advance(3)
        progress.label("[/red] \x9b2J [link=x]")
        time.sleep(0.3)
        progress.start("next", 0)
    shown = stream.getvalue()
    assert "\x1b]0;" not in shown and "\x07" not in shown and "\x9b" not in shown
    assert "asking [/] [red]x" in shown and "[/red]" in shown


def test_a_note_is_one_harmless_line(capsys: pytest.CaptureFixture[str]) -> None:
    Progress().note(f"first\n{STEERING}")
    assert capsys.readouterr().err.count("\n") == 1


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_printed_steers_a_terminal(text: str) -> None:
    stream = io.StringIO()
    console.print_line(console.SafeConsole(file=stream, width=80), text)
    assert all(char.isprintable() or char in "\n\t\u200c\u200d" or ord(char) > 0x9F for char in stream.getvalue())
    assert stream.getvalue().count("\n") == 1
