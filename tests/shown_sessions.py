"""What a page shows of the command line, done again; `python tests/shown_sessions.py PAGE...` writes it as it is now.

A session is an indented block of code: commands up to the first empty line, and after it what they print. That is
compared word for word and not line for line, since pages break lines where a terminal does not. Fenced blocks are not
run; one with a title is the file of that name, which the commands find.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(?<=\n\n)(?: {4}.*\n)+(?:\n+(?: {4}.*\n)+)*")
FILE = re.compile(r'^```\w+ title="(?P<name>[^"]+)"\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
WIDTH = 112


@dataclass(frozen=True, slots=True)
class Session:
    """An indented block of a page."""

    script: str
    shown: str
    """What the page says it prints; empty where it says nothing."""

    @classmethod
    def of(cls, block: str) -> Session:
        script, _, shown = textwrap.dedent(block).strip("\n").partition("\n\n")
        return cls(script, shown)


def sessions(page: str) -> list[Session]:
    """The page's blocks, from top to bottom."""
    return [Session.of(block) for block in BLOCK.findall(page)]


def write_files(page: str, folder: Path) -> None:
    """The files that the page shows, in the folder that its commands run in."""
    for file in FILE.finditer(page):
        path = folder / file["name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["text"])


def printed(asked: Sequence[Session], folder: Path, path: str) -> Iterator[str]:
    """What each prints, one after the other, in a folder with the published results; programs are found on `path`."""
    shutil.copytree(ROOT / "results", folder / "results", ignore=shutil.ignore_patterns(".*", "benchmarks"))
    for name in ("docs", "tests"):
        (folder / name).symlink_to(ROOT / name)
    environment = {**os.environ, "PATH": path, "COLUMNS": "100", "HF_HUB_OFFLINE": "1"}
    for session in asked:
        command = ["bash", "-c", session.script]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        done = subprocess.run(command, cwd=folder, env=environment, text=True, check=False, **pipes)
        yield done.stdout.replace(f"{folder}/", "").lstrip("\n")


def written_anew(page: str, outputs: Sequence[str]) -> str:
    """The page with what was printed; where it shows nothing, nothing is added."""
    waiting = iter(outputs)

    def anew(block: re.Match[str]) -> str:
        session, output = Session.of(block.group()), next(waiting)
        text = f"{session.script}\n\n{broken(output)}" if session.shown else session.script
        return "".join(f"    {line}".rstrip() + "\n" for line in text.rstrip("\n").split("\n"))

    return BLOCK.sub(anew, page)


def broken(output: str) -> str:
    """Long lines in several, further in than they begin."""
    lines = []
    for line in output.rstrip().split("\n"):
        inner = " " * (len(line) - len(line.lstrip()) + 2)
        lines += (
            textwrap.wrap(line, WIDTH, subsequent_indent=inner, break_long_words=False) if len(line) > WIDTH else [line]
        )
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        text = path.read_text()
        with tempfile.TemporaryDirectory() as scratch:
            write_files(text, Path(scratch))
            path.write_text(written_anew(text, list(printed(sessions(text), Path(scratch), os.environ["PATH"]))))
