"""Every command that README.md and docs/ show is one, and has the options that it is shown with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App
from markdown_it import MarkdownIt

from forgetbench.cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")]
COMMAND = re.compile(r"(?:^|&& |; |\| |- |\$ |run: |bin/)forgetbench (?P<words>[a-z].*)")
SHOWN_BY_EVERY_COMMAND = {"--help", "--version", "--lang"}


def shown(page: str) -> Iterator[str]:
    """The words that follow `forgetbench` where code gives it as a command, continued lines joined."""
    for token in MarkdownIt().enable("table").parse(page):
        for code in [token, *(token.children or [])]:
            if code.type in {"fence", "code_block", "code_inline"}:
                for line in re.sub(r"\\\n\s*", "", code.content).split("\n"):
                    if (command := COMMAND.search(line.strip())) is not None:
                        yield command["words"]


def wrong(words: str) -> str | None:
    """What there is no such command or option of, or None."""
    found: App = app
    tokens = split(words)
    while tokens and not tokens[0].startswith("-") and tokens[0] in found:
        found = found[tokens.pop(0)]
    if found is app:
        return tokens[0]
    options = {name for argument in found.assemble_argument_collection() for name in argument.names}
    used = {token.partition("=")[0] for token in tokens if token.startswith("--")}
    return next(iter(used - options - SHOWN_BY_EVERY_COMMAND), None)


def split(words: str) -> list[str]:
    """As a shell does, up to a comment or the next command."""
    lexer = shlex.shlex(words.replace("'", " "), posix=True, punctuation_chars="|;&<>()")
    lexer.whitespace_split = True
    tokens: list[str] = []
    for token in lexer:
        if set(token) <= set("|;&<>()"):
            break
        tokens.append(token.strip("[].,"))
    return tokens


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_page_shows_commands_as_they_are(page: Path) -> None:
    assert [(words, what) for words in shown(page.read_text()) if (what := wrong(words)) is not None] == []


def test_what_is_wrong_is_found() -> None:
    assert wrong("run a --base b --limit 3") is None
    assert wrong("policy init FILE   # and so on --nonsense") is None
    assert wrong("run a --no-such-option") == "--no-such-option"
    assert wrong("rnu a") == "rnu"
    assert list(shown("Say `forgetbench gate X`:\n\n    forgetbench run a \\\n        --base b\n")) == [
        "gate X",
        "run a --base b",
    ]
