"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from forgetbench.errors import ForgetbenchError, InputError, StorageError
from forgetbench.storage.files import (
    MOST_DATA,
    read_bytes,
    read_text,
    removed_on_failure,
    replacing,
    unwritable,
    write_atomic,
)
from forgetbench.storage.folder import check_writable


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_atomic(path, "old")
    code = (
        "import resource, sys; from pathlib import Path; from forgetbench.storage.files import write_atomic\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        f"write_atomic(Path({str(path)!r}), 'x' * 100_000)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "StorageError" in done.stderr
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.json"]


def test_a_full_disk_ends_with_exit_4_and_the_next_run_finishes(tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands in for a disk that fills while the run is written."""
    command = [
        sys.executable, "-m", "forgetbench", "run", "--engine", "scripted", "a", "--suite", "smoke", "--results",
        str(tmp_path),
    ]  # fmt: skip

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    full = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limit, env=environment)
    assert full.returncode == 4, full.stderr
    assert len(full.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("runs/*/manifest.json"))
    rest = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert rest.returncode == 0, rest.stderr


@pytest.mark.parametrize(
    ("number", "kind", "why"),
    [
        (
            errno.ENOSPC,
            StorageError,
            "the disk is full; free some space and run the same command again, nothing is lost",
        ),
        (errno.EIO, StorageError, "cannot be written (Input/output error); name another place"),
        (errno.EROFS, InputError, "cannot be written (Read-only file system); name another place"),
        (errno.EACCES, InputError, "cannot be written (Permission denied); name another place"),
        (errno.EISDIR, InputError, "a folder is in the file's place; remove it, or name another file"),
    ],
)
def test_a_failed_write_is_told_with_its_cause(number: int, kind: type[ForgetbenchError], why: str) -> None:
    error = unwritable(Path("x.json"), OSError(number, os.strerror(number)))
    assert type(error) is kind
    assert str(error) == f"x.json: {why}"


def test_what_a_failing_block_made_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for place in ("mine/new/deep", "mine"):
        with pytest.raises(InputError), removed_on_failure(tmp_path / place):
            write_atomic(tmp_path / place / "a.json", "{}")
            raise InputError
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "a.json"]


def test_a_folder_under_a_file_is_not_writable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot be written \(Not a directory\); name another folder"):
        check_writable(tmp_path / "file" / "results")
    with pytest.raises(InputError, match=r"cannot be written \(File exists\); name another place"):
        write_atomic(tmp_path / "file" / "x.json", "{}")


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    code = (
        "import os; from pathlib import Path; from forgetbench.storage.files import replacing\n"
        f"with replacing(Path({str(path)!r})) as stream:\n"
        "    stream.write(b'half'); stream.flush(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    (stray,) = tmp_path.iterdir()
    assert stray.name.startswith(".file.json.")
    with replacing(path):
        write_atomic(path, "another writer's")
        assert len(list(tmp_path.iterdir())) == 2, "what is being written now stays"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.json"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_mark_is_no_text(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "file").write_bytes("é\r\n".encode(encoding))
    assert read_text(tmp_path / "file") == "é\r\n"


def test_only_regular_files_of_a_bounded_size_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    with (tmp_path / "sparse").open("wb") as stream:
        stream.truncate(1 << 40)
    for name in ("pipe", "device", "."):
        with pytest.raises(InputError, match="is no regular file"):
            read_bytes(tmp_path / name)
    with pytest.raises(InputError, match="is larger than 16 MiB"):
        read_bytes(tmp_path / "sparse")
    with pytest.raises(InputError, match="cannot be read"):
        read_bytes(tmp_path / "nothing")


def test_reading_takes_no_memory_for_what_a_file_might_hold(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"x")
    tracemalloc.start()
    try:
        assert read_bytes(tmp_path / "small", most=MOST_DATA) == b"x"
        assert tracemalloc.get_traced_memory()[1] < 1 << 24
    finally:
        tracemalloc.stop()


def test_a_device_keeps_its_place(tmp_path: Path) -> None:
    """As root, a file that is renamed to /dev/null takes it from the whole machine; a link to it shows as much."""
    device = tmp_path / "null"
    device.symlink_to("/dev/null")
    write_atomic(device, "verdict")
    assert device.is_symlink() and device.is_char_device()
    assert [path.name for path in tmp_path.iterdir()] == ["null"]
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    with pytest.raises(StorageError, match="the disk is full"):
        write_atomic(full, "verdict")
    assert full.is_char_device()


def test_a_pipe_that_is_read_is_written_into_and_another_is_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_atomic(tmp_path / "pipe", "verdict")
    assert os.read(reader, 100) == b"verdict" and (tmp_path / "pipe").is_fifo()
    os.close(reader)
    write_atomic(tmp_path / "pipe", "verdict")
    assert (tmp_path / "pipe").read_text() == "verdict"


def test_a_name_of_our_own_output_keeps_its_place(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from forgetbench.storage.files import write_atomic\n"
        "write_atomic(Path('/proc/self/fd/1'), 'verdict')"
    )
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "verdict"


def test_a_folder_in_a_files_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(InputError, match="file: a folder is in the file's place; remove it"):
        write_atomic(tmp_path / "file", "verdict")
