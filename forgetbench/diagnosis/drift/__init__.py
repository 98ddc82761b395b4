"""How far fine-tuning moved the weights: per tensor, layer and module, of full checkpoints and of LoRA adapters.

    measured.py   the records, and `weight_drift`, which walks through two checkpoints tensor by tensor
    low_rank.py   a LoRA adapter's change, from its two factors
    spectrum.py   effective rank and intruder dimensions of one matrix

It is evidence for a diagnosis, never a gate: no amount of drift says by itself what was forgotten.
"""

from __future__ import annotations

from forgetbench.diagnosis.drift.measured import TensorDrift, WeightDrift, weight_drift
from forgetbench.diagnosis.drift.spectrum import effective_rank, intruder_dimensions

__all__ = ["TensorDrift", "WeightDrift", "effective_rank", "intruder_dimensions", "weight_drift"]
