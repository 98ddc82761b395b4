"""How far one next-token distribution lies from another: numbers of arrays, in nats; no model is known here.

The divergence is the forward one, KL(base || candidate) = sum_v p(v) log(p(v) / q(v)), of each place in a text where a
next token is due (Kullback and Leibler 1951). On the prompts of a fine-tuning set it goes along with what is forgotten
("RL's Razor", arXiv 2509.04259).

Where only the likeliest tokens of either side are known, those that both sides name keep their probabilities and all
others are one bucket. Merging outcomes never makes a divergence or an entropy larger (the data-processing inequality;
Cover and Thomas 2006, 2.8), so both are lower bounds then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Floats = NDArray[np.floating]
Doubles = NDArray[np.float64]
Tokens = NDArray[np.integer]

_UNCERTAIN: Final = 1e-7
"""What float32 log-probabilities leave uncertain of a sum of probabilities: no bucket counts as emptier."""


def kl_divergence(base: Floats, candidate: Floats) -> Doubles:
    """KL(base || candidate) of each place, in nats. Both are log-probabilities, shape (places, outcomes).

    Infinite where the candidate calls impossible what the base does not.

    >>> kl_divergence(np.log([[0.5, 0.5]]), np.log([[0.9, 0.1]])).round(4).tolist()
    [0.5108]
    """
    before, after = base.astype(np.float64), candidate.astype(np.float64)
    possible = before > -np.inf
    ratio = np.subtract(before, after, out=np.zeros_like(before), where=possible)
    return np.asarray((np.exp(before) * ratio).sum(axis=-1))


def entropy(logprobs: Floats) -> Doubles:
    """Entropy of each place, in nats; log-probabilities of shape (places, outcomes).

    >>> float(entropy(np.full((1, 50), -np.log(50)))[0].round(4)) == round(float(np.log(50)), 4)
    True
    """
    values = logprobs.astype(np.float64)
    finite = np.where(values > -np.inf, values, 0.0)
    return np.asarray(-(np.exp(values) * finite).sum(axis=-1))


def with_rest(logprobs: Floats, n_kept: int) -> Floats:
    """The first `n_kept` outcomes, and all others as one more; shape (places, n_kept + 1).

    As they are where there are no others: both sides of a divergence need the same outcomes.
    """
    if logprobs.shape[-1] == n_kept:
        return logprobs
    rest = logsumexp(logprobs[:, n_kept:].astype(np.float64), axis=-1, keepdims=True)
    return np.concatenate([logprobs[:, :n_kept], rest.astype(logprobs.dtype)], axis=-1)


@dataclass(frozen=True, slots=True)
class TopTokens:
    """The likeliest tokens of each place of a text. Both of shape (places, k); an id of -1 fills a shorter row up."""

    ids: Tokens
    logprobs: Floats

    def entropy(self) -> Doubles:
        """Of these tokens and all others as one bucket: a lower bound of the distribution's, in nats."""
        kept = np.where(self.ids >= 0, np.exp(self.logprobs.astype(np.float64)), 0.0)
        return _entropy_of(np.concatenate([kept, _rest(kept)], axis=-1))

    def logprob(self, tokens: Tokens) -> Doubles:
        """Log-probability of one token a place, shape (places,); NaN where it is not among them."""
        at = self.ids == tokens[:, None]
        chosen = np.where(at, self.logprobs.astype(np.float64), 0.0).sum(axis=-1)
        return np.where(at.any(axis=-1), chosen, np.nan)


def top_k_divergence(base: TopTokens, candidate: TopTokens) -> Doubles:
    """A lower bound of KL(base || candidate) of each place, in nats: over the tokens that both sides name, and the
    rest as one bucket."""
    same = (base.ids[:, :, None] == candidate.ids[:, None, :]) & (base.ids >= 0)[:, :, None]
    shared = same.any(axis=-1)
    p = np.where(shared, np.exp(base.logprobs.astype(np.float64)), 0.0)
    q = (same * np.exp(candidate.logprobs.astype(np.float64))[:, None, :]).sum(axis=-1)
    before, after = (np.concatenate([side, _rest(side)], axis=-1) for side in (p, q))
    ratio = np.divide(before, after, out=np.ones_like(before), where=(before > 0) & (after > 0))
    bound = (before * np.log(ratio)).sum(axis=-1)
    # Rounding: a divergence is not below 0.
    return np.asarray(np.maximum(bound, 0.0))


def _rest(kept: Doubles) -> Doubles:
    return np.asarray(np.maximum(1.0 - kept.sum(axis=-1, keepdims=True), _UNCERTAIN))


def _entropy_of(probabilities: Doubles) -> Doubles:
    logs = np.log(probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
    return np.asarray(-(probabilities * logs).sum(axis=-1))


@dataclass(slots=True)
class TextSums:
    """Running sums over the scored tokens of one text; nothing of a token is kept. Nats."""

    cluster: str
    """Texts of one cluster are no independent evidence."""
    n_bytes: int = 0
    """UTF-8 bytes that the scored tokens spell; 0 where that is not told."""
    n_tokens: int = 0
    kl: float = 0.0
    entropies: list[float] = field(default_factory=lambda: [0.0, 0.0])
    """Of base and candidate."""
    losses: list[float] = field(default_factory=lambda: [0.0, 0.0])
    """Minus the log-probability of the text's own tokens, under base and candidate."""

    def add_rows(self, base: Floats, candidate: Floats, tokens: Tokens) -> None:
        """Take in some places whose whole distributions are known.

        Log-probabilities of shape (places, vocabulary), each side with its own vocabulary; `tokens` are what stands
        there, shape (places,), of the ids that both sides have. The entropies are of the whole vocabularies.
        """
        shared = min(base.shape[-1], candidate.shape[-1])
        of_both = [with_rest(side, shared) for side in (base, candidate)]
        if of_both[0].shape != of_both[1].shape:
            of_both = [_with_bucket(side, shared + 1) for side in of_both]
        self.kl += float(kl_divergence(of_both[0], of_both[1]).sum())
        for side, rows in enumerate((base, candidate)):
            self.entropies[side] += float(entropy(rows).sum())
            self.losses[side] -= float(np.take_along_axis(rows, tokens[:, None], axis=-1).astype(np.float64).sum())
        self.n_tokens += len(tokens)

    def add_top(self, base: TopTokens, candidate: TopTokens, tokens: Tokens) -> None:
        """Take in some places of which either side's likeliest tokens are known, and `tokens` among them."""
        self.kl += float(top_k_divergence(base, candidate).sum())
        for side, top in enumerate((base, candidate)):
            self.entropies[side] += float(top.entropy().sum())
            self.losses[side] -= float(top.logprob(tokens).sum())
        self.n_tokens += len(tokens)


def _with_bucket(rows: Floats, width: int) -> Floats:
    """With a bucket of others where there are none, as empty as a bucket can be told to be."""
    lacking = width - rows.shape[-1]
    return np.pad(rows, ((0, 0), (0, lacking)), constant_values=np.log(_UNCERTAIN)) if lacking else rows
