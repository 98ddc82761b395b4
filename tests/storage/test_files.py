"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from forgetbench.errors import InputError, StorageError
from forgetbench.storage.files import describe_os_error, read_bytes, read_text, replacing, write_atomic
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


def test_the_line_for_a_full_disk_says_what_to_do(tmp_path: Path) -> None:
    line = describe_os_error(tmp_path, OSError(errno.ENOSPC, "No space left on device"))
    assert "the disk is full" in line
    assert "nothing is lost" in line


def test_a_folder_under_a_file_is_not_writable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--results DIR"):
        check_writable(tmp_path / "file" / "results")
    with pytest.raises(StorageError):
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
