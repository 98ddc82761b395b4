"""Answers that no model gave, scored as in a run: through the task's own filters and process_results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from forgetbench.lm_eval_bridge import PlannedItem, PlannedTask, score
from forgetbench.records import Continuation, ItemScore, Request, Response, Sample
from forgetbench.suites.validation.reading import ReadTask, RenderedItem

Answer = Callable[[RenderedItem], str | None]
"""The answer to an item; None where it is not tried."""
Likelihood = Callable[[RenderedItem, int], float]
"""The log-likelihood of an item's option at a place."""


@dataclass(frozen=True, slots=True)
class Trial:
    """An item, and how an answer to it was scored."""

    item: RenderedItem
    score: ItemScore

    @property
    def value(self) -> float:
        """The item's score; for a corpus metric, which needs all items, its accuracy. -1 where there is none."""
        return self.score.score if self.score.score is not None else self.score.metrics.get("acc", -1.0)

    @property
    def parsed(self) -> float | None:
        """Whether the answer counts as parsed, 0 or 1; None where the task does not say."""
        return self.score.metrics.get("parsed")


def written(task: ReadTask, planned: PlannedTask, answer: Answer) -> list[Trial]:
    """The scores when each item of `planned` is answered in writing."""
    answers = [(item, text) for item in planned.items if (text := answer(rendered(task, item))) is not None]
    return [
        Trial(rendered(task, item), item_score)
        for item, text in answers
        for item_score in score(replace(planned, items=(item,)), _responses(item.requests, text), {})
    ]


def rated(task: ReadTask, planned: PlannedTask, likelihood: Likelihood) -> list[Trial]:
    """The scores when each option of each item of `planned` has the given log-likelihood."""
    return [
        Trial(rendered(task, item), item_score)
        for item in planned.items
        for item_score in score(replace(planned, items=(item,)), _ratings(rendered(task, item), item, likelihood), {})
    ]


def rendered(task: ReadTask, item: PlannedItem) -> RenderedItem:
    """The item as the other checks see it."""
    number: int = item.instances[0].doc_id
    return task.items[number]


def _responses(requests: Sequence[Request], text: str) -> dict[str, Response]:
    sample = Sample(text, "stop", len(text.split()))
    return {
        request.key: Response(request.key, samples=(sample,) * (request.sampling.n if request.sampling else 1))
        for request in requests
    }


def _ratings(item: RenderedItem, planned: PlannedItem, likelihood: Likelihood) -> dict[str, Response]:
    by_request: dict[str, dict[int, Continuation]] = {}
    for place, location in enumerate(planned.locations):
        for index in location.indices:
            n_tokens = len(location.request.continuations[index])
            rating = Continuation(likelihood(item, place), False, n_tokens)
            by_request.setdefault(location.request.key, {})[index] = rating
    return {
        key: Response(key, continuations=tuple(ratings[index] for index in sorted(ratings)))
        for key, ratings in by_request.items()
    }
