"""A folder is whole or absent, whatever happens to the process that makes it."""

from __future__ import annotations

import errno
import multiprocessing
import signal
import time
from pathlib import Path

import pytest

from forgetbench.errors import InputError, StorageError
from forgetbench.lab.demo.cached_folder import build_folder, read_made_from

SPAWN = multiprocessing.get_context("spawn")
SECONDS = 60
"""More than another process needs for what it is waited for."""


def write(folder: Path, text: str = "content") -> None:
    (folder / "weights").write_text(text)


def build_never(folder: Path) -> None:
    raise AssertionError("built although it was whole")


def build_slowly(folder: Path, seconds: float) -> None:
    with (folder.parent / "log").open("a") as log:
        log.write("built\n")
    time.sleep(seconds)
    write(folder)


def make_slowly(folder: Path, seconds: float) -> None:
    build_folder(folder, {"seed": 0}, lambda partial: build_slowly(partial, seconds))


def test_built_once_then_reused(tmp_path: Path) -> None:
    folder = build_folder(tmp_path / "deep" / "model", {"seed": 0}, write)
    assert (folder / "weights").read_text() == "content"
    assert read_made_from(folder) == {"seed": 0}
    assert build_folder(folder, {"seed": 0}, build_never) == folder


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        write(folder)
        raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        build_folder(tmp_path / "model", {}, fail)
    assert not (tmp_path / "model").exists()
    assert [path.name for path in tmp_path.iterdir()] == [".model.lock"]


def test_a_killed_build_leaves_nothing_that_counts(tmp_path: Path) -> None:
    process = SPAWN.Process(target=make_slowly, args=(tmp_path / "model", 2 * SECONDS))
    process.start()
    deadline = time.monotonic() + SECONDS
    while not (tmp_path / "log").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (tmp_path / "log").exists(), "the build has not begun"
    process.kill()
    process.join(SECONDS)
    assert process.exitcode == -signal.SIGKILL
    assert not (tmp_path / "model").exists()
    folder = build_folder(tmp_path / "model", {"seed": 0}, write)
    assert (folder / "weights").read_text() == "content"
    assert not (tmp_path / ".model.partial").exists()


def test_two_processes_build_once(tmp_path: Path) -> None:
    processes = [SPAWN.Process(target=make_slowly, args=(tmp_path / "model", 0.2)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(SECONDS)
    assert [process.exitcode for process in processes] == [0, 0]
    assert (tmp_path / "log").read_text() == "built\n"


@pytest.mark.parametrize("damage", ["truncated", "missing", "record"])
def test_a_damaged_folder_is_made_again(tmp_path: Path, damage: str) -> None:
    folder = build_folder(tmp_path / "model", {"seed": 0}, write)
    if damage == "truncated":
        (folder / "weights").write_text("cont")
    elif damage == "missing":
        (folder / "weights").unlink()
    else:
        (folder / "made_from.json").write_text('{"made_from": {"seed": 1}, "sizes": {}}')
    build_folder(folder, {"seed": 0}, write)
    assert (folder / "weights").read_text() == "content"
    assert read_made_from(folder) == {"seed": 0}


def test_somebody_elses_folder_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(InputError, match="not made by forgetbench"):
        build_folder(tmp_path, {}, write)
    assert (tmp_path / "thesis.tex").read_text() == "precious"


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("I/O error: No space left on device")]
)
def test_a_full_disk_is_a_storage_error(tmp_path: Path, error: Exception) -> None:
    def fill(folder: Path) -> None:
        raise error

    with pytest.raises(StorageError, match="the disk is full"):
        build_folder(tmp_path / "model", {}, fill)
    assert not (tmp_path / "model").exists()
