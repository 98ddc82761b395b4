"""What a model takes in memory, known before it is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.memory import MemoryNeed, cache_bytes, float_bytes, weight_bytes
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.engines.vllm import engine as vllm_engine
from forgetbench.engines.vllm.engine import VllmEngine
from forgetbench.models.checkpoints import resolve

LLAMA_8B = {
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "hidden_size": 4096,
    "dtype": "bfloat16",
}  # fmt: skip
DEEPSEEK_V3 = {
    "num_hidden_layers": 61, "num_attention_heads": 128, "num_key_value_heads": 128, "hidden_size": 7168,
    "kv_lora_rank": 512, "qk_rope_head_dim": 64,
}  # fmt: skip


def test_the_cache_of_known_models() -> None:
    """Llama 3 8B keeps 128 KiB a token in bfloat16; DeepSeek-V3's latent attention 70,272 bytes (arXiv:2505.09343)."""
    assert cache_bytes(LLAMA_8B, 1, 2) == 128 * 1024
    assert cache_bytes(LLAMA_8B, 8192, 2) == 2**30
    assert cache_bytes(DEEPSEEK_V3, 1, 2) == 70_272
    hybrid = {**LLAMA_8B, "layer_types": ["linear_attention"] * 24 + ["full_attention"] * 8}
    assert cache_bytes({"text_config": hybrid}, 1, 2) == 32 * 1024
    assert cache_bytes({}, 8192, 2) == 0


@pytest.mark.parametrize(
    ("declared", "dtype", "expected"),
    [("bfloat16", "auto", 2), ("float32", "auto", 4), ("bfloat16", "float32", 4), (None, "auto", None)],
)
def test_bytes_of_a_weight(declared: str | None, dtype: str, expected: int | None) -> None:
    assert float_bytes({"dtype": declared}, dtype) == expected


def test_packed_weights_keep_their_size() -> None:
    tensors = {
        "norm": {"dtype": "F32", "shape": [100], "data_offsets": [0, 400]},
        "packed": {"dtype": "I32", "shape": [100], "data_offsets": [400, 800]},
        "fp8": {"dtype": "F8_E4M3", "shape": [100], "data_offsets": [800, 900]},
    }
    assert weight_bytes(tensors, None) == 900
    assert weight_bytes(tensors, 2) == 200 + 400 + 100


def test_the_need_of_a_real_folder(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """258 tokens, width 32, two layers with 4 heads on 2 key-value heads, 64 wide inside; stored in float32."""
    monkeypatch.delenv("VLLM_CPU_KVCACHE_SPACE", raising=False)
    layer = 2 * 32 * 32 + 2 * 16 * 32 + 3 * 32 * 64 + 2 * 32
    numbers = 2 * 258 * 32 + 2 * layer + 32
    cache = 2 * 2 * 2 * 8 * 512  # layers, keys and values, heads, head size, window
    checkpoint = resolve(str(tiny_model))

    def on(cpu: bool, options: EngineOptions = EngineOptions("vllm")) -> MemoryNeed | None:
        monkeypatch.setattr(vllm_engine, "installed_version", lambda: ("0", cpu))
        return VllmEngine(options).memory_need(checkpoint)

    plain = TransformersEngine()
    device = plain.settings["device"]
    assert plain.memory_need(checkpoint) == MemoryNeed(4 * numbers, 4 * cache, device)
    assert on(cpu=False) == MemoryNeed(2 * numbers, 2 * cache, "cuda")
    full = EngineOptions("vllm", dtype="float32", tensor_parallel=2)
    assert on(cpu=False, options=full) == MemoryNeed(4 * numbers, 4 * cache, "cuda", split=2)
    monkeypatch.setattr(vllm_engine, "cpu_dtype", lambda dtype, quantised: dtype)
    assert on(cpu=True) == MemoryNeed(2 * numbers, 2 * 2**30)
    monkeypatch.setenv("VLLM_CPU_KVCACHE_SPACE", "3")
    assert on(cpu=True) == MemoryNeed(2 * numbers, 3 * 2**30)
