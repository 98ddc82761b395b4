"""How many bytes a model takes: weights and cache, from the headers and the configuration of its folder alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forgetbench.models.weights import stored_tensors, weight_files

_FLOATS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
"""safetensors' types that an engine casts to its own, and their bytes."""
_DTYPE_BYTES = {"float64": 8, "float32": 4, "float": 4, "float16": 2, "half": 2, "bfloat16": 2}


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes that a checkpoint takes in an engine, over all its devices."""

    weights: int
    cache: int
    """Keys and values of one sequence as long as the window, or what the engine is told to set aside."""
    device: str = "cpu"
    """Whose memory it is: 'cpu' or 'cuda'."""
    split: int = 1
    """Devices that one engine is divided over evenly."""

    @property
    def total(self) -> int:
        """Bytes in all."""
        return self.weights + self.cache


def float_bytes(config: Mapping[str, Any], dtype: str) -> int | None:
    """Bytes of a weight cast to `dtype`, where 'auto' is the type that config.json declares.

    None where it declares none: each weight keeps the type it is stored in.
    """
    if dtype != "auto":
        return _DTYPE_BYTES.get(dtype)
    text = config.get("text_config") or {}
    declared = config.get("dtype") or config.get("torch_dtype") or text.get("dtype") or text.get("torch_dtype")
    return _DTYPE_BYTES.get(str(declared))


def folder_bytes(folder: Path, size: int | None) -> int:
    """Bytes of a folder's weights in memory, floats of `size` bytes each; pickles count as they lie on disk."""
    files = weight_files(folder)
    tensors = stored_tensors(files)
    return weight_bytes(tensors, size) if tensors else sum(path.stat().st_size for path in files)


def weight_bytes(tensors: Mapping[str, Mapping[str, Any]], size: int | None) -> int:
    """Bytes of some tensors (entries of a safetensors header) when floats take `size` bytes each.

    Integers and floats of 8 bits and fewer are packed, quantised weights: they stay as they are.
    """
    total = 0
    for entry in tensors.values():
        start, end = entry["data_offsets"]
        stored = _FLOATS.get(entry["dtype"])
        total += (end - start) * size // stored if size and stored else end - start
    return int(total)


def cache_bytes(config: Mapping[str, Any], tokens: int, size: int) -> int:
    """Bytes of the keys and values of so many tokens, each number of `size` bytes; 0 where the config is silent.

    2 * layers * key-value heads * head size; multi-head latent attention keeps one compressed row per layer instead.
    Layers that keep no keys (`layer_types`) do not count.
    """
    config = config.get("text_config") or config
    kinds = config.get("layer_types") or ()
    layers = sum("attention" in kind and "linear" not in kind for kind in kinds) or config.get("num_hidden_layers") or 0
    if config.get("kv_lora_rank"):
        row = config["kv_lora_rank"] + (config.get("qk_rope_head_dim") or 0)
    else:
        heads = config.get("num_attention_heads") or 0
        head_size = config.get("head_dim") or (config.get("hidden_size") or 0) // max(heads, 1)
        row = 2 * (config.get("num_key_value_heads") or heads) * head_size
    return int(layers * row * tokens * size)
