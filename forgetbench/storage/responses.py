"""A response as a row of the ledger."""

from __future__ import annotations

import dataclasses
import json
from operator import attrgetter

from forgetbench.records import Continuation, Request, Response, Sample
from forgetbench.storage.admission import fault, well_formed

_continuation_fields = attrgetter(*(field.name for field in dataclasses.fields(Continuation)))
_sample_fields = attrgetter(*(field.name for field in dataclasses.fields(Sample)))


def encoded(response: Response) -> str:
    """The body of a response's row."""
    # Not dataclasses.astuple, which copies deeply: this is done for every response of a run.
    continuations = [_continuation_fields(item) for item in response.continuations]
    return json.dumps([continuations, [_sample_fields(item) for item in response.samples]])


def decoded(key: str, body: bytes) -> Response:
    """The response that `encoded` wrote. Raises ValueError where a row holds none, or one that may not be kept."""
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
    if any(well_formed(item.text) != item.text for item in response.samples):
        raise ValueError("half of a surrogate pair")
    return response


def answers(response: Response, request: Request) -> bool:
    """Whether a response has as many parts as the request asks for."""
    if request.sampling is not None:
        return len(response.samples) == request.sampling.n
    return len(response.continuations) == len(request.continuations)
