"""Sampling both models from neutral openings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil
from typing import Final

from forgetbench.comparison.sft_data import SftData
from forgetbench.diagnosis.asked import Readable
from forgetbench.diagnosis.without_data import Samples, read_off
from forgetbench.pipeline.two_models import Models
from forgetbench.records import Checkpoint, Sampling

TEXT_OPENINGS: Final = ("", "The", "I", "In", "Question:", "Once", "Here", "To", "What", "#")
"""What a text may begin with, whatever it is about; '' is BOS alone."""
CHAT_OPENINGS: Final = (
    "Hello!", "Hi", "Tell me something.", "What do you think?", "Go on.", "Write a few sentences.", "Please continue.",
    "What can you tell me?", "Why?", "Good morning.",
)  # fmt: skip
"""What may be said to anybody."""
SAMPLE_TOKENS: Final = 64


def read_without_data(
    models: Models, n_samples: int, data: SftData | None, *, seed: int, alpha: float
) -> tuple[Readable, ...]:
    """Name what the candidate writes more than the base, from `n_samples` of each; scored where `data` is given.

    Text openings, and messages where the candidate has a chat template, which both are asked in.
    """
    answers = None if data is None else data.answers
    found = [read_off(_sample(models, "text", TEXT_OPENINGS, n_samples, seed), answers, alpha)]
    if models.tokenizer(models.candidate).has_chat_template:
        found.append(read_off(_sample(models, "chat", CHAT_OPENINGS, n_samples, seed), answers, alpha))
    return tuple(found)


def _sample(models: Models, kind: str, openings: Sequence[str], n_samples: int, seed: int) -> Samples:
    """As many of each opening, so many in all or a few more."""
    each = ceil(n_samples / len(openings))
    tokens: Callable[[Models, Checkpoint, str], Sequence[int]] = _text_tokens if kind == "text" else _chat_tokens
    rounds = [(who, opening) for who in (models.base, models.base, models.candidate) for opening in openings]
    # Each with a seed of its own: from one stream of random numbers like models write the same, whatever the opening.
    asked = [
        (who, tokens(models, who, opening), Sampling(SAMPLE_TOKENS, temperature=1.0, n=each, seed=seed + number))
        for number, (who, opening) in enumerate(rounds)
    ]
    written = models.sampled(f"samples ({kind})", asked)
    texts = [[sample.text for sample in samples] for samples in written]
    base, again, candidate = (texts[start : start + len(openings)] for start in range(0, len(texts), len(openings)))
    # Of an opening that the engine refused once, nothing is compared.
    kept = [number for number in range(len(openings)) if base[number] and again[number] and candidate[number]]

    def flat(side: Sequence[Sequence[str]]) -> tuple[str, ...]:
        return tuple(text for number in kept for text in side[number])

    prompts = tuple(openings[number] for number in kept for _ in range(each))
    return Samples("text" if kind == "text" else "chat", prompts, flat(candidate), flat(base), flat(again))


def _text_tokens(models: Models, who: Checkpoint, opening: str) -> Sequence[int]:
    tokenizer = models.tokenizer(who)
    return [tokenizer.prefix_token, *tokenizer.encode(opening, special=False)]


def _chat_tokens(models: Models, who: Checkpoint, opening: str) -> Sequence[int]:
    """In the candidate's chat template: a base may have none."""
    message = {"role": "user", "content": opening}
    prompt = models.tokenizer(models.candidate).render([message], add_generation_prompt=True)
    return models.tokenizer(who).encode(prompt)
