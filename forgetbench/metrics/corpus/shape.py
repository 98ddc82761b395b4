"""R1: how much of their structure, and which first words, answers to different prompts share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forgetbench.metrics.corpus.metric import FloatArray, OneSided
from forgetbench.metrics.corpus.responses import TaskResponses
from forgetbench.metrics.structure import opening_pairs, structure, structure_pairs


@dataclass(frozen=True, slots=True)
class StructureDiversity(OneSided):
    """1 - R1, structure: how little of their structure answers to two different prompts share.

    A row's score is 1 - its jackknife pseudo-value, which may lie outside [0, 1] and must not be
    clipped: the mean is exactly 1 - R1 and the variance is that of a U-statistic of order 2 (`metrics.pairs`).
    """

    def alone(self, responses: TaskResponses) -> FloatArray:
        structures = [structure(text) for text in responses.texts]
        return np.asarray(1.0 - structure_pairs(structures, responses.clusters).pseudovalues(), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class OpeningDiversity(OneSided):
    """1 - R1, openings: the probability that answers to two different prompts begin with different words.

    Pseudo-values as in `StructureDiversity`.
    """

    def alone(self, responses: TaskResponses) -> FloatArray:
        structures = [structure(text) for text in responses.texts]
        return np.asarray(1.0 - opening_pairs(structures, responses.clusters).pseudovalues(), dtype=np.float64)
