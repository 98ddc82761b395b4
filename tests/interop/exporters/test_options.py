"""What export is told: one line where it does not fit."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import call_forked

from forgetbench.errors import InputError, StorageError
from forgetbench.interop.exporters import ExportOptions, Format, Source, export

OUT = Path("out")


@pytest.mark.parametrize(
    ("format", "options", "message"),
    [
        ("csv", {}, "--format csv needs --out PATH, and one"),
        ("mlflow", {}, "--format mlflow needs --out PATH or --tracking-uri, and one"),
        ("mlflow", {"out": OUT, "tracking_uri": "sqlite:///x"}, "and one"),
        ("csv", {"out": OUT, "tracking_uri": "x"}, "--tracking-uri is for --format mlflow, not for csv"),
        ("latex", {"out": OUT, "model_id": "a/b"}, "--model-id is for --format model-card and eee and inspect"),
        ("eval-results", {"out": OUT}, "needs --dataset ORG/NAME"),
        ("eval-results", {"out": OUT, "dataset": "x y/z"}, "--dataset x y/z: no id of the Hub"),
        ("model-card", {"out": OUT, "model_id": "../x"}, "--model-id ../x: no id of the Hub"),
    ],
)
def test_options_that_do_not_fit_are_one_line(format: Format, options: dict[str, Any], message: str) -> None:  # noqa: A002
    with pytest.raises(InputError, match=message):
        ExportOptions(**options).check(format)


@pytest.mark.parametrize("format", ["mlflow", "wandb", "inspect"])
def test_a_missing_extra_says_what_to_install(
    format: Format,  # noqa: A002
    source: Source,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = {"inspect": "inspect_ai"}.get(format, format)
    gone = [name for name in sys.modules if name.startswith((package, f"forgetbench.interop.exporters.{format}"))]
    for name in gone:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf"needs {package}: pip install 'forgetbench\[{format}\]'"):
        export(source, format, ExportOptions(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_the_command_says_where_it_wrote_and_bad_input_ends_with_2(source: Source, tmp_path: Path) -> None:
    told = call_forked(["export", str(source.folder), "--format", "csv", "--out", "rows.csv"], tmp_path, {})
    assert (told.returncode, told.stdout) == (0, "written to rows.csv\n")
    assert (tmp_path / "rows.csv").read_text().startswith("comparison_id,base_name,")
    (tmp_path / "file").write_text("")
    for arguments in (
        ["--format", "csv", "--out", "file/rows.csv"],
        ["--format", "xml", "--out", "x"],
        ["--format", "csv"],
    ):
        failed = call_forked(["export", str(source.folder), *arguments], tmp_path, {})
        assert (failed.returncode, failed.stdout, failed.stderr.count("\n")) == (2, "", 1)


def test_a_full_disk_is_told_and_leaves_no_half_of_an_export(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="the disk is full"):
        export(source, "eee", ExportOptions(tmp_path / "new" / "eee"))
    assert len(calls) == 3
    assert not list(tmp_path.iterdir())
