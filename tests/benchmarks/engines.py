"""Engine starts: another checkpoint in a running engine against a start of its own, and adapters against starts.

`python engines.py [--swap]` (that row only); with `--one FOLDER...` it is one of the processes that are timed.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import machine
import workloads

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.vllm.engine import VllmEngine
from forgetbench.fingerprint import make_request
from forgetbench.models.checkpoints import resolve
from forgetbench.models.tokenizer import encode_pair
from forgetbench.records import Checkpoint, Request

ITEMS = 60


def main() -> None:
    from forgetbench.lab.demo.demo_checkpoints import prepare

    demo = prepare()
    with tempfile.TemporaryDirectory() as folder:
        adapters = [make_adapter(demo.base, Path(folder) / f"adapter-{seed}", seed) for seed in (1, 2, 3)]
        rows = [swapping(demo.base, demo.mild)]
        if "--swap" not in sys.argv:
            rows.append(together(demo.base, adapters))
    print(machine.write("engines", {"dtype": "bfloat16", "items": ITEMS}, rows))


def make_adapter(base: Path, folder: Path, seed: int) -> Path:
    """A random LoRA adapter of rank 8 on the attention's queries and values."""
    import peft
    import torch
    import transformers

    torch.manual_seed(seed)
    network = transformers.AutoModelForCausalLM.from_pretrained(base)
    config = peft.LoraConfig(r=8, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    peft.get_peft_model(network, config).save_pretrained(folder)
    declared = json.loads((folder / "adapter_config.json").read_text()) | {"base_model_name_or_path": str(base)}
    (folder / "adapter_config.json").write_text(json.dumps(declared))
    return folder


def swapping(base: Path, other: Path) -> dict[str, Any]:
    """Seconds for the swap of weights alone, five times to and fro, and for a start."""
    # Resolved before: a run hashes a checkpoint's files once and remembers it.
    one, another = resolve(str(base)), resolve(str(other))
    engine, start = started([one])
    swaps = []
    for _ in range(5):
        for checkpoint in (another, one):
            began = time.perf_counter()
            engine.load([checkpoint])
            swaps.append(time.perf_counter() - began)
    engine.close()
    swap = statistics.median(swaps)
    row = {"name": "one more checkpoint", "seconds": swap, "start_seconds": start, "share_of_start": swap / start}
    print(row, flush=True)
    return row


def together(base: Path, adapters: list[Path]) -> dict[str, Any]:
    """Whole processes: one that answers for all four, and four that answer for one each."""
    one = process(base, *adapters)
    four = [process(base), *(process(adapter) for adapter in adapters)]
    answers = {name: value for result in four for name, value in result["answers"].items()}
    difference = max(
        abs(a - b) for name, row in one["answers"].items() for a, b in zip(row, answers[name], strict=True)
    )
    row = {
        "name": "base and three adapters", "items": 4 * ITEMS, "seconds": one["wall"],
        "four_starts_seconds": sum(result["wall"] for result in four),
        "ratio": sum(result["wall"] for result in four) / one["wall"], "engine_starts": 1,
        "largest_difference": difference,
        "computed_over_floor": one["computed_tokens"] / one["distinct_tokens"],
    }  # fmt: skip
    print(row, flush=True)
    return row


def process(*folders: Path) -> dict[str, Any]:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--one", *map(str, folders)], capture_output=True, text=True, check=True
    )
    return {**json.loads(done.stdout.splitlines()[-1]), "wall": time.perf_counter() - began}


def answer(*folders: str) -> None:
    """Score the workload on each checkpoint, all requests in flight together, and print what came out."""
    checkpoints = [replace(resolve(folder), name=Path(folder).name) for folder in folders]
    engine, _ = started(checkpoints)
    requests = [request for checkpoint in checkpoints for request in asked(engine, checkpoint)]
    continuations = {response.key: response.continuations for response in engine.score(requests)}
    counts = list(engine.counts.values())
    engine.close()
    answers: dict[str, list[float]] = {checkpoint.name: [] for checkpoint in checkpoints}
    names = {checkpoint.fingerprint: checkpoint.name for checkpoint in checkpoints}
    for request in requests:
        answers[names[request.checkpoint]] += [item.loglikelihood for item in continuations[request.key]]
    totals = {name: sum(count[name] for count in counts) for name in ("computed_tokens", "distinct_tokens")}
    print(json.dumps({"answers": answers, **totals}))


def started(checkpoints: list[Checkpoint]) -> tuple[VllmEngine, float]:
    engine = VllmEngine(EngineOptions("vllm", dtype="bfloat16"), checkpoints)
    log = Path(tempfile.mkstemp(suffix=".log")[1])
    began = time.perf_counter()
    engine.load(checkpoints, log)
    return engine, time.perf_counter() - began


def asked(engine: VllmEngine, checkpoint: Checkpoint) -> list[Request]:
    tokenizer = engine.tokenizer(checkpoint)
    work = workloads.long_choices(ITEMS, context_tokens=250).requests
    pairs = [encode_pair(tokenizer, *request) for request in work]
    by_prompt: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for prompt, tokens in pairs:
        by_prompt.setdefault(prompt, []).append(tokens)
    return [make_request(checkpoint.fingerprint, {}, prompt, tuple(row)) for prompt, row in by_prompt.items()]


if __name__ == "__main__":
    answer(*sys.argv[2:]) if sys.argv[1:2] == ["--one"] else main()
