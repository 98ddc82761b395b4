"""`forgetbench lab` as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Forgetbench = Callable[..., "CompletedProcess[str]"]


def test_the_built_in_recipes_are_listed(forgetbench: Forgetbench) -> None:
    shown = forgetbench("lab", "--list")
    assert shown.returncode == 0
    assert "lora-r8: LoRA of rank 8 in all linear layers" in shown.stdout.splitlines()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "no recipe; name some, or --all; --list shows them"),
        (["full-mud"], "no recipe 'full-mud'"),
        (["full-mid", "--general", "texts.jsonl", "--base", "."], "--general goes with --sft-data"),
        (["findings", "--out", "nowhere"], "nowhere: no such file; forgetbench lab RECIPE... --out nowhere makes it"),
        (["--smoke", "--base", "mine"], "--smoke has a base and data of its own"),
    ],
)
def test_bad_usage_is_one_line(forgetbench: Forgetbench, arguments: list[str], why: str) -> None:
    shown = forgetbench("lab", *arguments)
    assert shown.returncode == 2
    assert why in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_smoke_goes_the_whole_way_and_has_nothing_left_to_do(forgetbench: Forgetbench, tmp_path: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    shown = forgetbench("lab", "--smoke", "--out", "out", **cache)
    assert shown.returncode == 0, shown.stderr
    out = tmp_path / "out"
    lab = json.loads((out / "lab.json").read_text())
    assert [path["recipe"] for path in lab["paths"]] == ["full-mid", "lora-r8"]
    assert all(len(path["points"]) >= 2 for path in lab["paths"])
    assert all(point["kl"] > 0 for path in lab["paths"] for point in path["points"])
    assert {path.name for path in out.iterdir()} >= {"lab.csv", "lab.md", "plots", "trainings"}
    before = (out / "lab.json").read_bytes()
    again = forgetbench("lab", "--smoke", "--out", "out", **cache)
    assert again.returncode == 0, again.stderr
    assert (out / "lab.json").read_bytes() == before
    settled = forgetbench("lab", "findings", "--out", "out")
    assert settled.returncode == 0
    assert "not run: One percent of general text in the data prevents forgetting (arXiv 2502.06042)" in settled.stdout
    assert "confirmed: " not in settled.stdout
