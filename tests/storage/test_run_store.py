"""Files are written whole or not at all, and read back or refused with one line."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from paired_runs import item, run, task

from forgetbench.errors import InputError, StorageError
from forgetbench.storage.comparisons import load_comparison
from forgetbench.storage.files import describe_os_error, write_atomic
from forgetbench.storage.folder import ResultsFolder, check_writable, slug
from forgetbench.storage.json_files import to_json
from forgetbench.storage.runs import load_run, save_run
from forgetbench.storage.samples import BASE_COLUMNS


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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b"\xff\xfe", "cannot be read"),
        (b'{"schema_version": 99}', "schema_version is 99"),
        (b'{"schema_version": 1}', "field"),
        (b"[" * 200_000, "not a JSON object"),
    ],
)
def test_a_damaged_comparison_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "comparison.json").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load_comparison(tmp_path)
    assert "\n" not in str(caught.value)


def test_an_unfinished_run_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished run here"):
        load_run(tmp_path)


@pytest.mark.parametrize("ahead", [(), ("item_id", "prompt", "responses"), BASE_COLUMNS])
def test_a_run_gives_its_columns_without_being_read_whole(tmp_path: Path, ahead: tuple[str, ...]) -> None:
    info = task("capitals")
    original = run("base", [info], [item(info, i, float(i), metrics={"acc": i}) for i in range(3)])
    opened = load_run(save_run(ResultsFolder(tmp_path), original, {}), ahead)
    assert opened.manifest == original.manifest
    for _ in range(2):
        assert opened.table.column("item_id").to_pylist() == ["item-0", "item-1", "item-2"]
    assert opened.table.column("responses").to_pylist() == [["answer"]] * 3
    assert opened.table.rows(np.array([2, 0]))["metrics"].tolist() == [{"acc": 2}, {"acc": 0}]
    assert opened.samples.equals(original.samples)


def test_damaged_samples_are_one_line(tmp_path: Path) -> None:
    info = task("capitals")
    folder = save_run(ResultsFolder(tmp_path), run("base", [info], [item(info, 0, 1.0)]), {})
    samples = folder / "samples.parquet"
    pq.write_table(pq.ParquetFile(samples).read().drop(["gold", "prompt"]), samples)
    with pytest.raises(InputError, match="columns missing: gold, prompt"):
        load_run(folder)
    samples.write_bytes(b"PAR1 cut short")
    with pytest.raises(InputError, match=r"samples.parquet: cannot be read as parquet") as caught:
        load_run(folder)
    assert "\n" not in str(caught.value)


def test_json_holds_no_nan() -> None:
    assert json.loads(to_json({"a": float("nan"), "b": [float("inf"), 1.5], "c": ("x",)})) == {
        "a": None,
        "b": [None, 1.5],
        "c": ["x"],
    }


@pytest.mark.parametrize(
    ("text", "name"), [("a/b c", "a-b-c"), ("../..", "unnamed"), ("\u4e16", "unnamed"), ("ok", "ok")]
)
def test_names_become_safe_folder_names(text: str, name: str) -> None:
    assert slug(text) == name
