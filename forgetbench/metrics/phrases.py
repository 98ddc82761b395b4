"""Phrases: word n-grams of answers, and which of them one set of answers uses far more than another.

The log-odds ratio with an informative Dirichlet prior is from Monroe, Colaresi and Quinn,
"Fightin' Words: Lexical Feature Selection and Evaluation for Identifying the Content of Political
Conflict", Political Analysis 16(4), 2008.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from forgetbench.metrics.text import NGram, ngrams, words

Phrase = NGram

PHRASE_WORDS = 4
PRIOR_SHARE = 0.2
"""Weight of the prior as a share of the pooled counts, near the value that gives a phrase seen on one
side only its largest z: a rare phrase in y answers against none has z = .74 sqrt(y), so that
five answers reach `MIN_Z`."""
MIN_Z = 1.645
"""The z from which a phrase counts as overused: one-sided 5 %."""
MIN_PROMPTS = 3
"""So many different prompts must have answers with it."""
MIN_TEXT_SHARE = 0.02
MIN_TEXTS = 3
"""A phrase in that share of the training answers, and in no fewer of them than this, is characteristic of them."""


def phrases(text: str, prompt: str = "") -> set[Phrase]:
    """The phrases of an answer that are its own, that is, do not stand in its prompt.

    A phrase is a run of `PHRASE_WORDS` words; a longer shared wording contains such runs, so it needs no
    separate treatment. An answer of fewer words is one phrase as a whole, which is
    how a bare label ("positive") is seen, and only where it is the whole answer.
    """
    tokens = words(text)
    if not tokens:
        return set()
    length = min(PHRASE_WORDS, len(tokens))
    return ngrams(tokens, length) - ngrams(words(prompt), length)


def log_odds(
    counts: Mapping[Phrase, int],
    reference: Mapping[Phrase, int],
    *,
    totals: tuple[int, int] | None = None,
    prior_share: float = PRIOR_SHARE,
) -> dict[Phrase, float]:
    """z-score of every phrase: positive where `counts` uses it more than `reference`.

    With y the counts, n their totals, alpha the prior and alpha_0 its total (Monroe et al. 2008),

        odds  = (y + alpha) / (n + alpha_0 - y - alpha)              on each side,
        delta = log odds_a - log odds_b,   z = delta / sqrt(var),
        var   = 1 / (y + alpha) + 1 / (n + alpha_0 - y - alpha)      summed over the sides.

    The paper goes on to drop the second term of the variance, which is small for rare words; a catch
    phrase is not rare, so it stays. The prior is the pooled counts times `prior_share`: it pulls
    towards "no difference". Equal counts give 0 everywhere.

    `totals` are the sums of the counts by default; where counts are numbers of answers that contain
    a phrase, pass the numbers of answers, lest longer answers dilute each phrase.
    """
    n_a, n_b = totals or (sum(counts.values()), sum(reference.values()))
    alpha_0 = prior_share * (n_a + n_b)
    z = {}
    for phrase in sorted(counts.keys() | reference.keys()):
        y_a, y_b = counts.get(phrase, 0), reference.get(phrase, 0)
        alpha = prior_share * (y_a + y_b)
        delta = variance = 0.0
        for sign, y, n in ((1, y_a, n_a), (-1, y_b, n_b)):
            # Nothing else at all on either side: a floor, the same on both, cancels in the difference.
            has, has_not = y + alpha, max(n + alpha_0 - y - alpha, 1e-9)
            delta += sign * math.log(has / has_not)
            variance += 1 / has + 1 / has_not
        z[phrase] = delta / math.sqrt(variance)
    return z


@dataclass(frozen=True, slots=True)
class OverusedPhrase:
    """A phrase that one side's answers use far more than the other's."""

    phrase: Phrase
    z: float
    answers: int
    """Answers of the examined side that contain it."""
    reference_answers: int
    prompts: int
    """Different prompts whose answers, on the examined side, contain it."""


def overused(
    answers: Sequence[Collection[Phrase]],
    reference: Sequence[Collection[Phrase]],
    prompts: Sequence[str],
) -> list[OverusedPhrase]:
    """The phrases that `answers` uses far more than `reference`, the strongest first.

    `answers[i]` and `reference[i]` are the sets of phrases (see `phrases`) of the two answers to
    `prompts[i]`. A phrase counts once per answer, so one looping answer is no evidence.
    It needs z >= `MIN_Z` and answers to `MIN_PROMPTS` different prompts.
    """
    counts = Counter(p for row in answers for p in row)
    reference_counts = Counter(p for row in reference for p in row)
    seen: dict[Phrase, set[str]] = {}
    for row, prompt in zip(answers, prompts, strict=True):
        for phrase in row:
            seen.setdefault(phrase, set()).add(prompt)
    candidates = [
        OverusedPhrase(phrase, z, counts[phrase], reference_counts[phrase], len(seen[phrase]))
        for phrase, z in log_odds(counts, reference_counts, totals=(len(answers), len(reference))).items()
        if z >= MIN_Z and len(seen.get(phrase, ())) >= MIN_PROMPTS
    ]
    return sorted(candidates, key=lambda candidate: (-candidate.z, candidate.phrase))


def characteristic(
    training_texts: Sequence[str],
    among: Collection[Phrase],
) -> set[Phrase]:
    """The phrases of `among` that the training answers use again and again.

    A phrase qualifies when it stands in at least `MIN_TEXT_SHARE` of the training answers and in no
    fewer than `MIN_TEXTS` of them. Only phrases of `among` (those seen in the answers under test)
    are counted, so memory does not grow with the training file.
    """
    among = frozenset(among)
    frequency = Counter(p for text in training_texts for p in phrases(text) & among)
    needed = max(MIN_TEXTS, MIN_TEXT_SHARE * len(training_texts))
    return {phrase for phrase, count in frequency.items() if count >= needed}
