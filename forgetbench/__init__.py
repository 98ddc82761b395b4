"""forgetbench: what did this fine-tuning cost the base model?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forgetbench.errors import (
    CheckpointError,
    EngineError,
    ForgetbenchError,
    IncomparableError,
    InputError,
    StorageError,
    SuiteError,
)
from forgetbench.records import Checkpoint, Comparison, DeltaRow, ItemScore, RunManifest
from forgetbench.storage.runs import Run

if TYPE_CHECKING:
    from forgetbench.integrations.lm_eval_model import ForgetbenchLM

__version__ = "0.1.0"

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "Comparison",
    "DeltaRow",
    "EngineError",
    "ForgetbenchError",
    "ForgetbenchLM",
    "IncomparableError",
    "InputError",
    "ItemScore",
    "Run",
    "RunManifest",
    "StorageError",
    "SuiteError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    # It is a subclass of lm-eval's model, and importing lm-eval takes seconds.
    if name == "ForgetbenchLM":
        from forgetbench.integrations.lm_eval_model import ForgetbenchLM

        return ForgetbenchLM
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
