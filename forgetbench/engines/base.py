"""The engine protocol: a model behind token ids. Nothing above knows which engine answers.

An engine is made without loading anything, so that its `settings` can enter the ledger's keys and a
run that is already answered never starts it. `load` starts it, or swaps the weights in place.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from forgetbench.errors import EngineError, InputError, did_you_mean
from forgetbench.models.checkpoints import read_json
from forgetbench.models.tokenizer import Tokenizer
from forgetbench.records import Checkpoint, Request, Response

Counts = Mapping[str, Mapping[str, int]]
"""What an engine counted so far, by checkpoint fingerprint: prompt tokens it was sent and computed, and how often
a fast way did not hold and the exact one was taken (`fallback_<reason>`)."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How models are run."""

    engine: str = "vllm"
    """What answers the requests: vllm, transformers, openai, scripted, or an engine that a plug-in adds."""
    dtype: str = "auto"
    """Data type of the weights."""
    tensor_parallel: int = 1
    """GPUs per engine."""
    replicas: int = 1
    """Engines that share the work, as Ray actors."""
    ray_address: str | None = None
    """Join this Ray cluster: HOST:PORT, or auto."""
    base_url: str | None = None
    """Server of --engine openai, http://HOST:PORT/v1; by default $OPENAI_BASE_URL."""
    concurrency: int = 32
    """Requests under way at once to --engine openai's server."""
    tokenizer: Path | None = None
    """Folder of the served model's tokenizer: prompts go as token ids."""
    allow_pickle: bool = False
    """Load pickle weights; they can run code."""
    trust_remote_code: bool = False
    """Run a checkpoint's own code."""


class Engine(Protocol):
    """Scores continuations and generates samples, for the checkpoints that are loaded."""

    settings: Mapping[str, Any]
    """What decides the numbers besides the checkpoint: name, version, dtype, device."""

    counts: Counts

    log_file: Path | None
    """Where the engine's own log goes; the caller sets it before `load`."""

    def tokenizer(self, checkpoint: Checkpoint) -> Tokenizer:
        """The checkpoint's tokenizer; needs no running engine."""
        ...

    def max_length(self, checkpoint: Checkpoint) -> int:
        """Longest prompt plus answer in tokens; needs no running engine."""
        ...

    def group(self, checkpoint: Checkpoint) -> str:
        """Checkpoints of one group can be loaded together, and their requests be in flight together."""
        ...

    def load(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Make these, all of one group, the ones that answer. Raises EngineError."""
        ...

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Log-likelihood of each continuation of each request, in any order, as they finish.

        Each request is for one of the loaded checkpoints. A response with a `refusal` says that this
        engine cannot answer.
        """
        ...

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        """`sampling.n` samples for each request, in any order, as they finish."""
        ...

    def close(self) -> None:
        """Stop what was started."""
        ...


def make_engine(name: str, **options: Any) -> Engine:
    """An engine by its name. A named engine that cannot start is an error, never another engine."""
    if name == "vllm":
        from forgetbench.engines.vllm.engine import VllmEngine

        return VllmEngine(**options)
    if name == "transformers":
        from forgetbench.engines.transformers import TransformersEngine

        return TransformersEngine(**options)
    if name == "openai":
        from forgetbench.engines.openai import OpenAIEngine

        return OpenAIEngine(**options)
    if name == "scripted":
        from forgetbench.engines.scripted import ScriptedEngine

        return ScriptedEngine()
    raise InputError(f"unknown engine '{name}'; {did_you_mean(name, ('vllm', 'transformers', 'openai', 'scripted'))}")


def make_pool(name: str, *, replicas: int = 1, ray_address: str | None = None, **options: Any) -> Engine:
    """An engine by its name, in this process or as Ray actors that share the work."""
    if replicas == 1 and ray_address is None:
        return make_engine(name, **options)
    if name == "openai":
        raise InputError("--replicas is for engines that load weights; a server is kept busier with --concurrency")
    from forgetbench.engines.ray.pool import RayPool, absolute

    # A replica may work in another folder than this process.
    options["adapters"] = [absolute(item) for item in options.get("adapters", ())]
    make = functools.partial(make_engine, name, **options)
    return RayPool(make, replicas=replicas, address=ray_address, tensor_parallel=options.get("tensor_parallel", 1))


def model_folder(checkpoint: Checkpoint) -> Path:
    """The folder of the full weights. EngineError for a checkpoint that is only a word."""
    if checkpoint.weights is None:
        raise EngineError(f"checkpoint {checkpoint.name} has no folder; only the scripted engine takes plain words")
    return checkpoint.weights


def max_positions(checkpoint: Checkpoint) -> int:
    """Context length in tokens that the checkpoint's config.json declares (8192 where it is silent)."""
    config = read_json(model_folder(checkpoint) / "config.json")
    config = config.get("text_config") or config
    return int(config.get("max_position_embeddings") or 8192)


@contextlib.contextmanager
def engine_errors(what: str, log_file: Path | None = None) -> Iterator[None]:
    """Turn whatever a model library raises into one EngineError; the run ends with what was done kept."""
    try:
        yield
    except EngineError:
        raise
    except Exception as error:
        first = (str(error).strip().splitlines() or [""])[0]
        where = f"; its log is {log_file}" if log_file else ""
        raise EngineError(f"{what}: {type(error).__name__}: {first}{where}") from error
