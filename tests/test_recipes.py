"""Pages of commands are followed: every one prints what they say it does."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from commands import forked_on_path
from shown_sessions import ROOT, printed, sessions, write_files, written_anew

RECIPES = [*sorted((ROOT / "docs" / "recipes").glob("*.md")), ROOT / "docs" / "add_a_task.md"]

# The end of a run's id: a hash of all that decides its answers, the code of its metrics among it.
FINGERPRINT = re.compile(r"(?<=-)[0-9a-f]{10}(?=\b)")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_prints_what_it_shows(recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = sessions(recipe.read_text())
    (work := tmp_path / "work").mkdir()
    write_files(recipe.read_text(), work)
    (programs := tmp_path / "bin").mkdir()
    with forked_on_path(programs):
        for session, output in zip(shown, printed(shown, work, f"{programs}:{os.environ['PATH']}"), strict=True):
            if session.shown:
                assert told(session.shown) == told(output), f"python tests/shown_sessions.py {recipe}"
            else:
                assert "forgetbench:" not in output, output


def told(text: str) -> list[str]:
    """Its words, since pages break lines elsewhere, and run ids without their hashes: a better reader changes those."""
    return FINGERPRINT.sub("HASH", text).split()


def test_files_of_a_page_lie_where_it_says(tmp_path: Path) -> None:
    write_files('So\n\n```yaml title="mine/a.yaml"\ntask: a\n```\n\n```yaml\nno: file\n```\n', tmp_path)
    assert {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*.*")} == {
        "mine/a.yaml": "task: a\n"
    }


def test_sessions_are_read_and_written() -> None:
    page = "Say\n\n    echo a b\n    echo c\n\n    a b\n\n    c\n\nand\n\n```sh\nnot me\n```\n\n    true\n\nEnd.\n"
    first, second = sessions(page)
    assert (first.script, first.shown) == ("echo a b\necho c", "a b\n\nc")
    assert (second.script, second.shown) == ("true", "")
    assert written_anew(page, ["a\n", "left out"]) == page.replace("    a b\n\n    c\n", "    a\n", 1)
