"""A task with other few-shot examples than its own: documents of its own that are not among those asked."""

from __future__ import annotations

import importlib
import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from forgetbench.lm_eval_bridge.clusters import cluster_keys
from forgetbench.lm_eval_bridge.loading import LoadedTask
from forgetbench.lm_eval_bridge.planning import item_id_of


def with_shots(loaded: LoadedTask, shots: int) -> LoadedTask:
    """The task with so many of its own examples in every prompt, with a chat template and without."""
    return replace(loaded, info=replace(loaded.info, num_fewshot=shots, completion_fewshot=None))


def with_other_examples(loaded: LoadedTask, shots: int, asked: Collection[str], seed: int) -> LoadedTask | None:
    """The task with `shots` documents of its own as examples before every question, the same for all of them.

    Its few-shot documents come first, then others at random, none of whose item_id or cluster is among `asked`. None
    where it has not so many that an answer can be shown of. lm-eval's task object is changed: load one for this.
    """
    samplers = importlib.import_module("lm_eval.api.samplers")
    for task in getattr(loaded.task, "tasks", (loaded.task,)):
        examples = list(islice(_examples(loaded, task, asked, seed), shots))
        if len(examples) < shots:
            return None
        task.sampler = samplers.FirstNSampler(examples)
    return with_shots(loaded, shots)


def _examples(loaded: LoadedTask, task: Any, asked: Collection[str], seed: int) -> Iterator[Mapping[str, Any]]:
    if not hasattr(task, "fewshot_cfg"):
        return
    key, split = cluster_keys(task.config.metadata or {})[0], task.fewshot_cfg.split
    if split not in (None, task.config.test_split, task.config.validation_split):
        yield from (each for each in task.fewshot_docs() if str(each.get(key)) not in asked and _has_answer(task, each))
    if task is not loaded.task:  # Of a group the ids are known for all tasks together.
        return
    numbers = list(range(len(task.eval_docs)))
    random.Random(seed).shuffle(numbers)
    for number in numbers:
        document = task.eval_docs[number]
        names = {str(document.get(key)), item_id_of(loaded.info.name, number, document)}
        if names.isdisjoint(asked) and _has_answer(task, document):
            yield document


def _has_answer(task: Any, document: Mapping[str, Any]) -> bool:
    target = task.doc_to_target(document)
    return bool(target.strip()) if isinstance(target, str) else target is not None and target != []
