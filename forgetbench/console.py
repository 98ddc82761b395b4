"""The one place that prints. Names and messages come from files that anybody may have written, so all text is escaped
here, on its way out: what steers a terminal is spelled out, what a CI server takes for a command is broken, and one
message is one line.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from forgetbench.sanitize import printable, shorten

_LONGEST = 4000
"""Characters of one message."""
# Taken for commands at the start of a line by GitHub's runner, and by it, Azure's and TeamCity's anywhere; a section
# of GitLab's log.
_COMMAND = re.compile(r"^\s*:(?=:)|##(?=\w*\[)|section_(?=(?:start|end):)", re.MULTILINE)


class SafeConsole(Console):
    """A console whose own styles and cursor movements are the only ones that reach the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=harmless(segment.text))

    def on_broken_pipe(self) -> None:
        """The command decides what a reader that has left means; rich would exit with 1."""
        raise BrokenPipeError


def harmless(text: str) -> str:
    """`printable`, and nothing in it that a CI server takes for a command."""
    return _COMMAND.sub(lambda match: f"{match.group()} ", printable(text))


def stdout() -> SafeConsole:
    """A console on standard output, as wide as its terminal."""
    return SafeConsole(soft_wrap=False)


def stderr() -> SafeConsole:
    """A console on standard error."""
    return SafeConsole(stderr=True)


def on_stream(stream: IO[str]) -> SafeConsole:
    """A console on another stream."""
    return SafeConsole(file=stream)


def print_line(console: Console, text: str) -> None:
    """One line of plain text on a console, however long: no markup, no colours for what looks like a number."""
    console.print(_joined(text), highlight=False, markup=False, emoji=False, soft_wrap=True)


def say(text: str) -> None:
    """The same on standard output."""
    print(_line(text))


def say_lines(text: str) -> None:
    """Plain text of several lines on standard output."""
    print(harmless(text))


def tell(text: str) -> None:
    """One line of plain text on standard error: what went wrong, or cannot wait for the end."""
    print(_line(text), file=sys.stderr, flush=True)


def command(line: str) -> None:
    """A CI server's command, on standard output, where it is meant as one; the caller has escaped what it holds."""
    print(_joined(line))


def data(line: str) -> None:
    """A line that a program reads, however long, on standard output; the caller has made it harmless ASCII."""
    print(line)


def json_data(text: str) -> None:
    """JSON that a program reads, on standard output, in ASCII.

    What a CI server would take for a command in its log is spelled by escapes, which JSON readers undo.
    """
    ascii_only = json.dumps(json.loads(text), indent=1)
    print(ascii_only.replace("##", "#\\u0023").replace("section_", "section\\u005f"))


def never_fail_to_encode() -> None:
    """What a stream's encoding lacks is spelled out, where Python would raise UnicodeEncodeError."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _line(text: str) -> str:
    return harmless(_joined(text))


def _joined(text: str) -> str:
    return shorten(" ".join(printable(text).splitlines()), _LONGEST)
