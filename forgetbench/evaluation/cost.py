"""What an evaluation costs before it is made: requests, tokens to be computed and to be generated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forgetbench.engines.vllm.prefix_tree import plan_groups
from forgetbench.evaluation.plan import CheckpointPlan
from forgetbench.lm_eval_bridge import PlannedTask
from forgetbench.records import Request


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one task, one domain or the whole, for one checkpoint."""

    name: str
    domain: str
    """Of a task; '' of the whole."""
    items: int
    """Different ones: an item counts once for all views of it."""
    refused: int
    """Items that cannot be asked, for instance because they do not fit into the model's window."""
    requests: int
    prompt_tokens: int
    """Of all prompts and continuations as they are asked one by one, few-shot examples and templates included."""
    computed_tokens: int
    """The same with what several share at the beginning once: the least that an engine with a prefix cache computes."""
    generated_tokens: int
    """At most: every answer as long as its token limit."""

    def minutes(self, computed_per_second: float, generated_per_second: float) -> float:
        """At most, at these rates."""
        seconds = self.computed_tokens / computed_per_second + self.generated_tokens / generated_per_second
        return seconds / 60


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one checkpoint."""

    checkpoint: str
    tasks: tuple[Cost, ...]
    domains: tuple[Cost, ...]
    """What several tasks of a domain ask alike is asked once, so a domain may cost less than its tasks together."""
    total: Cost


def costs(plan: CheckpointPlan) -> Costs:
    """What `plan` costs if nothing of it has been answered before."""
    domains = dict.fromkeys(task.loaded.info.domain for task in plan.tasks)
    return Costs(
        checkpoint=plan.checkpoint.name,
        tasks=tuple(_cost(task.loaded.info.name, [task]) for task in plan.tasks),
        domains=tuple(
            _cost(name, [task for task in plan.tasks if task.loaded.info.domain == name]) for name in domains
        ),
        total=_cost("all", plan.tasks),
    )


def _cost(name: str, tasks: Sequence[PlannedTask]) -> Cost:
    items = [(task.loaded.info.domain, item) for task in tasks for item in task.items]
    requests = {request.key: request for _, item in items for request in item.requests}
    prompts, computed, generated = _tokens(list(requests.values()))
    return Cost(
        name=name,
        domain=items[0][0] if name != "all" else "",
        items=len({(domain, item.item_id) for domain, item in items}),
        refused=len({(domain, item.item_id) for domain, item in items if item.refusal}),
        requests=len(requests),
        prompt_tokens=prompts,
        computed_tokens=computed,
        generated_tokens=generated,
    )


def _tokens(requests: Sequence[Request]) -> tuple[int, int, int]:
    """Tokens asked, tokens to compute, tokens to generate at most."""
    asked = sum(
        len(request.prompt) * max(1, len(request.continuations)) + sum(map(len, request.continuations))
        for request in requests
    )
    generated = sum(request.sampling.max_tokens * request.sampling.n for request in requests if request.sampling)
    return asked, sum(group.distinct for group in plan_groups(requests)), generated
