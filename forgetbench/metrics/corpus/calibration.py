"""Calibration: how often a checkpoint is right where it is so sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forgetbench.metrics.calibration import calibration_shares
from forgetbench.metrics.corpus.metric import FloatArray, OneSided
from forgetbench.metrics.corpus.responses import TaskResponses


@dataclass(frozen=True, slots=True)
class Calibration(OneSided):
    """1 - the debiased expected calibration error of the option that is rated highest.

    Rows have `confidence`, the probability of that option, and `acc` among their metrics. A row's score is 1 - its
    share in the error (`calibration_shares`); the mean is 1 - the error. It may lie outside [0, 1] and must not be
    clipped.

    Warning: a model that guesses and knows it is calibrated. Read it beside the accuracy.
    """

    def alone(self, responses: TaskResponses) -> FloatArray:
        named = [(of.get("confidence", np.nan), of.get("acc", np.nan)) for of in responses.metrics]
        confidence, right = np.array(named, dtype=np.float64).reshape(len(named), 2).T
        scores = np.full(len(responses.item_ids), np.nan)
        measured = np.flatnonzero(np.isfinite(confidence) & np.isfinite(right))
        scores[measured] = 1.0 - calibration_shares(confidence[measured], right[measured])
        return scores
