"""Generated text rated under the reference (base) checkpoint: how likely is it, and does its prompt make it likelier?

A sample is rated after the prompt that the reference itself would have been given. Where the task names a neutral
request (`metadata.neutral_request`), it is rated after that one as well: text that answers its prompt is made likelier
by it, text beside the point is not (pointwise mutual information of prompt and answer). All of these are likelihoods of
texts that are there already, and cost no generation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from forgetbench.lm_eval_bridge.planning import PlannedTask, PromptContext
from forgetbench.lm_eval_bridge.responding import split_samples, unanswered
from forgetbench.records import Request, Response
from forgetbench.storage.admission import NO_NUMBERS

_RATED_TOKENS = 256
"""How much of a sample the reference checkpoint rates; a longer one shows its quality by then."""


@dataclass(frozen=True, slots=True)
class SampleRating:
    """The requests that rate one sample."""

    prompted: Request
    """After the prompt that it answers."""
    neutral: Request | None
    """After the task's neutral request, where it names one."""

    def __iter__(self) -> Iterator[Request]:
        return iter(request for request in (self.prompted, self.neutral) if request)


@dataclass(frozen=True, slots=True)
class Ratings:
    """Mean log-probability per token (nats) of each sample of an item under the reference.

    NaN for an empty sample, minus infinity for one of which the reference gave no number.
    """

    prompted: tuple[float, ...] = ()
    neutral: tuple[float, ...] = ()
    """Empty where the task names no neutral request."""

    @property
    def finite(self) -> bool:
        return not any(map(math.isinf, (*self.prompted, *self.neutral)))


RatingRequests = Mapping[str, Sequence[SampleRating | None]]
"""By item id, how each sample is rated; None for an empty sample."""


def rating_requests(
    task: PlannedTask, reference: PlannedTask, responses: Mapping[str, Response], context: PromptContext
) -> RatingRequests:
    """How the samples of a task are rated; `reference` is the task planned for the reference, in its `context`."""
    prompts = {item.item_id: item.locations[0].request.prompt for item in reference.items}
    neutral = _neutral_prompts(reference, context)
    requests: dict[str, list[SampleRating | None]] = {}
    for item in task.items:
        response = responses.get(item.locations[0].request.key)
        if response is None or response.refusal is not None or item.item_id not in prompts:
            continue
        of_item: list[SampleRating | None] = []
        for _, answer in split_samples(item, response.samples):
            tokens = tuple(context.tokenizer.encode(answer, special=False))[:_RATED_TOKENS]
            beside = neutral.get(item.item_id)
            of_item.append(
                SampleRating(
                    context.request(prompts[item.item_id], (tokens,)),
                    context.request(beside, (tokens,)) if beside else None,
                )
                if tokens
                else None
            )
        requests[item.item_id] = of_item
    return requests


def _neutral_prompts(reference: PlannedTask, context: PromptContext) -> dict[str, tuple[int, ...]]:
    """By item id, the token ids of its neutral prompt; items of one language share one."""
    texts = {item.item_id: item.neutral_prompt for item in reference.items if item.neutral_prompt is not None}
    tokens = {text: tuple(context.tokenizer.encode(text)) for text in set(texts.values())}
    return {item_id: tokens[text] for item_id, text in texts.items()}


def mean_logprobs(requests: RatingRequests, responses: Mapping[str, Response]) -> dict[str, Ratings]:
    """What became of `rating_requests`; an item of which the engine did not rate every sample has no ratings."""

    def mean(request: Request | None) -> float:
        if request is None:
            return math.nan
        response = responses[request.key]
        if response.refusal is not None:
            return -math.inf
        (rating,) = response.continuations
        return rating.loglikelihood / rating.n_tokens

    return {
        item_id: Ratings(
            tuple(mean(rating.prompted if rating else None) for rating in of_item),
            tuple(mean(rating.neutral if rating else None) for rating in of_item) if _has_neutral(of_item) else (),
        )
        for item_id, of_item in requests.items()
        if {unanswered([request], responses) for rating in of_item for request in rating or ()} <= {None, *NO_NUMBERS}
    }


def _has_neutral(of_item: Sequence[SampleRating | None]) -> bool:
    return any(rating is not None and rating.neutral is not None for rating in of_item)
