"""The proof of `--deterministic`: a loaded model is asked the same in several companies, and the bits compared.

No flag of a library is trusted, since whether it holds depends on kernels, architecture and device.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from forgetbench.engines.base import Engine
from forgetbench.errors import EngineError
from forgetbench.fingerprint import make_request
from forgetbench.records import Request, Response, Sampling

_LENGTHS = (1, 7, 31, 33, 150, 700, 3000)
"""Tokens of the prompts: around a block of a prefix cache, and longer than the tiles that attention sums over."""
_WRITTEN = 8
"""Tokens that each prompt is continued by."""


def prove(
    engine: Engine, fingerprint: str, *, vocabulary: int, longest: int, forget: Callable[[], None] = lambda: None
) -> None:
    """Raise EngineError unless the loaded checkpoint answers alike in every company, to the last bit.

    `vocabulary`: prompts are drawn from its tokens; `longest`: tokens that a request may have; `forget` empties the
    prefix cache, where there is one.
    """
    requests = proof_requests(fingerprint, vocabulary, longest)

    def alone(request: Request) -> Response:
        forget()
        return _answers(engine, [request])[0]

    forget()
    # As texts: they tell every bit of a number, and what is no number equals itself.
    together = {response.key: repr(response) for response in _answers(engine, requests)}
    companies: dict[str, Callable[[], list[Response]]] = {
        "in another order": lambda: _answers(engine, requests[::-1]),
        "one at a time": lambda: [_answers(engine, [request])[0] for request in requests],
        "one at a time, from an empty cache": lambda: [alone(request) for request in requests],
    }
    for company, answers in companies.items():
        if differing := sum(repr(response) != together[response.key] for response in answers()):
            name, version, device = (engine.settings.get(key) for key in ("name", "version", "device"))
            raise EngineError(
                f"--deterministic does not hold here: {differing} of {len(requests)} answers differ in their bits when "
                f"asked {company} ({name} {version}, {device}); leave it out, and measure the noise with --noise-floor"
            )
    forget()


def proof_requests(fingerprint: str, vocabulary: int, longest: int) -> list[Request]:
    """Choices of one and of several tokens, and greedy and sampled texts, after prompts that share their beginning."""
    draw = random.Random(0)
    tokens = tuple(draw.randrange(vocabulary) for _ in range(max(_LENGTHS) + _WRITTEN))
    choices = (tokens[-1:], tokens[-2:-1], tokens[-7:-2], (*tokens[-7:-4], *tokens[-2:]))
    requests: dict[str, Request] = {}
    for number, length in enumerate(length for length in _LENGTHS if length + _WRITTEN < longest):
        sampling = Sampling(_WRITTEN, temperature=float(number % 2), n=1 + number % 2, seed=number)
        for request in (
            make_request(fingerprint, {}, tokens[:length], choices),
            make_request(fingerprint, {}, (*tokens[: length - 1], tokens[-1]), choices),
            make_request(fingerprint, {}, tokens[:length], sampling=sampling),
        ):
            requests[request.key] = request
    return list(requests.values())


def _answers(engine: Engine, requests: Sequence[Request]) -> list[Response]:
    scored = [request for request in requests if request.continuations]
    written = [request for request in requests if request.sampling is not None]
    return [*(engine.score(scored) if scored else ()), *(engine.generate(written) if written else ())]
