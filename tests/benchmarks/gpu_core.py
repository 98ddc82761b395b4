"""Suite core on models of realistic size: items per second, the GPU's share of it, tokens against bare vLLM.

`python gpu_core.py [SHAPE...]` makes a random model of each shape from its configuration (its answers are noise, and
as long as they may be). Without a GPU it says so and measures nothing.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import machine

from forgetbench.engines.base import EngineOptions
from forgetbench.evaluation.evaluate import prepare
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.session import open_session
from forgetbench.records import Request

SHAPES: dict[str, dict[str, int]] = {
    "1B": {"hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16, "num_attention_heads": 32,
           "num_key_value_heads": 8},
    "7B": {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
           "num_key_value_heads": 8},
}  # fmt: skip
"""Llama's, by name."""


def main(names: Iterable[str]) -> None:
    if machine.device() != "cuda":
        print("not measured (no GPU)")
        return
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            row = measured(f"core, {name}-shaped", make_model(SHAPES[name], Path(folder) / "model"), Path(folder))
        print(row, flush=True)
        print(machine.write("gpu-core", {"dtype": "bfloat16"}, [row]))


def make_model(shape: dict[str, int], folder: Path) -> Path:
    """Random weights, and the embedded model's tokenizer and chat template."""
    import torch
    import transformers

    from forgetbench.lab.demo.embedded_model import embedded_model

    tokenizer = transformers.AutoTokenizer.from_pretrained(embedded_model())
    tokenizer.save_pretrained(folder)
    config = transformers.LlamaConfig(
        **shape, vocab_size=len(tokenizer), max_position_embeddings=8192, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    return folder


def measured(name: str, model: Path, folder: Path, limit: int | None = None) -> dict[str, Any]:
    """The suite's items per second without the engine's start, and its generations once more, bare and through us."""
    evaluation = EvaluationOptions(suite="core", results=folder / "results", limit=limit)
    with open_session([str(model)], evaluation=evaluation, engine=EngineOptions("vllm", dtype="bfloat16")) as session:
        planned = prepare(session)
        engine: Any = session.engine
        engine.load(session.checkpoints, folder / "engine.log")
        with busy_shares() as shares:
            seconds, scores = timed(planned.ask)
        asked = planned.plans[0].requests.values()
        generating = [request for request in asked if request.sampling is not None]
        engine._forget()
        bare_seconds, outputs = timed(lambda: bare(engine, generating))
        engine._forget()
        our_seconds, responses = timed(lambda: list(engine.generate(generating)))
    tokens = sum(sample.n_tokens for response in responses for sample in response.samples)
    bare_tokens = sum(len(sample.token_ids) for output in outputs for sample in output.outputs)
    return {
        "name": name, "items": len(scores[0]), "seconds": seconds, "items_per_second": len(scores[0]) / seconds,
        "gpu_busy": statistics.mean(shares) if shares else None, "tokens_per_second": tokens / our_seconds,
        "bare_tokens_per_second": bare_tokens / bare_seconds,
    }  # fmt: skip


def bare(engine: Any, requests: Sequence[Request]) -> list[Any]:
    """vLLM's own loop over the same prompts with the same decoding."""
    import vllm

    prompts = [vllm.TokensPrompt(prompt_token_ids=list(request.prompt)) for request in requests]
    params = [engine._decoding(request) for request in requests]
    outputs: list[Any] = engine._llm.generate(prompts, params, use_tqdm=False)
    return outputs


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


@contextlib.contextmanager
def busy_shares() -> Iterator[list[float]]:
    """The shares of time in which the first GPU worked, one every half second, once the block is left."""
    shares: list[float] = []
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(tempfile.TemporaryFile("w+"))
        command = ["nvidia-smi", "--id=0", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms=500"]
        process = None
        with contextlib.suppress(FileNotFoundError):
            process = stack.enter_context(subprocess.Popen(command, stdout=output, text=True))
        try:
            yield shares
        finally:
            if process is not None:
                process.terminate()
                process.wait()
            output.seek(0)
            shares += [float(line) / 100 for line in output if line.strip().isdigit()]


if __name__ == "__main__":
    main(sys.argv[1:] or SHAPES)
