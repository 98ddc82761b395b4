"""All evidence that there is of one comparison, brought together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from forgetbench.comparison.sft_data import SftData
from forgetbench.diagnosis.advice import advised
from forgetbench.diagnosis.asked import Asked, Distribution
from forgetbench.diagnosis.drift import WeightDrift
from forgetbench.diagnosis.drift_map import drift_map
from forgetbench.diagnosis.evidence.contested import contested_findings
from forgetbench.diagnosis.evidence.distribution import calibration_findings, distribution_findings
from forgetbench.diagnosis.evidence.groups import language_findings, tail_findings
from forgetbench.diagnosis.evidence.outcomes import contamination_findings, outcome_findings
from forgetbench.diagnosis.evidence.prompting import prompting_findings
from forgetbench.diagnosis.evidence.readable import readable_findings
from forgetbench.diagnosis.evidence.training import training_findings
from forgetbench.diagnosis.evidence.voice import voice_findings
from forgetbench.diagnosis.evidence.weights import weight_findings
from forgetbench.diagnosis.findings import Diagnosis, Finding
from forgetbench.diagnosis.losses import lost_domains
from forgetbench.diagnosis.naming import named_cause
from forgetbench.diagnosis.training_log import TrainingHistory
from forgetbench.records import Comparison

if TYPE_CHECKING:
    import pandas as pd


def diagnose(
    comparison: Comparison,
    items: pd.DataFrame,
    *,
    training: TrainingHistory | None = None,
    data: SftData | None = None,
    drift: WeightDrift | None = None,
    adapter: bool = False,
    width: int | None = None,
    asked: Asked | None = None,
) -> Diagnosis:
    """Hold every cause that can be looked at against the numbers, and say what follows.

    `items` is the table of items.parquet. `training`, `data` and `drift` are the trainer's log, the training data and
    the weights' drift, where they are known; `adapter` says that the candidate was trained as one, for which other
    learning rates are usual, and `width` is the base's `hidden_size`, where it is known; `asked` is what the models
    were asked beyond the comparison. Advice follows only where a domain regressed: an unchanged model has nothing to be
    cured.
    """
    told = asked or Asked()
    findings = (
        *outcome_findings(comparison, told.elicitation),
        *_findings(comparison, items, training, data, drift, adapter, width),
        *_findings_of_asking(told),
    )
    lost = bool(lost_domains(comparison))
    sources = {
        name: text
        for name, text in (
            ("training_log", None if training is None else f"{training.steps} steps"),
            ("sft_data", None if data is None else data.path.name),
            ("weights", None if drift is None else f"{len(drift.tensors)} tensors"),
            ("distribution", None if told.distribution is None else _places(told.distribution)),
            ("samples", f"{sum(each.n_samples for each in told.readable)} of each model" if told.readable else None),
        )
        if text is not None
    }
    return Diagnosis(
        comparison.comparison_id,
        findings,
        tuple(advised(findings, told.elicitation)) if lost else (),
        sources,
        weights=None if drift is None else drift_map(drift),
        named=named_cause(findings, lost=lost),
        distribution=told.distribution,
        readable=told.readable,
        elicitation=told.elicitation,
    )


def _findings(
    comparison: Comparison,
    items: pd.DataFrame,
    training: TrainingHistory | None,
    data: SftData | None,
    drift: WeightDrift | None,
    adapter: bool,
    width: int | None,
) -> Iterator[Finding]:
    yield from prompting_findings(comparison)
    yield from voice_findings(comparison, items, None if data is None else data.answers)
    yield from tail_findings(comparison, items)
    if data is not None:
        yield from language_findings(comparison, data.answers)
        yield from contested_findings(items, data)
    yield from contamination_findings(comparison)
    if training is not None:
        yield from training_findings(comparison, training, adapter=adapter, width=width)
    if drift is not None:
        yield from weight_findings(drift)


def _findings_of_asking(asked: Asked) -> Iterator[Finding]:
    if asked.distribution is not None:
        yield from distribution_findings(asked.distribution)
        yield from calibration_findings(asked.calibration)
    yield from readable_findings(asked.readable)


def _places(distribution: Distribution) -> str:
    way = "exact" if distribution.k is None else f"top {distribution.k}"
    return f"{sum(row.n_tokens for row in distribution.rows)} tokens, {way}"
