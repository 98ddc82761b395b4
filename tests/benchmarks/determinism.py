"""One checkpoint against itself: how many bits depend on company, in the usual mode and with `--deterministic`.

The same requests are asked in several companies, and what differs from the first is counted; seconds are those of the
first company, from an empty cache. `python determinism.py [--model FOLDER] [--items N] [--dtype TYPE]`
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import machine
import workloads
from scoring import embedded_model

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.vllm.engine import VllmEngine
from forgetbench.fingerprint import make_request
from forgetbench.models.checkpoints import resolve
from forgetbench.models.tokenizer import encode_pair
from forgetbench.records import Checkpoint, Request, Response, Sampling

Answers = dict[str, tuple[Any, ...]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, help="a checkpoint's folder; by default the embedded model")
    parser.add_argument("--items", type=int, default=6, help="prompts of each kind")
    parser.add_argument("--dtype", action="append", help="float32 or bfloat16; by default both")
    options = parser.parse_args()
    checkpoint = resolve(str(options.model or embedded_model()))
    rows = []
    # Each mode in a process of its own, since vLLM reads it when it is imported.
    fresh = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1)
    for dtype in options.dtype or ["bfloat16", "float32"]:
        usual, exact = (fresh.submit(measured, checkpoint, dtype, options.items, on).result() for on in (False, True))
        rows += [row | {"ratio": row["seconds"] / other["seconds"]} for row, other in zip(exact, usual, strict=True)]
        rows += usual
    print(machine.write("determinism", {"items": options.items, "model": checkpoint.name}, rows))


def measured(checkpoint: Checkpoint, dtype: str, items: int, deterministic: bool) -> list[dict[str, Any]]:
    engine = VllmEngine(EngineOptions("vllm", dtype=dtype, deterministic=deterministic), [checkpoint])
    with tempfile.TemporaryDirectory() as folder:
        engine.load([checkpoint], Path(folder) / "engine.log")
        choices, texts = choices_of(engine, checkpoint, items), texts_of(engine, checkpoint, items)
        score(engine, choices[:2])
        generate(engine, texts[:2])
        rows = [
            row("choices", compared(engine, choices, whole=True)),
            row("generation", compared(engine, texts, whole=False)),
        ]
        engine.close()
    mode = "deterministic" if deterministic else "usual"
    return [{**each, "size": f", {dtype}, {mode}", "dtype": dtype, "mode": mode} for each in rows]


def row(name: str, figures: dict[str, Any]) -> dict[str, Any]:
    print(name, figures, flush=True)
    return {"name": name, **figures}


def compared(engine: VllmEngine, requests: Sequence[Request], *, whole: bool) -> dict[str, Any]:
    """How many answers (a likelihood, a text) are not those of the first company, by company."""
    ask = score if whole else generate
    shuffled = random.Random(1).sample(list(requests), len(requests))
    engine._forget()
    began = time.perf_counter()
    first = ask(engine, requests)
    figures: dict[str, Any] = {"seconds": time.perf_counter() - began, "answers": sum(map(len, first.values()))}
    companies: dict[str, Answers] = {"warm, one at a time": asked_by(engine, shuffled, 1, whole=whole)}
    engine._forget()
    companies["cold, seven at a time"] = asked_by(engine, shuffled[::-1], 7, whole=whole)
    if whole:
        companies["whole prompts"] = likelihoods(engine._scoring().whole(shuffled))
    figures["differing"] = {name: differing(first, answers) for name, answers in companies.items()}
    figures["largest"] = max(largest(first, answers) for answers in companies.values()) if whole else None
    return figures


def asked_by(engine: VllmEngine, requests: Sequence[Request], size: int, *, whole: bool) -> Answers:
    ask = score if whole else generate
    parts = (requests[start : start + size] for start in range(0, len(requests), size))
    return {key: answers for part in parts for key, answers in ask(engine, part).items()}


def score(engine: VllmEngine, requests: Sequence[Request]) -> Answers:
    return likelihoods(engine.score(requests))


def likelihoods(answers: Iterable[Response]) -> Answers:
    return {answer.key: tuple(item.loglikelihood for item in answer.continuations) for answer in answers}


def generate(engine: VllmEngine, requests: Sequence[Request]) -> Answers:
    return {answer.key: tuple(item.text for item in answer.samples) for answer in engine.generate(requests)}


def pairs(one: Answers, other: Answers) -> Iterable[tuple[Any, Any]]:
    return (pair for key, answers in one.items() for pair in zip(answers, other[key], strict=True))


def differing(one: Answers, other: Answers) -> int:
    return sum(a != b for a, b in pairs(one, other))


def largest(one: Answers, other: Answers) -> float:
    return float(max(abs(a - b) for a, b in pairs(one, other)))


def choices_of(engine: VllmEngine, checkpoint: Checkpoint, items: int) -> list[Request]:
    """One-token choices after long contexts, and clauses."""
    tokenizer = engine.tokenizer(checkpoint)
    work = (workloads.one_token(items, explained=True), workloads.long_choices(items // 2))
    by_prompt: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for prompt, tokens in (encode_pair(tokenizer, *request) for each in work for request in each.requests):
        by_prompt.setdefault(prompt, []).append(tokens)
    return [make_request(checkpoint.fingerprint, {}, prompt, tuple(row)) for prompt, row in by_prompt.items()]


def texts_of(engine: VllmEngine, checkpoint: Checkpoint, items: int) -> list[Request]:
    """Greedy answers, and four samples of each prompt."""
    tokenizer = engine.tokenizer(checkpoint)
    return [
        make_request(
            checkpoint.fingerprint, {}, tuple(tokenizer.encode(text)),
            sampling=Sampling(32, temperature=temperature, n=n, seed=number),
        )
        for number, (text, _) in enumerate(workloads.generation(items).requests)
        for temperature, n in ((0.0, 1), (1.0, 4))
    ]  # fmt: skip


if __name__ == "__main__":
    main()
