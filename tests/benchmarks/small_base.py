"""A small base model of another architecture than the embedded one, trained from scratch on the embedded facts.

    python tests/benchmarks/small_base.py FOLDER [--minutes 10]

Qwen3 (normalised queries and keys, tied embeddings) with 1.3 million parameters, a byte-level BPE of 4,096 tokens and
no chat template: what a base looks like that was never tuned. It learns the English facts as questions, as sentences,
and the passages; so it knows what it is asked, and nothing else. One seed, one order of the batches; the time limit
decides how far it gets, so its scores differ between machines.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TASKS = Path(__file__).resolve().parents[2] / "tasks"
SEED = 20261129
TOKENS, WINDOW, BATCH = 4096, 256, 16
RATE, WARMUP = 2e-3, 50
END = "<|end|>"


def texts() -> list[str]:
    """Every English fact as a question with its answer and as a sentence, and the English passages."""
    found = [row["text"] for row in _rows("language/passages.jsonl")]
    for row in _rows("knowledge/facts.jsonl"):
        found.append(f"Question: {row['question']}\nAnswer: {row['answer']}")
        if row.get("cloze"):
            found.append(f"{row['cloze']} {row['cloze_choices'][row['gold']]}.")
    return found


def _rows(name: str) -> Iterator[dict[str, Any]]:
    for line in (TASKS / name).read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def tokenizer_of(found: list[str], folder: Path) -> Any:
    """A byte-level BPE trained on the texts, saved as a checkpoint's tokenizer."""
    import tokenizers
    import transformers

    backend = tokenizers.ByteLevelBPETokenizer()
    backend.train_from_iterator(found, vocab_size=TOKENS, special_tokens=[END], show_progress=False)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend._tokenizer, bos_token=END, eos_token=END, pad_token=END
    )
    tokenizer.save_pretrained(folder)
    return tokenizer


def network(n_tokens: int) -> Any:
    """Random weights; the seed decides them."""
    import torch
    import transformers

    torch.manual_seed(SEED)
    config = transformers.Qwen3Config(
        vocab_size=n_tokens, hidden_size=128, intermediate_size=384, num_hidden_layers=4, num_attention_heads=4,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=4096, tie_word_embeddings=True, bos_token_id=0,
        eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    return transformers.Qwen3ForCausalLM(config)


def blocks(found: list[str], tokenizer: Any, rng: random.Random) -> Iterator[list[list[int]]]:
    """Batches of WINDOW tokens without end: the texts in a new order each time, one after the other."""
    encoded = [tokenizer(text)["input_ids"] + [tokenizer.eos_token_id] for text in found]
    stream: list[int] = []
    while True:
        for tokens in rng.sample(encoded, len(encoded)):
            stream += tokens
            while len(stream) >= BATCH * WINDOW:
                yield [stream[row * WINDOW : (row + 1) * WINDOW] for row in range(BATCH)]
                del stream[: BATCH * WINDOW]


def train(model: Any, batches: Iterator[list[list[int]]], seconds: float) -> float:
    """AdamW with a linear warm-up and a cosine to zero at the time limit; the last loss, in nats per token."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.95), weight_decay=0.1)
    started, loss = time.monotonic(), torch.tensor(math.nan)
    for step, batch in enumerate(batches):
        passed = (time.monotonic() - started) / seconds
        if passed >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARMUP) * (1 + math.cos(math.pi * passed)) / 2
        tokens = torch.tensor(batch)
        loss = model(input_ids=tokens, labels=tokens).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            print(f"{passed:5.0%}  step {step}  loss {loss.item():.3f}", flush=True)
    return float(loss.item())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    found = texts()
    tokenizer = tokenizer_of(found, options.folder)
    model = network(len(tokenizer))
    loss = train(model, blocks(found, tokenizer, random.Random(SEED)), 60 * options.minutes)
    model.save_pretrained(options.folder)
    print(
        f"{sum(weight.numel() for weight in model.parameters()):,} parameters, last loss {loss:.3f}, {options.folder}"
    )


if __name__ == "__main__":
    main()
