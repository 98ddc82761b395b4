"""What may count as an answer: a response is looked at once, before it is kept or scored, whatever engine gave it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from forgetbench.records import Continuation, Response, Sample

NOT_FINITE = "non-finite log-likelihood"
"""NaN, or infinite. A token that a model calls impossible makes minus infinity of the whole continuation, which cannot
be compared with another's."""
ABOVE_ZERO = "log-likelihood above 0"
NO_NUMBERS = (NOT_FINITE, ABOVE_ZERO)
NOT_FINITE_LOGITS = "non-finite logits while generating"
"""An engine's refusal where the text is what arithmetic made of NaN."""
ROUNDING = 1e-3
"""Nats per token by which rounding may lift the log-probability of a certain token above 0."""


OTHER_FIELDS = "the engine's answer has other fields than one has"
"""Not of the types that `records` says, or neither continuations nor samples alone."""
_LARGEST_COUNT = 2**31 - 1


def admitted(response: Response) -> Response:
    """The response as it may be kept and scored, or a refusal in its place where it cannot be."""
    if response.refusal is not None:
        return response
    if reason := fault(response):
        return replace(response, continuations=(), samples=(), refusal=reason)
    samples = tuple(replace(item, text=well_formed(item.text)) for item in response.samples)
    return response if samples == response.samples else replace(response, samples=samples)


def fault(response: Response) -> str | None:
    """Why a response is none; None for one that may be kept."""
    if bool(response.continuations) == bool(response.samples) or not all(map(_is_sample, response.samples)):
        return OTHER_FIELDS
    return next(filter(None, map(_rating_fault, response.continuations)), None)


def well_formed(text: str) -> str:
    """The text with U+FFFD for every half of a surrogate pair, which no file of UTF-8 can hold."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _rating_fault(rated: Continuation) -> str | None:
    total: Any = rated.loglikelihood
    if isinstance(total, bool) or not isinstance(total, float | int) or not isinstance(rated.is_greedy, bool):
        return OTHER_FIELDS
    if not _is_count(rated.n_tokens):
        return OTHER_FIELDS
    if not math.isfinite(total):
        return NOT_FINITE
    return ABOVE_ZERO if total > ROUNDING * max(rated.n_tokens, 1) else None


def _is_sample(item: Sample) -> bool:
    text: Any = item.text
    reason: Any = item.finish_reason
    return isinstance(text, str) and isinstance(reason, str) and _is_count(item.n_tokens)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_COUNT
