"""What an engine holds after a swap is held against the files that it was given."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import transformers
from tiny_models import make_tiny_model

from forgetbench.engines.vllm.swap import differing


def worker_holding(folder: Path) -> SimpleNamespace:
    """A worker as far as the check looks at it: one whose model has a checkpoint's weights."""
    network = transformers.AutoModelForCausalLM.from_pretrained(folder)
    return SimpleNamespace(model_runner=SimpleNamespace(get_model=lambda: network))


def test_weights_that_arrived_do_not_differ(tiny_model: Path) -> None:
    assert differing(worker_holding(tiny_model), [str(tiny_model / "model.safetensors")]) == []


def test_weights_of_the_checkpoint_before_are_named(tiny_model: Path, tmp_path: Path) -> None:
    other = make_tiny_model(tmp_path / "other", seed=9)
    held = worker_holding(tiny_model)
    names = differing(held, [str(other / "model.safetensors")])
    assert "lm_head.weight" in names and "model.embed_tokens.weight" in names
    assert "model.norm.weight" not in names  # ones in both


def test_one_tensor_left_behind_is_enough(tiny_model: Path, tmp_path: Path) -> None:
    held = worker_holding(tiny_model)
    held.model_runner.get_model().lm_head.weight.data[-1, -1] += 1
    assert differing(held, [str(tiny_model / "model.safetensors")]) == ["lm_head.weight"]
