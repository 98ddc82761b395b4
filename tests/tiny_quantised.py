"""Tiny quantised checkpoints, packed as their formats say, each beside a twin with the same weights unpacked.

What a packed checkpoint computes is what its twin does, but for the rounding of activations where the format has any.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiny_families import make_family

if TYPE_CHECKING:
    from torch import Tensor

GROUP = 64
"""Inputs that share a scale in the formats of four bits."""
_SIZE: Mapping[str, Any] = {
    "hidden_size": 256, "intermediate_size": 512, "num_attention_heads": 4, "num_key_value_heads": 2,
    "initializer_range": 0.07,
}  # fmt: skip
"""Widths that the kernels of every format take."""
_AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)

Packed = tuple[dict[str, "Tensor"], "Tensor"]
"""A module's tensors by what follows its name, and the matrix that they stand for."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format that checkpoints are quantised to."""

    name: str
    config: Mapping[str, Any]
    """The `quantization_config` of config.json."""
    pack: Callable[[Tensor], Packed]
    """From a matrix of (outputs, inputs)."""
    activations: Callable[[Tensor], Tensor] | None = None
    """How what a layer is given (..., inputs) is rounded, where the format rounds it."""


def make_quantised(name: str, folder: Path, family: str = "llama") -> tuple[Path, Path]:
    """A random checkpoint whose layers are packed in a format, and its unpacked twin; folders below `folder`."""
    import torch
    from safetensors.torch import load_file, save_file

    packed, twin = folder / "packed", folder / "unpacked"
    make_family(family, twin, **_SIZE)
    shutil.copytree(twin, packed)
    form = FORMATS[name]
    plain = load_file(twin / "model.safetensors")
    stored: dict[str, Tensor] = {}
    for key, value in list(plain.items()):
        # Most formats keep their scales in 16 bits, and so the rest.
        stored[key] = value.to(torch.bfloat16)
        if key.endswith("_proj.weight"):
            del stored[key]
            parts, plain[key] = form.pack(value)
            stored |= {f"{key.removesuffix('weight')}{part}": tensor for part, tensor in parts.items()}
        else:
            plain[key] = stored[key].float()
    save_file(plain, twin / "model.safetensors", {"format": "pt"})
    save_file(
        {key: value.contiguous() for key, value in stored.items()}, packed / "model.safetensors", {"format": "pt"}
    )
    config = json.loads((packed / "config.json").read_text())
    config |= {"quantization_config": form.config, "dtype": "bfloat16"}
    (packed / "config.json").write_text(json.dumps(config))
    return packed, twin


def _four_bits(weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Numbers from -8 to 7 by groups of inputs, their scales (outputs, groups), and the matrix that they stand for."""
    import torch

    groups = weight.reshape(len(weight), -1, GROUP)
    scale = (groups.abs().amax(-1, keepdim=True) / 7).half().float()
    number = (groups / scale).round().clamp(-8, 7)
    return number.reshape(weight.shape).to(torch.int32), scale[..., 0], (number * scale).reshape(weight.shape)


def _joined(nibbles: Tensor) -> Tensor:
    """Eight numbers of four bits (the last dimension) in one of 32, the first of them lowest."""
    import torch

    shifts = torch.arange(8, dtype=torch.int64) * 4
    total = (nibbles.long() << shifts).sum(-1)
    return torch.where(total >= 2**31, total - 2**32, total).to(torch.int32)


def _gptq(weight: Tensor) -> Packed:
    """Inputs joined by eights; zeros are stored less one."""
    import torch

    number, scale, plain = _four_bits(weight)
    outputs, inputs = weight.shape
    packed = _joined((number + 8).T.reshape(inputs // 8, 8, outputs).transpose(1, 2))
    zeros = _joined(torch.full((inputs // GROUP, outputs // 8, 8), 7))
    group = torch.arange(inputs, dtype=torch.int32) // GROUP
    return {"qweight": packed, "qzeros": zeros, "scales": scale.T.half(), "g_idx": group}, plain


def _awq(weight: Tensor) -> Packed:
    """Outputs joined by eights, in an order of their own."""
    import torch

    number, scale, plain = _four_bits(weight)
    outputs, inputs = weight.shape
    packed = _joined((number + 8).T.reshape(inputs, outputs // 8, 8)[..., list(_AWQ_ORDER)])
    zeros = _joined(torch.full((inputs // GROUP, outputs // 8, 8), 8))
    return {"qweight": packed, "qzeros": zeros, "scales": scale.T.half()}, plain


def _compressed_int4(weight: Tensor) -> Packed:
    import torch

    number, scale, plain = _four_bits(weight)
    packed = _joined((number + 8).reshape(len(weight), -1, 8))
    shape = torch.tensor(weight.shape)
    return {"weight_packed": packed, "weight_scale": scale.half(), "weight_shape": shape}, plain


def _eight_bits(weight: Tensor) -> Packed:
    import torch

    scale = (weight.abs().amax(1, keepdim=True) / 127).float()
    number = (weight / scale).round().clamp(-128, 127)
    return {"weight": number.to(torch.int8), "weight_scale": scale}, number * scale


def _float8_channels(weight: Tensor) -> Packed:
    import torch

    scale = (weight.abs().amax(1, keepdim=True) / 448).float()
    number = (weight / scale).to(torch.float8_e4m3fn)
    return {"weight": number, "weight_scale": scale}, number.float() * scale


def _float8_blocks(weight: Tensor) -> Packed:
    """A scale for each block of 128 by 128, as DeepSeek's and Qwen's FP8 checkpoints have."""
    import torch

    blocks = weight.reshape(len(weight) // 128, 128, -1, 128)
    scale = (blocks.abs().amax((1, 3), keepdim=True) / 448).float()
    number = (blocks / scale).to(torch.float8_e4m3fn)
    plain = (number.float() * scale).reshape(weight.shape)
    return {"weight": number.reshape(weight.shape), "weight_scale_inv": scale[:, 0, :, 0]}, plain


def _rounded_int8(given: Tensor) -> Tensor:
    scale = given.abs().amax(-1, keepdim=True).clamp(min=1e-10) / 127
    return (given / scale).round() * scale


def _rounded_float8(given: Tensor) -> Tensor:
    import torch

    scale = given.abs().amax(-1, keepdim=True).clamp(min=1e-10) / 448
    return (given / scale).to(torch.float8_e4m3fn).to(given.dtype) * scale


def _compressed(format_name: str, weights: Mapping[str, Any], activations: Mapping[str, Any] | None) -> dict[str, Any]:
    def scheme(given: Mapping[str, Any]) -> dict[str, Any]:
        return {"symmetric": True, "dynamic": False, **given}

    group = {
        "targets": ["Linear"], "weights": scheme(weights),
        "input_activations": None if activations is None else scheme(activations), "output_activations": None,
    }  # fmt: skip
    return {
        "quant_method": "compressed-tensors", "format": format_name, "quantization_status": "compressed",
        "config_groups": {"group_0": group}, "ignore": ["lm_head"],
    }  # fmt: skip


def _token(kind: str) -> dict[str, Any]:
    return {"num_bits": 8, "type": kind, "strategy": "token", "dynamic": True}


FORMATS = {
    form.name: form
    for form in (
        Format("gptq", {
            "quant_method": "gptq", "bits": 4, "group_size": GROUP, "desc_act": False, "sym": True,
            "checkpoint_format": "gptq"}, _gptq),
        Format("awq", {
            "quant_method": "awq", "bits": 4, "group_size": GROUP, "zero_point": True, "version": "gemm"}, _awq),
        Format("compressed-tensors W4A16", _compressed(
            "pack-quantized", {"num_bits": 4, "type": "int", "strategy": "group", "group_size": GROUP}, None),
            _compressed_int4),
        Format("compressed-tensors W8A8 int", _compressed(
            "int-quantized", {"num_bits": 8, "type": "int", "strategy": "channel"}, _token("int")), _eight_bits,
            _rounded_int8),
        Format("compressed-tensors W8A8 float", _compressed(
            "float-quantized", {"num_bits": 8, "type": "float", "strategy": "channel"}, _token("float")),
            _float8_channels, _rounded_float8),
        Format("fp8", {
            "quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [128, 128]}, _float8_blocks),
    )
}  # fmt: skip
"""By name, as published checkpoints carry them."""
