"""The engine protocol: a model behind token ids. Nothing above knows which engine answers.

An engine is made without loading anything, so that its `settings` can enter the ledger's keys and a
run that is already answered never starts it. `load` starts it, or swaps the weights in place. Engines
are made by name in `forgetbench.engines.registry`; docs/add_an_engine.md shows one of your own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Protocol

from forgetbench.declared import take_as_declared
from forgetbench.engines.memory import MemoryNeed
from forgetbench.errors import EngineError, InputError, first_line
from forgetbench.fingerprint import file_digest
from forgetbench.models.tokenizer import Tokenizer
from forgetbench.records import Checkpoint, Request, Response

TokenCounts = Mapping[str, Mapping[str, int]]
"""What an engine counted so far, by checkpoint fingerprint: prompt tokens it was sent and computed, tokens it
generated, and how often a fast way did not hold and the exact one was taken (`fallback_<reason>`)."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How models are run. Raises InputError for numbers that cannot be."""

    engine: str = "vllm"
    """What answers the requests: the name of an engine, as `forgetbench doctor` lists them."""
    dtype: str = "auto"
    """Data type of the weights. auto: as vLLM takes them, but float32 on a CPU without instructions for bfloat16
    (quantised weights stay as vLLM takes them)."""
    max_model_len: int = 8192
    """Longest prompt plus answer in tokens, where the model's window is longer; it costs memory."""
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
    request_timeout: float = 300.0
    """Seconds in which --engine openai's server must have answered a request, every retry included."""
    tokenizer: Path | None = None
    """Folder of the served model's tokenizer: prompts go as token ids."""
    allow_pickle: bool = False
    """Load pickle weights; they can run code."""
    trust_remote_code: bool = False
    """Run a checkpoint's own code."""
    deterministic: bool = False
    """Answers of equal bits, whatever is asked beside them and in which order; slower."""

    @property
    def mode(self) -> dict[str, bool]:
        """What an engine adds to its settings for the way it computes: nothing for the usual one."""
        return {"deterministic": True} if self.deterministic else {}

    def __post_init__(self) -> None:
        take_as_declared(self)
        for name in ("max_model_len", "tensor_parallel", "replicas", "concurrency"):
            if (number := getattr(self, name)) < 1:
                raise InputError(f"--{name.replace('_', '-')} {number}: must be at least 1")
        if not 0 < self.request_timeout < inf:
            raise InputError(f"--request-timeout {self.request_timeout}: must be a number of seconds above 0")


class Engine(Protocol):
    """Scores continuations and generates samples, for the checkpoints that are loaded."""

    settings: Mapping[str, Any]
    """What decides the numbers besides the checkpoint: name, version, dtype, device."""

    counts: TokenCounts

    loaded: tuple[Checkpoint, ...]
    """The checkpoints that answer now; () before the first `load` and after `close`."""

    def tokenizer(self, checkpoint: Checkpoint) -> Tokenizer:
        """The checkpoint's tokenizer; needs no running engine.

        Checkpoints that share one object are planned together: each text is rendered and tokenised once for all.
        """
        ...

    def max_length(self, checkpoint: Checkpoint) -> int:
        """Longest prompt plus answer in tokens; needs no running engine."""
        ...

    def group(self, checkpoint: Checkpoint) -> str:
        """Checkpoints of one group can be loaded together, and their requests be in flight together."""
        ...

    def memory_need(self, checkpoint: Checkpoint) -> MemoryNeed | None:
        """What weights and cache take on this machine's devices while the checkpoint's group answers.

        None where the engine loads no weights here. Needs no running engine.
        """
        ...

    def load(self, checkpoints: Sequence[Checkpoint], log_file: Path | None = None) -> None:
        """Make these, all of one group, the ones that answer; the engine's own log goes to `log_file`.

        Raises EngineError.
        """
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


class EngineClass(Protocol):
    """The class of an engine: what can be known of it before there is an instance."""

    takes: frozenset[str]
    """The fields of EngineOptions that mean something to it, besides `engine`; any other is refused."""

    def __call__(self, options: EngineOptions, checkpoints: Sequence[Checkpoint] = ()) -> Engine:
        """An engine, nothing loaded; `checkpoints` are all that it will be asked to load.

        Raises EngineError where the engine is not installed, InputError for options it cannot work with.
        """
        ...

    def resolve(
        self,
        text: str,
        options: EngineOptions,
        *,
        base: Checkpoint | None = None,
        hash_file: Callable[[Path], str] = file_digest,
    ) -> Checkpoint:
        """The checkpoint that `text`, `[NAME=]WHERE[@REVISION]`, names to this engine (a classmethod).

        `base` is the one it is compared with, where there is one; `hash_file` may keep what it computed. Raises
        CheckpointError, one line that says what to give instead.
        """
        ...


@contextlib.contextmanager
def engine_errors(what: str, log_file: Path | None = None) -> Iterator[None]:
    """Turn whatever a model library raises into one EngineError; the run ends with what was done kept."""
    try:
        yield
    except EngineError:
        raise
    except Exception as error:
        where = f"; its log is {log_file}" if log_file else ""
        raise EngineError(f"{what}: {type(error).__name__}: {first_line(error)}{where}") from error
