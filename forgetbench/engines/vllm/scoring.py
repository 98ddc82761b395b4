"""How vLLM is asked for log-likelihoods: by probes into the prefix tree, or each continuation whole."""

from __future__ import annotations

import importlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forgetbench.engines.vllm.prefix_tree import Probe, PromptGroup, plan_groups
from forgetbench.records import Continuation, Request, Response

_NUMBERS = itertools.count()
"""Names of probes: no two in this process are alike."""


@dataclass(frozen=True, slots=True)
class VllmRequest:
    """One request as vLLM takes it: a prompt, and how to decode or what to read behind it."""

    id: str
    checkpoint: str
    tokens: tuple[int, ...]
    params: Any
    """vllm.SamplingParams"""


@dataclass
class Room:
    """What the engine may hold at once: so many requests, and prompts that fit the cache together.

    Beyond the cache vLLM would preempt requests, and a preempted one loses prompt log-probabilities.
    """

    sequences: int
    tokens: int
    flying: dict[str, VllmRequest] = field(default_factory=dict)

    @property
    def left(self) -> bool:
        return not self.flying or (len(self.flying) < self.sequences and self.tokens > 0)

    def enter(self, submission: VllmRequest) -> None:
        self.flying[submission.id] = submission
        self.tokens -= len(submission.tokens)

    def leave(self, name: str) -> VllmRequest:
        submission = self.flying.pop(name)
        self.tokens += len(submission.tokens)
        return submission


@dataclass(frozen=True, slots=True)
class Scoring:
    """A running engine's scoring."""

    stream: Callable[..., Iterator[Any]]
    """`stream(submissions, follow)`: vLLM's outputs as they finish; `follow(output)` gives what they made necessary."""
    counts: defaultdict[str, Counter[str]]
    """By checkpoint, to be added to."""
    cache_unit: int | None
    """Tokens per block of the prefix cache; None where there is none."""
    window: int
    """Tokens of the longest prompt and answer."""
    adapted_head: bool
    """Some adapter changes the output layer."""

    def answer(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Log-likelihoods by probes, where this vLLM can be asked for named tokens and for prompts it has cached."""
        fields = set(importlib.import_module("vllm").SamplingParams.__struct_fields__)
        if {"logprob_token_ids", "skip_reading_prefix_cache"} <= fields:
            yield from self.by_probes(requests)
        else:
            yield from self.whole(requests)

    def by_probes(self, requests: Sequence[Request]) -> Iterator[Response]:
        """In the order of the prefix tree; each distinct token is computed about once where there is a cache."""
        limit = importlib.import_module("vllm.sampling_params").MAX_LOGPROB_TOKEN_IDS
        asked: dict[str, tuple[PromptGroup, Probe]] = {}

        def submissions(group: PromptGroup, probes: Iterable[Probe]) -> Iterator[VllmRequest]:
            for probe in probes:
                name = str(next(_NUMBERS))
                asked[name] = (group, probe)
                group.outstanding += 1
                yield VllmRequest(name, probe.checkpoint, probe.tokens, _reading(probe))

        def first_submissions() -> Iterator[VllmRequest]:
            for planned in plan_groups(requests):
                group = planned.group
                self.counts[group.checkpoint]["distinct_tokens"] += planned.distinct
                if self.adapted_head:
                    # Prompt log-probabilities would come without the adapter's part: every node is asked by itself.
                    self.counts[group.checkpoint]["fallback_adapted_output_layer"] += len(group.requests)
                    yield from submissions(group, group.missing(limit))
                else:
                    if self.cache_unit is None:
                        self.counts[group.checkpoint]["fallback_no_prefix_cache"] += len(group.requests)
                    yield from submissions(group, group.probes(planned.uncached, self.cache_unit, limit))

        def follow(output: Any) -> Iterator[VllmRequest]:
            group, probe = asked[output.request_id]
            _read(group, probe, output)
            group.outstanding -= 1
            if not group.outstanding:
                missing = group.missing(limit)
                self.counts[group.checkpoint]["asked_again"] += len(missing)
                yield from submissions(group, missing)

        for output in self.stream(first_submissions(), follow):
            group, _ = asked.pop(output.request_id)
            if not group.outstanding:
                yield from group.responses()

    def whole(self, requests: Sequence[Request]) -> Iterator[Response]:
        """Every continuation after its prompt and without reading the cache, as lm-eval does."""
        params = importlib.import_module("vllm").SamplingParams
        reading = params(max_tokens=1, temperature=0.0, prompt_logprobs=1, detokenize=False)
        by_key: dict[str, Request] = {}
        for request in requests:
            self.counts[request.checkpoint]["fallback_older_vllm"] += 1
            if len(request.prompt) + max(map(len, request.continuations)) < self.window:
                by_key[request.key] = request
            else:
                yield Response(request.key, refusal=f"prompt and choice fill the window of {self.window} tokens")
        submissions = (
            VllmRequest(f"{request.key}/{number}", request.checkpoint, request.prompt + tokens, reading)
            for request in by_key.values()
            for number, tokens in enumerate(request.continuations)
        )
        continuations: dict[str, dict[int, Continuation]] = {}
        for output in self.stream(submissions):
            key, _, number = output.request_id.rpartition("/")
            request, done = by_key[key], continuations.setdefault(key, {})
            tokens = request.continuations[int(number)]
            rows = output.prompt_logprobs[len(request.prompt) :]
            done[int(number)] = _sum_rows(tokens, rows)
            if len(done) == len(request.continuations):
                del continuations[key]
                yield Response(key, continuations=tuple(done[index] for index in sorted(done)))


def _reading(probe: Probe) -> Any:
    params = importlib.import_module("vllm").SamplingParams
    logprobs: dict[str, Any] = {"logprob_token_ids": list(probe.next_tokens)}
    if probe.wants_rows:
        logprobs |= {"prompt_logprobs": 0, "skip_reading_prefix_cache": False}
        if "flat_logprobs" in params.__struct_fields__:
            logprobs["flat_logprobs"] = True
    return params(max_tokens=1, temperature=0.0, detokenize=False, **logprobs)


def _read(group: PromptGroup, probe: Probe, output: Any) -> None:
    """Take over what a finished probe says. Rows that came from the cache are absent or unwritten memory; the first
    computed token has no row of its own either, since its logits belong to the cached token before it."""
    rows: dict[int, tuple[float, bool]] = {}
    if probe.wants_rows:
        computed = max(probe.first_row, (output.num_cached_tokens or 0) + 1)
        for index in range(computed, len(probe.tokens)):
            entry = output.prompt_logprobs[index][probe.tokens[index]]
            rows[index] = (entry.logprob, entry.rank == 1)
    answer = output.outputs[0]
    following = {token: entry.logprob for token, entry in answer.logprobs[0].items()}
    group.read(probe, rows, following, answer.token_ids[0])


def _sum_rows(tokens: Sequence[int], rows: Sequence[Mapping[int, Any]]) -> Continuation:
    total = sum(row[token].logprob for token, row in zip(tokens, rows, strict=True))
    greedy = all(row[token].rank == 1 for token, row in zip(tokens, rows, strict=True))
    return Continuation(float(total), greedy, len(tokens))
