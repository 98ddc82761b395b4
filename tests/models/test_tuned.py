"""How many numbers a fine-tuning changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tiny_models import make_adapter, make_tiny_model

from forgetbench.models.checkpoints import resolve
from forgetbench.models.tuned import tuned_parameters
from forgetbench.records import Checkpoint


def test_all_of_another_model(tiny_model: Path, tmp_path: Path) -> None:
    other = make_tiny_model(tmp_path / "other", seed=1)
    tensors = load_file(other / "model.safetensors")
    moved = [name for name in tensors if not name.endswith("norm.weight")]  # these are all ones in both
    expected = sum(tensors[name].numel() for name in moved)
    assert tuned_parameters(resolve(str(other)), tiny_model) == expected


def test_the_tensors_that_were_trained_and_no_others(tiny_model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "tuned"))
    tensors = load_file(folder / "model.safetensors")
    name = next(name for name in tensors if name.endswith("down_proj.weight"))
    tensors[name].view(-1)[-1] += 1.0  # one number is enough, even the last
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    assert tuned_parameters(resolve(str(folder)), tiny_model) == tensors[name].numel()
    same = Checkpoint("same", str(tiny_model), "", path=tiny_model)
    assert tuned_parameters(same, tiny_model) == 0


def test_an_adapter_has_its_own(tiny_model: Path, tmp_path: Path) -> None:
    adapter = make_adapter(tiny_model, tmp_path / "adapter")
    tensors = load_file(adapter / "adapter_model.safetensors")
    found = tuned_parameters(Checkpoint("a", "", "", path=adapter, adapter_base=tiny_model), None)
    assert found == sum(tensor.numel() for tensor in tensors.values()) > 0


def test_what_cannot_be_told(tiny_model: Path, tmp_path: Path) -> None:
    assert tuned_parameters(Checkpoint("word", "word", ""), tiny_model) is None
    assert tuned_parameters(Checkpoint("no base", "", "", path=tiny_model), None) is None
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    torch.save({"a": torch.zeros(2)}, pickled / "pytorch_model.bin")
    assert tuned_parameters(Checkpoint("pickled", "", "", path=pickled), tiny_model) is None
