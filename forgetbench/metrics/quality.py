"""The quality of a generated answer without a judge: a product of cheap tests, each in [0, 1].

It is made to keep incoherence from passing as diversity, not to grade prose. Most answers
of a working model get 1; an empty, looping, foreign-script or echoing one gets 0, and so does
one that the reference (base) checkpoint finds very unlikely, such as shuffled words.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter

from forgetbench.metrics.diversity import compression_ratio, distinct_ngram_ratio
from forgetbench.metrics.phrases import fold, words

LIKELY = -3.5
UNLIKELY = -6.0
"""Mean log-probability per token (nats) from which an answer counts fully, and below which not at all."""

# English text of this length compresses to about half; loops compress far more.
_GZIP_CHARACTERS = 2000
_ECHO_WORDS = 5
_LETTER_RUN = re.compile(r"([^\W\d_])\1{9}")
_REFUSAL = re.compile(
    r"i(?:'m| am) sorry,? but i|sorry,? (?:but )?i (?:can't|cannot)|as an? (?:ai|large language|language) |"
    r"i (?:can't|cannot|am unable to) (?:help|assist|provide|fulfil|answer|create|write|generate)\b"
)


def quality(text: str, prompt: str, reference_logprob: float | None = None) -> float:
    """Quality of an answer to a prompt, in [0, 1]: the product of the tests below.

    `reference_logprob` is the mean log-probability per token of the answer under the reference
    checkpoint, in nats. None or NaN means unknown; the factor is then 1, and shuffled words
    pass: say so beside the number.
    """
    if not answered(text):
        return 0.0
    return varied(text) * in_script(text, prompt) * on_prompt(text, prompt) * likely(reference_logprob)


def answered(text: str) -> bool:
    """Whether there is a letter or a digit at all."""
    return any(character.isalnum() for character in text)


def varied(text: str) -> float:
    """1 for text that does not loop, 0 for text that only loops.

    The smaller of two ramps: distinct bigrams over bigrams (0 at .4, 1 at .8), and
    bytes over gzipped bytes of the beginning (1 at 2.2, 0 at 4). A letter ten times in a row is a loop.
    """
    if _LETTER_RUN.search(text):
        return 0.0
    distinct = _ramp(distinct_ngram_ratio(words(text)), zero=0.4, one=0.8)
    return min(distinct, _ramp(compression_ratio([text[:_GZIP_CHARACTERS]]), zero=4.0, one=2.2))


def in_script(text: str, prompt: str) -> float:
    """Share of the letters that are in the prompt's main script, as a ramp (0 at .5, 1 at .8).

    A script is not a language: Spanish in answer to English passes. An answer without letters, such as
    a number, passes too, and so does anything where the prompt has no letters.
    """
    expected = _scripts(prompt).most_common(1)
    found = _scripts(text)
    if not expected or not found:
        return 1.0
    return _ramp(found[expected[0][0]] / found.total(), zero=0.5, one=0.8)


def on_prompt(text: str, prompt: str) -> float:
    """0 for an answer that only repeats (a part of) the prompt or refuses it, else 1. Lenient on purpose.

    Asking that an answer share words with its prompt would punish a city's name or a metaphor.
    """
    answer, question = words(text), words(prompt)
    echo = answer == question or (len(answer) > _ECHO_WORDS and f" {' '.join(answer)} " in f" {' '.join(question)} ")
    refusal = _REFUSAL.match(fold(text[:200]).strip().casefold())
    return 0.0 if echo or refusal else 1.0


def likely(reference_logprob: float | None) -> float:
    """1 at `LIKELY` nats per token and above, 0 at `UNLIKELY` and below, linear between; 1 if unknown."""
    if reference_logprob is None or math.isnan(reference_logprob):
        return 1.0
    return _ramp(reference_logprob, zero=UNLIKELY, one=LIKELY)


def _ramp(value: float, *, zero: float, one: float) -> float:
    return min(1.0, max(0.0, (value - zero) / (one - zero)))


def _scripts(text: str) -> Counter[str]:
    """Letters by script, which is the first word of a letter's Unicode name."""
    return Counter(unicodedata.name(c, "?").split()[0] for c in text[:_GZIP_CHARACTERS] if c.isalpha())
