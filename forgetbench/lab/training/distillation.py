"""Replies that a model writes itself, kept where they are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from forgetbench.errors import InputError
from forgetbench.lab.corpus import LabData
from forgetbench.lab.recipe import Sampling
from forgetbench.lab.training.job import Row
from forgetbench.lab.training.trainers import load
from forgetbench.progress import Progress

_PROMPTS = 32
"""Prompts answered at once."""


def distilled(
    base: Path, rows: Sequence[Row], data: LabData, sampling: Sampling, seed: int, progress: Progress
) -> list[Row]:
    """Of each prompt the first of the base's sampled replies that is right by the key; prompts without one drop out.

    Rows without a prompt stay as they are. Raises InputError where the base has no right reply to any.
    """
    import torch

    torch.manual_seed(seed)
    asked = [row for row in rows if "prompt" in row]
    right = []
    progress.start("sampling the base's own replies", len(asked))
    for row, replies in _sampled(base, asked, sampling, progress):
        found = next((reply for reply in replies if data.reward(row["prompt"], reply) == 1), None)
        if found is not None:
            right.append({"prompt": row["prompt"], "completion": found})
    if not right:
        raise InputError(
            f"field 'data.self_distilled': the base has no right reply to any of {len(asked)} prompts in "
            f"{sampling.per_prompt} tries each; let it learn a little of the skill first, or raise sampling.per_prompt"
        )
    return right + [row for row in rows if "prompt" not in row]


def _sampled(
    base: Path, rows: Sequence[Row], sampling: Sampling, progress: Progress
) -> Iterator[tuple[Row, Sequence[str]]]:
    """Every row with the replies that came to an end, without the token that ends them."""
    from transformers import AutoTokenizer, GenerationConfig

    model = load(base)
    tokenizer = AutoTokenizer.from_pretrained(base, padding_side="left")
    pad = tokenizer.eos_token if tokenizer.pad_token is None else tokenizer.pad_token
    tokenizer.pad_token = pad
    settings = GenerationConfig(
        do_sample=True, temperature=sampling.temperature, top_k=0, num_return_sequences=sampling.per_prompt,
        max_new_tokens=sampling.max_tokens, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    for first in range(0, len(rows), _PROMPTS):
        batch = rows[first : first + _PROMPTS]
        inputs = tokenizer([row["prompt"] for row in batch], return_tensors="pt", padding=True).to(model.device)
        inputs.pop("token_type_ids", None)
        answers = model.generate(**inputs, generation_config=settings)[:, inputs["input_ids"].shape[1] :].tolist()
        for i, row in enumerate(batch):
            group = answers[i * sampling.per_prompt : (i + 1) * sampling.per_prompt]
            ended = [ids[: ids.index(tokenizer.eos_token_id)] for ids in group if tokenizer.eos_token_id in ids]
            yield row, tokenizer.batch_decode(ended)
        progress.advance(len(batch))
