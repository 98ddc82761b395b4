"""What may count as an answer: a response is looked at once, before it is kept or scored, whatever engine gave it."""

from __future__ import annotations

import math
from dataclasses import replace

from forgetbench.records import Continuation, Response

NOT_FINITE = "non-finite log-likelihood"
"""NaN, or infinite. A token that a model calls impossible makes minus infinity of the whole continuation, which cannot
be compared with another's."""
ABOVE_ZERO = "log-likelihood above 0"
NO_NUMBERS = (NOT_FINITE, ABOVE_ZERO)
NOT_FINITE_LOGITS = "non-finite logits while generating"
"""An engine's refusal where the text is what arithmetic made of NaN."""
ROUNDING = 1e-3
"""Nats per token by which rounding may lift the log-probability of a certain token above 0."""


def admitted(response: Response) -> Response:
    """The response, or a refusal in its place where its numbers are none: they are never a score, nor kept."""
    fault = next(filter(None, map(_fault, response.continuations)), None)
    return replace(response, continuations=(), samples=(), refusal=fault) if fault else response


def _fault(rated: Continuation) -> str | None:
    if not math.isfinite(rated.loglikelihood):
        return NOT_FINITE
    return ABOVE_ZERO if rated.loglikelihood > ROUNDING * max(rated.n_tokens, 1) else None
