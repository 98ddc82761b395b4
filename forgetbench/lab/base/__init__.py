"""The lab's base model: small, and a base indeed. It was trained on the embedded facts, problems and passages from
scratch and never tuned to follow anything, so what it has learnt is known, and what a fine-tuning takes is its own."""

from __future__ import annotations

from pathlib import Path

from forgetbench.fingerprint import digest
from forgetbench.lab.base.network import BATCH, RATE, SEED, STEPS, TOKENS, WINDOW, OnStep, pretrain
from forgetbench.lab.base.texts import documents
from forgetbench.lab.demo.cached_folder import build_folder
from forgetbench.lab.demo.embedded_model import user_cache
from forgetbench.lab.demo.extra import require

_MADE = 1
"""Raised when architecture or training change otherwise than by the numbers below."""


def lab_base(cache: Path | None = None, on_step: OnStep = lambda step, loss: None) -> Path:
    """The folder of the base model as a safetensors checkpoint; trained on first use (10 minutes on two CPU cores).

    `cache` defaults to `user_cache()`. Other data or settings make another folder. Raises InputError where the extra
    `lab` is not installed, and as `write_atomic` where the cache cannot be written.
    """
    return _built("base", STEPS, cache, on_step)


def untrained_base(cache: Path | None = None) -> Path:
    """The same model with random weights, in seconds: for trying what the trained one takes minutes for."""
    return _built("untrained", 0, cache, lambda step, loss: None)


def _built(name: str, steps: int, cache: Path | None, on_step: OnStep) -> Path:
    require("torch", "transformers", "tokenizers")
    made_from = {
        "texts": digest(documents(SEED)),
        "settings": [TOKENS, WINDOW, BATCH, RATE, steps, SEED, _MADE],
    }
    folder = (cache or user_cache()) / "lab" / f"{name}-{digest(made_from)[:8]}"
    return build_folder(folder, made_from, lambda partial: pretrain(partial, steps, on_step))
