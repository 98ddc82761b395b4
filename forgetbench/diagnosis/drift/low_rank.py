"""What a LoRA adapter adds to a matrix, W' = W + s B A, told from its factors: the product is not made."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.errors import CheckpointError
from forgetbench.models.adapters import PREFIX, read_adapter
from forgetbench.models.tensors import StoredTensor, stored
from forgetbench.models.weights import adapter_files, read_json

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class LowRank:
    """The two factors of one module, and what their product is multiplied with."""

    down: StoredTensor
    """A, (rank, in)."""
    up: StoredTensor
    """B, (out, rank)."""
    scale: float

    def singular_values(self) -> torch.Tensor:
        """Of s B A, (rank,): those of the product of the two triangles of QR, which is as small as the rank."""
        import torch

        _, of_up = torch.linalg.qr(self.up.whole())
        _, of_down = torch.linalg.qr(self.down.whole().T)
        return torch.linalg.svdvals(abs(self.scale) * of_up @ of_down.T)

    def product(self) -> torch.Tensor:
        """s B A, (out, in): as large as the matrix that it is added to."""
        return self.scale * self.up.whole() @ self.down.whole()


def low_rank_changes(folder: Path) -> dict[str, LowRank]:
    """By the path of its module in the base, what a LoRA adapter in `folder` adds there.

    Raises CheckpointError where it is no LoRA with weights in safetensors, or rescales what it adds to (DoRA).
    """
    adapter = read_adapter(folder)
    if adapter is None:
        raise CheckpointError(
            f"adapter {folder}: no LoRA in safetensors; its change can be told once it is merged into its base"
        )
    config = read_json(folder / "adapter_config.json")
    if config.get("use_dora"):
        raise CheckpointError(
            f"adapter {folder}: DoRA, which rescales whole weights; its change can be told once it is merged"
        )
    tensors = stored(adapter_files(folder))
    return {
        module: LowRank(
            down=_factor(tensors, module, "A"),
            up=_factor(tensors, module, "B"),
            scale=_scale(config, module, adapter.rank(module)),
        )
        for module in adapter.modules
    }


def _factor(tensors: Mapping[str, StoredTensor], module: str, part: str) -> StoredTensor:
    # PEFT keeps the factors of an embedding without '.weight'.
    names = (f"{module}.lora_{part}.weight", f"{module}.lora_embedding_{part}")
    return next(tensors[prefix + name] for name in names for prefix in (PREFIX, "") if prefix + name in tensors)


def _scale(config: Mapping[str, Any], module: str, rank: int) -> float:
    """lora_alpha over the rank, or over its root (rank-stabilised)."""
    alpha = float(config.get("lora_alpha") or 8)
    for pattern, own in (config.get("alpha_pattern") or {}).items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            alpha = float(own)
    return alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
