"""`--deterministic`: one checkpoint against itself, to the last bit, on this machine's CPU."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from tiny_families import make_family

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.vllm.engine import VllmEngine
from forgetbench.fingerprint import make_request
from forgetbench.models.checkpoints import resolve
from forgetbench.records import Checkpoint, Request, Response, Sampling

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("default")]

Answers = dict[str, Response]
LENGTHS = (3, 31, 32, 33, 97, 250, 700, 1290)
"""Tokens of the prompts: around a block of the cache, and longer than attention sums over in one piece."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    settings = {"hidden_size": 192, "num_attention_heads": 6, "num_key_value_heads": 2, "max_position_embeddings": 1500}
    return resolve(str(make_family("llama", tmp_path_factory.mktemp("models") / "llama", **settings)))


def asked(checkpoint: Checkpoint) -> list[Request]:
    draw = random.Random(3)
    text = tuple(draw.randrange(2, 250) for _ in range(1400))
    choices = (text[-1:], text[-2:-1], text[-8:-2], (*text[-8:-5], *text[-2:]), text[-40:-12])
    requests = []
    for length in LENGTHS:
        for prompt in (text[:length], (*text[: length - 2], 7, 8)):
            requests.append(make_request(checkpoint.fingerprint, {}, prompt, choices))
        for temperature, n in ((0.0, 1), (1.0, 3)):
            sampling = Sampling(24, temperature=temperature, n=n, seed=length, top_p=0.95)
            requests.append(make_request(checkpoint.fingerprint, {}, text[:length], sampling=sampling))
    return requests


def started(checkpoint: Checkpoint, dtype: str, log: Path, sequences: int = 64) -> VllmEngine:
    engine = VllmEngine(EngineOptions("vllm", dtype=dtype, deterministic=True), [checkpoint])
    engine._sequences = sequences
    engine.load([checkpoint], log)
    return engine


def answers(engine: VllmEngine, requests: Sequence[Request], at_once: int | None = None) -> Answers:
    def parts(kind: Iterable[Request]) -> Iterable[list[Request]]:
        of_kind = list(kind)
        size = at_once or len(of_kind) or 1
        return (of_kind[start : start + size] for start in range(0, len(of_kind), size))

    said = [answer for part in parts(r for r in requests if r.continuations) for answer in engine.score(part)]
    said += [answer for part in parts(r for r in requests if r.sampling) for answer in engine.generate(part)]
    return {answer.key: answer for answer in said}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_same_bits_in_every_company(checkpoint: Checkpoint, dtype: str, tmp_path: Path) -> None:
    """Other orders, batches and starts, an empty and a filled cache, probes and whole prompts."""
    requests = asked(checkpoint)
    shuffled = random.Random(5).sample(requests, len(requests))
    engine = started(checkpoint, dtype, tmp_path / "engine.log")
    assert engine.settings["deterministic"] is True
    assert not any(engine.counts.values()), "the proof is not counted"
    first = answers(engine, requests)
    assert len({response.continuations for response in first.values()}) > len(LENGTHS)
    assert answers(engine, shuffled) == first, "from the cache, in another order"
    assert answers(engine, shuffled, at_once=1) == first
    engine._forget()
    assert answers(engine, shuffled[::-1], at_once=3) == first
    whole = {answer.key: answer for answer in engine._scoring().whole([r for r in requests if r.continuations])}
    assert whole == {key: first[key] for key in whole}, "whole prompts, without the cache"
    engine.close()

    engine = started(checkpoint, dtype, tmp_path / "engine.log", sequences=3)
    assert answers(engine, shuffled) == first, "another start, with other batches"
    engine.close()
