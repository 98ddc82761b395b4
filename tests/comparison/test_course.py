"""The course of a training: first harm, and what was right on the way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from paired_runs import scored, task

from forgetbench.comparison.course import COLUMNS, OnTheWay, course
from forgetbench.comparison.delta import compare
from forgetbench.comparison.family import judged_together
from forgetbench.records import Comparison

FACTS, STYLE = task("facts", view="open"), task("style", "creativity", binary=False)


def trained(base: Sequence[float], *steps: Sequence[float]) -> list[tuple[int, Comparison, pd.DataFrame]]:
    """Checkpoints 10, 20, ... of one training, judged together."""
    pairs = [
        compare(
            scored("base", {FACTS: base, STYLE: base}),
            scored(f"at-{n}", {FACTS: scores, STYLE: scores}),
            margins={},
            resamples=200,
        )
        for n, scores in enumerate(steps)
    ]
    comparisons = judged_together([comparison for comparison, _ in pairs])
    return [
        (10 * (n + 1), comparison, items[list(COLUMNS)])
        for n, (comparison, (_, items)) in enumerate(zip(comparisons, pairs, strict=True))
    ]


def test_what_was_right_on_the_way() -> None:
    """Six items. Kept; lost at once; learnt and kept; learnt and lost; right, wrong, right; never right."""
    found = course(trained([1, 1, 0, 0, 1, 0], [1, 0, 1, 1, 0, 0], [1, 0, 1, 0, 1, 0]))
    assert found.on_the_way == {"knowledge": OnTheWay(n_items=6, ever_right=5, right_at_end=3, learnt_and_lost=1)}
    assert found.on_the_way["knowledge"].lost == 2


def test_an_item_counts_that_was_measured_everywhere() -> None:
    first, second = trained([1, 1, 1], [1, 1, 1], [1, 0, 1])
    gone = second[2].copy()
    gone.loc[gone["item_id"] == "item-1", "outcome"] = None
    found = course([first, (second[0], second[1], gone)]).on_the_way["knowledge"]
    assert (found.n_items, found.lost) == (2, 0)


def test_the_first_step_with_harm_beyond_the_margin() -> None:
    ones = np.ones(200)
    half = np.where(np.arange(200) % 2, 1.0, 0.0)
    steps = trained(ones, ones, half, half)
    assert course(steps).first_harm["knowledge"] == 20
    assert course(list(reversed(steps))).first_harm["knowledge"] == 20  # whatever the order
    assert course(trained(ones, ones)).first_harm["knowledge"] is None


def test_without_checkpoints_there_is_no_course() -> None:
    with pytest.raises(ValueError, match="no checkpoints"):
        course([])
