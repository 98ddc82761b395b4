"""One of lm-eval's own tasks, or all tasks of a group, as one task whose documents carry their subtask.

Subjects of one benchmark are one task here: a domain's score is the mean of its tasks, and 57 subjects must not
outweigh all else. A document's `item_id` carries its task's name, since two tasks count their documents from 0 alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from forgetbench.lm_eval_bridge.clusters import cluster_keys
from forgetbench.lm_eval_bridge.rows import rows
from forgetbench.lm_eval_bridge.task_entry import ClusterBy

_ORIGIN = "forgetbench_task"


class Subtasks:
    """lm-eval tasks behind the part of lm-eval's task interface that planning and scoring use.

    The items are those of all `tasks`, in their order. `cluster` is the task an item comes from ("subtask"), or the
    number of its document ("document"): where the tasks ask the same documents in several languages, the
    translations of one are no independent evidence. `stratum` is the task, where there are several. A document that has
    these fields keeps them.
    """

    def __init__(self, name: str, tasks: Mapping[str, Any], cluster_by: ClusterBy) -> None:
        self._name = name
        self._tasks = dict(tasks)
        self._cluster_by = cluster_by
        self._instances: list[Any] = []
        self._documents = [
            self._marked(name, number, document)
            for name, task in self._tasks.items()
            for number, document in enumerate(rows(task.eval_docs))
        ]

    @property
    def tasks(self) -> list[Any]:
        return list(self._tasks.values())

    @property
    def first(self) -> Any:
        """Stands for all of them in what they must have in common."""
        return next(iter(self._tasks.values()))

    @property
    def config(self) -> Any:
        return self.first.config

    @property
    def OUTPUT_TYPE(self) -> str:  # noqa: N802 - lm-eval's name
        return str(self.first.OUTPUT_TYPE)

    @property
    def eval_docs(self) -> Sequence[Mapping[str, Any]]:
        return self._documents

    @property
    def instances(self) -> Sequence[Any]:
        return self._instances

    def differing(self) -> str | None:
        """A setting that its tasks do not share, so that they are not one task; None when they do."""
        for field in ("output_type", "repeats"):
            if len({repr(getattr(task.config, field, None)) for task in self._tasks.values()}) > 1:
                return field
        if len({tuple(task.higher_is_better().items()) for task in self._tasks.values()}) > 1:
            return "metric_list"
        if len({tuple(task_filters(task)) for task in self._tasks.values()}) > 1:
            return "filter_list"
        if len({cluster_keys(task.config.metadata or {}) for task in self._tasks.values()}) > 1:
            return "metadata.clusters"
        return None

    @property
    def _filters(self) -> Sequence[Any]:
        return getattr(self.first, "_filters", ())

    def higher_is_better(self) -> Mapping[str, bool]:
        directions: Mapping[str, bool] = self.first.higher_is_better()
        return directions

    def aggregation(self) -> Mapping[str, Any]:
        of_metrics: Mapping[str, Any] = self.first.aggregation()
        return of_metrics

    def dump_config(self) -> dict[str, Any]:
        return {name: task.dump_config() for name, task in self._tasks.items()}

    def set_config(self, key: str, value: Any, update: bool = False) -> None:
        for task in self._tasks.values():
            task.set_config(key, value, update=update)

    def set_fewshot_seed(self, seed: int | None = None) -> None:
        for task in self._tasks.values():
            task.set_fewshot_seed(seed)

    def asked(self, limit: int | None) -> list[tuple[int, Mapping[str, Any]]]:
        """The documents that are asked under a limit, with their places among all."""
        asked: list[tuple[int, Mapping[str, Any]]] = []
        start = 0
        sizes = [len(task.eval_docs) for task in self._tasks.values()]
        for size, share in zip(sizes, proportional_shares(sizes, limit), strict=True):
            asked += [(place, self._documents[place]) for place in range(start, start + share)]
            start += size
        return asked

    def build_all_requests(self, *, limit: int | None = None, **settings: Any) -> None:
        """As lm-eval's; a limit is shared out by the tasks' sizes, so that the score stays that of the group."""
        self._instances = []
        start = 0
        sizes = [len(task.eval_docs) for task in self._tasks.values()]
        for task, size, share in zip(self._tasks.values(), sizes, proportional_shares(sizes, limit), strict=True):
            if share:
                task.build_all_requests(limit=share, **settings)
                for instance in task.instances:
                    instance.doc_id += start
                    instance.doc = self._documents[instance.doc_id]
                self._instances += task.instances
            start += size

    def apply_filters(self) -> None:
        for name, task in self._tasks.items():
            task._instances = [instance for instance in self._instances if instance.doc[_ORIGIN] == name]
            if task._instances:
                task.apply_filters()

    def process_results(self, document: Mapping[str, Any], results: Sequence[Any]) -> dict[str, Any]:
        metrics: dict[str, Any] = self._of(document).process_results(document, results)
        return metrics

    def doc_to_choice(self, document: Mapping[str, Any]) -> Any:
        return self._of(document).doc_to_choice(document)

    def doc_to_target(self, document: Mapping[str, Any]) -> Any:
        return self._of(document).doc_to_target(document)

    def doc_to_text(self, document: Mapping[str, Any]) -> Any:
        """The question; where the options are what stands before a common ending, the sentence that is right."""
        text = self._of(document).doc_to_text(document)
        if isinstance(text, int) and self.first.multiple_input:
            return f"{self.doc_to_choice(document)[text]} {self.doc_to_target(document)}"
        return text

    def _of(self, document: Mapping[str, Any]) -> Any:
        return self._tasks[document[_ORIGIN]]

    def _marked(self, name: str, number: int, document: Mapping[str, Any]) -> dict[str, Any]:
        item_id = f"{name}/{document.get('item_id', number)}"
        cluster = name if self._cluster_by == "subtask" else f"{self._name}/{number}"
        defaults = {"cluster": cluster, "stratum": name if len(self._tasks) > 1 else ""}
        return {**defaults, **document, "item_id": item_id, _ORIGIN: name}


def asked_documents(task: Any, limit: int | None) -> list[tuple[int, Mapping[str, Any]]]:
    """The documents of a task or group that are asked under a limit, with their places among all."""
    if isinstance(task, Subtasks):
        return task.asked(limit)
    return list(itertools.islice(enumerate(rows(task.eval_docs)), limit))


def task_filters(task: Any) -> list[str]:
    """The names of an lm-eval task's filters; each extracts answers in its way and gives its own scores."""
    return [str(ensemble.name) for ensemble in getattr(task, "_filters", ())]


def proportional_shares(sizes: Sequence[int], limit: int | None) -> list[int]:
    """How many documents of each task, `limit` in all, in proportion to their sizes (largest remainders)."""
    total = sum(sizes)
    if limit is None or limit >= total:
        return list(sizes)
    shares = [size * limit // total for size in sizes]
    by_remainder = sorted(range(len(sizes)), key=lambda i: (-(sizes[i] * limit % total), i))
    for i in by_remainder[: limit - sum(shares)]:
        shares[i] += 1
    return shares
