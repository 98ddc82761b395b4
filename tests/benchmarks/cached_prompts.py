"""The transformers engine made faster for many small models: a prompt is read once for all its continuations, and
greedy answers are generated in batches. The same numbers but for the last bits of rounding."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from forgetbench.engines.transformers import TransformersEngine
from forgetbench.records import Continuation, Request, Response

_BATCH = 32


class CachedPromptsEngine(TransformersEngine):
    """What TransformersEngine answers, by fewer passes through the model."""

    def _rated(self, request: Request) -> tuple[Continuation, ...]:
        tails = [tokens[:-1] for tokens in request.continuations]
        if not request.prompt or len(tails) < 2:
            return super()._rated(request)
        ids = self._torch.tensor([request.prompt], device=self._device)
        read = self._model(ids, use_cache=True)
        first, cache = read.logits[:, -1:].expand(len(tails), -1, -1), read.past_key_values
        logits = first
        if longest := max(map(len, tails)):
            cache.batch_repeat_interleave(len(tails))
            padded = self._torch.tensor([[*tail, *[0] * (longest - len(tail))] for tail in tails], device=self._device)
            logits = self._torch.cat([first, self._model(padded, past_key_values=cache).logits], dim=1)
        rows = zip(logits, request.continuations, strict=True)
        return tuple(self._chosen(row[: len(tokens)], tokens) for row, tokens in rows)

    def generate(self, requests: Sequence[Request]) -> Iterator[Response]:
        def alike(request: Request) -> tuple[Any, ...]:
            assert request.sampling is not None
            return request.sampling.temperature, request.sampling.max_tokens, request.sampling.stop

        for (temperature, *_rest), group in itertools.groupby(sorted(requests, key=alike), alike):
            if temperature:
                yield from super().generate(list(group))
                continue
            ordered = sorted(group, key=lambda request: len(request.prompt))
            for start in range(0, len(ordered), _BATCH):
                with self._guard(), self._no_defaults():
                    yield from self._greedy(ordered[start : start + _BATCH])

    def _greedy(self, batch: Sequence[Request]) -> Iterator[Response]:
        """Prompts padded on the left."""
        from transformers import GenerationConfig

        sampling = batch[0].sampling
        assert sampling is not None
        longest = max(len(request.prompt) for request in batch)
        pads = [longest - len(request.prompt) for request in batch]
        ids = self._torch.tensor([[0] * pad + list(request.prompt) for pad, request in zip(pads, batch, strict=True)])
        mask = self._torch.tensor([[0] * pad + [1] * (longest - pad) for pad in pads])
        settings = GenerationConfig(
            max_new_tokens=sampling.max_tokens,
            do_sample=False,
            stop_strings=list(sampling.stop) or None,
            eos_token_id=list(self._ends) or None,
            pad_token_id=min(self._ends, default=0),
        )
        out = self._model.generate(
            ids, attention_mask=mask, generation_config=settings, tokenizer=self._tokenizer if sampling.stop else None
        )
        for row, request in zip(out, batch, strict=True):
            sample = self._sample(row[longest:].tolist(), sampling, list(self._ends))
            yield Response(request.key, samples=(sample,) * sampling.n)
