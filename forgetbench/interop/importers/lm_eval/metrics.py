"""Which of a task's numbers is its score, and what that number is on the scale from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forgetbench.interop.importers.lm_eval.results import TaskConfig
from forgetbench.interop.importers.lm_eval.rows import SampleRow
from forgetbench.interop.importers.values import number
from forgetbench.lm_eval_bridge import BINARY_METRICS, PRIMARY_METRICS
from forgetbench.records import PER_BYTE_METRICS

_PER_WORD = frozenset({"word_perplexity"})
_OF_A_LOGLIKELIHOOD = frozenset({"perplexity"})
_FALLING = PER_BYTE_METRICS | _PER_WORD | _OF_A_LOGLIKELIHOOD | {"brier_score", "ter"}
"""lm-eval's metrics of which less is better, where a log does not say."""
_NO_METRIC = "bypass"
"""What --predict_only writes."""


@dataclass(frozen=True, slots=True)
class ScoreMetric:
    """The metric that is a task's score."""

    name: str
    rising: bool = True
    """More is better, as it stands in the log."""

    def score(self, value: Any) -> float | None:
        """A row's value in [0, 1], higher is better; None where it has no number of its own.

        Likelihoods become the mean probability of a byte (or word): b bits per byte are 2^-b. Of several values, one
        for each repeat or instruction, the mean.
        """
        if self.name in PER_BYTE_METRICS | _PER_WORD:
            pair = _numbers(value) if isinstance(value, list) and len(value) == 2 else None
            return None if pair is None else _exp(pair[0] / max(pair[1], 1.0))
        numbers = _numbers(value if isinstance(value, list) else [value])
        if not numbers:
            return None
        mean = math.fsum(numbers) / len(numbers)
        if self.name in _OF_A_LOGLIKELIHOOD:
            return _exp(mean)
        return mean if self.rising else 1.0 - mean

    def is_binary(self, values: Iterable[Any]) -> bool:
        """Whether each of the values says right or wrong.

        Numbers that happen to be 0 and 1 do not: of a model that gets nothing right a graded score is 0 as well.
        """
        found = list(values)
        if self.name in BINARY_METRICS:
            return all(number(value) in (None, 0.0, 1.0) for value in found)
        return all(isinstance(value, bool) for value in found)


def candidates(
    rows: Sequence[SampleRow], config: TaskConfig, directions: Mapping[str, bool | None], chosen: str | None
) -> list[ScoreMetric]:
    """The metrics that may be the score, the likeliest first; the chosen one alone where there is one."""
    names = list(dict.fromkeys(name for row in rows for name in row.values if name != _NO_METRIC))
    declared = config.own.get("metric")
    wanted = [chosen] if chosen is not None else [declared, *PRIMARY_METRICS, *names]
    ordered = dict.fromkeys(name for name in wanted if name in names)
    return [ScoreMetric(name, _rising(name, config, directions)) for name in ordered]


def _rising(name: str, config: TaskConfig, directions: Mapping[str, bool | None]) -> bool:
    for said in (directions.get(name), config.metric(name).get("higher_is_better")):
        if isinstance(said, bool):
            return said
    return name not in _FALLING


def _numbers(values: Sequence[Any]) -> list[float] | None:
    found = [number(value) for value in values]
    return None if None in found else [value for value in found if value is not None]


def _exp(value: float) -> float:
    return math.nan if math.isnan(value) else math.exp(min(value, 709.0))
