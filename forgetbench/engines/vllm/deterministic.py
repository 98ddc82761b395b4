"""What vLLM needs for `--deterministic`: on a GPU its own batch-invariant mode, on a CPU wrapped kernels (`invariant`).

Whether it holds is not taken on trust: see `forgetbench.engines.proof`.
"""

from __future__ import annotations

import importlib
import os
import sys

from forgetbench.engines.base import EngineOptions
from forgetbench.errors import EngineError, InputError

BATCH_INVARIANT = "VLLM_BATCH_INVARIANT"


def check_options(options: EngineOptions, on_cpu: bool) -> None:
    """InputError for what the mode does not go with."""
    if options.deterministic and on_cpu and options.tensor_parallel > 1:
        raise InputError(
            "--deterministic holds within one process on a CPU: leave out --tensor-parallel; --replicas shares the work"
        )


def prepare_environment(on_cpu: bool) -> None:
    """What has to be in the environment before vLLM is imported. EngineError where this vLLM has no such mode."""
    if on_cpu:
        # The kernels are wrapped where they run, which must be in this process.
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
        return
    if "vllm" in sys.modules and os.environ.get(BATCH_INVARIANT) != "1":
        raise EngineError(
            f"--deterministic comes too late: this process has loaded vLLM without {BATCH_INVARIANT}=1; set it before"
        )
    os.environ[BATCH_INVARIANT] = "1"
    vllm = importlib.import_module("vllm")
    if BATCH_INVARIANT not in importlib.import_module("vllm.envs").environment_variables:
        raise EngineError(
            f"--deterministic needs a vLLM that knows {BATCH_INVARIANT}, which {vllm.__version__} does not: update it"
        )
