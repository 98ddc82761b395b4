"""A tiny model scored by vLLM in both its ways, and by transformers, which is right."""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass
from pathlib import Path

from tiny_families import make_family
from tiny_quantised import FORMATS, make_quantised

from forgetbench.engines.transformers import TransformersEngine
from forgetbench.engines.vllm.engine import VllmEngine
from forgetbench.fingerprint import make_request
from forgetbench.models.checkpoints import resolve
from forgetbench.records import Continuation, Request

_Rated = dict[str, tuple[Continuation, ...]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far vLLM's log-likelihoods are from those of transformers, in nats."""

    probes: float
    """The largest difference by probes into the prefix tree."""
    whole: float
    """The largest difference with every continuation sent whole, as lm-eval sends it."""
    spread: float
    """Standard deviation of the log-likelihoods themselves, which a difference is to be seen against."""
    greedy: bool
    """Both ways and transformers agree on which continuations are the most likely ones."""
    cached: bool
    """vLLM used its prefix cache."""


def questions(fingerprint: str, seed: int = 0) -> list[Request]:
    """One-token choices, choices that share first tokens, long ones and whole texts, in random tokens.

    Prompts share their beginning, end at and beside cache blocks, and are up to four sliding windows long.
    """
    rng = random.Random(seed)

    def drawn(length: int) -> tuple[int, ...]:
        return tuple(rng.randrange(2, 258) for _ in range(length))

    shared, asked = drawn(150), list[tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]]()
    for own in (1, 9, 42, 75, 106):
        prompt, first = shared + drawn(own), drawn(3)
        asked.append((prompt, tuple((token,) for token in sorted(set(drawn(4))))))
        asked.append((prompt, (first + drawn(2), first + drawn(6), drawn(4), drawn(40), drawn(1))))
    for length in (5, 31, 64, 200):
        asked.append((drawn(1), (drawn(length),)))
        asked.append((drawn(length), (drawn(3), drawn(3))))
    return [make_request(fingerprint, {}, prompt, continuations) for prompt, continuations in asked]


def made(name: str, folder: Path) -> tuple[Path, Path]:
    """The folders that vLLM and transformers are asked: a family's model twice, or a packed one and its twin."""
    if name in FORMATS:
        return make_quantised(name, folder)
    return (make_family(name, folder),) * 2


def agreement(asked: Path, twin: Path, engine: VllmEngine, reference: TransformersEngine) -> Agreement:
    """Ask vLLM the one and transformers, which is to compute in float32, the other.

    EngineError with vLLM's words for one that it does not load.
    """
    checkpoint = resolve(str(asked))
    requests = questions(checkpoint.fingerprint)
    reference.load([resolve(str(twin))])
    expected: _Rated = {response.key: response.continuations for response in reference.score(requests)}
    engine.load([checkpoint], asked.parent / "engine.log")
    probes: _Rated = {response.key: response.continuations for response in engine.score(requests)}
    # Once more in another order, with a cache that is warm.
    again: _Rated = {response.key: response.continuations for response in engine.score(requests[::-1])}
    whole: _Rated = {response.key: response.continuations for response in engine._scoring().whole(requests)}
    values = [rated.loglikelihood / rated.n_tokens for row in expected.values() for rated in row]
    return Agreement(
        probes=max(_apart(probes, expected), _apart(again, expected)),
        whole=_apart(whole, expected),
        spread=statistics.stdev(values),
        greedy=len({_greedy(rated, requests) for rated in (expected, probes, again, whole)}) == 1,
        cached=engine._cache_unit is not None,
    )


def _apart(some: _Rated, others: _Rated) -> float:
    return max(
        abs(one.loglikelihood - other.loglikelihood)
        for key, row in others.items()
        for one, other in zip(some[key], row, strict=True)
    )


def _greedy(rated: _Rated, requests: list[Request]) -> tuple[bool, ...]:
    return tuple(one.is_greedy for request in requests for one in rated[request.key])
