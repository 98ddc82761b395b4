"""Which of a task's documents are asked: those of some levels, and a share of each stratum."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forgetbench.errors import SuiteError
from forgetbench.lm_eval_bridge.clusters import cluster_keys

_WRITTEN = re.compile(r"(?P<low>\d{1,3})(?P<to>-(?P<high>\d{1,3})?)?")


@dataclass(frozen=True, slots=True)
class Levels:
    """A range of levels of difficulty, both ends in it; 1 is easiest, and how many there are is a task's own matter."""

    low: int
    high: int | None = None
    """None: all from `low` on."""

    @classmethod
    def of(cls, text: str) -> Levels:
        """'4', '2-4' or '4-'. ValueError for anything else.

        >>> Levels.of("4-"), Levels.of("4")
        (Levels(low=4, high=None), Levels(low=4, high=4))
        """
        written = _WRITTEN.fullmatch(text.strip())
        low, high = (int(written["low"]), written["high"]) if written else (0, None)
        if written is None or not low or (high is not None and int(high) < low):
            raise ValueError(f"{text[:40]!r} is no range of levels; write 4, 2-4 or 4-")
        return cls(low, int(high) if high else None if written["to"] else low)

    def __str__(self) -> str:
        return f"{self.low}" if self.high == self.low else f"{self.low}-{self.high or ''}"

    def __contains__(self, level: object) -> bool:
        return isinstance(level, int) and self.low <= level and (self.high is None or level <= self.high)


def select(task: Any, levels: Levels | None, share: float | None) -> bool:
    """Leave an lm-eval task the documents of `levels`, and of each stratum the first `share` of its clusters.

    False where it has none of these levels. Documents without `level`, `stratum` or `cluster` are of every level, of
    one stratum, and each its own cluster; what shares a cluster, by the task's first key, stays together. Raises
    SuiteError where the task's own code makes other documents of its data.
    """
    documents = task.eval_docs
    of_documents = _column(documents, "level") if levels is not None else None
    places = [
        place
        for place in range(len(documents))
        if levels is None or of_documents is None or of_documents[place] in levels
    ]
    if share is not None:
        places = _of_each_stratum(documents, places, share, cluster_keys(task.config.metadata or {})[0])
    if len(places) == len(documents) or not places:
        return bool(places)
    split = task.config.test_split if task.has_test_docs() else task.config.validation_split
    data = task.dataset[split]
    if len(data) != len(documents):
        name, code = task.config.task, task.config.process_docs
        raise SuiteError(f"task '{name}': its documents are made by {getattr(code, '__name__', code)}; use 'limit'")
    task.dataset = {**task.dataset, split: data.select(places)}
    return True


def _of_each_stratum(documents: Any, places: Sequence[int], share: float, key: str) -> list[int]:
    """The first clusters of each stratum, by the field `key`; a cluster is of the stratum in which it is met first."""
    strata, clusters = _column(documents, "stratum"), _column(documents, key)
    members: dict[Any, list[int]] = defaultdict(list)
    for place in places:
        members[clusters[place] if clusters is not None else place].append(place)
    by_stratum: dict[Any, list[list[int]]] = defaultdict(list)
    for together in members.values():
        by_stratum[strata[together[0]] if strata is not None else ""].append(together)
    kept = [
        place
        for groups in by_stratum.values()
        for together in groups[: math.ceil(share * len(groups))]
        for place in together
    ]
    return sorted(kept)


def _column(documents: Any, name: str) -> Sequence[Any] | None:
    """A field of all documents; None where they have no such field."""
    if isinstance(documents, Sequence):
        first: Mapping[str, Any] = documents[0] if documents else {}
        return [document.get(name) for document in documents] if name in first else None
    return list(documents[name]) if name in documents.column_names else None
