"""`forgetbench flips`: items in the terminal and as JSON Lines."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from flip_worlds import compared, made
from hostile_outputs import steers
from hostile_strings import HOSTILE

from forgetbench.cli.flips import Outcome
from forgetbench.console import SafeConsole
from forgetbench.report.flips import OUTCOMES, read_flips
from forgetbench.report.flips.terminal import by_worst, json_lines, print_flips

Call = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return made(tmp_path_factory.mktemp("results"))


def test_items_are_shown_side_by_side(forgetbench: Call, folders: list[Path]) -> None:
    done = forgetbench("flips", *folders, "--task", "capitals_open", "--outcome", "locked")
    assert done.returncode == 0, done.stderr
    shown = " ".join(done.stdout.split())
    assert "capital/Paris capitals_open" in shown and "right Paris" in shown
    assert "harsh ▼ locked 0.0 It is Wien, I think. (read: Wien)" in shown
    assert "mild ● kept 100.0 It is Paris, I think." in shown and "1 of 1 items" in shown


def test_a_limit_shows_the_worst_of_them(forgetbench: Call, folders: list[Path]) -> None:
    done = forgetbench("flips", folders[0], "--limit", "1")
    assert "capital/Rome" in done.stdout and "1 of 11 items" in done.stdout


def test_json_lines_go_to_a_file_and_into_a_pipe(forgetbench: Call, folders: list[Path], tmp_path: Path) -> None:
    piped = forgetbench("flips", folders[0], "--sort", "lost", "--domain", "knowledge", "--jsonl", "-")
    rows = [json.loads(line) for line in piped.stdout.splitlines()]
    assert len(rows) == 10 and rows[0]["candidates"][0]["lost"] == 5.0 and rows[0]["names"] == ["base", "harsh"]
    path = tmp_path / "items.jsonl"
    assert forgetbench("flips", folders[0], "--sort", "lost", "--domain", "knowledge", "--jsonl", path).stdout == ""
    assert path.read_text() == piped.stdout


def test_what_is_no_comparison_is_told_in_a_line(forgetbench: Call, tmp_path: Path) -> None:
    done = forgetbench("flips", tmp_path)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--task", "capital_open"), "--task capital_open: none here; did you mean 'capitals_open'?"),
        (("--domain", "math"), "--domain math: none here; known: creativity, knowledge"),
        (("--limit", "-1"), "--limit -1: must be at least 1"),
        (("--limit", "0"), "--limit 0: must be at least 1"),
    ],
)
def test_what_cannot_be_shown_is_told_and_nothing_written(
    forgetbench: Call, folders: list[Path], tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = forgetbench("flips", *folders, *arguments, "--jsonl", tmp_path / "items.jsonl")
    assert (done.returncode, done.stderr) == (2, f"forgetbench: {told}\n")
    assert not (tmp_path / "items.jsonl").exists()


def test_a_report_written_elsewhere_knows_its_runs(forgetbench: Call, folders: list[Path], tmp_path: Path) -> None:
    runs = folders[0].parent.parent / "runs"
    done = forgetbench("compare", runs / "run-base", runs / "run-harsh", "--out", tmp_path / "apart")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "apart" / "report.html").read_text()
    assert "flips-rows" in page and "are not known of" not in page
    assert forgetbench("report", tmp_path / "apart").returncode == 0
    assert "are not known of run-base, run-harsh" in (tmp_path / "apart" / "report.html").read_text()


def test_the_command_knows_every_outcome() -> None:
    assert set(get_args(Outcome)) == set(OUTCOMES)


def test_hostile_texts_steer_no_terminal_and_no_log(tmp_path: Path) -> None:
    flips = read_flips(compared(made(tmp_path / "results", HOSTILE)[:1]))
    stream = io.StringIO()
    print_flips(SafeConsole(file=stream, width=100), flips, 1000)
    for line in stream.getvalue().split("\n"):
        assert not list(steers(line))
        assert not line.lstrip().startswith("::") and "##vso[" not in line and "##[" not in line
    for line in json_lines(flips):
        assert line.isascii() and "##" not in line and "section_start" not in line
    assert [json.loads(line)["item_id"] for line in json_lines(flips)] == [row.item_id for row in flips.rows]


def test_the_worst_are_sorted_by_what_the_right_answer_lost(folders: list[Path]) -> None:
    rows = by_worst(read_flips(compared(folders[:1])).rows)
    assert (rows[0].task, rows[0].item_id) == ("capitals_choice", "capital/Rome")
