"""How often wrong guesses changed between base and candidate: what guessing alone makes forgotten and gained."""

from __future__ import annotations

from math import nan

import numpy as np

from forgetbench.comparison.pairing.answers import Answers
from forgetbench.comparison.pairing.columns import Bools, Codes, differ
from forgetbench.records import TaskInfo
from forgetbench.stats.chance import changed_by_guessing


def other_options(base: Answers, candidate: Answers) -> tuple[Codes, Bools]:
    """Per row, how many options both sides rated, 0 where they did not; and whether they rank different ones first."""
    n_options = np.where(base.n_options == candidate.n_options, base.n_options, 0)
    return n_options, differ(base.texts, candidate.texts)


def by_guessing(info: TaskInfo, wrong: Bools, n_options: Codes, other_option: Bools) -> float:
    """The share of a task's items that guessing makes forgotten, and as many gained; NaN where it cannot be told.

    `wrong` says which of the measured items are wrong on both sides. Without their options, as of answers that were
    written, nothing is known of how often a guess repeats itself.
    """
    if not info.binary:
        return nan
    if info.chance == 0.0 or not wrong.any():
        return 0.0
    if (n_options[wrong] < 2).any():
        return nan
    return changed_by_guessing(n_options[wrong], other_option[wrong]) * float(np.mean(wrong))
