"""How much a row may lose: the declared margins, brought to the scale of its score."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from forgetbench.records import DEFAULT_MARGIN, PER_BYTE_METRICS, TARGET, DeltaRow, Margins


def margin_of(domain: str, metric: str, base: float, margins: Margins) -> float:
    """The margin of a task, in score units: its domain's; of one scored in bits per byte that of bits.

    With a `base` score s = 2^-b a loss of m bits per byte leaves 2^-(b + m), so the margin is s (1 - 2^-m).
    """
    if metric in PER_BYTE_METRICS:
        return base * (1.0 - float(2.0**-margins.bits))
    return margins.domains.get(domain, DEFAULT_MARGIN)


def task_margin(task: DeltaRow, margins: Margins) -> float:
    """The margin of a task's row."""
    if task.estimate is None:
        return margins.domains.get(task.domain, DEFAULT_MARGIN)
    return margin_of(task.domain, task.metric, task.estimate.base, margins)


def domain_margin(tasks: Iterable[DeltaRow], margins: Margins) -> float:
    """The margin of a domain, whose score is the mean of `tasks`: the mean of what each of them may lose."""
    return float(np.mean([task_margin(task, margins) for task in tasks if task.estimate is not None]))


def preserve(domain: str, margins: Margins) -> float:
    """The fraction to be kept; a skill that the fine-tuning was for may have started from nothing."""
    return 0.0 if domain == TARGET else margins.preserve
