"""The vLLM engine: one start serves every checkpoint and adapter of one architecture.

Scoring takes the fast way wherever it is exact: requests run in the order of their prefix tree (see
`prefix_tree`), so that the prefix cache holds what the next ones share, and each distinct token is computed about
once. A probe reads log-probabilities of next tokens (`logprob_token_ids`, one vocabulary row) and, for longer
continuations, of its own computed tokens (`prompt_logprobs`). Models whose layers carry a state from token to token
(Mamba, hybrids) run without a prefix cache: the same probes, each computed whole. An older vLLM is sent every
continuation whole, as lm-eval does. Both are counted.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from forgetbench.engines.base import EngineOptions, TokenCounts, engine_errors
from forgetbench.engines.local import LocalEngine, model_folder
from forgetbench.engines.memory import MemoryNeed, cache_bytes, float_bytes, folder_bytes
from forgetbench.engines.next_tokens import ScoredTokens
from forgetbench.engines.processor import cpu_dtype
from forgetbench.engines.proof import prove
from forgetbench.engines.vllm import deterministic
from forgetbench.engines.vllm.adapters import adapted_modules, check_servable, lora_settings
from forgetbench.engines.vllm.environment import (
    cpu_cache_bytes,
    installed_version,
    output_to,
    prepare_environment,
    redirect_logger,
    refusals,
)
from forgetbench.engines.vllm.invariant import make_invariant
from forgetbench.engines.vllm.scoring import Room, Scoring, VllmRequest
from forgetbench.engines.vllm.swap import differing
from forgetbench.engines.vllm.top_tokens import stream_top_tokens
from forgetbench.errors import EngineError
from forgetbench.fingerprint import digest, file_digest
from forgetbench.models.folder_defaults import end_tokens, generation_defaults
from forgetbench.models.spelling import Speller
from forgetbench.models.tokenizer import checkpoint_tokenizer, load_tokenizer
from forgetbench.models.weights import quantisation, read_json, weight_files
from forgetbench.records import Checkpoint, Request, Response, Sample
from forgetbench.storage.admission import NOT_FINITE_LOGITS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CPU_SEQUENCES, _GPU_SEQUENCES = 64, 256
"""Sequences decoded together. More than 64 gain nothing on a few CPU cores."""
_CPU_CACHE_BLOCK = 32
"""Tokens per block of the prefix cache, the fewest vLLM's CPU kernels take (its default there is 128): what a request
computes again of a prefix that it shares."""
_ROTATED_BY_HEAD = frozenset({"lfm2", "lfm2_moe"})
"""Architectures (`model_type`) whose attention has queries rotated as (tokens, heads, width). vLLM's CPU kernel takes
that for one head of as many tokens; its rotation in PyTorch takes both shapes."""
_CPU_PROOF = 800
"""Longest prompt by which `--deterministic` is proved at a start on a CPU; on a GPU it costs nothing."""
_CACHE_SHARE = 0.8
"""Part of the cache that prompts in flight may fill together; the rest keeps the prefixes they share."""


class VllmEngine(LocalEngine):
    """vLLM behind the engine protocol. Importing this module does not import vLLM."""

    takes: ClassVar[frozenset[str]] = LocalEngine.takes | {"tensor_parallel", "deterministic"}

    def __init__(
        self,
        options: EngineOptions = EngineOptions("vllm"),
        checkpoints: Sequence[Checkpoint] = (),
        *,
        cache_block: int | None = None,
    ) -> None:
        """`cache_block`: tokens per block of the prefix cache; by default 32 on a CPU and vLLM's own on a GPU."""
        super().__init__(options)
        version, self._on_cpu = installed_version()
        deterministic.check_options(options, self._on_cpu)
        quantised = any(quantisation(model_folder(checkpoint)) for checkpoint in checkpoints)
        self.settings: Mapping[str, Any] = {
            "name": "vllm", "version": version, "device": "cpu" if self._on_cpu else "cuda",
            "dtype": cpu_dtype(options.dtype, quantised=quantised) if self._on_cpu else options.dtype, **options.mode,
        }  # fmt: skip
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.counts: TokenCounts = self._counts
        self._adapters = [checkpoint for checkpoint in checkpoints if checkpoint.adapter_base is not None]
        self._log_file: Path | None = None
        self._cache_block = cache_block or (_CPU_CACHE_BLOCK if self._on_cpu else None)
        self._llm: Any = None
        self._signature = ""
        self._weights: Path | None = None
        self._loras: dict[str, Any] = {}
        self._decoders: dict[str, _Decoder] = {}
        self._wrote = False
        self._proved: set[bool] = set()
        self._sequences = _CPU_SEQUENCES if self._on_cpu else _GPU_SEQUENCES

    @staticmethod
    def check_adapter(adapter: Path, base: Path) -> None:
        check_servable(adapter, base)

    def group(self, checkpoint: Checkpoint) -> str:
        # A base and its adapters.
        return str(model_folder(checkpoint))

    def memory_need(self, checkpoint: Checkpoint) -> MemoryNeed | None:
        folder = model_folder(checkpoint)
        config = read_json(folder / "config.json")
        # vLLM takes float32 checkpoints as bfloat16 or float16 unless it is told otherwise.
        dtype = self.settings["dtype"]
        size = 2 if dtype == "auto" else float_bytes(config, dtype)
        cache = cache_bytes(config, self.max_length(checkpoint), size or 2)
        if self._on_cpu:
            cache = max(cache, cpu_cache_bytes())
        weights = folder_bytes(folder, size)
        return MemoryNeed(weights, cache, self.settings["device"], split=self._options.tensor_parallel)

    def load(self, checkpoints: Sequence[Checkpoint], log_file: Path | None = None) -> None:
        self._log_file = log_file
        folder = model_folder(checkpoints[0])
        signature = _architecture(folder, self._options.trust_remote_code)
        with output_to(log_file), engine_errors(f"vLLM cannot load {folder}", log_file), refusals():
            adapters = [checkpoint for checkpoint in checkpoints if checkpoint.adapter_base is not None]
            if not {each.fingerprint for each in adapters} <= {each.fingerprint for each in self._adapters}:
                # Room for adapters is made at the start, by their number and rank.
                self._adapters = adapters
                self._stop()
            swappable = signature == self._signature and not (folder != self._weights and quantisation(folder))
            if not swappable:
                self._stop()
            if self._llm is None:
                self._start(self._weights_alone(folder), self.max_length(checkpoints[0]))
                self._signature = signature
            elif folder != self._weights and not self._swap(folder):
                self._stop()
                self._start(self._weights_alone(folder), self.max_length(checkpoints[0]))
            if self._options.deterministic and self._on_cpu:
                self._llm.collective_rpc(make_invariant)
            self._forget()
            # Last, since vLLM sets its logging up anew while it starts.
            if log_file is not None:
                redirect_logger(log_file)
            self._weights = folder
            self._loras = {checkpoint.fingerprint: self._lora_request(checkpoint) for checkpoint in checkpoints}
        self.loaded = tuple(checkpoints)
        if self._options.deterministic:
            self._prove()

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        with engine_errors("vLLM failed while scoring", self._log_file):
            if self._wrote:
                # Texts that this engine wrote itself would come from the cache, without log-probabilities.
                self._forget()
            yield from self._scoring().answer(requests)

    def _scoring(self) -> Scoring:
        model = self._llm.llm_engine.vllm_config.model_config
        adapted_head = bool(self._adapters) and "lm_head" in (adapted_modules(self._adapters) or {"lm_head"})
        return Scoring(self._stream, self._counts, self._cache_unit, model.max_model_len, adapted_head)

    def top_tokens(
        self, checkpoint: Checkpoint, texts: Sequence[ScoredTokens], k: int
    ) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.float32]]]:
        """The likeliest tokens of each text (`engines.next_tokens`).

        Raises EngineError for an adapter that changes the output layer: of a prompt's log-probabilities vLLM leaves its
        part out.
        """
        if self._scoring().adapted_head:
            raise EngineError(
                f"adapter {checkpoint.name} changes the output layer, of which vLLM's prompt log-probabilities know "
                "nothing; use --engine transformers"
            )
        with engine_errors("vLLM failed while scoring", self._log_file):
            self._forget()
            yield from stream_top_tokens(self._stream, checkpoint.fingerprint, texts, k)

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        with engine_errors("vLLM failed while generating", self._log_file):
            self._wrote = True
            # Equal limits end together, and prompts with a shared beginning find it in the cache.
            ordered = sorted(requests, key=lambda request: (-_longest(request), request.prompt))
            submissions = (
                VllmRequest(item.key, item.checkpoint, item.prompt, self._decoding(item)) for item in ordered
            )
            by_key = {request.key: request for request in requests}
            for output in self._stream(submissions):
                if not all(isfinite(item.cumulative_logprob) for item in output.outputs):
                    yield Response(output.request_id, refusal=NOT_FINITE_LOGITS)
                    continue
                request = by_key[output.request_id]
                samples = [self._sample(request, item) for item in output.outputs]
                assert request.sampling is not None
                # Greedy decoding gives one text, however many are asked for.
                yield Response(request.key, samples=tuple(samples * (request.sampling.n // len(samples))))

    def close(self) -> None:
        with output_to(self._log_file):
            self._stop()

    # --- starting and stopping ------------------------------------------------------------------

    def _start(self, folder: Path, max_length: int) -> None:
        prepare_environment(self._on_cpu)
        if self._options.deterministic:
            deterministic.prepare_environment(self._on_cpu)
        vllm = importlib.import_module("vllm")
        # Compiling takes longer than a whole small run on a CPU; on a GPU the graphs pay for themselves.
        # A prompt computed in two parts ends a seeded request on a CPU (its random generator cannot be put back:
        # vLLM 0.32, "CPU Generator does not use offset"), and adds up in another order.
        device: dict[str, Any] = {"enforce_eager": True, "enable_chunked_prefill": False} if self._on_cpu else {}
        if self._cache_block is not None:
            device["block_size"] = self._cache_block
        stateful = _carries_state(folder, self._options.trust_remote_code)
        if self._on_cpu and not stateful:
            device |= _cache_to_the_token()
        if self._on_cpu and read_json(folder / "config.json").get("model_type") in _ROTATED_BY_HEAD:
            device["compilation_config"] = {"custom_ops": ["all", "-rotary_embedding"]}
        self._llm = vllm.LLM(
            model=str(folder),
            dtype=self.settings["dtype"],
            max_model_len=max_length,
            max_num_seqs=self._sequences,
            tensor_parallel_size=self._options.tensor_parallel,
            trust_remote_code=self._options.trust_remote_code,
            enable_prefix_caching=not stateful,
            # The folder's own defaults decide nothing.
            generation_config="vllm",
            disable_log_stats=True,
            seed=0,
            **device,
            **lora_settings(self._adapters, self._on_cpu),
        )

    def _swap(self, folder: Path) -> bool:
        """Put a folder's weights in the place of those that are loaded; whether they arrived.

        Looked at where the worker is in this process: elsewhere vLLM takes no function of ours.
        """
        weights = self._weights_alone(folder)
        self._llm.collective_rpc("reload_weights", kwargs={"weights_path": str(weights)})
        if not self._on_cpu:
            return True
        if read_json(folder / "config.json").get("tie_word_embeddings"):
            self._llm.collective_rpc(_repack_tied_head)
        files = [str(path) for path in weight_files(weights) if path.suffix == ".safetensors"]
        return not any(self._llm.collective_rpc(differing, args=(files,)))

    def _stop(self) -> None:
        if self._llm is not None:
            self._llm.llm_engine.engine_core.shutdown()
            self._llm = None
        self._proved.clear()
        self.loaded = ()

    def _lora_request(self, checkpoint: Checkpoint) -> Any:
        if checkpoint.adapter_base is None:
            return None
        lora = importlib.import_module("vllm.lora.request")
        number = [item.fingerprint for item in self._adapters].index(checkpoint.fingerprint) + 1
        return lora.LoRARequest(checkpoint.name, number, str(checkpoint.path))

    def _prove(self) -> None:
        """Of the base or one of its adapters what was not proved since the engine's start: the kernels stay."""
        model = self._llm.llm_engine.vllm_config.model_config
        longest = min(model.max_model_len, _CPU_PROOF) if self._on_cpu else model.max_model_len
        vocabulary = model.get_vocab_size()
        counts = {fingerprint: Counter(count) for fingerprint, count in self._counts.items()}
        for checkpoint in self.loaded:
            if (adapted := checkpoint.adapter_base is not None) not in self._proved:
                prove(self, checkpoint.fingerprint, vocabulary=vocabulary, longest=longest, forget=self._forget)
                self._proved.add(adapted)
        # What was asked for the proof is no part of any run.
        self._counts.clear()
        self._counts.update(counts)

    def _forget(self) -> None:
        self._llm.reset_prefix_cache(**({"reset_connector": True} if self._to_the_token else {}))
        self._wrote = False

    # --- running --------------------------------------------------------------------------------

    def _stream(
        self, submissions: Iterable[VllmRequest], follow: Callable[[Any], Iterable[VllmRequest]] = lambda output: ()
    ) -> Iterator[Any]:
        """Run submissions, keeping the engine's queue full, and yield outputs as they finish.

        `follow(output)` gives submissions that the finished one made necessary; they go first.
        """
        engine = self._llm.llm_engine
        waiting: deque[VllmRequest] = deque()
        source = iter(submissions)
        room = Room(sequences=2 * self._sequences, tokens=int(_CACHE_SHARE * self._cache_tokens()))
        try:
            while True:
                while room.left and (submission := waiting.popleft() if waiting else next(source, None)) is not None:
                    lora = self._loras[submission.checkpoint]
                    prompt = {"prompt_token_ids": list(submission.tokens)}
                    engine.add_request(submission.id, prompt, submission.params, lora_request=lora)
                    room.enter(submission)
                if not room.flying:
                    return
                for output in engine.step():
                    if output.finished:
                        self._count(room.leave(output.request_id), output)
                        waiting.extend(follow(output))
                        yield output
        finally:
            if room.flying:
                # The caller stopped early (an interrupt): leave no request behind in the engine.
                self._stop()

    @property
    def _cache_unit(self) -> int | None:
        """Tokens that the prefix cache shares together; None where there is none."""
        if not self._llm.llm_engine.vllm_config.cache_config.enable_prefix_caching:
            return None
        return 1 if self._to_the_token else self._block_size

    @property
    def _to_the_token(self) -> bool:
        return self._llm.llm_engine.vllm_config.kv_transfer_config is not None

    @property
    def _block_size(self) -> int:
        return int(self._llm.llm_engine.vllm_config.cache_config.block_size)

    def _cache_tokens(self) -> int:
        config = self._llm.llm_engine.vllm_config.cache_config
        return int(config.num_gpu_blocks) * self._block_size

    def _count(self, submission: VllmRequest, output: Any) -> None:
        counts = self._counts[submission.checkpoint]
        if submission.params.n == 1:  # of several samples vLLM tells what the last one found in the cache
            counts["prompt_tokens"] += len(submission.tokens)
            counts["computed_tokens"] += len(submission.tokens) - (output.num_cached_tokens or 0)
        counts["generated_tokens"] += sum(len(item.token_ids) for item in output.outputs)

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
            # What ends an answer is the checkpoint's, not the one's that the engine was started with.
            ignore_eos=True,
            stop_token_ids=list(self._decoder(request.checkpoint).ends),
            seed=sampling.seed,
            # Of the token that was chosen: NaN tells of logits that are none.
            logprobs=0,
            output_kind=final,
        )

    def _decoder(self, fingerprint: str) -> _Decoder:
        if fingerprint not in self._decoders:
            checkpoint = next(item for item in self.loaded if item.fingerprint == fingerprint)
            self._decoders[fingerprint] = _Decoder.of(checkpoint, self._options.trust_remote_code)
        return self._decoders[fingerprint]

    def _sample(self, request: Request, item: Any) -> Sample:
        assert request.sampling is not None
        decoder = self._decoder(request.checkpoint)
        text = item.text
        # vLLM drops the marks of thinking that are special tokens.
        if decoder.apart or decoder.speller.marked(item.token_ids):
            text = decoder.text(item.token_ids, request.sampling.stop)
        return Sample(text, str(item.finish_reason), len(item.token_ids))


@dataclass(frozen=True, slots=True)
class _Decoder:
    """How a checkpoint's answers end, and become text."""

    ends: tuple[int, ...]
    speller: Speller
    """Of the checkpoint's own tokenizer."""
    apart: bool = False
    """Of an adapter whose tokens are not its base's, which are those that vLLM has."""

    @classmethod
    def of(cls, checkpoint: Checkpoint, trust_remote_code: bool) -> _Decoder:
        tokenizer = checkpoint_tokenizer(checkpoint, trust_remote_code=trust_remote_code).hf
        folder = model_folder(checkpoint)
        apart = False
        if checkpoint.adapter_base is not None:
            base = load_tokenizer(folder, trust_remote_code)
            apart = tokenizer.get_vocab() != base.get_vocab()
        return cls(end_tokens(generation_defaults(folder), tokenizer), Speller.of(tokenizer), apart)

    def text(self, tokens: Sequence[int], stops: Sequence[str]) -> str:
        """What they stand for, without the token that ended it and what comes from the first stop on."""
        length = next((index for index, token in enumerate(tokens) if token in self.ends), len(tokens))
        return self.speller.text(tokens[:length], stops)


def _longest(request: Request) -> int:
    assert request.sampling is not None
    return request.sampling.max_tokens


def _repack_tied_head(worker: Any) -> None:
    """Pack the output layer anew from the embedding it shares its weights with.

    A tied output layer has no weights of its own in a checkpoint, so `reload_weights` passes it by, and the packed
    copy that the CPU kernels read stays the former checkpoint's: log-likelihoods are then off by whole nats.
    """
    head = worker.model_runner.get_model().lm_head
    head.quant_method.process_weights_after_loading(head)


def _cache_to_the_token() -> dict[str, Any]:
    """vLLM's setting for `unfinished_blocks`; none for a vLLM that takes only whole blocks from a connector."""
    config = importlib.import_module("vllm.config")
    if "prefix_match_unit" not in {field.name for field in dataclasses.fields(config.CacheConfig)}:
        return {}
    connector = config.KVTransferConfig(
        kv_connector="UnfinishedBlocks",
        kv_connector_module_path="forgetbench.engines.vllm.unfinished_blocks",
        kv_role="kv_consumer",
    )
    return {"kv_transfer_config": connector}


def _carries_state(folder: Path, trust_remote_code: bool) -> bool:
    """Whether any layer carries a state from token to token, as in Mamba models and hybrids.

    vLLM's prefix cache can hold such states only where it may also compute a prompt in parts.
    """
    arguments = importlib.import_module("vllm").EngineArgs(model=str(folder), trust_remote_code=trust_remote_code)
    config = arguments.create_model_config()
    return bool(config.is_hybrid or config.is_attention_free)


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
