"""Responses become ItemScores, through lm-eval's own filters and process_results."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from numbers import Real
from typing import Any

from forgetbench.errors import first_line
from forgetbench.fingerprint import digest, document_hash
from forgetbench.lm_eval_bridge.filtering import apply_filters
from forgetbench.lm_eval_bridge.loading import LoadedTask
from forgetbench.lm_eval_bridge.planning import AnswerLocation, PlannedItem, PlannedTask
from forgetbench.lm_eval_bridge.rating import Ratings
from forgetbench.lm_eval_bridge.responding import split_samples, unanswered
from forgetbench.metrics.degeneration import MAX_CHARS, ends_in_loop
from forgetbench.records import CUT, PER_BYTE_METRICS, Continuation, ItemScore, Response, Sample
from forgetbench.storage.admission import NOT_FINITE

_ROUNDING = 1e-6
_OUTSIDE = "a score lies in [0, 1]"
_NOTHING_FOUND = "[invalid]"
"""What lm-eval's filters make of an answer in which they find nothing."""


def score(planned: PlannedTask, responses: Mapping[str, Response], ratings: Mapping[str, Ratings]) -> list[ItemScore]:
    """Item scores of a task: lm-eval's filters and process_results over the responses.

    `ratings` are those of `rating.mean_logprobs`, by item_id; empty for a task whose samples are not rated.
    """
    answered = [item for item in planned.items if item.refusal is None and not unanswered(item.requests, responses)]
    for item in answered:
        _fill(item, responses)
    # Filters run over the whole task at once, so instances without an answer must not be among them.
    apply_filters(planned.loaded.task, [item.instances for item in answered])
    return _on_one_scale(
        planned.loaded.info.metric,
        [_item_score(planned.loaded, item, responses, ratings.get(item.item_id, Ratings())) for item in planned.items],
    )


def _on_one_scale(metric: str, items: list[ItemScore]) -> list[ItemScore]:
    """The scores; none counts where one lies outside [0, 1]: those that happen to lie inside are on its scale.

    Of a metric from 0 to 100 the wrong answers alone would be left.
    """
    beyond = next((item for item in items if item.reason and item.reason.endswith(_OUTSIDE)), None)
    if beyond is None:
        return items
    reason = f"process_results gave '{metric}' beyond [0, 1] for item {beyond.item_id}, so it is on another scale"
    return [item if item.score is None else replace(item, score=None, reason=reason) for item in items]


def ratings_of(locations: Iterable[AnswerLocation], responses: Mapping[str, Response]) -> list[Continuation]:
    """How the continuations at `locations` were rated, in their order."""
    return [
        responses[location.request.key].continuations[index] for location in locations for index in location.indices
    ]


def _fill(item: PlannedItem, responses: Mapping[str, Response]) -> None:
    """Put the responses into the item's lm-eval instances."""
    locations = iter(item.locations)
    for instance in item.instances:
        instance.resps.clear()
        instance.filtered_resps.clear()
        if instance.request_type == "generate_until":
            samples = responses[next(locations).request.key].samples
            instance.resps.extend(answer for _, answer in split_samples(item, samples))
        elif instance.request_type == "loglikelihood":
            (rating,) = ratings_of([next(locations)], responses)
            instance.resps.append((rating.loglikelihood, rating.is_greedy))
        else:
            instance.resps.append(sum(rating.loglikelihood for rating in ratings_of(locations, responses)))


def _item_score(
    loaded: LoadedTask, item: PlannedItem, responses: Mapping[str, Response], reference: Ratings
) -> ItemScore:
    samples: tuple[Sample, ...] = ()
    ratings: list[Continuation] = []
    metrics: dict[str, float] = {}
    reason = item.refusal or unanswered(item.requests, responses)
    if reason is None:
        samples = responses[item.locations[0].request.key].samples
        ratings = ratings_of(item.locations, responses)
        if reference.finite:
            metrics, reason = _metrics(loaded, item, samples, reference)
        else:
            reason, reference = f"{NOT_FINITE} of an answer under the reference", Ratings()
    info = loaded.info
    value = None if info.corpus_metric or reason else metrics.get(info.metric)
    return ItemScore(
        task=info.name,
        domain=info.domain,
        view=info.view,
        item_id=item.item_id,
        cluster=item.cluster,
        second_cluster=item.second_cluster,
        stratum=item.stratum,
        doc_hash=document_hash(item.document),
        prompt_hash=digest([instance.args for instance in item.instances])[:16],
        score=value,
        reason=reason,
        prompt=item.prompt,
        question=item.question,
        gold=item.gold,
        responses=tuple(answer for _, answer in split_samples(item, samples)),
        finish_reasons=tuple(sample.finish_reason for sample in samples),
        token_counts=tuple(sample.n_tokens for sample in samples),
        reference_logprobs=reference.prompted,
        neutral_logprobs=reference.neutral,
        choices=item.choices,
        loglikelihoods=tuple(rating.loglikelihood for rating in ratings),
        read=_read(loaded, item, samples),
        metrics=metrics,
    )


def _read(loaded: LoadedTask, item: PlannedItem, samples: Sequence[Sample]) -> tuple[str, ...]:
    """What the task's filter took out of each response; nothing where that is the response itself, or no text."""
    filtered = item.instances[0].filtered_resps if samples else {}
    if loaded.info.filter not in filtered:
        return ()
    found = filtered[loaded.info.filter]
    texts = tuple(found) if isinstance(found, (list, tuple)) else (found,)
    answers = tuple(answer for _, answer in split_samples(item, samples))
    return () if texts == answers or not all(isinstance(text, str) for text in texts) else texts


def _metrics(
    loaded: LoadedTask, item: PlannedItem, samples: Sequence[Sample], reference: Ratings
) -> tuple[dict[str, float], str | None]:
    of_samples = {
        "finish_reasons": [sample.finish_reason for sample in samples],
        "token_counts": [sample.n_tokens for sample in samples],
        "reference_logprobs": _known(reference.prompted, len(samples)),
        "neutral_logprobs": _known(reference.neutral, len(samples)),
    }
    if loaded.info.filter not in item.instances[0].filtered_resps:
        return {}, f"filter '{loaded.info.filter}' failed on this answer, or did not come to an end"
    # Beside the document's own fields, for tasks whose scoring reads them.
    document = {**item.document, "forgetbench": of_samples}
    try:
        metrics = _numbers(loaded, item, document, loaded.info.filter)
    except (
        Exception,
        SystemExit,
    ) as error:  # a task's own code meets a model's text: the item is unmeasured, the run goes on
        return {}, f"process_results failed: {type(error).__name__}: {first_line(str(error))}"
    # What the task's other filters make of the same answer stands beside the score, named as lm-eval names them.
    for name in item.instances[0].filtered_resps.keys() - {loaded.info.filter}:
        with contextlib.suppress(Exception):
            beside = _numbers(loaded, item, document, name)
            metrics |= {f"{key},{name}": value for key, value in beside.items()}
    metrics |= _sample_rates(item, samples)
    if _is_cut(loaded, item, samples, metrics):
        return metrics, CUT
    if loaded.info.corpus_metric is None:
        value = metrics.get(loaded.info.metric, math.nan)
        if not math.isfinite(value):
            return metrics, f"process_results gave no number for '{loaded.info.metric}'"
        if not -_ROUNDING <= value <= 1 + _ROUNDING:
            return metrics, f"process_results gave '{loaded.info.metric}' = {value:g}; {_OUTSIDE}"
        metrics[loaded.info.metric] = min(max(value, 0.0), 1.0)
    return metrics, None


def _known(logprobs: Sequence[float], k: int) -> list[float | None]:
    """One for each of `k` samples, None where it is not known."""
    return [None if math.isnan(value) else value for value in logprobs] or [None] * k


def _is_cut(loaded: LoadedTask, item: PlannedItem, samples: Sequence[Sample], metrics: Mapping[str, float]) -> bool:
    """Whether the token limit ended the answer before it said whether it is right.

    A task that knows says so by a number `cut`. Else an answer of one sample is cut where it is not right and no
    answer was found in it: its `parsed` is 0, or lm-eval's filter gave its fallback. A text that is scored as a whole
    is a text, however it ends, and one that goes round in a loop would never have come to an answer. Thinking that did
    not end leaves nothing to score in any task.
    """
    if not samples or any(
        sample.finish_reason != "length" or ends_in_loop(sample.text[-MAX_CHARS:]) for sample in samples
    ):
        return False
    if all(thought and not answer for thought, answer in split_samples(item, samples)):
        return True
    if "cut" in metrics:
        return metrics["cut"] > 0
    # A demanded format is broken by a reply that is longer than what was demanded.
    if len(samples) > 1 or loaded.info.view == "strict" or metrics.get(loaded.info.metric, 0.0) > 0:
        return False
    if "parsed" in metrics:
        return metrics["parsed"] == 0
    return item.instances[0].filtered_resps[loaded.info.filter] in (_NOTHING_FOUND, [_NOTHING_FOUND])


def _numbers(loaded: LoadedTask, item: PlannedItem, document: Mapping[str, Any], filter_name: str) -> dict[str, float]:
    """The numbers that process_results returns for the answer as one filter reads it."""
    answers = [instance.filtered_resps[filter_name] for instance in item.instances]
    results = loaded.task.process_results(document, answers)
    metrics = {key: number for key, value in results.items() if (number := _number(value)) is not None}
    for key, value in results.items():
        if key in PER_BYTE_METRICS and isinstance(value, tuple):
            # lm-eval returns (log-likelihood, bytes); the score is the geometric mean probability of a byte.
            metrics[key] = math.exp(value[0] / max(value[1], 1))
    return metrics


def _number(value: Any) -> float | None:
    """A number of any library that has a shape of its own for one (numpy's, torch's), or of Python; else None."""
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    return float(value) if isinstance(value, (Real, Decimal)) else None


def _sample_rates(item: PlannedItem, samples: Sequence[Sample]) -> dict[str, float]:
    """Shares of an item's samples: ended `at_limit`, and preceded by `thinking`; nothing without samples."""
    if not samples:
        return {}
    thinking = sum(bool(thought) for thought, _ in split_samples(item, samples))
    return {
        "at_limit": sum(sample.finish_reason == "length" for sample in samples) / len(samples),
        "thinking": thinking / len(samples),
    }
