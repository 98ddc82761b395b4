"""One run's responses to a task, aligned row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from forgetbench.errors import IncomparableError, listed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class TaskResponses:
    """One checkpoint's responses to a task, one entry per row in every field."""

    item_ids: Sequence[str]
    clusters: Sequence[str]
    prompts: Sequence[str]
    """The question as the document has it, or as rendered: its phrases are not the answer's own."""
    texts: Sequence[str]
    """What was written; empty in a task whose options are rated and which has no text."""
    metrics: Sequence[Mapping[str, float]] = ()
    """What the task's process_results returned per row; empty where the metric does not need it."""

    def __post_init__(self) -> None:
        lengths = {len(self.item_ids), len(self.clusters), len(self.prompts), len(self.texts)}
        if self.metrics:
            lengths.add(len(self.metrics))
        if len(lengths) != 1:
            raise ValueError(f"responses are not aligned: the fields have {sorted(lengths)} rows")


def responses_of(samples: pd.DataFrame) -> TaskResponses:
    """The responses in a samples table, or in the rows of one task of it.

    Rows with neither a response nor a number (not measured) are left out, so two runs give aligned responses
    only for rows that both have measured. A metric stored as null was not a finite number.
    """
    numbers = [{name: x for name, x in row.items() if x is not None} for row in samples["metrics"]]
    measured = [len(texts) > 0 or bool(of) for texts, of in zip(samples["responses"], numbers, strict=True)]
    rows = samples.loc[np.array(measured, dtype=bool)]
    return TaskResponses(
        item_ids=rows["item_id"].tolist(),
        clusters=rows["cluster"].tolist(),
        prompts=rows["prompt"].tolist(),
        texts=[texts[0] if len(texts) else "" for texts in rows["responses"]],
        metrics=list(compress(numbers, measured)),
    )


def require_same_rows(base: TaskResponses, candidate: TaskResponses) -> None:
    """Raises IncomparableError when the two sides do not have the same rows."""
    if list(base.item_ids) != list(candidate.item_ids):
        unlike = set(base.item_ids) ^ set(candidate.item_ids)
        what = f"items on one side only: {listed(sorted(unlike))}" if unlike else "the order differs"
        raise IncomparableError(f"the two runs' responses are not aligned row by row: {what}")
