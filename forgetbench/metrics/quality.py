"""The quality of a generated answer without a judge: a product of cheap tests, each in [0, 1].

It is made to keep incoherence from passing as diversity, not to grade prose. Most answers of a working model
get 1; an empty, looping, illegible or echoing one gets 0, and so do a refusal, one in another language than the prompt
or in no language, one that breaks a constraint of its prompt, one that the reference (base) checkpoint finds very
unlikely, such as shuffled words, and fluent text beside the point, which the prompt makes no likelier (`topic`). Above
that floor likelihood earns nothing: a good writer is less likely than a dull one.

Without a reference two of these are not seen: words of one language in a senseless order, and text beside the point.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from forgetbench.metrics.degeneration import in_wrong_language
from forgetbench.metrics.diversity import compression_ratio, distinct_n, own_words
from forgetbench.metrics.nonsense import is_nonsense
from forgetbench.metrics.refusal import refuses
from forgetbench.metrics.text import answered, fold, has_letter_run, script, words
from forgetbench.metrics.topic import bearing, to_the_point

LIKELY = -4.5
UNLIKELY = -6.5
"""Mean log-probability per token (nats) from which an answer counts fully, and below which not at all.

Under SmolLM2-135M half of some openings of stories and poems written by hand have -4.4 and more, its own samples -3.4,
and 19 of 20 of these with their words shuffled less than -6.3."""
CHOICE = 4.0
"""Nats that an answer may cost beyond that: choosing one of e^4 = 55 equally good answers.

Without it a well-spread answer of one word, say an unusual city, would be taken for noise."""

# English and Chinese text of this length compresses to about half; loops compress far more.
_GZIP_CHARACTERS = 2000
_ECHO_WORDS = 2
_ANOTHER_QUESTION = re.compile(r"\s*(?:question|问题) ?:", re.IGNORECASE)


def quality(
    text: str,
    prompt: str,
    reference_logprob: float | None = None,
    *,
    neutral_logprob: float | None = None,
    n_tokens: int | None = None,
    min_words: int = 1,
) -> float:
    """Quality of an answer to a prompt, in [0, 1]: the product of the tests below.

    `reference_logprob` is the mean log-probability per token of the answer under the reference
    checkpoint, in nats, and `n_tokens` over how many tokens; `neutral_logprob` is the same after a request that any
    text answers. None or NaN means unknown; the factor is then 1, and shuffled words or text beside the point pass: say
    so beside the number. `min_words` is what a complete answer needs.
    """
    if not answered(text):
        return 0.0
    return (
        varied(text)
        * legible(text)
        * in_language(text, prompt)
        * on_prompt(text, prompt)
        * complete(text, min_words)
        * likely(reference_logprob, n_tokens)
        * to_the_point(bearing(text, reference_logprob, neutral_logprob))
    )


def varied(text: str) -> float:
    """1 for text that does not loop, 0 for text that only loops.

    The smaller of two ramps: distinct bigrams over bigrams (0 at .4, 1 at .8), and
    bytes over gzipped bytes of the beginning (1 at 2.2, 0 at 4). A letter ten times in a row is a loop.
    """
    if has_letter_run(text):
        return 0.0
    distinct = _ramp(distinct_n(words(text)), zero=0.4, one=0.8)
    return min(distinct, _ramp(compression_ratio([text[:_GZIP_CHARACTERS]]), zero=4.0, one=2.2))


def legible(text: str) -> float:
    """Share of letters, marks and digits among what is not blank, as a ramp (0 at .25, 1 at .5).

    Prose has .9 and more, a short JSON object .6, noise of symbols or of undecodable bytes (U+FFFD) far less.
    """
    kinds = Counter(unicodedata.category(c)[0] for c in text[:_GZIP_CHARACTERS] if not c.isspace())
    return _ramp((kinds["L"] + kinds["M"] + kinds["N"]) / kinds.total(), zero=0.25, one=0.5) if kinds else 0.0


def in_language(text: str, prompt: str) -> float:
    """0 for an answer in another language than the prompt, mixed from two or in none; else its share in the script."""
    return 0.0 if in_wrong_language(text, prompt) or is_nonsense(text, prompt) else in_script(text, prompt)


def in_script(text: str, prompt: str) -> float:
    """Share of the answer in the prompt's main script, as a ramp (0 at .5, 1 at .9).

    The share of letters or that of words, whichever is larger: a Chinese word is one letter, so one foreign
    name weighs much in one count and little in the other. A word of letters from two scripts is in neither.
    An answer without letters passes, and so does anything where the prompt has none.
    """
    asked, used = list(_word_scripts(prompt[:_GZIP_CHARACTERS])), list(_word_scripts(text[:_GZIP_CHARACTERS]))
    if not asked or not used:
        return 1.0
    main = Counter(name for name, _ in asked).most_common(1)[0][0]
    own = [letters for name, letters in used if name == main]
    share = max(len(own) / len(used), sum(own) / sum(letters for _, letters in used))
    return _ramp(share, zero=0.5, one=0.9)


def on_prompt(text: str, prompt: str) -> float:
    """0 for an answer that says nothing of its own, refuses, or asks another question instead; else 1.

    Nothing of its own: only function words ("It is"), the prompt itself, or more than two words of which those with
    content all stand in the prompt. A bare number is an answer where the prompt holds one too ("from 1 to 100").
    Lenient on purpose: asking that an answer share words with its prompt would punish a city's name or a metaphor.
    """
    answer, content = words(text), own_words(text, "")
    echo = answer == words(prompt) or (len(answer) > _ECHO_WORDS and not own_words(text, prompt))
    number = not any(map(str.isalpha, text)) and not any(map(str.isdigit, prompt))
    no_answer = _ANOTHER_QUESTION.match(fold(text[:200])) or refuses(text, prompt)
    return 0.0 if echo or number or no_answer or not content else 1.0


def complete(text: str, min_words: int) -> float:
    """Words over `min_words`, at most 1: "The" is no opening of a story."""
    return min(1.0, len(words(text)) / max(min_words, 1))


def likely(reference_logprob: float | None, n_tokens: int | None = None) -> float:
    """1 at `LIKELY` nats per token and above, 0 at `UNLIKELY` and below, linear between; 1 if unknown.

    Where the number of tokens is known, `CHOICE` nats of the whole answer are free.
    """
    if reference_logprob is None or math.isnan(reference_logprob):
        return 1.0
    free = CHOICE / n_tokens if n_tokens else 0.0
    return _ramp(reference_logprob + free, zero=UNLIKELY, one=LIKELY)


def _ramp(value: float, *, zero: float, one: float) -> float:
    return min(1.0, max(0.0, (value - zero) / (one - zero)))


def _word_scripts(text: str) -> Iterator[tuple[str, int]]:
    """Script and number of letters of every word that has any; a word of several scripts has all their names."""
    for word in words(text):
        scripts = [script(character) for character in word if character.isalpha()]
        if scripts:
            yield "+".join(sorted(set(scripts))), len(scripts)
