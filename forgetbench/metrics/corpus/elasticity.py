"""R2: how much more often a constraint holds when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forgetbench.metrics.corpus.metric import FloatArray, OneSided
from forgetbench.metrics.corpus.responses import TaskResponses

ASKED, FREE = "/asked", "/free"


@dataclass(frozen=True, slots=True)
class Elasticity(OneSided):
    """1 - R2: how much more often a constraint holds when it is asked for than when it is not.

    Rows come in pairs, `<id>/asked` and `<id>/free`, each with `metric`, 0 or 1, among its
    metrics. The score stands on the asked row, holds(asked) - holds(free), in {-1, 0, 1}; free rows are
    no items, nor are asked rows without a free one. The mean is not floored at 0: a
    model that keeps a constraint less often when asked shows it.
    """

    metric: str = "holds"
    """`holds` reads the answer strictly, `holds_loose` as `constraints.holds_loosely`."""

    def alone(self, responses: TaskResponses) -> FloatArray:
        held = {row: of.get(self.metric, np.nan) for row, of in zip(responses.item_ids, responses.metrics, strict=True)}
        scores = paired_differences(held)
        return np.array([scores.get(row, np.nan) for row in responses.item_ids], dtype=np.float64)


def paired_differences(held: Mapping[str, float]) -> dict[str, float]:
    """holds(asked) - holds(free) by the item id of the asked row, for every `<id>/asked` with its `<id>/free`."""
    free_row = {row: row.removesuffix(ASKED) + FREE for row in held if row.endswith(ASKED)}
    return {row: held[row] - held[free] for row, free in free_row.items() if free in held}
