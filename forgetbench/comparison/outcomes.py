"""Item outcomes: of right-or-wrong items, how many were forgotten (locked or erased) and gained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from math import nan

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
    was_right, is_right = task.base == 1.0, task.candidate == 1.0
    forgotten, gained = _rate(was_right & ~is_right), _rate(~was_right & is_right)
    corrected = latent_correction(forgotten, gained, _rate(~was_right & ~is_right), task.info.chance)
    has_choice_view = bool(task.has_choice_view.any())
    return OutcomeRates(
        forgotten=forgotten,
        gained=gained,
        forgotten_corrected=corrected.forgotten,
        gained_corrected=corrected.gained,
        informative=max(0.0, chance_corrected(float(task.base.mean()), task.info.chance)),
        locked=_rate(task.locked) if has_choice_view else nan,
        erased=_rate(task.erased) if has_choice_view else nan,
    )


def mean_outcomes(rates: Iterable[OutcomeRates | None]) -> OutcomeRates | None:
    """The plain mean of those that there are; None where there are none.

    A row that cannot tell locked from erased adds 0 to both, so that forgotten stays their sum and the share
    without a `choice` view.
    """
    present = [each for each in rates if each is not None]
    if not present:
        return None
    columns = {item.name: [getattr(each, item.name) for each in present] for item in fields(OutcomeRates)}
    if not any(each.is_split for each in present):
        del columns["locked"], columns["erased"]
    return OutcomeRates(**{name: float(np.mean(np.nan_to_num(values))) for name, values in columns.items()})


def _rate(which: NDArray[np.bool_]) -> float:
    return float(np.mean(which))
