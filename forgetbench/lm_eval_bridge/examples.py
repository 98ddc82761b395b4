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


def with_shots(loaded: LoadedTask, shots: int) -> LoadedTask:
    """The task with so many of its own examples in every prompt, with a chat template and without."""
    return replace(loaded, info=replace(loaded.info, num_fewshot=shots, completion_fewshot=None))


def with_other_examples(loaded: LoadedTask, shots: int, asked: Collection[str], seed: int) -> LoadedTask | None:
    """The task with `shots` documents of its own as examples before every question, the same for all of them.

    Its few-shot documents come first, then others at random whose cluster is none of `asked`. None where it has not so
    many that an answer can be shown of. lm-eval's task object is changed: load one for this.
    """
    samplers = importlib.import_module("lm_eval.api.samplers")
    for task in getattr(loaded.task, "tasks", (loaded.task,)):
        examples = list(islice(_examples(task, asked, seed), shots))
        if len(examples) < shots or not hasattr(task, "fewshot_cfg"):
            return None
        task.sampler = samplers.FirstNSampler(examples)
    return with_shots(loaded, shots)


def _examples(task: Any, asked: Collection[str], seed: int) -> Iterator[Mapping[str, Any]]:
    key = cluster_keys(task.config.metadata or {})[0]
    own = task.fewshot_docs() if getattr(task, "fewshot_cfg", None) and task.fewshot_cfg.split else ()
    others = list(range(len(task.eval_docs)))
    random.Random(seed).shuffle(others)
    for document in (*own, *(task.eval_docs[place] for place in others)):
        # A document without a cluster may be one that is asked.
        if document.get(key) and str(document[key]) not in asked and _has_answer(task, document):
            yield document


def _has_answer(task: Any, document: Mapping[str, Any]) -> bool:
    target = task.doc_to_target(document)
    return bool(target.strip()) if isinstance(target, str) else target is not None and target != []
