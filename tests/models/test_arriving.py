"""Checkpoints that are being written: half of one is none."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from forgetbench.models.arriving import at_rest, is_whole, snapshot


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "checkpoint-10"))


def test_a_whole_checkpoint(folder: Path) -> None:
    assert is_whole(folder)
    assert not is_whole(folder / "elsewhere")


def test_a_file_shorter_than_its_header_says(folder: Path) -> None:
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    for cut in (len(whole) - 1, 20, 4, 0):
        weights.write_bytes(whole[:cut])
        assert not is_whole(folder)
    weights.write_bytes(whole)
    assert is_whole(folder)


def test_a_shard_that_is_not_there_yet(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert not is_whole(folder)
    shutil.copy(folder / "model-00001-of-00002.safetensors", folder / "model-00002-of-00002.safetensors")
    assert is_whole(folder)


@pytest.mark.parametrize("name", ["config.json", "trainer_state.json"])
def test_a_file_of_json_that_is_cut(folder: Path, name: str) -> None:
    (folder / name).write_text('{"global_st')
    assert not is_whole(folder)


def test_weights_alone_are_not_whole_without_a_configuration(folder: Path) -> None:
    (folder / "config.json").unlink()
    assert not is_whole(folder)


def test_an_engine_without_weights_waits_for_the_trainer_s_state(tmp_path: Path) -> None:
    assert not is_whole(tmp_path, weights=False)
    (tmp_path / "trainer_state.json").write_text("{}")
    assert is_whole(tmp_path, weights=False) and not is_whole(tmp_path)


def test_at_rest_is_what_did_not_change_between_two_looks_or_is_old(folder: Path) -> None:
    (folder / "optimizer.pt").write_bytes(b"1")
    first = snapshot(folder)
    assert at_rest(first, first, 3600.0) and not at_rest(first, None, 3600.0)
    (folder / "optimizer.pt").write_bytes(b"12")
    assert not at_rest(snapshot(folder), first, 3600.0)
    hour_ago = time.time() - 3600.0
    for path in folder.iterdir():
        os.utime(path, (hour_ago, hour_ago))
    assert at_rest(snapshot(folder), None, 30.0)
    assert not at_rest(snapshot(folder / "gone"), {}, 30.0)
