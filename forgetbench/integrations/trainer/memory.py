"""The model that is being trained, as an engine: asked where it is, and left as it was."""

from __future__ import annotations

import contextlib
import hashlib
import random
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from forgetbench.engines.base import EngineOptions
from forgetbench.engines.transformers import TransformersEngine
from forgetbench.errors import EngineError
from forgetbench.fingerprint import checkpoint_fingerprint, digest
from forgetbench.models.tokenizer import HFTokenizer, Tokenizer
from forgetbench.records import Checkpoint, Continuation, Request, Response

MEMORY = "memory"
"""What results name as the place of weights that were never saved."""


@contextlib.contextmanager
def undisturbed(model: Any) -> Iterator[None]:
    """Evaluation mode inside; afterwards each module's mode, all random states and transformers' logging as before."""
    import torch
    from transformers.utils import logging

    modes = [(module, module.training) for module in model.modules()]
    python, of_numpy = random.getstate(), np.random.get_state()
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    model.eval()
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            yield
    finally:
        for module, training in modes:
            module.training = training
        random.setstate(python)
        np.random.set_state(of_numpy)
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def is_sharded(model: Any) -> bool:
    """Whether this process holds only a part of the weights: DeepSpeed ZeRO-3, FSDP of either kind, tensor parallel."""
    # FSDP of the first kind wraps modules, ZeRO-3 marks its parameters with an id, and those of FSDP2 and tensor
    # parallelism are DTensors, which have placements.
    wrapped = any(type(module).__name__ == "FullyShardedDataParallel" for module in model.modules())
    return wrapped or any(hasattr(each, "ds_id") or hasattr(each, "placements") for each in model.parameters())


class MemoryEngine(TransformersEngine):
    """A model in memory behind the engine protocol; other checkpoints are loaded from their folders beside it."""

    def __init__(self, model: Any, tokenizer: Any, *, autocast: str | None = None) -> None:
        """`autocast` is the type ('bfloat16', 'float16') of mixed precision training; None computes in the weights'
        own type."""
        super().__init__(EngineOptions("transformers", dtype=str(model.dtype).removeprefix("torch.")))
        self._device = str(model.device)
        self.settings: Mapping[str, Any] = {
            **self.settings, "device": model.device.type, "weights": MEMORY,
            **({"autocast": autocast} if autocast else {}),
        }  # fmt: skip
        self._autocast = autocast
        self._held, self._its_tokenizer = model, tokenizer
        self._card = _Card(model, tokenizer)
        self._digests: dict[str, str] = {}
        self._now: str | None = None
        self._kept: tuple[str | None, dict[str, Any]] | None = None
        self._aside: dict[str, Any] = {}
        self.gone: dict[str, str] = {}
        """Why the weights with some fingerprint cannot be asked any more: what is asked of them is refused."""

    # --- which weights ------------------------------------------------------------------------

    def checkpoint(self, name: str, step: int) -> Checkpoint:
        """The weights as they are now. Equal weights, configuration and tokenizer are one checkpoint, in every run."""
        self._now = digest([self._card.fingerprint, self._weights_digest()])
        return self.remembered(self._now, name, step)

    def remembered(self, fingerprint: str, name: str, step: int) -> Checkpoint:
        """Weights that this model had before."""
        return Checkpoint(name=name, where=MEMORY, fingerprint=fingerprint, path=self._card.folder, step=step)

    def keep(self) -> None:
        """Copy what training changes to main memory: the weights of the last `checkpoint` can then be asked later."""
        self._kept = self._now, {name: tensor.to("cpu", copy=True) for name, tensor in self._changing().items()}

    def put_back(self) -> None:
        """The weights that training is at, wherever others stood in for them; and none loaded from a folder."""
        self._put(self._aside)
        self._aside = {}
        self._model, self.loaded = None, ()

    def load(self, checkpoints: Sequence[Checkpoint], log_file: Path | None = None) -> None:
        (checkpoint,) = checkpoints
        self.put_back()
        if checkpoint.fingerprint in self.gone:
            return
        if checkpoint.path != self._card.folder:
            super().load(checkpoints, log_file)
            return
        if self._kept and checkpoint.fingerprint == self._kept[0] != self._now:
            self._aside = {name: tensor.to("cpu", copy=True) for name, tensor in self._changing().items()}
            self._put(self._kept[1])
        elif checkpoint.fingerprint != self._now:
            raise EngineError(f"the weights of '{checkpoint.name}' are not in memory any more; name them with base=")
        self._model, self._tokenizer = self._held, self._its_tokenizer
        self.loaded = (checkpoint,)

    def _put(self, tensors: Mapping[str, Any]) -> None:
        changing = self._changing() if tensors else {}
        with self._torch.no_grad():
            for name, tensor in tensors.items():
                changing[name].copy_(tensor)

    def _changing(self) -> dict[str, Any]:
        """What training changes: every tensor of the state but the frozen parameters."""
        frozen = {name for name, parameter in self._held.named_parameters() if not parameter.requires_grad}
        return {name: tensor for name, tensor in self._tensors().items() if name not in frozen}

    def _tensors(self) -> dict[str, Any]:
        return {name: value.detach() for name, value in self._held.state_dict().items() if self._torch.is_tensor(value)}

    def _weights_digest(self) -> str:
        changing = self._changing()
        for name, tensor in self._tensors().items():
            # Frozen weights are hashed once: of a model with an adapter they are nearly all.
            if name in changing or name not in self._digests:
                self._digests[name] = _tensor_digest(tensor)
        return digest(self._digests)

    # --- answers ------------------------------------------------------------------------------

    def tokenizer(self, checkpoint: Checkpoint) -> Tokenizer:
        return self._card.tokenizer if checkpoint.path == self._card.folder else super().tokenizer(checkpoint)

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        for request in requests:
            if reason := self.gone.get(request.checkpoint):
                yield Response(request.key, refusal=reason)
            else:
                yield from super().score([request])

    def _rated(self, request: Request) -> tuple[Continuation, ...]:
        """Choices after one prompt share its computation: a training should not wait for the same thing four times."""
        head, last = request.prompt[:-1], request.prompt[-1:]
        if len(request.continuations) == 1 or not head:
            return super()._rated(request)
        cache = self._model(self._ids(head), use_cache=True).past_key_values
        if not _can_be_cropped(cache):
            return super()._rated(request)
        rated = []
        for tokens in request.continuations:
            logits = self._model(self._ids(last + tokens[:-1]), past_key_values=cache, use_cache=True).logits[0]
            rated.append(self._chosen(logits, tokens))
            cache.crop(-len(tokens))
        return tuple(rated)

    def _ids(self, tokens: Sequence[int]) -> Any:
        return self._torch.tensor([tokens], device=self._device)

    def close(self) -> None:
        """Forget the model. What was written for it is deleted."""
        self.put_back()
        self._card.close()
        self._held = self._kept = None

    def _guard(self) -> contextlib.AbstractContextManager[Any]:
        # Not inference mode: a tensor that a module keeps from it would end the training at the next backward pass.
        stack = contextlib.ExitStack()
        stack.enter_context(self._torch.no_grad())
        if self._autocast:
            dtype = getattr(self._torch, self._autocast)
            stack.enter_context(self._torch.autocast(self._torch.device(self._device).type, dtype=dtype))
        return stack


class _Card:
    """A folder with all of a checkpoint but its weights: where tokenizer, chat template and window are read."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="forgetbench-"))
        # A training that fails closes nothing.
        self.close = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        model.config.save_pretrained(self.folder)
        tokenizer.save_pretrained(self.folder)
        self.fingerprint = checkpoint_fingerprint(self.folder, files=())
        self.tokenizer = HFTokenizer(self.folder)


def _can_be_cropped(cache: Any) -> bool:
    """Whether keys and values can be cut back to a prompt's: not so of sliding windows, nor of recurrent states."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    return type(cache) is DynamicCache and all(type(layer) is DynamicLayer for layer in cache.layers)


def _tensor_digest(tensor: Any) -> str:
    """Hash of a tensor's type, shape and bytes."""
    import torch

    plain = tensor.contiguous().cpu().reshape(-1)
    content = hashlib.sha256(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
    content.update(memoryview(plain.view(torch.uint8).numpy()))
    return content.hexdigest()
