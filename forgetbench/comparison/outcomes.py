"""Item outcomes: of right-or-wrong items, how many were forgotten (locked, erased or never known) and gained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from forgetbench.comparison.pairing import PairedTask
from forgetbench.records import OutcomeRates
from forgetbench.stats.chance import chance_corrected, latent_correction


def outcome_rates(task: PairedTask) -> OutcomeRates | None:
    """Rates over the task's paired items; None where items are scored by degree.

    The corrected rates are those of `stats.chance.latent_correction`, at the task's chance.
    """
    if not task.info.binary:
        return None
    forgotten, gained = _rate(task.base > task.candidate), _rate(task.base < task.candidate)
    corrected = latent_correction(forgotten, gained, task.by_guessing, task.info.chance)
    locked, erased, never_known = _fates(task)
    return OutcomeRates(
        forgotten=forgotten,
        gained=gained,
        forgotten_corrected=corrected.forgotten,
        gained_corrected=corrected.gained,
        by_guessing=task.by_guessing,
        informative=max(0.0, chance_corrected(float(task.base.mean()), task.info.chance)),
        locked=locked,
        erased=erased,
        never_known=never_known,
    )


def _fates(task: PairedTask) -> tuple[float, float, float]:
    """The shares of items locked, erased and never known, as they are counted; NaN without a `choice` view."""
    if not task.choice.known.any():
        return nan, nan, nan
    forgotten = (task.base > task.candidate) & task.choice.known
    was, still = task.choice.base == 1.0, task.choice.candidate == 1.0
    return _rate(forgotten & still), _rate(forgotten & was & ~still), _rate(forgotten & ~was & ~still)


def mean_outcomes(rates: Iterable[OutcomeRates | None]) -> OutcomeRates | None:
    """The plain mean of those that there are; None where there are none.

    A row without a `choice` view adds 0 to locked, erased and never known, so that forgotten stays their sum and the
    share without such a view. What else is not known of one row, as what guessing explains, is not known of the mean.
    """
    present = [each for each in rates if each is not None]
    if not present:
        return None
    columns = {item.name: np.array([getattr(each, item.name) for each in present]) for item in fields(OutcomeRates)}
    if any(each.is_split for each in present):
        for name in ("locked", "erased", "never_known"):
            columns[name] = np.nan_to_num(columns[name])
    means = {name: float(np.mean(values)) for name, values in columns.items()}
    # One object stands for all that is not known, so that equal rates are equal.
    return OutcomeRates(**{name: nan if isnan(mean) else mean for name, mean in means.items()})


def _rate(which: NDArray[np.bool_]) -> float:
    return float(np.mean(which))
