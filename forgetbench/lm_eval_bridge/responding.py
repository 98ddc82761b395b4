"""What came back for an item: whether all of it did, and what of it is the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from forgetbench.lm_eval_bridge.planning import PlannedItem
from forgetbench.metrics.thinking import opens_thinking, split_thinking
from forgetbench.records import Request, Response, Sample


def split_samples(item: PlannedItem, samples: Iterable[Sample]) -> list[tuple[str, str]]:
    """Each sample's thinking, '' where there is none, and its answer."""
    opened = opens_thinking(item.prompt)
    return [split_thinking(sample.text, opened=opened) for sample in samples]


def unanswered(requests: Sequence[Request], responses: Mapping[str, Response]) -> str | None:
    """Why an item cannot be scored: a request without a response, or one that the engine refused."""
    for request in requests:
        response = responses.get(request.key)
        if response is None:
            return "no answer from the engine"
        if response.refusal is not None:
            return response.refusal
    return None
