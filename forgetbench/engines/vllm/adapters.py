"""What vLLM has to know at its start of the LoRA adapters it will serve, read from their files."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from forgetbench.models.weights import read_json, safetensors_header
from forgetbench.records import Checkpoint

_TOGETHER = 8
"""Adapters in one batch at most: each holds memory for its rank in every layer."""


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
        files = list(adapter.path.glob("*.safetensors"))
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
    return next(size for size in itertools.chain((8, 16, 32, 64, 128, 256, 320, 512), [rank]) if size >= rank)
