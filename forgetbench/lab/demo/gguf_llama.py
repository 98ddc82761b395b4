"""A Llama model out of a GGUF file, as an ordinary safetensors checkpoint.

Written here rather than left to transformers for two reasons. The bytes must not depend on the version of a library,
because the checkpoint's fingerprint stands in published results. And transformers drops the pre-tokenizer that
`tokenizer.ggml.pre` names: without it, white space before a digit is cut differently from the way the
model was trained ("\\n\\n1" becomes two tokens and a digit instead of one and a digit).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forgetbench.errors import CheckpointError

if TYPE_CHECKING:
    from gguf import GGUFReader
    from tokenizers import Tokenizer

_OUTER = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_INNER = {
    "attn_norm.weight": "input_layernorm.weight",
    "attn_q.weight": "self_attn.q_proj.weight",
    "attn_k.weight": "self_attn.k_proj.weight",
    "attn_v.weight": "self_attn.v_proj.weight",
    "attn_output.weight": "self_attn.o_proj.weight",
    "ffn_norm.weight": "post_attention_layernorm.weight",
    "ffn_gate.weight": "mlp.gate_proj.weight",
    "ffn_up.weight": "mlp.up_proj.weight",
    "ffn_down.weight": "mlp.down_proj.weight",
}
_CONTROL_TOKEN = 3  # gguf.TokenType.CONTROL


def convert(source: Path, folder: Path) -> None:
    """Write config.json, generation_config.json, model.safetensors (bfloat16), the tokenizer and the chat template.

    The same GGUF gives the same bytes. Raises CheckpointError where the file is not a Llama with a byte-level
    tokenizer of the `smollm` kind, the only one this conversion knows to be right.
    """
    from gguf import GGUFReader

    reader = GGUFReader(source)
    facts = {name: field.contents() for name, field in reader.fields.items()}
    kind = (facts.get("general.architecture"), facts.get("tokenizer.ggml.model"), facts.get("tokenizer.ggml.pre"))
    if kind != ("llama", "gpt2", "smollm"):
        raise CheckpointError(f"{source} is {kind}, not a Llama with the smollm tokenizer: it cannot be converted")
    _write_weights(reader, facts, folder / "model.safetensors")
    tied = all(tensor.name != "output.weight" for tensor in reader.tensors)
    _write_json(folder / "config.json", _config(facts, tied=tied))
    _write_json(folder / "generation_config.json", _special_ids(facts))
    _tokenizer(facts).save(str(folder / "tokenizer.json"))
    _write_json(folder / "tokenizer_config.json", _tokenizer_config(facts))
    (folder / "chat_template.jinja").write_text(facts["tokenizer.chat_template"], encoding="utf-8")


def _write_weights(reader: GGUFReader, facts: Mapping[str, Any], path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    tensors = {name: torch.from_numpy(array).to(torch.bfloat16) for name, array in _tensors(reader, facts)}
    save_file(tensors, path, metadata={"format": "pt"})
    path.chmod(0o644)


def _tensors(reader: GGUFReader, facts: Mapping[str, Any]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    from gguf import dequantize

    heads = {
        "attn_q.weight": facts["llama.attention.head_count"],
        "attn_k.weight": facts["llama.attention.head_count_kv"],
    }
    for tensor in reader.tensors:
        array = np.array(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        if tensor.name in _OUTER:
            yield _OUTER[tensor.name], array
        else:
            _, layer, part = tensor.name.split(".", 2)
            if part in heads:
                array = _half_rotation(array, heads[part])
            yield f"model.layers.{layer}.{_INNER[part]}", array


def _half_rotation(weight: NDArray[np.float32], n_heads: int) -> NDArray[np.float32]:
    """Rows of a query or key projection from GGUF's order back to the published one.

    GGUF keeps the two halves of each rotary pair side by side; Llama's checkpoints keep the first halves of a
    head together, then the second ones (`LlamaModel.permute` in llama.cpp's convert_hf_to_gguf.py, inverted).
    """
    rows = weight.shape[0]
    paired = weight.reshape(n_heads, rows // n_heads // 2, 2, weight.shape[1])
    return np.ascontiguousarray(paired.swapaxes(1, 2).reshape(weight.shape))


def _special_ids(facts: Mapping[str, Any]) -> dict[str, int]:
    return {
        "bos_token_id": int(facts["tokenizer.ggml.bos_token_id"]),
        "eos_token_id": int(facts["tokenizer.ggml.eos_token_id"]),
        "pad_token_id": int(facts["tokenizer.ggml.padding_token_id"]),
    }


def _config(facts: Mapping[str, Any], *, tied: bool) -> dict[str, Any]:
    heads = int(facts["llama.attention.head_count"])
    theta = float(facts["llama.rope.freq_base"])
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "bfloat16",
        "vocab_size": len(facts["tokenizer.ggml.tokens"]),
        "hidden_size": int(facts["llama.embedding_length"]),
        "intermediate_size": int(facts["llama.feed_forward_length"]),
        "num_hidden_layers": int(facts["llama.block_count"]),
        "num_attention_heads": heads,
        "num_key_value_heads": int(facts["llama.attention.head_count_kv"]),
        "head_dim": int(facts["llama.embedding_length"]) // heads,
        "max_position_embeddings": int(facts["llama.context_length"]),
        # GGUF stores it as float32: 1e-5 comes back as 9.99999974e-06.
        "rms_norm_eps": float(f"{facts['llama.attention.layer_norm_rms_epsilon']:.6g}"),
        # Readers from before transformers 5 look for the first, later ones for the second.
        "rope_theta": theta,
        "rope_parameters": {"rope_type": "default", "rope_theta": theta},
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": tied,
        "use_cache": True,
        **_special_ids(facts),
    }


def _tokenizer(facts: Mapping[str, Any]) -> Tokenizer:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokens: list[str] = facts["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in facts["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    # What `tokenizer.ggml.pre = smollm` stands for: every digit alone, then GPT-2's split.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = facts["tokenizer.ggml.token_type"]
    control = [token for token, kind in zip(tokens, kinds, strict=True) if kind == _CONTROL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    return tokenizer


def _tokenizer_config(facts: Mapping[str, Any]) -> dict[str, Any]:
    tokens = facts["tokenizer.ggml.tokens"]
    named = {
        "bos_token": "bos_token_id",
        "eos_token": "eos_token_id",
        "pad_token": "padding_token_id",
        "unk_token": "unknown_token_id",
    }
    return {
        # Not the model's own class name: transformers 5 would rebuild that one's pre-tokenizer, without the digits.
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": int(facts["llama.context_length"]),
        "clean_up_tokenization_spaces": False,
        "add_bos_token": bool(facts.get("tokenizer.ggml.add_bos_token", False)),
        **{name: tokens[facts[f"tokenizer.ggml.{key}"]] for name, key in named.items()},
    }


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
