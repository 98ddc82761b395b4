"""N-gram novelty: how much of an answer is the model's own wording, and how much is the training data's.

McCoy et al. 2023, arXiv 2111.09509; Merrill et al. 2024, arXiv 2406.13069.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forgetbench.metrics.phrases import PHRASE_WORDS
from forgetbench.metrics.text import NGram, ngrams, windows, words


def novelty(answers: Sequence[str], training_texts: Iterable[str], n: int = PHRASE_WORDS) -> list[float]:
    """For each answer, the share of its different word n-grams that no training text contains.

    From 0 (every run of `n` words was copied) to 1 (none was). An answer of fewer than `n` words is one
    n-gram as a whole, and a training text contains it wherever these words stand in a row. NaN for
    an answer without a word. Case and punctuation do not count; a Chinese word is one character.

    `training_texts` is read once and may be a generator: only n-grams of the answers are kept, so memory
    does not grow with the training data.

    Raises:
        ValueError: for n < 1.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, not {n}")
    own = [ngrams(tokens, min(n, len(tokens))) for tokens in map(words, answers)]
    unseen = set[NGram]().union(*own)
    lengths = sorted({len(gram) for gram in unseen})
    for text in training_texts:
        tokens = words(text)
        for length in lengths:
            unseen.difference_update(windows(tokens, length))
    return [len(grams & unseen) / len(grams) if grams else float("nan") for grams in own]
