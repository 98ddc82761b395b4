"""forgetbench inside other programs: a callback for transformers' Trainer and those of TRL, which are its children."""

from forgetbench.errors import InputError
from forgetbench.lab.demo.extra import require

try:
    require("torch", "transformers", "accelerate")
except InputError as missing:
    # What an import that cannot be had raises, so that programs may try it.
    raise ImportError(f"forgetbench.ForgettingCallback: {missing}") from None

from forgetbench.integrations.trainer.callback import ForgettingCallback

__all__ = ["ForgettingCallback"]
