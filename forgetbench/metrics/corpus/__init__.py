"""Scores of an item that depend on the other items, or on the other checkpoint: format_rigidity and calibration.

Each metric turns the responses to one task into one score per row, higher is better, so that pairing and
statistics treat them like any other item. The mean of the scores is one minus a measure of rigidity:

    structure         1 - R1: how much of their structure two answers to different prompts share
    openings          1 - R1: the rate at which two answers to different prompts begin alike
    elasticity        1 - R2: how far a constraint holds without being asked for
    overused_phrases  1 - R3: the share of answers that hold phrases which the candidate uses far more than the base
    leakage           1 - the share of answers that hold wording of the training data; only with that data
    format_spread     1 - (max - min) of the accuracies over prompt formats
    calibration       1 - the expected calibration error of the option rated highest: honesty

NaN marks a row that is not an item.
"""

from __future__ import annotations

from collections.abc import Mapping

from forgetbench.metrics.corpus.calibration import Calibration
from forgetbench.metrics.corpus.elasticity import Elasticity, paired_differences
from forgetbench.metrics.corpus.metric import CorpusMetric
from forgetbench.metrics.corpus.responses import TaskResponses, responses_of
from forgetbench.metrics.corpus.shape import OpeningDiversity, StructureDiversity
from forgetbench.metrics.corpus.spread import FormatSpread, format_deviation, format_spread, right_by_format
from forgetbench.metrics.corpus.wording import Leakage, OverusedPhrases

CORPUS_METRICS: Mapping[str, CorpusMetric] = {
    "structure": StructureDiversity(),
    "openings": OpeningDiversity(),
    "elasticity": Elasticity(),
    "elasticity_loose": Elasticity("holds_loose"),
    "overused_phrases": OverusedPhrases(),
    "leakage": Leakage(),
    "format_spread": FormatSpread(),
    "calibration": Calibration(),
}
"""Name, as in a task's `metadata.corpus_metric` -> metric."""

__all__ = [
    "CORPUS_METRICS",
    "CorpusMetric",
    "TaskResponses",
    "format_deviation",
    "format_spread",
    "paired_differences",
    "responses_of",
    "right_by_format",
]
