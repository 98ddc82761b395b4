"""Quantised checkpoints are not taken for broken ones, and broken ones not for quantised."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_quantised import FORMATS, make_quantised

from forgetbench.cli.doctor import examine
from forgetbench.errors import CheckpointError
from forgetbench.models.arrival import check_arrival
from forgetbench.models.weights import quantisation


@pytest.mark.parametrize("name", list(FORMATS))
def test_packed_weights_raise_no_alarm(name: str, tmp_path: Path) -> None:
    packed, twin = make_quantised(name, tmp_path)
    method = quantisation(packed)
    assert method is not None and name.startswith(method)
    found = check_arrival(packed)
    assert found.ok is True and found.text.endswith(f"packed by {method}")
    # Beside the weights before they were quantised, as a candidate stands beside its base.
    rows = list(examine(str(packed), base=str(twin), load=False))
    assert all(row.state != "FAIL" for row in rows), rows
    told = [row.text for row in rows if row.state == "warn"]
    assert not [text for text in told if "tensor" in text and "quantised" not in text], told


@pytest.mark.parametrize("name", ["gptq", "fp8"])
def test_a_module_that_is_missing_is_missed(name: str, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    packed, _ = make_quantised(name, tmp_path)
    tensors = load_file(packed / "model.safetensors")
    kept = {key: value for key, value in tensors.items() if "layers.1.mlp.down_proj" not in key}
    assert 0 < len(tensors) - len(kept) <= 4
    save_file(kept, packed / "model.safetensors", {"format": "pt"})
    with pytest.raises(CheckpointError, match=r"layers\.1\.mlp\.down_proj\.weight"):
        check_arrival(packed)


def test_four_bits_are_packed_as_the_library_packs_them() -> None:
    import torch
    from compressed_tensors.compressors.pack_quantized.helpers import pack_to_int32
    from tiny_quantised import _compressed_int4, _four_bits

    weight = torch.randn(128, 128, generator=torch.Generator().manual_seed(0))
    number, _, _ = _four_bits(weight)
    parts, _ = _compressed_int4(weight)
    assert torch.equal(parts["weight_packed"], pack_to_int32(number.to(torch.int8), 4))
