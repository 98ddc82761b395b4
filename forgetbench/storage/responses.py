"""A response as the ledger keeps it, and what makes one sound: nothing else is kept, and nothing else is read."""

from __future__ import annotations

import dataclasses
import json
from operator import attrgetter

from forgetbench.records import Continuation, Request, Response, Sample
from forgetbench.storage.admission import admitted

_LARGEST_COUNT = 2**31 - 1
_continuation_fields = attrgetter(*(field.name for field in dataclasses.fields(Continuation)))
_sample_fields = attrgetter(*(field.name for field in dataclasses.fields(Sample)))


def well_formed(text: str) -> str:
    """The text with U+FFFD for every half of a surrogate pair, which no file of UTF-8 can hold."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def encoded(response: Response) -> str:
    """The body of a ledger row."""
    # Not dataclasses.astuple, which copies deeply: this is done for every response of a run.
    continuations = [_continuation_fields(item) for item in response.continuations]
    return json.dumps([continuations, [_sample_fields(item) for item in response.samples]])


def decoded(key: str, body: bytes) -> Response:
    """The response that `encoded` wrote. Raises ValueError for a damaged body."""
    try:
        continuations, samples = json.loads(body.decode())
        response = Response(
            key,
            continuations=tuple(Continuation(*item) for item in continuations),
            samples=tuple(Sample(*item) for item in samples),
        )
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    if reason := fault(response):
        raise ValueError(reason)
    return response


def fault(response: Response) -> str | None:
    """What makes a response none that the ledger may hold; None for a sound one."""
    if bool(response.continuations) == bool(response.samples):
        return "neither continuations nor samples alone"
    if not all(map(_is_continuation, response.continuations)):
        return "a continuation of other fields"
    if not all(map(_is_sample, response.samples)):
        return "a sample of other fields"
    return admitted(response).refusal


def answers(response: Response, request: Request) -> bool:
    """Whether a response has as many parts as the request asks for."""
    if request.sampling is not None:
        return len(response.samples) == request.sampling.n
    return len(response.continuations) == len(request.continuations)


def _is_continuation(item: Continuation) -> bool:
    total, greedy, n_tokens = _continuation_fields(item)
    number = isinstance(total, float | int) and not isinstance(total, bool)
    return number and isinstance(greedy, bool) and _is_count(n_tokens)


def _is_sample(item: Sample) -> bool:
    text, finish_reason, n_tokens = _sample_fields(item)
    words = isinstance(text, str) and isinstance(finish_reason, str)
    return words and _is_count(n_tokens) and well_formed(text) == text


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_COUNT
