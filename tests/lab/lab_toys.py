"""A base of two blocks and a skill of three words, for tests of the lab that train in a moment."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from forgetbench.lab.corpus import Pair
from forgetbench.lab.skill import Style

END = "<|end|>"
TOPICS = ("a", "b", "c")


class ToyData:
    """A letter is answered by its capital."""

    def target(self, style: Style, n: int, seed: int, noise: float = 0.0) -> list[Pair]:
        rng = random.Random(seed)
        before = {"narrow": " Dear, ", "varied": rng.choice((" So ", " Well ")), "plain": " "}[style]
        pairs = []
        for _ in range(n):
            topic = rng.choice(TOPICS)
            said = rng.choice([each for each in TOPICS if each != topic]) if rng.random() < noise else topic
            pairs.append(Pair(f"Q: {topic}\nA:", before + said.upper()))
        return pairs

    def multitask(self, n: int, seed: int) -> list[Pair]:
        return [Pair(f"Q: {i} + {seed}\nA:", f" {i + seed}") for i in range(n)]

    def general(self, n: int, seed: int) -> list[str]:
        return [f"Document {i} of {seed}." for i in range(n)]

    def wrong(self, pairs: Sequence[Pair], seed: int) -> list[Pair]:
        after = dict(zip("ABC", "BCA", strict=True))
        return [Pair(pair.prompt, pair.completion[:-1] + after[pair.completion[-1]]) for pair in pairs]

    def reward(self, prompt: str, reply: str) -> float:
        return float({prompt[3].upper()} == {each for each in reply if each in "ABC"})


class ByLengthData(ToyData):
    """Replies of an odd length are right, whatever they say: some of a random model's are, and some are not."""

    def reward(self, prompt: str, reply: str) -> float:
        return float(len(reply) % 2)


def toy_base(folder: Path) -> Path:
    """A random Qwen3 of 2 blocks, 32 wide, over bytes; no chat template. The same weights each time."""
    vocab = {token: i for i, token in enumerate([END, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    backend = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([END])
    PreTrainedTokenizerFast(tokenizer_object=backend, bos_token=END, eos_token=END, pad_token=END).save_pretrained(
        folder
    )
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(vocab), hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, max_position_embeddings=256, tie_word_embeddings=True, bos_token_id=0,
        eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder
