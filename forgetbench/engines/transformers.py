"""The reference engine: plain transformers, one request at a time. Slow, simple, and asked for by name."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from forgetbench.engines.base import EngineOptions, TokenCounts, engine_errors
from forgetbench.engines.local import LocalEngine, model_folder
from forgetbench.engines.memory import MemoryNeed, cache_bytes, float_bytes, folder_bytes
from forgetbench.engines.next_tokens import ScoredTokens
from forgetbench.engines.processor import cpu_dtype
from forgetbench.engines.proof import prove
from forgetbench.errors import EngineError
from forgetbench.models.adapters import check_prefix
from forgetbench.models.folder_defaults import end_tokens
from forgetbench.models.spelling import Speller
from forgetbench.models.tokenizer import checkpoint_tokenizer
from forgetbench.models.weights import read_json
from forgetbench.records import Checkpoint, Continuation, Request, Response, Sample, Sampling
from forgetbench.storage.admission import NOT_FINITE_LOGITS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PLACES = 64
"""Places whose distributions are handed out at a time: 64 of a vocabulary of 150,000 are 38 MB."""
_PROOF = 200
"""Tokens of the longest request by which `--deterministic` is proved: one request at a time is slow."""


class TransformersEngine(LocalEngine):
    """transformers' AutoModelForCausalLM behind the engine protocol."""

    takes: ClassVar[frozenset[str]] = LocalEngine.takes | {"deterministic"}

    def __init__(
        self, options: EngineOptions = EngineOptions("transformers"), checkpoints: Sequence[Checkpoint] = ()
    ) -> None:
        super().__init__(options)
        try:
            versions = {name: importlib.metadata.version(name) for name in ("transformers", "torch")}
        except importlib.metadata.PackageNotFoundError as error:
            raise EngineError(f"--engine transformers needs {error.name}: pip install 'forgetbench[lab]'") from error
        torch = importlib.import_module("torch")
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self.settings: Mapping[str, Any] = {
            "name": "transformers", "version": versions["transformers"], "torch": versions["torch"],
            "device": self._device, "dtype": cpu_dtype(options.dtype) if self._device == "cpu" else options.dtype,
            **options.mode,
        }  # fmt: skip
        self.counts: TokenCounts = {}
        self._torch = torch
        self._model: Any = None
        self._tokenizer: Any = None
        self._ends: tuple[int, ...] = ()

    @staticmethod
    def check_adapter(adapter: Path, base: Path) -> None:
        check_prefix(adapter)

    def group(self, checkpoint: Checkpoint) -> str:
        return checkpoint.fingerprint

    def memory_need(self, checkpoint: Checkpoint) -> MemoryNeed | None:
        folder = model_folder(checkpoint)
        config = read_json(folder / "config.json")
        size = float_bytes(config, self.settings["dtype"])
        cache = cache_bytes(config, self.max_length(checkpoint), size or 2)
        return MemoryNeed(folder_bytes(folder, size), cache, self.settings["device"])

    def load(self, checkpoints: Sequence[Checkpoint], log_file: Path | None = None) -> None:
        (checkpoint,) = checkpoints
        folder = str(self._weights_alone(model_folder(checkpoint)))
        remote_code = self._options.trust_remote_code
        transformers = importlib.import_module("transformers")
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        if self._options.deterministic:
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
            self._torch.use_deterministic_algorithms(True, warn_only=True)
        with engine_errors(f"transformers cannot load {model_folder(checkpoint)}"):
            self._model = transformers.AutoModelForCausalLM.from_pretrained(
                folder, dtype=self.settings["dtype"], trust_remote_code=remote_code
            )
            self._tokenizer = checkpoint_tokenizer(checkpoint, trust_remote_code=remote_code).hf
            if checkpoint.adapter_base is not None:
                peft = importlib.import_module("peft")
                self._model = peft.PeftModel.from_pretrained(self._model, str(checkpoint.path))
            self._model = self._model.eval().to(self._device)
        self.loaded = (checkpoint,)
        if self._options.deterministic:
            vocabulary = self._model.config.get_text_config().vocab_size
            prove(self, checkpoint.fingerprint, vocabulary=vocabulary, longest=_PROOF)

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        for request in requests:
            with engine_errors("transformers failed while scoring"), self._guard():
                scored = self._rated(request)
            yield Response(request.key, continuations=scored)

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        for request in requests:
            assert request.sampling is not None
            try:
                with engine_errors("transformers failed while generating"), self._guard(), self._no_defaults():
                    samples = self._samples(request.prompt, request.sampling)
            except _NotFiniteError:
                yield Response(request.key, refusal=NOT_FINITE_LOGITS)
            else:
                yield Response(request.key, samples=samples)

    def next_tokens(self, text: ScoredTokens) -> Iterator[NDArray[np.float32]]:
        """The whole distribution at each scored place (`engines.next_tokens`), `_PLACES` at a time.

        The logits of the whole text are held meanwhile, so texts should be cut into windows.
        """
        with engine_errors("transformers failed while scoring"), self._guard():
            ids = self._torch.tensor([text.tokens[:-1]], device=self._device)
            logits = self._model(ids).logits[0, text.n_context - 1 :]
            if bool((logits.isnan() | logits.isposinf()).any()):
                raise EngineError(NOT_FINITE_LOGITS)
        for places in logits.split(_PLACES):
            with self._guard():
                rows = self._torch.log_softmax(places.float(), dim=-1).cpu().numpy()
            yield rows

    def close(self) -> None:
        self._model, self.loaded = None, ()

    def _guard(self) -> contextlib.AbstractContextManager[Any]:
        """What the model is called within."""
        return self._torch.inference_mode()  # type: ignore[no-any-return]

    def _rated(self, request: Request) -> tuple[Continuation, ...]:
        return tuple(self._continuation(request.prompt, tokens) for tokens in request.continuations)

    def _continuation(self, prompt: tuple[int, ...], tokens: tuple[int, ...]) -> Continuation:
        ids = self._torch.tensor([prompt + tokens[:-1]], device=self._device)
        return self._chosen(self._model(ids).logits[0, len(prompt) - 1 :], tokens)

    def _chosen(self, logits: Any, tokens: tuple[int, ...]) -> Continuation:
        """What the model says of `tokens`, from its logits at the place before each."""
        logprobs = self._torch.log_softmax(logits.float(), dim=-1)
        target = self._torch.tensor(tokens, device=self._device)
        chosen = logprobs.gather(1, target[:, None])
        greedy = bool((logprobs.argmax(dim=-1) == target).all())
        return Continuation(float(chosen.sum()), greedy, len(tokens))

    def _samples(self, prompt: tuple[int, ...], sampling: Sampling) -> tuple[Sample, ...]:
        greedy = sampling.temperature == 0
        if sampling.seed is not None:
            self._torch.manual_seed(sampling.seed)
        settings: dict[str, Any] = {"do_sample": False}
        if not greedy:
            settings = {"do_sample": True, "temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}
        ends = list(self._ends)
        ids = self._torch.tensor([prompt], device=self._device)
        out = self._model.generate(
            ids,
            attention_mask=self._torch.ones_like(ids),
            logits_processor=[_check_finite],
            tokenizer=self._tokenizer if sampling.stop else None,
            generation_config=importlib.import_module("transformers").GenerationConfig(
                max_new_tokens=sampling.max_tokens,
                num_return_sequences=1 if greedy else sampling.n,
                stop_strings=list(sampling.stop) or None,
                eos_token_id=ends or None,
                pad_token_id=self._tokenizer.pad_token_id
                if self._tokenizer.pad_token_id is not None
                else min(ends, default=0),
                # A model in training may say False, for its gradient checkpoints; the answers are the same.
                use_cache=True,
                **settings,
            ),
        )
        samples = [self._sample(row[len(prompt) :].tolist(), sampling, ends) for row in out]
        return tuple(samples * (sampling.n // len(samples)))

    @contextlib.contextmanager
    def _no_defaults(self) -> Iterator[None]:
        """The folder's generation_config.json decides nothing meanwhile, but which tokens end an answer.

        transformers fills what a call leaves open with the model's own values; PEFT keeps a copy of its own.
        """
        holders = [(module, module.generation_config) for module in self._model.modules() if _has_defaults(module)]
        self._ends = end_tokens(self._model.generation_config, self._tokenizer)
        try:
            for module, _ in holders:
                module.generation_config = importlib.import_module("transformers").GenerationConfig()
            yield
        finally:
            for module, own in holders:
                module.generation_config = own

    def _sample(self, tokens: list[int], sampling: Sampling, ends: Collection[int]) -> Sample:
        length = next((index for index, token in enumerate(tokens) if token in ends), len(tokens))
        text = Speller.of(self._tokenizer).text(tokens[:length])
        cut = min((text.find(stop) for stop in sampling.stop if stop in text), default=-1)
        stopped = cut >= 0 or length < len(tokens)
        return Sample(text[:cut] if cut >= 0 else text, "stop" if stopped else "length", min(length + 1, len(tokens)))


class _NotFiniteError(EngineError):
    """The logits of a token to be generated are no numbers."""


def _check_finite(tokens: Any, logits: Any) -> Any:
    """A logits processor that changes nothing. Minus infinity is how a model forbids a token; NaN decides nothing."""
    if bool((logits.isnan() | logits.isposinf()).any()):
        raise _NotFiniteError(NOT_FINITE_LOGITS)
    return logits


def _has_defaults(module: Any) -> bool:
    return getattr(module, "generation_config", None) is not None and "generation_config" in vars(module)
