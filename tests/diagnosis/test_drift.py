"""How far weights moved: known answers, and checkpoints that are not quite alike."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from forgetbench.diagnosis.drift import TensorDrift, WeightDrift, effective_rank, intruder_dimensions, weight_drift
from forgetbench.errors import CheckpointError
from forgetbench.models import tensors as stored_tensors

Q, UP, EMBEDDING = "model.layers.1.self_attn.q_proj", "model.layers.0.mlp.up_proj", "model.embed_tokens.weight"


def weights(seed: int = 0, vocabulary: int = 50) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    return {
        EMBEDDING: torch.randn(vocabulary, 24), f"{UP}.weight": torch.randn(48, 24), f"{Q}.weight": torch.randn(24, 24),
        f"{Q}.bias": torch.randn(24), "model.norm.weight": torch.ones(24),
    }  # fmt: skip


def checkpoint(folder: Path, tensors: Mapping[str, torch.Tensor]) -> Path:
    folder.mkdir(parents=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "model.safetensors")
    return folder


def lora(folder: Path, module: str, down: torch.Tensor, up: torch.Tensor, **config: object) -> Path:
    folder.mkdir()
    settings = {"peft_type": "LORA", "r": down.shape[0], "lora_alpha": 2 * down.shape[0], **config}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    prefix = f"base_model.model.{module}.lora_"
    save_file({f"{prefix}A.weight": down, f"{prefix}B.weight": up}, folder / "adapter_model.safetensors")
    return folder


def by_name(drift: WeightDrift) -> dict[str, TensorDrift]:
    return {tensor.name: tensor for tensor in drift.tensors}


# --- one matrix -------------------------------------------------------------------------------


def test_a_matrix_that_grew_by_a_tenth_has_drift_a_tenth_and_no_intruder() -> None:
    matrix = torch.randn(30, 20, generator=torch.Generator().manual_seed(1))
    assert intruder_dimensions(matrix, 1.1 * matrix) == 0


def test_a_strong_direction_of_its_own_is_one_intruder() -> None:
    """The base lives in the first 20 of 40 dimensions; the change points along the last."""
    torch.manual_seed(2)
    base = torch.zeros(40, 20)
    base[:20] = torch.randn(20, 20)
    change = torch.zeros(40, 20)
    change[39] = 100 * torch.randn(20)
    assert intruder_dimensions(base, base + change) == 1
    assert intruder_dimensions(base, base + change, top=0) == 0


@pytest.mark.parametrize(
    ("values", "rank"), [([1.0], 1.0), ([2.0, 2.0, 2.0], 3.0), ([1.0, 0.0], 1.0), ([3.0, 1.0], 1.7548)]
)
def test_effective_rank_is_the_number_of_equal_directions(values: list[float], rank: float) -> None:
    """Roy and Vetterli 2007; (3/4, 1/4): exp(.5623) = 1.7548."""
    assert effective_rank(torch.tensor(values)) == pytest.approx(rank, abs=1e-4)
    assert math.isnan(effective_rank(torch.zeros(3)))


# --- full weights -----------------------------------------------------------------------------


def test_every_tensor_ten_per_cent_larger(tmp_path: Path) -> None:
    before = weights()
    base = checkpoint(tmp_path / "base", before)
    tuned = checkpoint(tmp_path / "tuned", {name: 1.1 * tensor for name, tensor in before.items()})
    drift = weight_drift(base, tuned, spectra=2)
    assert all(tensor.relative == pytest.approx(0.1, rel=1e-5) for tensor in drift.tensors)
    assert drift.relative == pytest.approx(0.1, rel=1e-5)
    assert drift.by_layer == {0: pytest.approx(0.1, rel=1e-5), 1: pytest.approx(0.1, rel=1e-5)}
    intruders = {tensor.name: tensor.n_intruders for tensor in drift.tensors if tensor.n_intruders is not None}
    assert intruders == {f"{UP}.weight": 0, f"{Q}.weight": 0}


def test_one_matrix_moved_in_one_direction(tmp_path: Path) -> None:
    before = weights()
    moved = dict(before)
    moved[f"{Q}.weight"] = before[f"{Q}.weight"] + torch.outer(torch.ones(24), torch.arange(24.0))
    drift = weight_drift(checkpoint(tmp_path / "base", before), checkpoint(tmp_path / "tuned", moved), spectra=5)
    found = by_name(drift)
    assert found[f"{Q}.weight"].change == pytest.approx(math.sqrt(24 * sum(i * i for i in range(24))), rel=1e-5)
    assert found[f"{Q}.weight"].effective_rank == pytest.approx(1.0, abs=1e-3)
    assert (found[f"{Q}.weight"].layer, found[f"{Q}.weight"].module) == (1, "self_attn.q_proj")
    assert found[f"{UP}.weight"].change == 0.0 and found[f"{UP}.weight"].n_intruders is None
    assert drift.by_place[1, "self_attn.q_proj"] > 0.0 and drift.by_place[None, "model.norm"] == 0.0


def test_small_blocks_and_other_types_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = weights()
    after = {name: tensor + 0.1 * torch.randn_like(tensor) for name, tensor in before.items()}
    base, tuned = checkpoint(tmp_path / "base", before), checkpoint(tmp_path / "tuned", after)
    half = checkpoint(tmp_path / "half", {name: tensor.bfloat16() for name, tensor in after.items()})
    whole = weight_drift(base, tuned)
    monkeypatch.setattr(stored_tensors, "_BLOCK", 4 * 24 * 7)
    assert weight_drift(base, tuned).relative == pytest.approx(whole.relative, rel=1e-6)
    assert weight_drift(base, half).relative == pytest.approx(whole.relative, rel=0.01)


def test_a_head_that_was_tied_is_compared_with_the_embedding(tmp_path: Path) -> None:
    before = weights()
    base = checkpoint(tmp_path / "base", before)
    untied = checkpoint(tmp_path / "untied", {**before, "lm_head.weight": 2 * before[EMBEDDING]})
    assert by_name(weight_drift(base, untied))["lm_head.weight"].relative == pytest.approx(1.0)
    assert by_name(weight_drift(untied, base))["lm_head.weight"].relative == pytest.approx(0.5)


def test_of_a_larger_vocabulary_the_shared_rows_are_compared(tmp_path: Path) -> None:
    before = weights()
    larger = {**before, EMBEDDING: torch.cat([before[EMBEDDING], torch.randn(6, 24)])}
    drift = weight_drift(checkpoint(tmp_path / "base", before), checkpoint(tmp_path / "tuned", larger))
    assert drift.relative == 0.0 and by_name(drift)[EMBEDDING].shape == (50, 24)
    assert drift.notes == (f"{EMBEDDING}: 50 rows before and 56 after; those that both have are compared",)


def test_what_is_no_state_of_the_same_model_is_refused(tmp_path: Path) -> None:
    before = weights()
    base = checkpoint(tmp_path / "base", before)
    fewer = {name: tensor for name, tensor in before.items() if ".layers.1." not in name}
    with pytest.raises(CheckpointError, match=r"lacks 2 of 5 tensors .*layers\.1\..*not two states of one model"):
        weight_drift(base, checkpoint(tmp_path / "fewer", fewer))
    wider = {**before, f"{UP}.weight": torch.randn(64, 24)}
    with pytest.raises(CheckpointError, match=r"up_proj\.weight is \[64, 24\], in the base \[48, 24\]"):
        weight_drift(base, checkpoint(tmp_path / "wider", wider))
    packed = {**before, f"{UP}.weight": torch.zeros(48, 24, dtype=torch.int8)}
    with pytest.raises(CheckpointError, match="stored as I8"):
        weight_drift(base, checkpoint(tmp_path / "packed", packed))


def test_pickles_stay_closed(tmp_path: Path) -> None:
    base = checkpoint(tmp_path / "base", weights())
    (tmp_path / "pickle").mkdir()
    torch.save(weights(), tmp_path / "pickle" / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="a pickle"):
        weight_drift(base, tmp_path / "pickle")


# --- adapters ---------------------------------------------------------------------------------


def test_an_adapter_s_drift_is_that_of_the_weights_it_is_merged_into(tmp_path: Path) -> None:
    before = weights()
    base = checkpoint(tmp_path / "base", before)
    torch.manual_seed(3)
    down, up = torch.randn(4, 24), torch.randn(24, 4)
    adapter = lora(tmp_path / "adapter", Q, down, up)
    merged = {**before, f"{Q}.weight": before[f"{Q}.weight"] + 2.0 * up @ down}
    full = by_name(weight_drift(base, checkpoint(tmp_path / "merged", merged), spectra=1))[f"{Q}.weight"]
    (own,) = weight_drift(base, adapter, spectra=1).tensors
    for value in ("norm", "change", "effective_rank"):
        assert getattr(own, value) == pytest.approx(getattr(full, value), rel=1e-4)
    assert own.n_intruders == full.n_intruders
    (without,) = weight_drift(base, adapter).tensors
    assert without.effective_rank == pytest.approx(own.effective_rank, rel=1e-3) and without.n_intruders is None


def test_the_scale_is_that_of_the_configuration(tmp_path: Path) -> None:
    base = checkpoint(tmp_path / "base", weights())
    down, up = torch.ones(4, 24), torch.ones(24, 4)
    plain = lora(tmp_path / "plain", Q, down, up, lora_alpha=4)
    stable = lora(tmp_path / "stable", Q, down, up, lora_alpha=4, use_rslora=True)
    own = lora(tmp_path / "own", Q, down, up, lora_alpha=4, alpha_pattern={"q_proj": 12})
    changes = [weight_drift(base, folder).tensors[0].change for folder in (plain, stable, own)]
    # Every entry of the product of ones is the rank, 4.
    assert changes == pytest.approx([24 * 4.0, 24 * 8.0, 24 * 12.0], rel=1e-5)


def test_an_adapter_of_another_model_is_refused(tmp_path: Path) -> None:
    base = checkpoint(tmp_path / "base", weights())
    adapter = lora(tmp_path / "adapter", "model.layers.7.mlp.up_proj", torch.ones(2, 24), torch.ones(48, 2))
    with pytest.raises(CheckpointError, match=r"adapts model\.layers\.7\.mlp\.up_proj, which its base does not have"):
        weight_drift(base, adapter)
