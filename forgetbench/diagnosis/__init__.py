"""Why a model lost what it lost: possible causes held against its answers, its weights and its training.

    findings.py       the records: a cause, what speaks for it, what follows
    diagnose.py       all evidence on one comparison
    stored.py         diagnosis.json
    evidence/         one module for each kind of trace
    losses.py         what was lost beyond its margin
    training_log.py   trainer_state.json
    drift/            how far each tensor moved, in how many directions
    drift_map.py      what is kept of it: each module of each layer
    naming.py         the one name for what most probably happened
    asked.py          what the models told beyond the comparison
    elicitation.py    what brings forgotten items back, less luck
    divergence.py     how far one next-token distribution lies from another;  distribution.py: as rows with intervals
    without_data.py   what a model was trained on, read off what it writes from neutral openings
    advice.py         what to do, by a small table of rules

Nothing here words anything: the sentences are the report's.
"""

from __future__ import annotations

from forgetbench.diagnosis.asked import Asked
from forgetbench.diagnosis.diagnose import diagnose
from forgetbench.diagnosis.drift import WeightDrift, weight_drift
from forgetbench.diagnosis.drift_map import DriftMap, PlaceDrift
from forgetbench.diagnosis.elicitation import Elicitation, ElicitationRow
from forgetbench.diagnosis.findings import Advice, Diagnosis, Finding, Measure, NamedCause
from forgetbench.diagnosis.training_log import TrainingHistory, read_training_history

__all__ = [
    "Advice",
    "Asked",
    "Diagnosis",
    "DriftMap",
    "Elicitation",
    "ElicitationRow",
    "Finding",
    "Measure",
    "NamedCause",
    "PlaceDrift",
    "TrainingHistory",
    "WeightDrift",
    "diagnose",
    "read_training_history",
    "weight_drift",
]
