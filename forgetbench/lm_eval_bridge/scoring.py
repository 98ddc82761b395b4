"""Responses become ItemScores, through lm-eval's own filters and process_results."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from forgetbench.fingerprint import digest, document_hash
from forgetbench.lm_eval_bridge.loading import PER_BYTE_METRICS, LoadedTask
from forgetbench.lm_eval_bridge.planning import Ask, PlannedItem, PlannedTask, PromptContext
from forgetbench.metrics.thinking import opens_thinking, split_thinking
from forgetbench.records import Continuation, ItemScore, Request, Response, Sample

_JUDGED_TOKENS = 256
"""How much of a sample the reference checkpoint rates; a longer one shows its quality by then."""


# --- judging generated text -------------------------------------------------------------------


def judge_requests(
    task: PlannedTask, reference: PlannedTask, responses: Mapping[str, Response], target: PromptContext
) -> dict[str, list[Request | None]]:
    """Per item, the requests that rate each sample under the reference checkpoint; None for an empty sample.

    `reference` is the same task planned for the reference, so a sample is rated after the prompt that the
    reference itself would have been given. `target` describes the reference.
    """
    prompts = {item.item_id: item.asks[0].request.prompt for item in reference.items}
    judged: dict[str, list[Request | None]] = {}
    for item in task.items:
        response = responses.get(item.asks[0].request.key)
        if response is None or response.refusal is not None or item.item_id not in prompts:
            continue
        row: list[Request | None] = []
        for _, answer in _split(item, response.samples):
            tokens = tuple(target.tokenizer.encode(answer, special=False))[:_JUDGED_TOKENS]
            prompt = prompts[item.item_id]
            row.append(target.request(prompt, (tokens,)) if tokens else None)
        judged[item.item_id] = row
    return judged


def mean_logprobs(
    judged: Mapping[str, Sequence[Request | None]], responses: Mapping[str, Response]
) -> dict[str, tuple[float, ...]]:
    """Mean log-probability per token (nats) of each sample; NaN for an empty one."""

    def mean(request: Request | None) -> float:
        if request is None:
            return math.nan
        (rating,) = responses[request.key].continuations
        return rating.loglikelihood / rating.n_tokens

    return {
        item_id: tuple(mean(request) for request in row)
        for item_id, row in judged.items()
        if not _unanswered([request for request in row if request is not None], responses)
    }


# --- scoring ----------------------------------------------------------------------------------


def _split(item: PlannedItem, samples: Iterable[Sample]) -> list[tuple[str, str]]:
    """Each sample's thinking, '' where there is none, and its answer."""
    opened = opens_thinking(item.prompt)
    return [split_thinking(sample.text, opened=opened) for sample in samples]


def score(
    planned: PlannedTask, responses: Mapping[str, Response], judged: Mapping[str, tuple[float, ...]]
) -> list[ItemScore]:
    """Item scores of a task: lm-eval's filters and process_results over the responses."""
    task = planned.loaded.task
    answered = [item for item in planned.items if item.refusal is None and not _unanswered(item.requests, responses)]
    for item in answered:
        _fill(item, responses)
    # Filters run over the whole task at once, so instances without an answer must not be among them.
    task._instances = [instance for item in answered for instance in item.instances]
    if task._instances:
        task.apply_filters()
    return [_item_score(planned.loaded, item, responses, judged.get(item.item_id, ())) for item in planned.items]


def _unanswered(requests: Sequence[Request], responses: Mapping[str, Response]) -> str | None:
    """Why an item cannot be scored: a request without a response, or one that the engine refused."""
    for request in requests:
        response = responses.get(request.key)
        if response is None:
            return "no answer from the engine"
        if response.refusal is not None:
            return response.refusal
    return None


def _fill(item: PlannedItem, responses: Mapping[str, Response]) -> None:
    asks = iter(item.asks)
    for instance in item.instances:
        instance.resps.clear()
        instance.filtered_resps.clear()
        if instance.request_type == "generate_until":
            samples = responses[next(asks).request.key].samples
            instance.resps.extend(answer for _, answer in _split(item, samples))
        elif instance.request_type == "loglikelihood":
            ask = next(asks)
            rating = responses[ask.request.key].continuations[ask.indices[0]]
            instance.resps.append((rating.loglikelihood, rating.is_greedy))
        else:
            instance.resps.append(sum(rating.loglikelihood for rating in ratings_of(asks, responses)))


def ratings_of(asks: Iterable[Ask], responses: Mapping[str, Response]) -> list[Continuation]:
    """How the continuations that `asks` point at were rated, in their order."""
    return [responses[ask.request.key].continuations[index] for ask in asks for index in ask.indices]


def _item_score(
    loaded: LoadedTask, item: PlannedItem, responses: Mapping[str, Response], judged: tuple[float, ...]
) -> ItemScore:
    samples: tuple[Sample, ...] = ()
    ratings: list[Continuation] = []
    metrics: dict[str, float] = {}
    reason = item.refusal or _unanswered(item.requests, responses)
    if reason is None:
        samples = responses[item.asks[0].request.key].samples
        ratings = ratings_of(item.asks, responses)
        metrics, reason = _metrics(loaded, item, samples, judged)
    info = loaded.info
    value = None if info.corpus_metric else metrics.get(info.metric)
    return ItemScore(
        task=info.name,
        domain=info.domain,
        view=info.view,
        item_id=item.item_id,
        cluster=item.cluster,
        stratum=item.stratum,
        doc_hash=document_hash(item.document),
        prompt_hash=digest([instance.args for instance in item.instances])[:16],
        score=value,
        reason=reason,
        prompt=item.prompt,
        question=item.question,
        gold=item.gold,
        responses=tuple(answer for _, answer in _split(item, samples)),
        finish_reasons=tuple(sample.finish_reason for sample in samples),
        token_counts=tuple(sample.n_tokens for sample in samples),
        reference_logprobs=judged,
        choices=item.choices,
        loglikelihoods=tuple(rating.loglikelihood for rating in ratings),
        metrics=metrics,
    )


def _metrics(
    loaded: LoadedTask, item: PlannedItem, samples: Sequence[Sample], judged: tuple[float, ...]
) -> tuple[dict[str, float], str | None]:
    facts = {
        "finish_reasons": [sample.finish_reason for sample in samples],
        "token_counts": [sample.n_tokens for sample in samples],
        "reference_logprobs": [None if math.isnan(value) else value for value in judged] or [None] * len(samples),
    }
    document = {**item.document, "forgetbench": facts}
    try:
        metrics = _numbers(loaded, item, document, loaded.filter)
    except Exception as error:  # a task's own code meets a model's text: the item is unmeasured, the run goes on
        first = (str(error).strip().splitlines() or [""])[0]
        return {}, f"process_results failed: {type(error).__name__}: {first}"
    # Other ways of reading the same answer stand beside the score, named as lm-eval names them.
    for name in item.instances[0].filtered_resps.keys() - {loaded.filter}:
        with contextlib.suppress(Exception):
            beside = _numbers(loaded, item, document, name)
            metrics |= {f"{key},{name}": value for key, value in beside.items()}
    metrics |= _of_samples(item, samples)
    if loaded.info.corpus_metric is None:
        value = metrics.get(loaded.info.metric, math.nan)
        if not math.isfinite(value):
            return metrics, f"process_results gave no number for '{loaded.info.metric}'"
        if not 0 <= value <= 1:
            return metrics, f"process_results gave '{loaded.info.metric}' = {value:g}; a score lies in [0, 1]"
    return metrics, None


def _numbers(loaded: LoadedTask, item: PlannedItem, document: Mapping[str, Any], name: str) -> dict[str, float]:
    """What process_results returns as numbers for one way of reading the answer."""
    raw = loaded.task.process_results(document, [instance.filtered_resps[name] for instance in item.instances])
    metrics = {key: float(value) for key, value in raw.items() if isinstance(value, (int, float))}
    for key, value in raw.items():
        if key in PER_BYTE_METRICS and isinstance(value, tuple):
            # lm-eval returns (log-likelihood, bytes); the score is the geometric mean probability of a byte.
            metrics[key] = math.exp(value[0] / max(value[1], 1))
    return metrics


def _of_samples(item: PlannedItem, samples: Sequence[Sample]) -> dict[str, float]:
    """Shares of an item's samples: `cut` by the token limit, and preceded by `thinking`; nothing without samples."""
    if not samples:
        return {}
    thinking = sum(bool(thought) for thought, _ in _split(item, samples))
    return {
        "cut": sum(sample.finish_reason == "length" for sample in samples) / len(samples),
        "thinking": thinking / len(samples),
    }
