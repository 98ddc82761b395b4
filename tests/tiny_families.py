"""Tiny random checkpoints of many architectures, built from their configurations alone.

Heads of 32 and widths of 64 are the least that vLLM's CPU kernels take. Weights are drawn wide enough that a model says
something, so that a mistake in it shows as nats and not as the sixth digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tiny_models import save_tokenizer

WINDOW = 64
"""Tokens of the sliding windows: shorter than what the architectures' tests ask."""
_WIDTH, _LAYERS = 64, 2
_COMMON: Mapping[str, Any] = {
    "hidden_size": _WIDTH, "intermediate_size": 128, "num_hidden_layers": _LAYERS, "num_attention_heads": 2,
    "num_key_value_heads": 1, "max_position_embeddings": 512, "initializer_range": 0.15, "tie_word_embeddings": False,
}  # fmt: skip
_EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 64, "norm_topk_prob": True}
_SLIDING = {"sliding_window": WINDOW, "layer_types": ["sliding_attention", "full_attention"]}
_MAMBA2 = {
    "mamba_n_heads": 4, "mamba_d_head": 32, "mamba_d_state": 32, "mamba_expand": 2, "mamba_d_conv": 4,
    "mamba_n_groups": 1, "mamba_chunk_size": 32,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Family:
    """An architecture as transformers knows it, and what makes it tiny."""

    name: str
    """The `model_type` of its config.json."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Beside those that most families share."""
    note: str = ""
    """What is particular about it."""
    common: bool = True
    """Its configuration takes the settings that most families share."""


FAMILIES = {
    family.name: family
    for family in (
        Family("llama", {"tie_word_embeddings": True}, "tied output layer"),
        Family("qwen2"),
        Family("qwen3", {"head_dim": 32}, "query and key norms"),
        Family("gemma2", {"head_dim": 32, "tie_word_embeddings": True, **_SLIDING},
               "every other layer slides; capped logits"),
        Family("gemma3_text", {"head_dim": 32, **_SLIDING}, "every other layer slides"),
        Family("mistral", {"head_dim": 32, "sliding_window": WINDOW}, "every layer slides"),
        Family("mixtral", {"num_local_experts": 4, "num_experts_per_tok": 2}, "mixture of experts"),
        # vLLM does not read norm_topk_prob here; published checkpoints have it off.
        Family("olmoe", {**_EXPERTS, "intermediate_size": 64, "norm_topk_prob": False}, "mixture of experts"),
        Family("qwen3_moe", {"head_dim": 32, **_EXPERTS}, "mixture of experts"),
        Family("gpt_oss", {"head_dim": 32, "num_local_experts": 4, "num_experts_per_tok": 2, **_SLIDING},
               "experts, attention sinks, every other layer slides"),
        Family("olmo2"),
        Family("phi", {"num_key_value_heads": 2}),
        Family("phi3", {"pad_token_id": 1, "original_max_position_embeddings": 512}, "fused projections"),
        Family("gpt_neox", {"hidden_size": 128}, "a quarter of each head is rotated; parallel attention and MLP"),
        Family("gpt2", {"n_embd": _WIDTH, "n_layer": _LAYERS, "n_head": 2, "n_positions": 512,
                        "initializer_range": 0.15}, "learnt positions", common=False),
        Family("deepseek_v3", {
            "num_key_value_heads": 2, "q_lora_rank": 32, "kv_lora_rank": 32, "qk_nope_head_dim": 32,
            "qk_rope_head_dim": 32, "v_head_dim": 32, "n_routed_experts": 4, "num_experts_per_tok": 2,
            "moe_intermediate_size": 64, "n_group": 1, "topk_group": 1, "first_k_dense_replace": 1,
            "n_shared_experts": 1, "topk_method": "noaux_tc"}, "latent attention, mixture of experts"),
        # The names that published checkpoints carry, and vLLM reads; it ties the output layer whatever the config says.
        Family("lfm2", {"layer_types": ["conv", "full_attention"], "conv_dim": _WIDTH, "block_dim": _WIDTH,
                        "block_auto_adjust_ff_dim": False, "block_multiple_of": 64, "block_ffn_dim_multiplier": 1.0,
                        "tie_word_embeddings": True},
               "hybrid: short convolutions"),
        Family("bamba", {**_MAMBA2, "attn_layer_indices": [1]}, "hybrid: Mamba 2"),
        Family("granitemoehybrid", {**_MAMBA2, "layer_types": ["mamba", "attention"], "num_local_experts": 4,
               "num_experts_per_tok": 2, "shared_intermediate_size": 64}, "hybrid: Mamba 2; experts"),
        Family("falcon_h1", {**_MAMBA2, "head_dim": 32, "mamba_d_ssm": 128},
               "hybrid: Mamba 2 beside attention in every layer"),
        Family("qwen3_next", {
            "head_dim": 32, "layer_types": ["linear_attention", "full_attention"], **_EXPERTS,
            "shared_expert_intermediate_size": 64, "linear_num_key_heads": 2, "linear_num_value_heads": 2,
            "linear_key_head_dim": 128, "linear_value_head_dim": 128}, "hybrid: gated delta rule; experts"),
        Family("qwen3_5_text", {
            "head_dim": 32, "layer_types": ["linear_attention", "full_attention"], "linear_num_key_heads": 2,
            "linear_num_value_heads": 2, "linear_key_head_dim": 128, "linear_value_head_dim": 128},
            "hybrid: gated delta rule"),
        Family("smollm3", {"no_rope_layers": [1, 0]}, "every other layer without positions"),
        Family("olmo3", _SLIDING, "every other layer slides"),
        Family("exaone4", {"head_dim": 32, **_SLIDING}, "every other layer slides; only these with positions"),
        Family("cohere2", {"head_dim": 32, "tie_word_embeddings": True, "logit_scale": 0.5, **_SLIDING},
               "every other layer slides; parallel attention and MLP; scaled logits"),
        Family("glm4", {"head_dim": 32}, "half of each head is rotated"),
        Family("ernie4_5", {"head_dim": 32}),
        Family("starcoder2", {"sliding_window": None}),
        Family("stablelm", {"hidden_size": 128}, "a quarter of each head is rotated"),
        Family("falcon", {"num_kv_heads": 1, "multi_query": True, "alibi": False, "new_decoder_architecture": False},
               "parallel attention and MLP, one key head"),
        Family("opt", {"ffn_dim": 128, "word_embed_proj_dim": _WIDTH, "init_std": 0.15}, "learnt positions"),
        Family("bloom", {"hidden_size": _WIDTH, "n_layer": _LAYERS, "n_head": 2, "initializer_range": 0.15},
               "positions as a penalty (ALiBi)", common=False),
        Family("mpt", {"d_model": _WIDTH, "n_layers": _LAYERS, "n_heads": 2, "max_seq_len": 512,
                       "initializer_range": 0.15}, "positions as a penalty (ALiBi)", common=False),
        Family("mamba", {"hidden_size": _WIDTH, "num_hidden_layers": _LAYERS, "state_size": 16,
                         "initializer_range": 0.15}, "no attention", common=False),
        Family("mamba2", {"hidden_size": _WIDTH, "num_hidden_layers": _LAYERS, "state_size": 32, "num_heads": 4,
                          "head_dim": 32, "expand": 2, "n_groups": 1, "chunk_size": 32, "initializer_range": 0.15,
                          "tie_word_embeddings": False}, "no attention", common=False),
    )
}  # fmt: skip
"""By name. A few of every kind that matters to an engine: attention, windows, experts, state, fused tensors."""


def make_family(name: str, folder: Path, seed: int = 0, **settings: Any) -> Path:
    """A random checkpoint of the family, with a byte-level tokenizer; `settings` override its configuration's."""
    import torch
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    family = FAMILIES[name]
    tokens = save_tokenizer(folder)
    # Engines believe a setting that the architecture does not have, such as key heads in GPT-NeoX.
    known = transformers.CONFIG_MAPPING[name]().to_dict() if family.common else {}
    common = {key: value for key, value in _COMMON.items() if key in known}
    ends = {"vocab_size": tokens, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    config = transformers.AutoConfig.for_model(name, **{**common, **ends, **family.settings, **settings})
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.save_pretrained(folder)
    return folder
