"""What can be known before a model is loaded: which items fit, and whether disk and memory have room.

Nothing is ever cut to fit. An item that cannot be asked stays unmeasured and is announced; a task of which no item
can be asked, and a machine without the room, end the run here, before minutes are spent on loading.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from forgetbench.engines.base import Engine
from forgetbench.engines.vllm.support import quantisation_support
from forgetbench.errors import CheckpointError, EngineError, InputError, StorageError
from forgetbench.fingerprint import weight_files
from forgetbench.lm_eval_bridge import PlannedItem, PlannedTask, PromptContext
from forgetbench.models.checkpoints import quantisation, read_json, stored_tensors
from forgetbench.records import Checkpoint, Request

GB = 1e9
HEADROOM = 2 * GB
"""Bytes beyond weights and cache under which memory is called tight: the program, its libraries, a forward pass."""
_FIXED_BYTES = 50_000_000
"""Report, plots, logs."""
_REQUEST_BYTES, _CONTINUATION_BYTES, _TOKEN_BYTES = 500, 100, 8
"""Of a response on disk: its key and row, one rated continuation, one token of text. Generous."""
_COPIES = 3
"""A text stands in the ledger, in samples.parquet and in items.parquet."""

_FLOATS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
"""safetensors' types that an engine casts to its own, and their bytes."""
_DTYPE_BYTES = {"float64": 8, "float32": 4, "float": 4, "float16": 2, "half": 2, "bfloat16": 2}


class Plan(Protocol):
    """All requests of one checkpoint, as the runner plans them."""

    @property
    def checkpoint(self) -> Checkpoint: ...
    @property
    def target(self) -> PromptContext: ...
    @property
    def tasks(self) -> tuple[PlannedTask, ...]: ...


@dataclass(frozen=True, slots=True)
class Preflight:
    """What the user is told before anything is loaded."""

    lines: tuple[str, ...]
    """About this machine today."""
    warnings: Mapping[str, tuple[str, ...]]
    """About the numbers, by checkpoint fingerprint; they also stand in the run's manifest."""

    def said(self, names: Mapping[str, str]) -> list[str]:
        """Every line once, with the names of the checkpoints it is about; `names` is by fingerprint."""
        about: dict[str, list[str]] = {}
        for fingerprint, texts in self.warnings.items():
            for text in texts:
                about.setdefault(text, []).append(names[fingerprint])
        return [*self.lines, *(f"{', '.join(who)}: {text}" for text, who in about.items())]


def check(
    plans: Sequence[Plan],
    engine: Engine,
    results: Path,
    answered: Callable[[Iterable[str]], Container[str]],
    *,
    replicas: int = 1,
) -> Preflight:
    """Look at everything that can be known before loading.

    `answered` says which request keys need no engine any more; `replicas` is how many engines this machine will hold.
    Raises InputError for a task of which nothing can be asked, CheckpointError for weights the engine has no loader
    for, StorageError and EngineError where disk or memory are too small for what is still to be asked.
    """
    warnings = {plan.checkpoint.fingerprint: tuple(_plan_warnings(plan)) for plan in plans}

    def unanswered(group: Collection[Plan]) -> list[Request]:
        requests = {request.key: request for plan in group for request in _requests(plan.tasks)}
        known = answered(requests)
        return [request for key, request in requests.items() if key not in known]

    _check_disk(results, plans, unanswered)
    lines = _memory_lines(plans, engine, replicas, unanswered)
    return Preflight(tuple(lines), warnings)


def _plan_warnings(plan: Plan) -> list[str]:
    return [
        *quantisation_warnings(plan.checkpoint, plan.target.engine),
        *task_warnings(plan.checkpoint.name, plan.tasks, plan.target.max_length),
    ]


def _requests(tasks: Iterable[PlannedTask]) -> Iterable[Request]:
    return (request for task in tasks for item in task.items for request in item.requests)


# --- items ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unaskable:
    """The items of one task that cannot be asked of one checkpoint."""

    task: str
    n_items: int
    needs: tuple[int, ...]
    """Tokens of prompt and answer of each item that is longer than the window."""
    others: Mapping[str, int]
    """Any other reason, and how many items it is true of."""

    @property
    def total(self) -> int:
        return len(self.needs) + sum(self.others.values())


def unaskable(task: PlannedTask, window: int) -> Unaskable:
    """Why and how many items of a task cannot be asked of a model with a window of so many tokens."""
    refused = [item for item in task.items if item.refusal is not None]
    long = [item for item in refused if tokens_needed(item) > window]
    others = Counter(str(item.refusal) for item in refused if tokens_needed(item) <= window)
    return Unaskable(task.loaded.info.name, len(task.items), tuple(map(tokens_needed, long)), others)


def tokens_needed(item: PlannedItem) -> int:
    """Tokens of an item's longest prompt with its longest answer."""
    requests = [location.request for location in item.locations]
    return max(len(request.prompt) + _answer_tokens(request) for request in requests)


def _answer_tokens(request: Request) -> int:
    return request.sampling.max_tokens if request.sampling else max(map(len, request.continuations))


def task_warnings(checkpoint: str, tasks: Iterable[PlannedTask], window: int) -> list[str]:
    """One line per task that loses items. InputError for one that loses all of them."""
    found = []
    for lost in (unaskable(task, window) for task in tasks):
        if not lost.total:
            continue
        if lost.total == lost.n_items:
            raise InputError(
                f"task '{lost.task}' cannot be asked of {checkpoint}: {_reasons(lost, window)}; use fewer few-shot "
                "examples, a model with a longer window, or leave the task out"
            )
        found.append(f"{lost.task}: {_reasons(lost, window)}; they will not be measured")
    return found


def _reasons(lost: Unaskable, window: int) -> str:
    parts = []
    if lost.needs:
        low, high = min(lost.needs), max(lost.needs)
        needs = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        parts.append(
            f"{len(lost.needs)} of {lost.n_items} items need {needs} tokens with their answer, the window is {window:,}"
        )
    parts += [f"{count} of {lost.n_items} items: {reason}" for reason, count in lost.others.items()]
    return "; ".join(parts)


# --- checkpoints ------------------------------------------------------------------------------


def quantisation_warnings(checkpoint: Checkpoint, engine: Mapping[str, Any]) -> list[str]:
    """That a checkpoint is quantised, where it is. CheckpointError where vLLM is to load it and cannot."""
    method = quantisation(checkpoint.weights) if checkpoint.weights and _is_local(engine) else None
    if method is None:
        return []
    support = quantisation_support(method)
    if engine.get("name") == "vllm" and support.ok is False:
        raise CheckpointError(
            f"checkpoint {checkpoint.name}: {support.text}; give the checkpoint it was made from, or one that is "
            "quantised otherwise"
        )
    return [f"the weights are quantised ({method}): a difference to others includes what that costs"]


def _is_local(engine: Mapping[str, Any]) -> bool:
    """Whether the engine loads weights itself: one that only asks a server, or makes answers up, names no device."""
    return "device" in engine


# --- disk -------------------------------------------------------------------------------------


def disk_bytes(requests: Iterable[Request]) -> int:
    """Generous estimate of what the answers to some requests take on disk, with everything that is made of them."""
    total = 0
    for request in requests:
        text = len(request.prompt) + (request.sampling.n * request.sampling.max_tokens if request.sampling else 0)
        rated = _CONTINUATION_BYTES * len(request.continuations)
        total += _REQUEST_BYTES + _COPIES * (rated + _TOKEN_BYTES * text)
    return total + _FIXED_BYTES


def _check_disk(results: Path, plans: Sequence[Plan], unanswered: Callable[[Collection[Plan]], list[Request]]) -> None:
    folder = next(path for path in (results.absolute(), *results.absolute().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    needed = disk_bytes(request for plan in plans for request in _requests(plan.tasks))
    if needed > free and (rest := unanswered(plans)) and (needed := disk_bytes(rest)) > free:
        raise StorageError(
            f"{results}: the answers may take {_gb(needed)}, and {_gb(free)} are free there; free some space, or name "
            "another folder with --results"
        )


def _gb(size: float) -> str:
    return f"{size / GB:.1f} GB"


# --- memory -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes that a checkpoint takes in an engine, over all its devices."""

    weights: int
    cache: int
    """Keys and values of one sequence as long as the window, or what the engine is told to set aside."""

    @property
    def total(self) -> int:
        return self.weights + self.cache


def memory_need(folder: Path, engine: Mapping[str, Any], window: int) -> MemoryNeed:
    """What the full weights of a folder need under an engine's settings, with a window of so many tokens."""
    config = read_json(folder / "config.json")
    size = float_bytes(config, engine)
    tensors = stored_tensors(folder)
    weights = weight_bytes(tensors, size) if tensors else sum(path.stat().st_size for path in weight_files(folder))
    return MemoryNeed(weights, max(cache_bytes(config, window, size or 2), _set_aside(engine)))


def float_bytes(config: Mapping[str, Any], engine: Mapping[str, Any]) -> int | None:
    """Bytes of a weight in the engine; None where each keeps the type it is stored in."""
    asked = str(engine.get("dtype", "auto"))
    if asked != "auto":
        return _DTYPE_BYTES.get(asked)
    text = config.get("text_config") or {}
    declared = config.get("dtype") or config.get("torch_dtype") or text.get("dtype") or text.get("torch_dtype")
    size = _DTYPE_BYTES.get(str(declared))
    # vLLM takes float32 checkpoints as bfloat16 or float16 unless it is told otherwise.
    return 2 if engine.get("name") == "vllm" and (size is None or size > 2) else size


def weight_bytes(tensors: Mapping[str, Mapping[str, Any]], size: int | None) -> int:
    """Bytes of some tensors (entries of a safetensors header) when floats take `size` bytes each.

    Integers and floats of 8 bits and fewer are packed, quantised weights: they stay as they are.
    """
    total = 0
    for entry in tensors.values():
        start, end = entry["data_offsets"]
        stored = _FLOATS.get(entry["dtype"])
        total += (end - start) * size // stored if size and stored else end - start
    return int(total)


def cache_bytes(config: Mapping[str, Any], tokens: int, size: int) -> int:
    """Bytes of the keys and values of so many tokens, each number of `size` bytes; 0 where the config is silent.

    2 * layers * key-value heads * head size; multi-head latent attention keeps one compressed row per layer instead.
    Layers that keep no keys (`layer_types`) do not count.
    """
    config = config.get("text_config") or config
    kinds = config.get("layer_types") or ()
    layers = sum("attention" in kind and "linear" not in kind for kind in kinds) or config.get("num_hidden_layers") or 0
    if config.get("kv_lora_rank"):
        row = config["kv_lora_rank"] + (config.get("qk_rope_head_dim") or 0)
    else:
        heads = config.get("num_attention_heads") or 0
        head_size = config.get("head_dim") or (config.get("hidden_size") or 0) // max(heads, 1)
        row = 2 * (config.get("num_key_value_heads") or heads) * head_size
    return int(layers * row * tokens * size)


def _set_aside(engine: Mapping[str, Any]) -> int:
    """What vLLM's CPU build reserves for its cache, whatever the model: GiB, 2 unless the user says otherwise."""
    if engine.get("name") != "vllm" or engine.get("device") != "cpu":
        return 0
    with contextlib.suppress(ValueError):
        return int(os.environ.get("VLLM_CPU_KVCACHE_SPACE") or 2) * 2**30
    return 0


def room_for(free: Sequence[float], share: int | None = None) -> float:
    """The most bytes that a model can take when it is split evenly over `share` of the devices with so much free.

    Where the number is not known it is the best one. Raises EngineError where there are fewer devices.
    """
    ordered = sorted(free, reverse=True)
    if share is not None and share > len(ordered):
        raise EngineError(f"--tensor-parallel {share} needs {share} GPUs, {len(ordered)} can be used here")
    rooms = [count * least for count, least in enumerate(ordered, start=1)]
    return max(rooms, default=0) if share is None else rooms[share - 1]


def memory_problem(need: MemoryNeed, room: float, replicas: int = 1) -> tuple[bool, str] | None:
    """(too little, what is needed and what there is), or None where there is room to spare."""
    needed = replicas * need.total
    if needed + HEADROOM <= room:
        return None
    times = f"{replicas} times " if replicas > 1 else ""
    text = f"needs {times}{_gb(need.weights)} for weights and {_gb(need.cache)} for the cache, {_gb(room)} are free"
    return needed > room, text


def _memory_lines(
    plans: Sequence[Plan], engine: Engine, replicas: int, unanswered: Callable[[Collection[Plan]], list[Request]]
) -> list[str]:
    # An engine that already holds a model (a second protocol of one command) has taken its share of what was free.
    if not replicas or engine.log_file is not None or not _is_local(engine.settings):
        return []
    free = free_memory(engine.settings)
    by_folder: dict[Path, list[Plan]] = {}
    for plan in plans:
        if plan.checkpoint.weights is not None:
            by_folder.setdefault(plan.checkpoint.weights, []).append(plan)
    lines = []
    for folder, group in by_folder.items() if free else ():
        name, target = group[0].checkpoint.name, group[0].target
        room = room_for(free, target.engine.get("tensor_parallel"))
        problem = memory_problem(memory_need(folder, target.engine, target.max_length), room, replicas)
        if problem is None or not unanswered(group):
            continue
        too_little, text = problem
        if too_little:
            raise EngineError(f"checkpoint {name} does not fit: it {text}; {hint(target.engine)}")
        lines.append(f"memory is tight: {name} {text}")
    return lines


def hint(engine: Mapping[str, Any]) -> str:
    """What to do where a checkpoint is too large."""
    if engine.get("device") == "cuda":
        return "free the GPU, take a larger one or more of them (--tensor-parallel), or a smaller dtype or model"
    return "close what else runs here, take a larger machine, or a smaller dtype or model"


def free_memory(engine: Mapping[str, Any]) -> tuple[float, ...]:
    """Free bytes of each device that the engine can use; empty where that cannot be read."""
    if engine.get("device") == "cuda":
        return free_gpu_memory()
    available = available_memory()
    return () if available is None else (available,)


def available_memory(
    meminfo: Path = Path("/proc/meminfo"), limit: Path = Path("/sys/fs/cgroup/memory.max")
) -> float | None:
    """Bytes that a new program can have without swapping; at most what this container is allowed in all."""
    found = None
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                found = float(line.split()[1]) * 1024
    with contextlib.suppress(OSError, ValueError):
        allowed = float(limit.read_text())
        return allowed if found is None else min(found, allowed)
    return found


def free_gpu_memory() -> tuple[float, ...]:
    """Free bytes of each visible NVIDIA GPU; empty without a driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    query = [program, "--query-gpu=index,uuid,memory.free", "--format=csv,noheader,nounits"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(query, capture_output=True, text=True, check=True, timeout=20)  # noqa: S603
        return parse_free(done.stdout, os.environ.get("CUDA_VISIBLE_DEVICES"))
    return ()


def parse_free(table: str, visible: str | None) -> tuple[float, ...]:
    """Free bytes from nvidia-smi's rows `index, uuid, MiB`; `visible` names GPUs by index or UUID, None means all."""
    named = None if visible is None else {name.strip() for name in visible.split(",")}
    found = []
    for line in table.splitlines():
        index, uuid, free = (part.strip() for part in line.split(","))
        if (
            named is None or index in named or any(name and uuid.startswith(name) for name in named)
        ) and free.isdigit():
            found.append(float(free) * 2**20)
    return tuple(found)
