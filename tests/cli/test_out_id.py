"""`--out-id`: what a command made, named for the one that comes next."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from forgetbench.errors import InputError
from forgetbench.storage.made import (
    Made,
    MadeComparison,
    MadeRun,
    comparison_folder,
    forget_made,
    run_folder,
    write_made,
)

Call = Callable[..., "subprocess.CompletedProcess[str]"]
SCRIPTED = ("--engine", "scripted", "--task", "format_shape", "--limit", "6")


def made(candidate: str, protocol: str = "native") -> MadeComparison:
    return MadeComparison(
        f"{candidate}-vs-base", "base", candidate, "f" * 64, protocol, f"/results/{candidate}-{protocol}"
    )


def test_one_comparison_is_taken_and_several_are_not(tmp_path: Path) -> None:
    path = tmp_path / "made.json"
    write_made(path, Made(comparisons=(made("a"),)))
    assert comparison_folder(path) == Path("/results/a-native")
    write_made(path, Made(comparisons=(made("a", "completion"), made("a"))))
    assert comparison_folder(path) == Path("/results/a-native")
    write_made(path, Made(comparisons=(made("a"), made("b"))))
    with pytest.raises(InputError, match="holds 2 comparisons, one is wanted: a, b; give the folder of one"):
        comparison_folder(path)
    write_made(path, Made(runs=(MadeRun("a-1", "a", "/results/runs/a-1"),)))
    assert run_folder(path) == Path("/results/runs/a-1")
    with pytest.raises(InputError, match="holds no comparison, one is wanted"):
        comparison_folder(path)


def test_any_other_path_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "comparison.json").write_text("{}")
    (tmp_path / "odd.json").write_bytes(b"\xff\xfe")
    for path in (tmp_path, tmp_path / "comparison.json", tmp_path / "odd.json", tmp_path / "nothing"):
        assert comparison_folder(path) == path == run_folder(path)


def test_a_file_that_cannot_be_replaced_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder is in the file's place; remove it, or name another file"):
        forget_made(tmp_path)


def test_the_next_command_takes_the_file(forgetbench: Call, tmp_path: Path) -> None:
    assert forgetbench("run", "base", *SCRIPTED, "--out-id", "base.json").returncode == 0
    done = forgetbench("run", "::error::x=says:x", *SCRIPTED, "--out-id", "-")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    (run,) = json.loads(line)["runs"]
    assert run["name"] == "::error::x" and Path(run["folder"], "manifest.json").is_file()
    assert "written to" in done.stderr
    (tmp_path / "made.json").write_text("of an earlier command")
    done = forgetbench("compare", "base.json", run["folder"], "--out-id", "made.json")
    assert done.returncode == 0, done.stderr
    assert not any(text.lstrip().startswith("::") for text in done.stdout.splitlines())
    gate = forgetbench("gate", "made.json", "--json", "gate.json")
    assert gate.returncode in (0, 1, 3)
    assert json.loads((tmp_path / "gate.json").read_text())["candidate"] == "::error::x"
    told = forgetbench("gate", "made.json", "--json", "-")
    assert json.loads(told.stdout)["candidate"] == "::error::x" and "gate: " in told.stderr
    assert forgetbench("gate", "made.json", "--json", "-", "--badge", "-").returncode == 2
    planned = forgetbench("plan", "x", *SCRIPTED, "--json", "-")
    assert json.loads(planned.stdout)["suite"] and planned.stderr
    assert forgetbench("report", "made.json").returncode == 0
    # A command that fails leaves nobody else's answer.
    assert forgetbench("compare", "nowhere", run["folder"], "--out-id", "made.json").returncode == 2
    assert not (tmp_path / "made.json").exists()


def test_the_same_content_under_two_names_is_one_entry(forgetbench: Call, tmp_path: Path) -> None:
    done = forgetbench(
        "run", "--base", "base", "b", "again=b", "c", "b", "--engine", "scripted", "--task", "knowledge_choice",
        "--limit", "12", "--out-id", "made.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("again=b has the same content as b; it is evaluated once, as b") == 1
    assert done.stderr.count("b has the same content as b; it is evaluated once, as b") == 2
    made = json.loads((tmp_path / "made.json").read_text())
    assert [run["name"] for run in made["runs"]] == ["base", "b", "c"]
    assert [each["candidate"] for each in made["comparisons"]] == ["b", "c"]
    assert [path.name[0] for path in sorted((tmp_path / "results" / "comparisons").iterdir())] == ["b", "c"]
    assert done.stdout.count("written to") == 2
    chosen = forgetbench("choose", "made.json")
    assert chosen.returncode == 0, chosen.stderr


def test_only_files_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "null").symlink_to("/dev/null")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "old.json").write_text("{}")
    for name in ("null", "pipe", "old.json", "none.json"):
        forget_made(tmp_path / name)
    assert (tmp_path / "null").is_char_device() and (tmp_path / "pipe").is_fifo()
    assert not (tmp_path / "old.json").exists()
