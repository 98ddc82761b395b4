"""Answers that were kept, read again by a task as it is today: no model is asked, and none is needed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from forgetbench.errors import SuiteError, first_line
from forgetbench.fingerprint import digest
from forgetbench.lm_eval_bridge.clusters import clusters_of
from forgetbench.lm_eval_bridge.loading import LoadedTask, quiet_lm_eval
from forgetbench.lm_eval_bridge.planning import AnswerLocation, PlannedItem, PlannedTask
from forgetbench.lm_eval_bridge.rating import Ratings
from forgetbench.lm_eval_bridge.scoring import score
from forgetbench.records import ItemScore, Request, Response, Sample, Sampling, TaskInfo

OTHER_QUESTION = "the task asks another question under this id today"
NO_SUCH_ITEM = "the task has no item of this id today"
_AS_ANSWERED = ("at_limit", "thinking")
"""Rates of the answers as the engine gave them: what a model thought aloud was split off when they were kept."""


def reads_text(loaded: LoadedTask) -> bool:
    """Whether a task's score is read from what was written; likelihoods are what they were."""
    return bool(loaded.task.OUTPUT_TYPE == "generate_until")


def rescored_info(before: TaskInfo, loaded: LoadedTask) -> TaskInfo:
    """The task as it reads today, told apart from answers to it that were asked for today."""
    today = loaded.info
    return replace(
        today,
        num_fewshot=before.num_fewshot,
        completion_fewshot=before.completion_fewshot,
        fingerprint=digest([before.fingerprint, today.fingerprint]),
    )


def rescore(loaded: LoadedTask, rows: Sequence[ItemScore]) -> list[ItemScore]:
    """The kept items of a task that reads text, with the scores that it gives them today; in their order.

    An item is the same where its id and its question are; the answers that are accepted may have changed. One that was
    not answered, or that the task does not ask any more, stays or becomes unmeasured and says why. Raises SuiteError
    where the task's own code fails.
    """
    asked = _items(loaded)
    planned: list[PlannedItem] = []
    responses: dict[str, Response] = {}
    for row in rows:
        item = asked.get(row.item_id)
        if item is not None and item.question == row.question and row.responses:
            request = Request(row.item_id, "", (0,), sampling=Sampling(max_tokens=1, n=len(row.responses)))
            planned.append(replace(item, locations=(AnswerLocation(request, ()),)))
            responses[request.key] = Response(request.key, samples=_samples(row))
    ratings = {row.item_id: Ratings(row.reference_logprobs, row.neutral_logprobs) for row in rows}
    read = {item.item_id: item for item in score(PlannedTask(loaded, tuple(planned)), responses, ratings)}
    return [_kept(row, read.get(row.item_id), asked.get(row.item_id)) for row in rows]


def _items(loaded: LoadedTask) -> dict[str, PlannedItem]:
    """Every item of the task by its id, without a prompt of a checkpoint's own."""
    task, name = loaded.task, loaded.info.name
    try:
        with quiet_lm_eval():
            task.set_config("num_fewshot", 0)
            task.set_fewshot_seed(0)
            random.seed(0)
            task.build_all_requests(limit=None, apply_chat_template=False, tokenizer_name="")
            items = [_item(loaded, instance) for instance in task.instances]
    except (Exception, SystemExit) as error:
        raise SuiteError(
            f"task '{name}': it cannot be read again: {type(error).__name__}: {first_line(error)}"
        ) from error
    return {item.item_id: item for item in items}


def _item(loaded: LoadedTask, instance: Any) -> PlannedItem:
    task, document = loaded.task, instance.doc
    item_id = str(document.get("item_id", f"{loaded.info.name}/{instance.doc_id}"))
    question = str(task.doc_to_text(document))
    cluster, second_cluster = clusters_of(document, loaded.info.clusters, item_id)
    return PlannedItem(
        item_id=item_id,
        cluster=cluster,
        second_cluster=second_cluster,
        stratum=str(document.get("stratum", "")),
        document=document,
        # Without a prompt that opens a thinking block: what was thought is split off already.
        prompt=question,
        question=question,
        gold="",
        choices=(),
        locations=(),
        instances=(instance,),
    )


def _samples(row: ItemScore) -> tuple[Sample, ...]:
    return tuple(map(Sample, row.responses, row.finish_reasons, row.token_counts))


def _kept(row: ItemScore, read: ItemScore | None, item: PlannedItem | None) -> ItemScore:
    if read is None:
        if not row.responses:
            return row
        why = NO_SUCH_ITEM if item is None else OTHER_QUESTION
        return replace(row, score=None, reason=why, read=(), metrics={})
    as_answered: Mapping[str, float] = {name: row.metrics[name] for name in _AS_ANSWERED if name in row.metrics}
    return replace(
        read,
        domain=read.domain,
        prompt=row.prompt,
        prompt_hash=row.prompt_hash,
        gold=row.gold,
        choices=row.choices,
        metrics={**read.metrics, **as_answered},
    )
