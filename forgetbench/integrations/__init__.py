"""forgetbench inside other programs: a callback for trainers, and an engine as an lm-eval model.

Both import large libraries, so each is loaded when it is first named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forgetbench.integrations.lm_eval_model import ForgetbenchLM
    from forgetbench.integrations.trainer import ForgettingCallback

__all__ = ["ForgetbenchLM", "ForgettingCallback"]


def __getattr__(name: str) -> Any:
    if name == "ForgetbenchLM":
        from forgetbench.integrations.lm_eval_model import ForgetbenchLM

        return ForgetbenchLM
    if name == "ForgettingCallback":
        from forgetbench.integrations.trainer import ForgettingCallback

        return ForgettingCallback
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
