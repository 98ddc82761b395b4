"""What vLLM has to know at its start of the LoRA adapters it will serve, read from their files."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forgetbench.errors import CheckpointError
from forgetbench.models.adapters import merging, read_adapter
from forgetbench.models.weights import adapter_files, read_json, safetensors_header
from forgetbench.records import Checkpoint

_TOGETHER = 8
"""Adapters in one batch at most: each holds memory for its rank in every layer."""
_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Ranks that vLLM makes room for (vllm.config.lora.MaxLoRARanks)."""
_CHANGED_BASE = ("pissa", "olora", "corda", "loftq")
"""Initialisations under which PEFT changes the base's weights as it loads the adapter."""


def check_servable(adapter: Path, base: Path) -> None:
    """CheckpointError for an adapter that vLLM cannot put on its base, with the way out; what it would say later, or
    not at all, is said before anything is loaded (vllm.lora.peft_helper.PEFTHelper)."""
    if reasons := _unservable(adapter):
        raise CheckpointError(
            f"adapter {adapter}: vLLM does not serve {' and '.join(reasons)}; take --engine transformers, or "
            f"{merging(adapter, base)}"
        )


def _unservable(folder: Path) -> list[str]:
    config = read_json(folder / "adapter_config.json")
    if (kind := str(config.get("peft_type") or "LORA").upper()) != "LORA":
        return [f"adapters of type {kind}"]
    flags = {
        "use_dora": "DoRA", "lora_bias": "biases of an adapter", "layer_replication": "replicated layers",
        "alora_invocation_tokens": "activated LoRA", "use_bdlora": "block-diagonal LoRA", "use_qalora": "QALoRA",
        "trainable_token_indices": "trainable tokens", "target_parameters": "adapted parameters (target_parameters)",
    }  # fmt: skip
    reasons = [what for name, what in flags.items() if config.get(name)]
    if str(config.get("bias") or "none") != "none":
        reasons.append("trained biases")
    if (start := str(config.get("init_lora_weights") or "").lower()).startswith(_CHANGED_BASE):
        reasons.append(f"an adapter begun with {start}")
    ranks = [int(config.get("r") or 8), *map(int, (config.get("rank_pattern") or {}).values())]
    if max(ranks) > _RANKS[-1]:
        reasons.append(f"a rank of {max(ranks)} (at most {_RANKS[-1]})")
    adapter = read_adapter(folder)
    if adapter is not None and adapter.whole:
        # A copy of the embedding that lies below an adapted one is not read, and need not be.
        adapted = {f"{module}.weight" for module in adapter.modules}
        if stored := [name for name in adapter.whole if name not in adapted]:
            reasons.append(f"layers that an adapter stores whole ({stored[0]})")
    elif config.get("modules_to_save"):
        reasons.append(f"modules_to_save ({config['modules_to_save'][0]})")
    return reasons


def lora_settings(adapters: Sequence[Checkpoint], on_cpu: bool) -> dict[str, Any]:
    """Arguments of `vllm.LLM` under which these adapters and their base answer side by side."""
    if not adapters:
        return {}
    # The CPU kernels read index -1, which stands for no adapter, as the last slot: that one has to stay empty, or the
    # base answers with an adapter's weights whenever it shares a batch with one (vLLM 0.32).
    slots = len(adapters) + 1 if on_cpu else min(len(adapters), _TOGETHER)
    settings: dict[str, Any] = {
        "enable_lora": True,
        "max_loras": slots,
        "max_lora_rank": max(map(_rank, adapters)),
    }
    if modules := adapted_modules(adapters):
        # Without this vLLM adapts the output layer too, whose code cannot compute prompt log-probabilities.
        settings["lora_target_modules"] = sorted(modules)
    return settings


def adapted_modules(adapters: Sequence[Checkpoint]) -> set[str]:
    """Names of the layers that any of the adapters changes ("q_proj"); empty where an adapter does not say."""
    modules: set[str] = set()
    for adapter in adapters:
        assert adapter.path is not None
        files = [path for path in adapter_files(adapter.path) if path.suffix == ".safetensors"]
        if not files:
            return set()
        names = [name for path in files for name in safetensors_header(path)]
        modules |= {name.partition(".lora_")[0].rpartition(".")[2] for name in names if ".lora_" in name}
    return modules


def _rank(adapter: Checkpoint) -> int:
    """The smallest rank vLLM supports that holds the adapter's."""
    assert adapter.path is not None
    config = read_json(adapter.path / "adapter_config.json")
    rank = max([int(config.get("r") or 8), *map(int, (config.get("rank_pattern") or {}).values())])
    return next(size for size in itertools.chain(_RANKS, [rank]) if size >= rank)
