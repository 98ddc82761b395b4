"""The lab's base model: its architecture and tokenizer, and how it is trained from scratch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forgetbench.engines.processor import computes_bfloat16
from forgetbench.lab.base.texts import documents
from forgetbench.models.network import quiet

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SEED: Final = 20261129
TOKENS: Final = 4096
WINDOW: Final = 256
BATCH: Final = 16
RATE: Final = 2.5e-3
WARMUP: Final = 50
STEPS: Final = 900
END: Final = "<|end|>"

OnStep = Callable[[int, float], None]
"""Called with the step, from 1, and its loss in nats per token."""


def new_tokenizer(texts: Sequence[str]) -> PreTrainedTokenizerBase:
    """A byte-level BPE of `TOKENS` tokens trained on the texts; one special token parts documents and pads."""
    import tokenizers
    import transformers

    backend = tokenizers.ByteLevelBPETokenizer()
    backend.train_from_iterator(texts, vocab_size=TOKENS, special_tokens=[END], show_progress=False)
    made: PreTrainedTokenizerBase = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend._tokenizer, bos_token=END, eos_token=END, pad_token=END
    )
    return made


def new_network(n_tokens: int) -> PreTrainedModel:
    """A Qwen3 of 3.2 million parameters in float32, with tied embeddings and random weights that `SEED` decides."""
    import torch
    import transformers

    torch.manual_seed(SEED)
    config = transformers.Qwen3Config(
        vocab_size=n_tokens, hidden_size=192, intermediate_size=512, num_hidden_layers=6, num_attention_heads=6,
        num_key_value_heads=3, head_dim=32, max_position_embeddings=4096, tie_word_embeddings=True, bos_token_id=0,
        eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    network: PreTrainedModel = transformers.Qwen3ForCausalLM(config)
    return network


def pretrain(folder: Path, steps: int = STEPS, on_step: OnStep = lambda step, loss: None) -> None:
    """Write the base model as a checkpoint into `folder`: AdamW, a linear warm-up, then a cosine to zero.

    The same machine gives the same weights again. With 0 steps the weights are random.
    """
    import torch

    texts = documents(SEED)
    tokenizer = new_tokenizer(texts)
    with quiet():
        network = new_network(len(tokenizer))
        optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, betas=(0.9, 0.95), weight_decay=0.1)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share_of_rate(step, steps))
        batches = _batches(tokenizer)
        for step in range(1, steps + 1):
            tokens = torch.tensor(next(batches))
            # Half the time of float32, where the processor knows it; the weights stay float32.
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=computes_bfloat16()):
                loss = network(input_ids=tokens, labels=tokens).loss
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            on_step(step, float(loss.item()))
        network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _share_of_rate(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / WARMUP) * (1 + math.cos(math.pi * step / max(1, steps))) / 2


def _batches(tokenizer: Any) -> Iterator[list[list[int]]]:
    """Batches of `WINDOW` tokens without end; every pass over the documents joins and orders them anew."""
    stream: list[int] = []
    for seed in range(1_000_000):
        for ids in tokenizer(documents(SEED + seed))["input_ids"]:
            stream += [*ids, tokenizer.eos_token_id]
            while len(stream) >= BATCH * WINDOW:
                yield [stream[row * WINDOW : (row + 1) * WINDOW] for row in range(BATCH)]
                del stream[: BATCH * WINDOW]
