"""Small checkpoints on disk: random models that take milliseconds, adapters on them, and broken ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

CHAT_TEMPLATE = (
    "{% for message in messages %}<s>{{ message['role'] }}\n{{ message['content'] }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)


def save_tokenizer(folder: Path) -> int:
    """A byte-level tokenizer with a chat template into a checkpoint's folder; the number of its tokens."""
    import tokenizers
    import transformers

    vocabulary = {token: number for number, token in enumerate(["<s>", "</s>"])}
    for character in sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()):
        vocabulary.setdefault(character, len(vocabulary))
    backend = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = tokenizers.decoders.ByteLevel()
    backend.add_special_tokens(["<s>", "</s>"])
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>")
    tokenizer.pad_token = "</s>"
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(folder)
    return len(vocabulary)


def make_tiny_model(folder: Path, seed: int = 0, hidden_size: int = 32) -> Path:
    """A random two-layer Llama with a byte-level tokenizer and a chat template, as a checkpoint folder.

    tiny_families.py makes other architectures.
    """
    import torch
    import transformers

    transformers.utils.logging.set_verbosity_error()
    tokens = save_tokenizer(folder)
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=tokens, hidden_size=hidden_size, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512, bos_token_id=0, eos_token_id=1,
        pad_token_id=1, tie_word_embeddings=False,
    )  # fmt: skip
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def make_broken(tiny_model: Path, folder: Path) -> Path:
    """A copy whose output layer holds one NaN."""
    import torch
    from safetensors.torch import load_file, save_file

    shutil.copytree(tiny_model, folder)
    tensors = load_file(folder / "model.safetensors")
    tensors["lm_head.weight"][5, 5] = torch.nan
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def make_adapter(base: Path, folder: Path, declared: str | None = None, seed: int = 1) -> Path:
    import peft
    import torch
    import transformers

    torch.manual_seed(seed)
    network = transformers.AutoModelForCausalLM.from_pretrained(base)
    adapted = peft.get_peft_model(network, peft.LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False))
    adapted.save_pretrained(folder)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = declared if declared is not None else str(base)
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder
