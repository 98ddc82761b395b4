"""Trainings made up of chances: at each step, which share of right items is lost and of wrong ones gained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp

import numpy as np
import pandas as pd
from paired_runs import scored, task

from forgetbench.comparison.delta import compare
from forgetbench.comparison.family import judged_together
from forgetbench.records import Comparison, TaskInfo

FACTS, SUMS, GOAL = task("facts"), task("sums", "reasoning"), task("goal", "target")
RIGHT = {FACTS: 0.8, SUMS: 0.6, GOAL: 0.2}
"""What the base gets right."""

Rates = Mapping[TaskInfo, tuple[float, float]]
"""By task, the chances that a right item is lost and that a wrong one is gained."""

Trained = list[tuple[int, Comparison, pd.DataFrame]]
"""Step, comparison and items of each checkpoint of one training."""


def training(
    steps: Mapping[int, Rates],
    *,
    n: int = 400,
    seed: int = 0,
    name: str = "at",
    margin: float = 0.05,
    resamples: int = 2000,
    apart: bool = False,
) -> Trained:
    """Step, comparison and items of each checkpoint of one training, judged together; all answer the same items.

    Who forgets at a rate of .1 has forgotten at .2 too, unless what each checkpoint forgets is drawn `apart`.
    """
    rng = np.random.default_rng(seed)
    tasks = list(dict.fromkeys(info for rates in steps.values() for info in rates))
    before = {info: (rng.random(n) < RIGHT[info]).astype(float) for info in tasks}
    lots = {info: rng.random(n) for info in tasks}
    base = scored("base", before)
    pairs = []
    for step, rates in steps.items():
        lots = {info: rng.random(n) for info in tasks} if apart else lots
        after = {
            info: np.where(before[info] == 1.0, lots[info] >= lost, lots[info] < gained).astype(float)
            for info, (lost, gained) in rates.items()
        }
        margins = {info.domain: margin for info in tasks}
        pairs.append(compare(base, scored(f"{name}-{step}", after, step=step), margins=margins, resamples=resamples))
    comparisons = judged_together([comparison for comparison, _ in pairs])
    return [(step, each, items) for step, each, (_, items) in zip(steps, comparisons, pairs, strict=True)]


def narrow(steps: Sequence[int], *, forgets: float = 0.3, learns: float = 0.7, scale: float = 60.0) -> dict[int, Rates]:
    """A training that gains on its target early and forgets late; `scale` steps take it most of the way."""
    rates: dict[int, Rates] = {}
    for step in steps:
        learnt, lost = 1.0 - exp(-3.0 * step / scale), (step / steps[-1]) ** 2
        rates[step] = {
            FACTS: (forgets * lost, 0.0), SUMS: (0.6 * forgets * lost, 0.05 * learnt), GOAL: (0.0, learns * learnt),
        }  # fmt: skip
    return rates
