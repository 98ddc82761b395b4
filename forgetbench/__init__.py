"""forgetbench: what did this fine-tuning cost the base model?"""

from __future__ import annotations

from forgetbench.errors import (
    CheckpointError,
    EngineError,
    ForgetbenchError,
    IncomparableError,
    InputError,
    StorageError,
    SuiteError,
)
from forgetbench.records import Checkpoint, Comparison, DeltaRow, ItemScore, Run, RunManifest

__version__ = "0.1.0"

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "Comparison",
    "DeltaRow",
    "EngineError",
    "ForgetbenchError",
    "IncomparableError",
    "InputError",
    "ItemScore",
    "Run",
    "RunManifest",
    "StorageError",
    "SuiteError",
    "__version__",
]
