"""Which weights a recipe trains: all, some blocks', or an adapter's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from forgetbench.errors import InputError
from forgetbench.lab.recipe import Adapter, Layers

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_BLOCK = re.compile(r"(?:^|\.)(?:layers|h|blocks|block)\.(\d+)\.")


def freeze(model: PreTrainedModel, layers: Layers) -> None:
    """Leave the gradients of the chosen blocks alone, in place.

    An output layer that is the embedding is frozen with it. Raises InputError for more blocks than the model has.
    """
    blocks = {name: int(match[1]) for name, _ in model.named_parameters() if (match := _BLOCK.search(name))}
    n_blocks = 1 + max(blocks.values(), default=-1)
    asked = layers.top or layers.freeze_bottom or 0
    if asked > n_blocks or (layers.freeze_bottom == n_blocks):
        raise InputError(f"field 'layers': {asked} blocks of a model that has {n_blocks}; give fewer")
    embeddings = {id(weight) for weight in model.get_input_embeddings().parameters()}
    for name, weight in model.named_parameters():
        if layers.top is not None:
            weight.requires_grad = blocks.get(name, -1) >= n_blocks - layers.top
        else:
            weight.requires_grad = id(weight) not in embeddings and blocks.get(name, n_blocks) >= asked


def peft_config(adapter: Adapter) -> Any:
    """PEFT's configuration of an adapter; which modules (IA)3 rescales is in PEFT's own table of model families."""
    import peft

    if adapter.kind == "lora":
        alpha = adapter.alpha or 2 * adapter.rank
        return peft.LoraConfig(
            task_type="CAUSAL_LM", r=adapter.rank, lora_alpha=alpha, lora_dropout=0.0, target_modules="all-linear"
        )
    if adapter.kind == "ia3":
        return peft.IA3Config(task_type="CAUSAL_LM")
    return peft.PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=adapter.length)
