"""`forgetbench diagnose --weights` on real folders: the picture, what is told beside it, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
import torch
from paired_runs import scored, task
from safetensors.torch import load_file, save_file
from tiny_models import make_tiny_model

from forgetbench.comparison.delta import compare
from forgetbench.models.checkpoints import resolve
from forgetbench.storage.comparisons import save_comparison

Command = Callable[..., CompletedProcess[str]]
Tensors = dict[str, torch.Tensor]
EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny") / "base")


def tuned(base: Path, folder: Path, change: Callable[[Tensors], Mapping[str, torch.Tensor]], **config: object) -> Path:
    """A copy of the base whose tensors were changed, and settings of its configuration with them."""
    shutil.copytree(base, folder)
    save_file(dict(change(load_file(base / "model.safetensors"))), folder / "model.safetensors", {"format": "pt"})
    settings = json.loads((base / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**settings, **config}))
    return folder


def compared(base: Path, candidate: Path, results: Path) -> Path:
    """The folder of a comparison of the two, in which the candidate forgot everything."""
    facts, ones = task("facts", view="open"), np.ones(60)
    comparison, items = compare(
        scored("base", {facts: ones}), scored("tuned", {facts: 0 * ones}), margins={}, resamples=100
    )
    sides = {
        name: replace(side, where=str(path), fingerprint=resolve(str(path)).fingerprint)
        for name, side, path in (("base", comparison.base, base), ("candidate", comparison.candidate, candidate))
    }
    comparison = replace(comparison, **sides)
    return save_comparison(results / "comparisons" / comparison.comparison_id, comparison, items)


def test_the_heat_map_is_drawn_and_goes_with_the_weights(base: Path, tmp_path: Path, forgetbench: Command) -> None:
    candidate = tuned(base, tmp_path / "tuned", lambda tensors: {name: 1.1 * each for name, each in tensors.items()})
    folder = compared(base, candidate, tmp_path / "results")
    done = forgetbench("diagnose", folder, "--weights")
    assert done.returncode == 0, done.stderr
    places = json.loads((folder / "diagnosis.json").read_text())["weights"]["places"]
    assert {round(place["change"] / place["norm"], 4) for place in places} == {0.1}
    assert (folder / "plots" / "drift.png").is_file() and (folder / "plots" / "drift.svg").is_file()
    assert "(plots/drift.png)" in (folder / "diagnosis.md").read_text()
    assert 'class="plot"' in (folder / "report.html").read_text() and "drift-" in (folder / "report.html").read_text()
    # Without the weights the picture would be of another diagnosis.
    assert forgetbench("diagnose", folder).returncode == 0
    assert not list((folder / "plots").glob("drift.*")) and "drift.png" not in (folder / "diagnosis.md").read_text()


def test_a_resized_vocabulary_is_told_in_one_line(base: Path, tmp_path: Path, forgetbench: Command) -> None:
    def double(tensors: Tensors) -> Tensors:
        return {name: torch.cat([each] * 2) if name in (EMBEDDING, HEAD) else each for name, each in tensors.items()}

    rows = len(load_file(base / "model.safetensors")[EMBEDDING])
    candidate = tuned(base, tmp_path / "larger", double, vocab_size=2 * rows)
    done = forgetbench("diagnose", compared(base, candidate, tmp_path / "results"), "--weights")
    assert done.returncode == 0, done.stderr
    assert f"{EMBEDDING}: {rows} rows before and {2 * rows} after; those that both have" in " ".join(
        done.stdout.split()
    )


def test_a_missing_layer_is_refused_in_one_line(base: Path, tmp_path: Path, forgetbench: Command) -> None:
    def without_the_last(tensors: Tensors) -> Tensors:
        return {name: each for name, each in tensors.items() if ".layers.1." not in name}

    candidate = tuned(base, tmp_path / "fewer", without_the_last, num_hidden_layers=1)
    folder = compared(base, candidate, tmp_path / "results")
    done = forgetbench("diagnose", folder, "--weights")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "not two states of one model" in done.stderr
    assert not (folder / "diagnosis.json").exists()


def test_a_log_cut_short_is_refused_in_one_line(base: Path, tmp_path: Path, forgetbench: Command) -> None:
    folder = compared(base, base, tmp_path / "results")
    (tmp_path / "trainer_state.json").write_text('{"log_history": [{"step": 1, "lo')
    done = forgetbench("diagnose", folder, "--training-log", tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "trainer_state.json" in done.stderr
    assert not (folder / "diagnosis.json").exists()
